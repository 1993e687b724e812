/** Searches the register. */

import { inDate } from "../ui/language.js";
import { messageInWords } from "../ui/words.js";

/** @import { Entry } from "./entries.js" */

/** Fewest digits of a word that is looked for in SHA-256 sums: shorter ones are in many of them by accident. */
const LEAST_DIGITS = 8;

/**
 * The entries that have all words of a query; those whose message it is come first.
 *
 * @param {Entry[]} list
 * @param {string} query
 * @returns {Entry[]} else in their order
 */
export function found(list, query) {
  const wanted = query.trim().toLowerCase();
  const words = wanted.split(/\s+/).filter(Boolean);
  const fitting = list.filter((entry) => {
    const { text, number, sums } = searchable(entry);
    return words.every(
      (word) =>
        text.includes(word) ||
        word === number ||
        (word.length >= LEAST_DIGITS && sums.some((sum) => sum.startsWith(word))),
    );
  });
  const isExact = (/** @type {Entry} */ { message }) =>
    wanted === message.value.toLowerCase() || wanted === messageInWords(message).toLowerCase();
  return [...fitting.filter(isExact), ...fitting.filter((entry) => !isExact(entry))];
}

/**
 * number: the message, if it is one. It has to be typed as a whole: people who look for number 42 do not mean 1427.
 *
 * @param {Entry} entry
 */
function searchable({ message, note, cover, marked, time }) {
  const words = messageInWords(message).toLowerCase();
  const isNumber = message.kind === "number" || message.kind === "protected";
  return {
    text: [
      isNumber ? words.replace(message.value, "") : words,
      note,
      cover.folder,
      cover.name,
      marked.name,
      inDate(time),
    ]
      .join("\n")
      .toLowerCase(),
    number: isNumber ? message.value : null,
    sums: [cover.sha256, marked.sha256],
  };
}
