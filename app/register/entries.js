/** The register's entries: their fields, their file format, and what makes one damaged. */

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
 *
 * @typedef {object} FileFacts
 * @property {string} name
 * @property {number} size bytes
 * @property {string} sha256
 *
 * @typedef {object} Damaged what is stored and is no entry
 * @property {IDBValidKey} id
 * @property {Part} part what is wrong with it
 *
 * @typedef {"id" | "time" | "message" | "note" | "cover" | "marked" | "thumbnail" | "all"} Part
 */

const FORMAT = "hushmark-register";
const VERSION = 2;
/** In which a message was called payload. */
const OLDER_VERSION = 1;
/** Characters in base64, and the bytes that these are. */
const MOST_THUMBNAIL = 200_000;
const MOST_THUMBNAIL_BYTES = (MOST_THUMBNAIL / 4) * 3;
/** Milliseconds from 1970 that a Date can tell, to either side. */
const MOST_TIME = 8.64e15;
/** Bytes of UTF-8 that a text may take. */
export const TEXT_BYTES = 8;
/** Those of an older build's message. */
const OLDER_BYTES = 4;
const NUMBERS = 1n << 64n;

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

/** @param {Entry[]} list */
export function toJson(list) {
  const plain = list.map((entry) => ({
    ...entry,
    time: new Date(entry.time).toISOString(),
    thumbnail: entry.thumbnail && toBase64(entry.thumbnail),
  }));
  return JSON.stringify({ format: FORMAT, version: VERSION, entries: plain }, null, 1);
}

/**
 * The entries of an exported register.
 *
 * @param {string} text
 * @returns {{ read: Entry[], left: { number: number, part: Part }[] }} left: the damaged ones, by their places in the
 *   file, from 1
 * @throws {RegisterError} import-json, import-format, import-version
 */
export function fromJson(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new RegisterError("import-json");
  }
  if (file?.format !== FORMAT || !Array.isArray(file.entries)) throw new RegisterError("import-format");
  if (file.version !== VERSION && file.version !== OLDER_VERSION) {
    throw new RegisterError("import-version", String(file.version));
  }
  /** @type {Entry[]} */
  const read = [];
  /** @type {{ number: number, part: Part }[]} */
  const left = [];
  for (const [index, value] of file.entries.entries()) {
    const entry = toEntry(renamed(value));
    const part = damagedPart(entry);
    if (part) left.push({ number: index + 1, part });
    else read.push(/** @type {Entry} */ (entry));
  }
  return { read, left };
}

/**
 * @param {unknown} value of any shape
 * @returns {unknown} with the fields of an entry, where it has them, and no others
 */
function toEntry(value) {
  if (!isObject(value)) return value;
  const { id, time, message, note, cover, marked, thumbnail = null } = value;
  /** @param {unknown} file */
  const facts = (file) => isObject(file) && { name: file.name, size: file.size, sha256: file.sha256 };
  return {
    id,
    time: typeof time === "string" ? Date.parse(time) : NaN,
    message: isObject(message) && {
      kind: message.kind,
      value: message.value,
      ...("hex" in message && { hex: message.hex }),
    },
    note,
    cover: facts(cover),
    marked: facts(marked),
    thumbnail: isText(thumbnail, MOST_THUMBNAIL) ? fromBase64(thumbnail) : thumbnail,
  };
}

/**
 * @param {unknown} value of any shape
 * @returns {unknown} the same, but its message is called so also where an older build called it payload
 */
export function renamed(value) {
  if (!isObject(value) || !("payload" in value)) return value;
  const { payload, ...rest } = value;
  return { message: payload, ...rest };
}

/**
 * The first part of a value that is not as it is in an entry.
 *
 * @param {unknown} value of any shape
 * @returns {Part | null} null when it is an entry
 */
export function damagedPart(value) {
  if (!isObject(value)) return "all";
  const { id, time, message, note, cover, marked, thumbnail } = value;
  // It is a label in the list of known ids (knownIds), where a line's end or a tab would end it.
  if (!isText(id, 100) || !/^[\w-]+$/.test(id)) return "id";
  if (typeof time !== "number" || !(Math.abs(time) <= MOST_TIME)) return "time";
  if (!isMessage(message)) return "message";
  if (!isText(note, 10_000)) return "note";
  if (!areFacts(cover)) return "cover";
  if (!areFacts(marked)) return "marked";
  const isThumbnail = thumbnail instanceof ArrayBuffer && thumbnail.byteLength <= MOST_THUMBNAIL_BYTES;
  return thumbnail === null || isThumbnail ? null : "thumbnail";
}

/**
 * Whether a reading can be compared with it, or it is an older build's. A line of the list of known ids that Python
 * refuses would keep every picture from being read.
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

/** In UTF-8. @param {string} text */
export const toBytes = (text) => new TextEncoder().encode(text);

/** @param {unknown} file of any shape */
const areFacts = (file) =>
  isObject(file) &&
  isText(file.name, 1000) &&
  typeof file.size === "number" &&
  Number.isSafeInteger(file.size) &&
  file.size >= 0 &&
  isText(file.sha256, 64) &&
  /^[0-9a-f]{64}$/.test(file.sha256);

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
const isObject = (value) => typeof value === "object" && value !== null;

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * @param {unknown} value
 * @param {number} most characters
 * @returns {value is string}
 */
const isText = (value, most) => typeof value === "string" && value.length <= most;

/** @param {ArrayBuffer} buffer */
const toBase64 = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));

/**
 * @param {string} text
 * @returns {ArrayBuffer | undefined} undefined when it is no base64
 */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
  } catch {
    return undefined;
  }
}
