/** The register's entries: their fields, checks for damage, and the search for those that a reading may be of. */

/**
 * @import { Message } from "../engine/protocol.js"
 *
 * @typedef {Message | OlderMessage} AnyMessage
 *
 * @typedef {object} OlderMessage what builds marked before messages had a check. Such marks are no longer read.
 * @property {"text" | "hex" | "number" | "protected"} kind
 * @property {string} value
 * @property {string} hex 8 digits
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {number} time as of Date.now()
 * @property {AnyMessage} message
 * @property {string} note
 * @property {FileFacts} cover
 * @property {FileFacts} marked
 * @property {ArrayBuffer | null} thumbnail a small picture file; IndexedDB keeps ArrayBuffers (Safari has lost Blobs)
 * @property {string | null} perceptualHash of the original, 16 hex digits; null where none was kept
 *
 * @typedef {object} FileFacts
 * @property {string} name
 * @property {string} folder path of the folders that it was in, as in "trip/day 1", or empty
 * @property {number} size bytes
 * @property {string} sha256
 *
 * @typedef {object} Damaged what is stored and is no entry
 * @property {IDBValidKey} id
 * @property {Part} part what is wrong with it
 *
 * @typedef {"id" | "time" | "message" | "note" | "cover" | "marked" | "thumbnail" | "hash" | "all"} Part
 */

/** Characters of a note that is typed. */
export const MOST_NOTE = 1000;
/** The limit in base64 characters, and in bytes. */
export const MOST_THUMBNAIL = 200_000;
const MOST_THUMBNAIL_BYTES = (MOST_THUMBNAIL / 4) * 3;
/** Largest distance from 1970, in milliseconds, that a Date can hold. */
const MOST_TIME = 8.64e15;
/** Bytes of UTF-8 that a text may take. */
export const TEXT_BYTES = 8;
/** The same for an older build's message. */
const OLDER_BYTES = 4;
const NUMBERS = 1n << 64n;
/** Up to so many of 64 bits may differ in the perceptual hashes of pictures that look alike. */
const MOST_DIFFERENT = 16;
/** An entry without a hash is sorted between those that look like the picture and those that do not. */
const UNKNOWN = MOST_DIFFERENT + 0.5;

/** Code: "register-full", "register-failed", "register-newer", "import-json", "import-format", "import-version". */
export class RegisterError extends Error {
  /**
   * @param {string} code
   * @param {string} [detail]
   */
  constructor(code, detail = "") {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

/**
 * The messages as a list of known ids (py/hushmark/message/known.py), each with its entry's id for a label; null without
 * any. Those of older builds are left out, since their marks are not read.
 *
 * @param {Entry[]} list
 */
export function knownIds(list) {
  const known = list.filter(({ message }) => !isOlder(message));
  return known.map(({ message: { kind, value }, id }) => `${kind}:${value}\t${id}`).join("\n") || null;
}

/**
 * @param {AnyMessage} message
 * @returns {message is OlderMessage}
 */
export const isOlder = (message) => "hex" in message;

/**
 * @param {unknown} value of any shape
 * @returns {unknown} the same, with `payload`, an older build's name, renamed to `message`
 */
export function renamed(value) {
  if (!isObject(value) || !("payload" in value)) return value;
  const { payload, ...rest } = value;
  return { message: payload, ...rest };
}

/**
 * The first part of a value that does not fit an entry.
 *
 * @param {unknown} value of any shape
 * @returns {Part | null} null when it is an entry
 */
export function damagedPart(value) {
  if (!isObject(value)) return "all";
  const { id, time, message, note, cover, marked, thumbnail, perceptualHash = null } = value;
  // It is a label in the list of known ids (knownIds), where a line break or a tab would end it.
  if (!isText(id, 100) || !/^[\w-]+$/.test(id)) return "id";
  if (typeof time !== "number" || !(Math.abs(time) <= MOST_TIME)) return "time";
  if (!isMessage(message)) return "message";
  if (!isText(note, 10_000)) return "note";
  if (!areFacts(cover)) return "cover";
  if (!areFacts(marked)) return "marked";
  const isThumbnail = thumbnail instanceof ArrayBuffer && thumbnail.byteLength <= MOST_THUMBNAIL_BYTES;
  if (thumbnail !== null && !isThumbnail) return "thumbnail";
  return perceptualHash === null || isHash(perceptualHash) ? null : "hash";
}

/** @param {Entry} entry that is not damaged, but may be of a build that kept less @returns {Entry} */
export const completed = ({ cover, marked, perceptualHash = null, ...rest }) => ({
  ...rest,
  cover: { ...cover, folder: cover.folder ?? "" },
  marked: { ...marked, folder: marked.folder ?? "" },
  perceptualHash,
});

/**
 * @typedef {object} FoundEntry an entry that a reading may be of
 * @property {Entry} entry
 * @property {boolean | null} isAlike whether its picture looks like the one that was read; null where that is not known
 */

/**
 * The entries with a message: first those whose pictures look most like the one that was read, then the latest.
 *
 * @param {Entry[]} list
 * @param {{ kind: string, value: string }} message
 * @param {string | null} perceptualHash of the picture that was read, null where too little of it is left
 * @returns {FoundEntry[]}
 */
export function entriesWith(list, message, perceptualHash) {
  return list
    .filter(({ message: own }) => !isOlder(own) && own.kind === message.kind && own.value === message.value)
    .map((entry) => ({ entry, bits: differentBits(entry.perceptualHash, perceptualHash) }))
    .sort((a, b) => (a.bits ?? UNKNOWN) - (b.bits ?? UNKNOWN) || b.entry.time - a.entry.time)
    .map(({ entry, bits }) => ({ entry, isAlike: bits === null ? null : bits <= MOST_DIFFERENT }));
}

/**
 * @param {string | null} one
 * @param {string | null} other
 */
function differentBits(one, other) {
  if (one === null || other === null) return null;
  const bits = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  return bits.toString(2).replaceAll("0", "").length;
}

/**
 * Whether it is a message that readings can be compared with, or an older build's. Python refuses a list of known ids
 * with an invalid line, and then no picture could be read.
 *
 * @param {unknown} message of any shape
 */
function isMessage(message) {
  if (!isObject(message)) return false;
  const { kind, value } = message;
  if (!isText(value, 100)) return false;
  if ("hex" in message) return isOlderMessage(message.hex, kind, value);
  switch (kind) {
    case "text":
      return isPrintable(value) && value.trim() !== "" && toBytes(value).length <= TEXT_BYTES;
    case "id":
      return /^[0-9a-f]{16}$/.test(value);
    case "number":
      return /^(0|[1-9]\d*)$/.test(value) && BigInt(value) < NUMBERS;
    default:
      return false;
  }
}

/**
 * @param {unknown} hex the message's bits; of a protected number they are its code's
 * @param {unknown} kind
 * @param {string} value
 */
function isOlderMessage(hex, kind, value) {
  if (!isText(hex, 2 * OLDER_BYTES) || !/^([0-9a-f]{2}){4}$/.test(hex)) return false;
  const isNumber = /^\d{1,10}$/.test(value);
  switch (kind) {
    case "text":
      return toHex(toBytes(value)).padEnd(2 * OLDER_BYTES, "0") === hex;
    case "hex":
      return value === hex;
    case "number":
      return isNumber && Number(value) === parseInt(hex, 16);
    case "protected":
      return isNumber && Number(value) < 65536;
    default:
      return false;
  }
}

/** As in Python's str.isprintable. @param {string} text */
const isPrintable = (text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(" ", ""));

/** @param {unknown} value */
const isHash = (value) => isText(value, 16) && /^[0-9a-f]{16}$/.test(value);

/** In UTF-8. @param {string} text */
export const toBytes = (text) => new TextEncoder().encode(text);

/** @param {unknown} file of any shape */
const areFacts = (file) =>
  isObject(file) &&
  isText(file.name, 1000) &&
  isText(file.folder ?? "", 10_000) &&
  typeof file.size === "number" &&
  Number.isSafeInteger(file.size) &&
  file.size >= 0 &&
  isText(file.sha256, 64) &&
  /^[0-9a-f]{64}$/.test(file.sha256);

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export const isObject = (value) => typeof value === "object" && value !== null;

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @param {unknown} value
 * @param {number} most characters
 * @returns {value is string}
 */
export const isText = (value, most) => typeof value === "string" && value.length <= most;
