/** How well a mark is read over the range of a trial. */

import { h, svg } from "../ui/dom.js";
import { inAmount, inPercent, m } from "../ui/language.js";

/**
 * @import { LabKind, Reading } from "../engine/protocol.js"
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {{ amount: number, accuracy: number, outcome: Reading["outcome"] }} Outcome
 */

const [WIDTH, HEIGHT, LEFT, FOOT] = [640, 180, 44, 24];
/** Room at each end for half of an amount's text. */
const EDGE = 24;
/** Half of the bits are right by accident. */
const LEAST = 0.4;
const LINES = [0.5, 0.75, 1];
/** A dot, a triangle and a ring; lab.css fills them. @type {Record<Reading["outcome"], string>} */
const SHAPES = {
  read: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
  unreadable: "M0 -6l6 11h-12z",
  none: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
};

/**
 * @param {LabKind} kind
 * @param {Outcome[]} outcomes by rising amount
 * @param {{ kind: LabKind, amount: number }[]} others that the picture went through as well
 * @param {string | null} crop what was left of the picture before, in words; null for all of it
 */
export function survivalChart(kind, outcomes, others, crop) {
  const title = () => m.survivalTitle(m.trials[kind.name]);
  const also = () => [...(crop ? [m.trialAt(m.cropHead, crop)] : []), ...others.map(stepInWords)];
  return h(
    "figure",
    { class: "survival card" },
    h("h2", {}, title),
    drawing(kind, outcomes, title),
    h("figcaption", {}, () =>
      m.sentences([
        m.survivalCaption,
        others.length || crop ? m.survivalWith(m.list(also())) : m.survivalAlone,
      ]),
    ),
    h(
      "details",
      {},
      h("summary", {}, () => m.asTable),
      table(kind, outcomes),
    ),
  );
}

/**
 * @param {LabKind} kind
 * @param {Outcome[]} outcomes
 * @param {LiveText} title
 */
function drawing({ least, most, unit }, outcomes, title) {
  /** @param {number} amount */
  const x = (amount) => LEFT + EDGE + ((amount - least) / (most - least)) * (WIDTH - LEFT - 2 * EDGE);
  /** @param {number} accuracy */
  const y = (accuracy) => 8 + (HEIGHT - 8) * (1 - (Math.max(accuracy, LEAST) - LEAST) / (1 - LEAST));
  const points = outcomes.map(({ amount, accuracy }) => `${x(amount)},${y(accuracy)}`).join(" ");
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: "img", "aria-label": title },
    ...LINES.flatMap((share) => [
      svg("line", { x1: LEFT, x2: WIDTH, y1: y(share), y2: y(share) }),
      svg("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, () => inAmount(share, "share")),
    ]),
    ...[least, (least + most) / 2, most].map((amount) =>
      svg("text", { x: x(amount), y: HEIGHT + 18, "text-anchor": "middle" }, () => inAmount(amount, unit)),
    ),
    svg("polyline", { points }),
    ...outcomes.map(({ amount, accuracy, outcome }) =>
      svg(
        "path",
        { d: SHAPES[outcome], transform: `translate(${x(amount)} ${y(accuracy)})`, "data-outcome": outcome },
        svg("title", {}, () =>
          m.survivalPoint(inAmount(amount, unit), m.outcomes[outcome], inPercent(accuracy)),
        ),
      ),
    ),
  );
}

/**
 * @param {LabKind} kind
 * @param {Outcome[]} outcomes
 */
function table({ unit }, outcomes) {
  const rows = outcomes.map(({ amount, accuracy, outcome }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, () => inAmount(amount, unit)),
      h("td", {}, () => m.outcomes[outcome]),
      h("td", {}, () => inPercent(accuracy)),
    ),
  );
  const columns = [() => m.amount, () => m.columns.answer, () => m.bitAccuracy];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, column)))),
    h("tbody", {}, ...rows),
  );
}

/** @param {{ kind: LabKind, amount: number }} step */
const stepInWords = ({ kind: { name, unit }, amount }) =>
  unit === "switch" ? m.trials[name] : m.trialAt(m.trials[name], inAmount(amount, unit));
