/** Numbers and payloads in words, the same on every screen. */

/** @import { Payload } from "../engine/protocol.js" */

/** @param {number} bytes */
export function bytesInWords(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {Record<string, number>} phases milliseconds */
export function timeInWords(phases) {
  const seconds = Object.values(phases).reduce((sum, time) => sum + time, 0) / 1000;
  return `${seconds.toFixed(1)} s`;
}

/** @param {Payload} payload */
export function payloadInWords({ kind, value, hex }) {
  return kind === "text" ? `“${value}”` : hex;
}

/** @param {number} probability */
export function percent(probability) {
  // Rounded down: 99.96 % sure is not 100 %.
  return `${(Math.floor(probability * 1000) / 10).toFixed(1)} %`;
}

/** @param {number} probability */
export function chanceInWords(probability) {
  if (probability < 1e-9) return "less than 1 in a billion";
  return `about 1 in ${Number((1 / probability).toPrecision(2)).toLocaleString("en")}`;
}

/** The pipeline's phases and those of the engine's start. @type {Record<string, string>} */
export const PHASE_WORDS = {
  runtime: "Loading Python",
  packages: "Loading packages",
  weights: "Loading the weights",
  session: "Opening the networks",
  open: "Opening the picture",
  prepare: "Scaling the picture for the network",
  forward: "Running the network",
  refine: "Making the mark surer",
  apply: "Adding the mark",
  save: "Saving",
  check: "Reading it back",
  search: "Looking for a mark",
};
