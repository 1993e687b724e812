/** What the screens say of a reading. */

import { bitsPlot } from "./bits-plot.js";
import { h } from "./dom.js";
import { inChance, inNumber, inPercent, m } from "./language.js";
import { payloadInWords, placeInWords } from "./words.js";

/**
 * @import { Reading } from "../engine/protocol.js"
 * @import { LiveText } from "./dom.js"
 * @import { Entry } from "../register/entries.js"
 */

/** From this certainty on, no other entry of the register is possible. */
const OUT_OF_QUESTION = 0.999;

/**
 * The answer in a few characters.
 *
 * @param {Reading} reading
 * @param {Entry} [entry] of the register, which matches
 */
export function answerOf(reading, entry) {
  const payload = payloadOf(reading, entry);
  return payload ? payloadInWords(payload) : m.notFound;
}

/**
 * The payload of the register's entry, if there is one, else that of the bits.
 *
 * @param {Reading} reading
 * @param {Entry} [entry] of the register
 */
export const payloadOf = ({ payload }, entry) => entry?.payload ?? payload;

/**
 * The answer in one line: how sure it is and the chance of a false alarm; or that there is no mark, with the figures.
 *
 * @param {Reading} reading
 */
export function answerLine({ found, statistic, threshold, false_alarm, confidences, tried }) {
  return found
    ? m.foundLine(inPercent(Math.min(...confidences)), inChance(false_alarm))
    : m.notFoundLine(inNumber(statistic, 2), inNumber(tried), inNumber(threshold, 2));
}

/**
 * @param {Reading} reading
 * @param {Entry | undefined} entry of the register, which matches
 */
export function readingFacts(reading, entry) {
  const { found, bits, statistic, threshold, tried, protected: number, match } = reading;
  const payload = payloadOf(reading, entry);
  /** @type {[LiveText, LiveText][]} */
  const facts = [];
  if (match && entry) {
    facts.push([
      () => m.registerMatch,
      () =>
        m.matchLine(
          entry.note || entry.cover.name,
          inNumber(match.agreeing),
          inChance(match.chance),
          match.certainty < OUT_OF_QUESTION ? inPercent(match.certainty) : "",
        ),
    ]);
  }
  if (payload) {
    const read = hexOf(bits);
    facts.push([() => m.id, () => payload.hex]);
    if (payload.hex !== read) facts.push([() => m.bitsRead, () => read]);
  }
  // Any bits may be a protected number, since a mark does not say so. With an entry of another kind they are not.
  if (number && (payload?.kind === "protected" || !entry)) {
    facts.push([
      () => (payload?.kind === "protected" ? m.kinds.protected : m.asProtected),
      () => m.protectedLine(String(number.value), number.corrected),
    ]);
  }
  if (found) facts.push([() => m.place, () => placeInWords(reading.corners)]);
  facts.push([() => m.signal, () => m.signalLine(inNumber(statistic, 2), inNumber(threshold, 2))]);
  facts.push([() => m.tried, () => m.places(tried)]);
  return h("dl", {}, ...facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))));
}

/** @param {Reading} reading */
export const readingPlot = ({ confidences, bits }) => bitsPlot(confidences, hexOf(bits));

/** @param {number[]} bits 0 and 1 */
const hexOf = (bits) =>
  bits.reduce(
    (hex, _, index) =>
      hex + (index % 4 ? "" : parseInt(bits.slice(index, index + 4).join(""), 2).toString(16)),
    "",
  );
