import { h, svg } from "./dom.js";
import { inNumber, inPercent, m } from "./language.js";

const [WIDTH, HEIGHT, BAR] = [16, 96, 11];

/**
 * A plot of how sure a reading is of each bit, from 50% (a guess) to 100%, and the same as a table.
 *
 * @param {number[]} confidences 0.5..1
 * @param {string} hex the bits
 */
export function bitsPlot(confidences, hex) {
  const bits = [...hex].flatMap((digit) => [...parseInt(digit, 16).toString(2).padStart(4, "0")]);
  const weakest = Math.min(...confidences);
  const caption = () => m.bitsCaption(inNumber(confidences.length), inPercent(weakest));
  const bars = confidences.map((confidence, index) => {
    const height = Math.max(2, (confidence - 0.5) * 2 * HEIGHT);
    // A gap after each byte.
    const x = index * WIDTH + Math.floor(index / 8) * 8;
    return svg(
      "g",
      { class: confidence === weakest && weakest < 0.9 ? "bar weakest" : "bar" },
      svg("rect", { x, y: HEIGHT - height, width: BAR, height, rx: 2 }),
      svg("text", { x: x + BAR / 2, y: HEIGHT + 13 }, bits[index] ?? ""),
    );
  });
  const width = confidences.length * WIDTH + 24;
  const grid = [0, 0.5, 1].map((share) =>
    svg("line", { x1: 0, x2: width - 8, y1: HEIGHT * share, y2: HEIGHT * share }),
  );
  const drawing = svg(
    "svg",
    { viewBox: `0 -2 ${width} ${HEIGHT + 20}`, role: "img", "aria-label": caption },
    ...grid,
    ...bars,
  );
  const rows = confidences.map((confidence, index) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, String(index + 1)),
      h("td", {}, bits[index] ?? ""),
      h("td", {}, () => inPercent(confidence)),
    ),
  );
  const columns = h(
    "tr",
    {},
    ...[() => m.bit, () => m.value, () => m.confidence].map((name) => h("th", { scope: "col" }, name)),
  );
  return h(
    "figure",
    { class: "bits-plot" },
    drawing,
    h("figcaption", {}, caption),
    h(
      "details",
      {},
      h("summary", {}, () => m.asTable),
      h("table", {}, h("thead", {}, columns), h("tbody", {}, ...rows)),
    ),
  );
}
