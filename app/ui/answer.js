/** The answer of a reading, as every screen gives it: read; marked, but not readable; no mark found. */

import { h, setText, svg } from "./dom.js";
import { inChance, inNumber, inPercent, m } from "./language.js";
import { messageInWords } from "./words.js";

/**
 * @import { Match, Reading } from "../engine/protocol.js"
 * @import { LiveText } from "./dom.js"
 * @import { Entry } from "../register/entries.js"
 *
 * @typedef {object} Circumstances
 * @property {Entry} [entry] of the register, which `match` names
 * @property {boolean} [hasKey] whether a key was given
 * @property {boolean} [mayCompare] whether a comparison with the register is left to try
 * @property {LiveText} [further] a sentence that follows the explanation
 */

/** Their shapes differ, so that nobody needs the colours. @type {Record<Reading["outcome"], string[]>} */
const ICONS = {
  // A tick in a circle; an exclamation mark in a triangle; a line through a circle.
  read: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", "M7.5 12.5l3 3l6-6.5"],
  unreadable: ["M12 3.5l9.5 16.5h-19z", "M12 9.5v5", "M12 17.2v.3"],
  none: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", "M6 18l12-12"],
};

/** The answer in large, why it is so, and what may help. */
export class Answer {
  #hasHelp;
  #icon = h("span", { class: "answer-icon" });
  #answer = h("p", { class: "answer" });
  #explanation = h("p", { class: "explanation" });
  #rest = h("div");
  element = h(
    "div",
    { class: "answer-box" },
    this.#icon,
    h("div", {}, this.#answer, this.#explanation, this.#rest),
  );

  /** @param {{ hasHelp: boolean }} [options] hasHelp: whether to say what may help */
  constructor({ hasHelp } = { hasHelp: true }) {
    this.#hasHelp = hasHelp;
  }

  /** @param {LiveText} words instead of an answer, which is still to come */
  wait(words) {
    delete this.element.dataset.outcome;
    this.#icon.replaceChildren();
    setText(this.#answer, words);
    setText(this.#explanation, "");
    this.#rest.replaceChildren();
  }

  /**
   * @param {Reading} reading
   * @param {Circumstances} [circumstances]
   */
  show(reading, { entry, hasKey = false, mayCompare = false, further } = {}) {
    const { outcome, match } = reading;
    this.element.dataset.outcome = outcome;
    this.#icon.replaceChildren(outcomeIcon(outcome));
    setText(this.#answer, () => answerNoted(reading, entry));
    setText(this.#explanation, () =>
      m.sentences([explanationOf(reading, hasKey), further?.() ?? ""].filter(Boolean)),
    );
    /** @type {Node[]} */
    const rest = [];
    if (outcome === "read" && entry) rest.push(h("p", {}, () => m.inRegister(entry.cover.name)));
    if (outcome === "unreadable" && match) rest.push(likeliest(match, entry));
    const helps = this.#hasHelp ? helpsFor(reading, hasKey, mayCompare) : [];
    if (helps.length) {
      rest.push(
        h("h2", {}, () => m.whatHelps),
        h("ul", {}, ...helps.map((help) => h("li", {}, () => m.helps[help]))),
      );
    }
    this.#rest.replaceChildren(...rest);
  }
}

/** @param {Reading["outcome"]} outcome */
export const outcomeIcon = (outcome) =>
  svg(
    "svg",
    { class: "outcome-icon", viewBox: "0 0 24 24", "aria-hidden": "true" },
    ...ICONS[outcome].map((d) => svg("path", { d })),
  );

/**
 * The answer in a few words: the message where it was read.
 *
 * @param {Reading} reading
 */
export const answerOf = ({ outcome, message }) => (message ? messageInWords(message) : m.outcomes[outcome]);

/**
 * The same with the register's note, where the message was read and has one.
 *
 * @param {Reading} reading
 * @param {Entry} [entry] of the register, which matches
 */
export function answerNoted(reading, entry) {
  const answer = answerOf(reading);
  return reading.message && entry?.note ? m.answerNoted(answer, entry.note) : answer;
}

/**
 * The likeliest of a list in a few words, with the words that it is not verified.
 *
 * @param {Match} match
 * @param {Entry} [entry] of the register, which it names
 */
export function likeliestOf({ message, certainty }, entry) {
  const name = entry?.note || entry?.cover.name;
  const words = messageInWords(message);
  return m.likeliest(name ? m.answerNoted(words, name) : words, inPercent(certainty));
}

/**
 * @param {Reading} reading
 * @param {boolean} hasKey
 */
function explanationOf({ outcome, reason, chance, tried }, hasKey) {
  if (outcome === "none") return m.noneLine(inNumber(tried));
  if (outcome === "read") return m.readLine(inChance(chance ?? 1));
  return m.reasons[reason === "key" && hasKey ? "other-key" : (reason ?? "damaged")];
}

/**
 * @param {Match} match
 * @param {Entry} [entry]
 */
function likeliest(match, entry) {
  return h(
    "div",
    { class: "likeliest" },
    h("h2", {}, () => m.likeliestHead),
    h("p", {}, () => likeliestOf(match, entry)),
    h("p", { class: "hint" }, () => m.likeliestLine(inNumber(match.agreeing), inChance(match.chance))),
  );
}

/**
 * @param {Reading} reading
 * @param {boolean} hasKey
 * @param {boolean} mayCompare
 * @returns {(keyof typeof m.helps)[]}
 */
function helpsFor({ outcome, reason }, hasKey, mayCompare) {
  if (outcome === "none") return ["copy"];
  if (outcome === "read" || reason === "later" || reason === "no-key") return [];
  if (reason === "key") return ["key"];
  return [
    "copy",
    ...(hasKey ? [] : /** @type {const} */ (["key"])),
    ...(mayCompare ? /** @type {const} */ (["register"]) : []),
  ];
}
