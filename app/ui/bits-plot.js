import { h, svg } from "./dom.js";
import { inNumber, inPercent, m } from "./language.js";

/** Bits in a row, and the sizes of a row and of a bar in it. */
const [IN_ROW, WIDTH, HEIGHT, GAP, BAR] = [64, 10, 32, 8, 8];
/** A bit is sure from the first confidence on, and a guess below the second. */
const [SURE, GUESS] = [0.99, 0.75];
const DIGITS_IN_GROUP = 8;

/**
 * A plot of how sure a reading is of each raw bit, from 50% (a guess) to 100%; the same in a sentence; and the bits.
 *
 * @param {number[]} confidences 0.5..1
 * @param {string} hex the bits
 */
export function bitsPlot(confidences, hex) {
  const sure = confidences.filter((confidence) => confidence >= SURE).length;
  const guesses = confidences.filter((confidence) => confidence < GUESS).length;
  const caption = () =>
    m.bitsCaption({
      count: inNumber(confidences.length),
      sure: inNumber(sure),
      guesses: inNumber(guesses),
      weakest: inPercent(Math.min(...confidences)),
    });
  const rows = Math.ceil(confidences.length / IN_ROW);
  const foot = (/** @type {number} */ row) => (row + 1) * (HEIGHT + GAP) - GAP;
  const bars = confidences.map((confidence, index) => {
    const height = Math.max(2, (confidence - 0.5) * 2 * HEIGHT);
    return svg("rect", {
      class: confidence < GUESS ? "guess" : "",
      x: (index % IN_ROW) * WIDTH,
      y: foot(Math.floor(index / IN_ROW)) - height,
      width: BAR,
      height,
    });
  });
  const lines = Array.from({ length: rows }, (_, row) =>
    svg("line", { x1: 0, x2: IN_ROW * WIDTH, y1: foot(row) + 1, y2: foot(row) + 1 }),
  );
  const groups = hex.match(new RegExp(`.{1,${DIGITS_IN_GROUP}}`, "g")) ?? [];
  return h(
    "figure",
    { class: "bits-plot" },
    svg(
      "svg",
      { viewBox: `0 0 ${IN_ROW * WIDTH} ${foot(rows - 1) + 2}`, role: "img", "aria-label": caption },
      ...lines,
      ...bars,
    ),
    h("figcaption", {}, caption),
    h("p", { class: "hint" }, () => m.bitsRead, " ", h("code", {}, groups.join(" "))),
  );
}
