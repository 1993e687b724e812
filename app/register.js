/**
 * The register: what was marked on this device, in IndexedDB, and nowhere else.
 *
 * @import { IDBPObjectStore } from "idb"
 * @import { Payload } from "./engine/protocol.js"
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {number} time as of Date.now()
 * @property {Payload} payload
 * @property {string} note
 * @property {FileFacts} cover
 * @property {FileFacts} marked
 * @property {ArrayBuffer | null} thumbnail a small picture file; IndexedDB keeps ArrayBuffers (Safari has lost Blobs)
 *
 * @typedef {object} FileFacts
 * @property {string} name
 * @property {number} size bytes
 * @property {string} sha256
 */

import { openDB } from "idb";
import { lastLine } from "./engine/errors.js";
import { digestOf } from "./engine/manifest.js";
import { prefer, preference } from "./preferences.js";
import { thumbnailOf } from "./views/thumbnails.js";

/** A database of its own: the worker holds that of the weights open. */
export const DATABASE = "hushmark-register";
const STORE = "register";
const FORMAT = "hushmark-register";
const VERSION = 1;
const MOST_THUMBNAIL = 200_000;

/** Code: "register-full", "register-failed", "import-json", "import-format", "import-version", "import-entry". */
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

/** Whether what is marked is written down: so unless somebody said no. */
export const isKept = () => preference("register") !== "off";

/** @param {boolean} value */
export const keepFromNow = (value) => prefer("register", value ? "on" : "off");

/**
 * Writes down a marked picture, if that is wanted.
 *
 * @param {File} cover
 * @param {{ file: Blob, name: string, payload: Payload }} marked
 * @throws {RegisterError}
 */
export async function register(cover, { file, name, payload }) {
  if (!isKept()) return;
  const [before, after] = await Promise.all([cover.arrayBuffer(), file.arrayBuffer()]);
  await put({
    id: crypto.randomUUID(),
    time: Date.now(),
    payload,
    note: "",
    cover: { name: cover.name, size: cover.size, sha256: await digestOf(before) },
    marked: { name, size: file.size, sha256: await digestOf(after) },
    thumbnail: await thumbnailOf(cover).then(
      (thumbnail) => thumbnail.arrayBuffer(),
      () => null,
    ),
  });
}

/**
 * @returns {Promise<Entry[]>} the latest first
 * @throws {RegisterError}
 */
export async function entries() {
  /** @type {Entry[]} */
  const all = await inStore("readonly", (store) => store.getAll());
  return all.sort((a, b) => b.time - a.time);
}

/**
 * @param {Entry} entry in place of the one with its id, if any
 * @throws {RegisterError}
 */
export async function put(entry) {
  await inStore("readwrite", (store) => store.put?.(entry));
}

/**
 * @param {string} id
 * @throws {RegisterError}
 */
export async function remove(id) {
  await inStore("readwrite", (store) => store.delete?.(id));
}

/** @throws {RegisterError} */
export async function clear() {
  await inStore("readwrite", (store) => store.clear?.());
}

/**
 * The payloads as a list of known ids (py/hushmark/known.py), each with its entry's id for a label; null without any.
 *
 * @param {Entry[]} list
 */
export function knownIds(list) {
  return list.map(({ payload, id }) => `hex:${payload.hex}\t${id}`).join("\n") || null;
}

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
 * Adds the entries of an exported register, all of them or none. An entry that is here already stays as it is,
 * except that an empty note is filled.
 *
 * @param {string} text
 * @returns {Promise<{ added: number, present: number }>}
 * @throws {RegisterError}
 */
export async function importJson(text) {
  const read = fromJson(text);
  const here = new Map((await entries()).map((entry) => [entry.id, entry]));
  const added = read.filter(({ id }) => !here.has(id));
  const noted = read.flatMap(({ id, note }) => {
    const entry = here.get(id);
    return entry && note && !entry.note ? [{ ...entry, note }] : [];
  });
  await inStore("readwrite", (store) => Promise.all([...added, ...noted].map((entry) => store.put?.(entry))));
  return { added: new Set(added.map(({ id }) => id)).size, present: read.length - added.length };
}

/**
 * @param {string} text
 * @returns {Entry[]}
 * @throws {RegisterError}
 */
function fromJson(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new RegisterError("import-json");
  }
  if (file?.format !== FORMAT || !Array.isArray(file.entries)) throw new RegisterError("import-format");
  if (file.version !== VERSION) throw new RegisterError("import-version", String(file.version));
  return file.entries.map((/** @type {unknown} */ value, /** @type {number} */ index) => {
    try {
      return toEntry(value);
    } catch {
      throw new RegisterError("import-entry", String(index + 1));
    }
  });
}

/**
 * @param {any} value of any shape
 * @returns {Entry}
 * @throws {Error} unless it is an entry
 */
function toEntry({ id, time, payload, note, cover, marked, thumbnail }) {
  const isWhole =
    isText(id, 100) &&
    isText(note, 10_000) &&
    typeof time === "string" &&
    Number.isFinite(Date.parse(time)) &&
    isText(payload.kind, 20) &&
    isText(payload.value, 200) &&
    /^[0-9a-f]{2,64}$/.test(payload.hex) &&
    [cover, marked].every(
      ({ name, size, sha256 }) =>
        isText(name, 1000) && Number.isSafeInteger(size) && size >= 0 && /^[0-9a-f]{64}$/.test(sha256),
    );
  if (!isWhole) throw new Error("Not an entry.");
  /** @param {FileFacts} file */
  const facts = ({ name, size, sha256 }) => ({ name, size, sha256 });
  return {
    id,
    time: Date.parse(time),
    payload: { kind: payload.kind, value: payload.value, hex: payload.hex },
    note,
    cover: facts(cover),
    marked: facts(marked),
    thumbnail: isText(thumbnail, MOST_THUMBNAIL) ? fromBase64(thumbnail) : null,
  };
}

/**
 * @param {unknown} value
 * @param {number} most characters
 */
const isText = (value, most) => typeof value === "string" && value.length <= most;

/** @param {ArrayBuffer} buffer */
const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;

/**
 * @template {IDBTransactionMode} Mode
 * @template Result
 * @param {Mode} mode
 * @param {(store: IDBPObjectStore<unknown, [typeof STORE], typeof STORE, Mode>) => Result} action
 * @returns {Promise<Awaited<Result>>}
 * @throws {RegisterError}
 */
async function inStore(mode, action) {
  let database;
  try {
    database = await openDB(DATABASE, 1, {
      upgrade: (created) => void created.createObjectStore(STORE, { keyPath: "id" }),
    });
    const transaction = database.transaction(STORE, mode);
    const [result] = await Promise.all([action(transaction.store), transaction.done]);
    return result;
  } catch (error) {
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    throw new RegisterError(isFull ? "register-full" : "register-failed", lastLine(error));
  } finally {
    database?.close();
  }
}
