/** Messages, errors, times and places in words, for all screens. */

import { inNumber, inSeconds, m } from "./language.js";

/**
 * @import { EngineError } from "../engine/errors.js"
 * @import { RegisterError } from "../register/entries.js"
 */

/** @param {{ kind: string, value: string }} message of a kind of today, or of an older build's ("hex", "protected") */
export function messageInWords({ kind, value }) {
  if (kind === "text") return m.quoted(value);
  return kind === "number" || kind === "protected" ? m.numbered(value) : value;
}

/** @param {Record<string, number>} phases milliseconds */
export function timeInWords(phases) {
  return inSeconds(Object.values(phases).reduce((sum, time) => sum + time, 0));
}

/**
 * What went wrong.
 *
 * @param {EngineError | RegisterError} error
 */
export function errorInWords(error) {
  if ("facts" in error && error.facts) return m.pythonErrors[error.code]?.(error.facts) ?? error.message;
  return m.errors[error.code]?.(error.detail) ?? error.message;
}

/**
 * Where the marked picture lies in the one that was read.
 *
 * @param {[number, number][]} corners its top left, top right, bottom right and bottom left, in shares of the sides
 */
export function placeInWords(corners) {
  const [[left, top], [right, level], , [x, y]] = corners;
  const mirrored = (right - left) * (y - top) < (level - top) * (x - left);
  // The top edge of a mirror image runs from right to left.
  const along = mirrored ? -1 : 1;
  const degrees = (Math.atan2(along * (level - top), along * (right - left)) * 180) / Math.PI;
  const quarters = Math.round(degrees / 90);
  const places = corners.flat();
  const cropped = Math.min(...places) < -0.03 || Math.max(...places) > 1.03;
  const width = Math.hypot(right - left, level - top);
  const height = Math.hypot(x - left, y - top);
  const changes = [
    mirrored && m.mirrored,
    quarters !== 0 && m.turned(inNumber((quarters * 90 + 360) % 360)),
    Math.abs(degrees - quarters * 90) > 1 && m.tilted,
  ].filter((change) => typeof change === "string");
  const how = changes.length ? changes.reduce(m.and) : "";
  if (cropped) return m.placeCropped(how);
  if (width * height < 0.9) return m.placePart(how);
  return m.placeWhole(how);
}
