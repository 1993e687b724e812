/** A picture to try Hushmark with, for people who have none at hand: mountains at a lake, drawn by random numbers. */

const [WIDTH, HEIGHT] = [1200, 800];
const SHORE = 560;
/** Ridges from the farthest to the nearest: height of the foot, of the peaks above it, and colour. @type {[number, number, string][]} */
const RIDGES = [
  [430, 230, "#a9b8c9"],
  [470, 190, "#8299ad"],
  [510, 150, "#5c7a85"],
  [556, 90, "#38574f"],
];
const ROUGHNESS = 0.52;
/** Strokes of the brush: how many, and how much each may differ in lightness and in colour, of 255. */
const STROKES = 70_000;
const [LIGHT, COLOUR] = [34, 30];

/** @returns {Promise<File>} always the same picture, a JPEG file */
export async function samplePicture() {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("There is no canvas.");
  const random = randomNumbers(20);
  paintSky(context);
  for (const [foot, height, colour] of RIDGES) {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(0, HEIGHT);
    ridge(random).forEach((peak, x) => context.lineTo(x, foot - peak * height));
    context.lineTo(WIDTH, HEIGHT);
    context.fill();
  }
  paintLake(context, canvas, random);
  paintStrokes(context, random);
  const file = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
  return new File([file], "sample.jpg", { type: file.type });
}

/** @param {OffscreenCanvasRenderingContext2D} context */
function paintSky(context) {
  const sky = context.createLinearGradient(0, 0, 0, SHORE);
  sky.addColorStop(0, "#3f6fa8");
  sky.addColorStop(0.6, "#b9cfdf");
  sky.addColorStop(1, "#f6dcb8");
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const sun = context.createRadialGradient(860, 250, 10, 860, 250, 260);
  sun.addColorStop(0, "#fff6dc");
  sun.addColorStop(0.2, "rgb(255 236 190 / 70%)");
  sun.addColorStop(1, "rgb(255 236 190 / 0%)");
  context.fillStyle = sun;
  context.fillRect(0, 0, WIDTH, SHORE);
}

/**
 * The mountains upside down, darker, in rows that are shifted like waves.
 *
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {OffscreenCanvas} canvas
 * @param {() => number} random
 */
function paintLake(context, canvas, random) {
  for (let y = SHORE; y < HEIGHT; y++) {
    const depth = (y - SHORE) / (HEIGHT - SHORE);
    const shift = (random() - 0.5) * (4 + 26 * depth);
    const row = Math.max(0, SHORE - 1 - Math.round((y - SHORE) * 1.4));
    context.drawImage(canvas, 0, row, WIDTH, 1, shift, y, WIDTH, 1);
    context.fillStyle = `rgb(16 44 62 / ${0.25 + 0.35 * depth + 0.12 * random()})`;
    context.fillRect(0, y, WIDTH, 1);
  }
}

/**
 * Covers all of it with short strokes in the colours beneath: texture hides a mark.
 *
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {() => number} random
 */
function paintStrokes(context, random) {
  const { data } = context.getImageData(0, 0, WIDTH, HEIGHT);
  for (let stroke = 0; stroke < STROKES; stroke++) {
    const [x, y] = [Math.floor(random() * WIDTH), Math.floor(random() * HEIGHT)];
    const light = (random() - 0.5) * 2 * LIGHT;
    const at = 4 * (y * WIDTH + x);
    const [red, green, blue] = Array.from(data.slice(at, at + 3), (value) =>
      Math.round(value + light + (random() - 0.5) * 2 * COLOUR),
    );
    context.fillStyle = `rgb(${red} ${green} ${blue} / 80%)`;
    context.beginPath();
    const slope = y < SHORE ? (random() - 0.5) * 2 : 0;
    context.ellipse(x, y, 4 + random() * 6, 1.5 + random() * 2, slope, 0, 2 * Math.PI);
    context.fill();
  }
}

/**
 * A line of mountains, by midpoint displacement: midpoints are moved up or down at random, less at each level.
 *
 * @param {() => number} random
 * @returns {number[]} 0..1 for each column
 */
function ridge(random) {
  let heights = [random(), random(), random()];
  for (let reach = ROUGHNESS; heights.length < WIDTH; reach *= ROUGHNESS) {
    heights = heights.flatMap((height, index) => {
      const next = heights[index + 1];
      return next === undefined ? [height] : [height, (height + next) / 2 + (random() - 0.5) * reach];
    });
  }
  const [least, most] = [Math.min(...heights), Math.max(...heights)];
  return heights.slice(0, WIDTH + 1).map((height) => (height - least) / (most - least));
}

/**
 * Random numbers that are the same each time (mulberry32).
 *
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
