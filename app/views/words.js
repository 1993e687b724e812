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

/**
 * Where the marked picture lies in the one that was read.
 *
 * @param {[number, number][]} corners its top left, top right, bottom right and bottom left, in shares of the sides
 */
export function placeInWords(corners) {
  const [[left, top], [right, level], , [x, y]] = corners;
  const mirrored = (right - left) * (y - top) < (level - top) * (x - left);
  const degrees = (Math.atan2(level - top, right - left) * 180) / Math.PI;
  const quarters = Math.round(degrees / 90);
  const places = corners.flat();
  const cropped = Math.min(...places) < -0.03 || Math.max(...places) > 1.03;
  const width = Math.hypot(right - left, level - top);
  const height = Math.hypot(x - left, y - top);
  const changes = [
    mirrored && "mirrored",
    quarters !== 0 && `turned by ${((quarters * 90 + 360) % 360).toString()} degrees`,
    Math.abs(degrees - quarters * 90) > 1 && "tilted",
  ].filter(Boolean);
  const how = changes.length ? `, ${changes.join(" and ")}` : "";
  if (cropped) return `This is a part of the marked picture${how}.`;
  if (width * height < 0.9) return `The marked picture is a part of this one${how}.`;
  return `It was read in the whole picture${how}.`;
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
