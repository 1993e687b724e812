/** The answer of a reading, as every screen gives it: read; marked, but not readable; no mark found. */

import { h, setText, svg } from "./dom.js";
import { inPercent, m } from "./language.js";
import { meant, nameOf, registerMatches } from "./register-matches.js";
import { messageInWords } from "./words.js";

/**
 * @import { Match, Reading } from "../engine/protocol.js"
 * @import { LiveText } from "./dom.js"
 * @import { Entry, FoundEntry } from "../register/entries.js"
 *
 * @typedef {object} Circumstances
 * @property {FoundEntry[]} [entries] entries of the register with the message of `match`, the likeliest first
 * @property {boolean} [isCompared] whether the register was looked into
 * @property {boolean} [hasKey] whether a key was given
 * @property {boolean} [mayCompare] whether a comparison with the register is left to try
 * @property {LiveText} [further] a sentence that follows the explanation
 */

/** Their shapes differ, so that the colours are not needed. @type {Record<Reading["outcome"], string[]>} */
const ICONS = {
  // A tick in a circle; an exclamation mark in a triangle; a line through a circle.
  read: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", "M7.5 12.5l3 3l6-6.5"],
  unreadable: ["M12 3.5l9.5 16.5h-19z", "M12 9.5v5", "M12 17.2v.3"],
  none: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", "M6 18l12-12"],
};

/** The answer in large type, the reason for it, and what may help. */
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
  show(reading, { entries = [], isCompared = false, hasKey = false, mayCompare = false, further } = {}) {
    const { outcome, match } = reading;
    this.element.dataset.outcome = outcome;
    this.#icon.replaceChildren(outcomeIcon(outcome));
    setText(this.#answer, () => answerNoted(reading, meant(entries)));
    setText(this.#explanation, () =>
      m.sentences([explanationOf(reading, hasKey), further?.() ?? ""].filter(Boolean)),
    );
    /** @type {Node[]} */
    const rest = [];
    if (outcome === "read" && entries.length) rest.push(registerMatches(entries, true));
    else if (outcome === "read" && isCompared) rest.push(h("p", {}, () => m.notInRegister));
    if (outcome === "unreadable" && match) rest.push(likeliest(match, entries));
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
 * The same with the register's note, where the message was read and it is clear which picture it is.
 *
 * @param {Reading} reading
 * @param {Entry} [entry] of the register, which is meant
 */
export function answerNoted(reading, entry) {
  const answer = answerOf(reading);
  return reading.message && entry?.note ? m.answerNoted(answer, entry.note) : answer;
}

/**
 * The likeliest of a list in a few words, which say that it is not verified.
 *
 * @param {Match} match
 * @param {Entry} [entry] of the register, which is meant
 */
export function likeliestOf({ message, certainty }, entry) {
  const name = entry && (entry.note || nameOf(entry));
  const words = messageInWords(message);
  return m.likeliest(name ? m.answerNoted(words, name) : words, inPercent(certainty));
}

/**
 * @param {Reading} reading
 * @param {boolean} hasKey
 */
function explanationOf({ outcome, reason }, hasKey) {
  if (outcome === "none") return m.noneLine;
  if (outcome === "read") return m.readLine;
  return m.reasons[reason === "key" && hasKey ? "other-key" : (reason ?? "damaged")];
}

/**
 * @param {Match} match
 * @param {FoundEntry[]} entries
 */
function likeliest(match, entries) {
  return h(
    "div",
    { class: "likeliest" },
    h("h2", {}, () => m.likeliestHead),
    h("p", {}, () => likeliestOf(match, meant(entries))),
    entries.length ? registerMatches(entries, false) : "",
  );
}

/**
 * @param {Reading} reading
 * @param {boolean} hasKey
 * @param {boolean} mayCompare
 * @returns {(keyof typeof m.helps)[]}
 */
function helpsFor({ outcome, reason }, hasKey, mayCompare) {
  const compare = mayCompare ? /** @type {const} */ (["register"]) : [];
  if (outcome === "none") return ["copy", ...(hasKey ? [] : /** @type {const} */ (["anyKey"])), ...compare];
  if (outcome === "read" || reason === "later" || reason === "no-key") return [];
  if (reason === "key") return ["key"];
  return ["copy", ...(hasKey ? [] : /** @type {const} */ (["key"])), ...compare];
}
