/** The register as a file: JSON, which has all of it, or CSV for spreadsheets, which has all but the small pictures. */

import { fromCsv, toCsv } from "../ui/csv.js";
import {
  completed,
  damagedPart,
  isObject,
  isText,
  MOST_THUMBNAIL,
  RegisterError,
  renamed,
} from "./entries.js";

/**
 * @import { Entry, Part } from "./entries.js"
 *
 * @typedef {object} Exchanged what a file has
 * @property {Entry[]} read
 * @property {{ number: number, part: Part }[]} left the damaged ones, by their places in the file, from 1
 */

const FORMAT = "hushmark-register";
/** Version 2 had no perceptual hash and no folder; version 1 called a message payload. */
const VERSIONS = [1, 2, 3];

/** @param {Entry[]} list */
export function toJson(list) {
  const plain = list.map((entry) => ({
    ...entry,
    time: new Date(entry.time).toISOString(),
    thumbnail: entry.thumbnail && toBase64(entry.thumbnail),
  }));
  return JSON.stringify({ format: FORMAT, version: VERSIONS.at(-1), entries: plain }, null, 1);
}

/** How an entry becomes a row. @type {[column: string, cell: (entry: Entry) => string][]} */
const COLUMNS = [
  ["id", ({ id }) => id],
  ["time", ({ time }) => new Date(time).toISOString()],
  ["kind", ({ message }) => message.kind],
  ["message", ({ message }) => message.value],
  ["note", ({ note }) => note],
  ["folder", ({ cover }) => cover.folder],
  ["original", ({ cover }) => cover.name],
  ["original_bytes", ({ cover }) => String(cover.size)],
  ["original_sha256", ({ cover }) => cover.sha256],
  ["marked", ({ marked }) => marked.name],
  ["marked_bytes", ({ marked }) => String(marked.size)],
  ["marked_sha256", ({ marked }) => marked.sha256],
  ["perceptual_hash", ({ perceptualHash }) => perceptualHash ?? ""],
  // Of messages of older builds.
  ["hex", ({ message }) => ("hex" in message ? message.hex : "")],
];

/** @param {Entry[]} list */
export const toTable = (list) =>
  toCsv([COLUMNS.map(([name]) => name), ...list.map((entry) => COLUMNS.map(([, cell]) => cell(entry)))]);

/**
 * The entries of an exported register.
 *
 * @param {string} text of a JSON or CSV file
 * @returns {Exchanged}
 * @throws {RegisterError} import-json, import-format, import-version
 */
export function fromFile(text) {
  const values = text.trimStart().startsWith("{") ? inJson(text) : inTable(text);
  /** @type {Exchanged} */
  const { read, left } = { read: [], left: [] };
  for (const [index, value] of values.entries()) {
    const part = damagedPart(value);
    if (part) left.push({ number: index + 1, part });
    else read.push(completed(/** @type {Entry} */ (value)));
  }
  return { read, left };
}

/**
 * @param {string} text
 * @returns {unknown[]}
 */
function inJson(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new RegisterError("import-json");
  }
  if (file?.format !== FORMAT || !Array.isArray(file.entries)) throw new RegisterError("import-format");
  if (!VERSIONS.includes(file.version)) throw new RegisterError("import-version", String(file.version));
  return file.entries.map((/** @type {unknown} */ value) => toEntry(renamed(value)));
}

/**
 * @param {string} text
 * @returns {unknown[]}
 */
function inTable(text) {
  const [head = [], ...rows] = fromCsv(text);
  const places = new Map(head.map((name, place) => [name.trim(), place]));
  if (!["id", "time", "kind", "message"].every((name) => places.has(name))) {
    throw new RegisterError("import-format");
  }
  return rows.map((row) => {
    /** @param {string} name */
    const cell = (name) => row[places.get(name) ?? -1] ?? "";
    /** @param {string} name */
    const size = (name) => (/^\d+$/.test(cell(name)) ? Number(cell(name)) : NaN);
    const [hash, hex] = [cell("perceptual_hash"), cell("hex")];
    return {
      id: cell("id"),
      time: Date.parse(cell("time")),
      message: { kind: cell("kind"), value: cell("message"), ...(hex && { hex }) },
      note: cell("note"),
      cover: {
        name: cell("original"),
        folder: cell("folder"),
        size: size("original_bytes"),
        sha256: cell("original_sha256"),
      },
      marked: {
        name: cell("marked"),
        folder: cell("folder"),
        size: size("marked_bytes"),
        sha256: cell("marked_sha256"),
      },
      thumbnail: null,
      perceptualHash: hash || null,
    };
  });
}

/**
 * @param {unknown} value of any shape
 * @returns {unknown} with the fields of an entry, where it has them, and no others
 */
function toEntry(value) {
  if (!isObject(value)) return value;
  const { id, time, message, note, cover, marked, thumbnail = null, perceptualHash = null } = value;
  /** @param {unknown} file */
  const facts = (file) =>
    isObject(file) && { name: file.name, folder: file.folder, size: file.size, sha256: file.sha256 };
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
    perceptualHash,
  };
}

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
