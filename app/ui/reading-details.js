/** Measurements of a reading, in a part that is closed until people open it. */

import { bitsPlot } from "./bits-plot.js";
import { h } from "./dom.js";
import { inChance, inNumber, m } from "./language.js";
import { placeInWords } from "./words.js";

/**
 * @import { Reading } from "../engine/protocol.js"
 * @import { LiveText } from "./dom.js"
 */

export class ReadingDetails {
  #facts = h("dl");
  #plot = h("div");
  element;

  /** @param {...Node} above what stands above them */
  constructor(...above) {
    this.element = h(
      "details",
      { class: "details" },
      h("summary", {}, () => m.details),
      ...above,
      this.#facts,
      this.#plot,
    );
  }

  /** @param {Reading} reading in place of the last one; the part stays open or closed */
  show(reading) {
    this.#facts.replaceChildren(
      ...factsOf(reading).map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    );
    this.#plot.replaceChildren(bitsPlot(reading.confidences, hexOf(reading.bits)));
  }
}

/**
 * @param {Reading} reading
 * @returns {[LiveText, LiveText][]}
 */
function factsOf(reading) {
  const { outcome, message, chance, match, corrected, corners, statistic, threshold, false_alarm, tried } =
    reading;
  /** @type {[LiveText, LiveText][]} */
  const facts = [
    [() => m.signal, () => m.signalLine(inNumber(statistic, 2), inNumber(threshold, 2))],
    [() => m.falseAlarm, () => inChance(false_alarm)],
    [() => m.tried, () => m.places(tried)],
  ];
  if (message) facts.unshift([() => m.kind, () => m.kinds[message.kind]]);
  if (match && outcome === "unreadable") {
    facts.push([
      () => m.likeliestHead,
      () => m.likeliestLine(inNumber(match.agreeing), inChance(match.chance)),
    ]);
  }
  if (outcome === "read") {
    facts.push(
      [() => m.columns.chance, () => inChance(chance ?? 1)],
      [() => m.corrected, () => inNumber(corrected ?? 0)],
      [() => m.place, () => placeInWords(corners)],
    );
  }
  return facts;
}

/** @param {number[]} bits 0 and 1 */
const hexOf = (bits) =>
  bits.reduce(
    (hex, _, index) =>
      hex + (index % 4 ? "" : parseInt(bits.slice(index, index + 4).join(""), 2).toString(16)),
    "",
  );
