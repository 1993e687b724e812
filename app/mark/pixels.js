/**
 * Pixels that the stage draws and measures. They are only to look at: browsers may change them (colour management,
 * protection from fingerprinting). Pictures that are marked or read are not handled here.
 */

/** @typedef {{ width: number, height: number }} Size */

/** The difference picture is mid-grey + 16 times the difference. */
export const GAIN = 16;
const ZERO = 128;
/** The weights of SSIM's window along a side. */
const WINDOW = gaussian(11, 1.5);

/**
 * @param {Blob} picture
 * @param {Size} size
 * @param {{ x: number, y: number }} [from] a part of the picture of that size, from here, rather than all of it scaled
 */
export async function pixelsOf(picture, { width, height }, from) {
  const bitmap = from
    ? await createImageBitmap(picture, from.x, from.y, width, height)
    : await createImageBitmap(picture);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("There is no canvas.");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

/**
 * cover + share x residual, in the cover's size.
 *
 * @param {ImageData} cover
 * @param {ImageData} difference of the same size
 * @param {number} share 1 is the strength that the difference was made at
 */
export function marked(cover, difference, share) {
  return combined(cover.data, difference, share / GAIN);
}

/**
 * Mid-grey + gain x residual.
 *
 * @param {ImageData} difference
 * @param {number} gain
 */
export function amplified(difference, gain) {
  const grey = new Uint8ClampedArray(difference.data.length).fill(ZERO);
  return combined(grey, difference, gain / GAIN);
}

/**
 * @param {Uint8ClampedArray} ground RGBA
 * @param {ImageData} difference
 * @param {number} factor
 */
function combined(ground, { data, width, height }, factor) {
  const result = new ImageData(width, height);
  for (let at = 0; at < data.length; at++) {
    result.data[at] = at % 4 === 3 ? 255 : ground[at] + (data[at] - ZERO) * factor;
  }
  return result;
}

/**
 * Structural similarity of the luma of two pictures, at least 11 pixels a side, as published and as train/benchmark.py
 * has it: the mean over a Gaussian window of 11 pixels with sigma 1.5, wherever it fits. Wang et al., Image Quality
 * Assessment: From Error Visibility to Structural Similarity, 2004; K1 0.01, K2 0.03.
 *
 * @param {ImageData} one
 * @param {ImageData} other of the same size
 */
export function ssim(one, other) {
  const { width, height } = one;
  const [x, y] = [luma(one), luma(other)];
  /** @param {(at: number) => number} value */
  const mean = (value) =>
    windowed(
      Float64Array.from(x, (_, at) => value(at)),
      width,
      height,
    );
  const [meanX, meanY] = [mean((at) => x[at]), mean((at) => y[at])];
  const [meanXX, meanYY] = [mean((at) => x[at] ** 2), mean((at) => y[at] ** 2)];
  const meanXY = mean((at) => x[at] * y[at]);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  for (let at = 0; at < meanX.length; at++) {
    const [squares, product] = [meanX[at] ** 2 + meanY[at] ** 2, meanX[at] * meanY[at]];
    const variances = meanXX[at] + meanYY[at] - squares;
    const covariance = meanXY[at] - product;
    sum += ((2 * product + c1) * (2 * covariance + c2)) / ((squares + c1) * (variances + c2));
  }
  return sum / meanX.length;
}

/**
 * @param {Float64Array} plane
 * @param {number} width
 * @param {number} height
 * @returns {Float64Array} the weighted means under the window, wherever it fits
 */
function windowed(plane, width, height) {
  const [columns, rows] = [width - WINDOW.length + 1, height - WINDOW.length + 1];
  const across = weighted(plane, height, columns, width, 1);
  return weighted(across, rows, columns, columns, columns);
}

/**
 * @param {Float64Array} plane
 * @param {number} rows of the result
 * @param {number} columns of the result
 * @param {number} width of the plane
 * @param {number} step from one value under the window to the next
 */
function weighted(plane, rows, columns, width, step) {
  const means = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const start = row * width + column;
      let sum = 0;
      for (let at = 0; at < WINDOW.length; at++) sum += WINDOW[at] * plane[start + at * step];
      means[row * columns + column] = sum;
    }
  }
  return means;
}

/**
 * @param {number} length
 * @param {number} sigma
 * @returns {number[]} weights that add up to 1
 */
function gaussian(length, sigma) {
  const weights = Array.from({ length }, (_, at) =>
    Math.exp(-((at - (length - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** @param {ImageData} pixels */
function luma({ data }) {
  return Float64Array.from(
    { length: data.length / 4 },
    (_, index) => 0.299 * data[4 * index] + 0.587 * data[4 * index + 1] + 0.114 * data[4 * index + 2],
  );
}
