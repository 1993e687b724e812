/** The register: what was marked on this device, in IndexedDB, and nowhere else. */

import { lastLine } from "../engine/errors.js";
import { inDatabase } from "../site/database.js";
import { digestOf } from "../site/manifest.js";
import { prefer, preference } from "../ui/preferences.js";
import { thumbnailOf } from "../ui/thumbnails.js";
import { completed, damagedPart, RegisterError, renamed } from "./entries.js";
import { fromFile } from "./exchange.js";

/**
 * @import { IDBPObjectStore } from "idb"
 * @import { AnyMessage, Damaged, Entry, Part } from "./entries.js"
 */

/** A database of its own: the worker keeps that of the weights open. */
export const DATABASE = "hushmark-register";
const STORE = "register";
/** An older database is upgraded when it is opened. Version 1 called a message payload. */
const DATABASE_VERSION = 2;

/** Whether marked pictures are entered: yes, unless people switched it off. */
export const isKept = () => preference("register") !== "off";

/** @param {boolean} value */
export const keepFromNow = (value) => prefer("register", value ? "on" : "off");

/**
 * @typedef {object} MarkedPicture
 * @property {string} id of its entry, which it replaces if there is one
 * @property {Blob} file
 * @property {string} name
 * @property {string} folder path of the folders that the cover was in
 * @property {AnyMessage} message
 * @property {string} note
 * @property {string | null} perceptual_hash
 */

/**
 * Enters a marked picture, unless the register is switched off.
 *
 * @param {File} cover
 * @param {MarkedPicture} marked
 * @throws {RegisterError}
 */
export async function register(cover, { id, file, name, folder, message, note, perceptual_hash }) {
  if (!isKept()) return;
  const [before, after] = await Promise.all([cover.arrayBuffer(), file.arrayBuffer()]);
  /** @type {Entry} */
  const entry = {
    id,
    time: Date.now(),
    message,
    note,
    cover: { name: cover.name, folder, size: cover.size, sha256: await digestOf(before) },
    marked: { name, folder, size: file.size, sha256: await digestOf(after) },
    thumbnail: await thumbnailOf(cover).then(
      (thumbnail) => thumbnail.arrayBuffer(),
      () => null,
    ),
    perceptualHash: perceptual_hash,
  };
  await inStore("readwrite", async (store) => {
    const former = /** @type {Entry | undefined} */ (await store.get(id));
    await store.put?.({ ...entry, note: note || (former?.note ?? "") });
  });
}

/**
 * Enters a tile that marks pages, unless the register is switched off. It has no original, so it stands for both.
 *
 * @param {{ file: Blob, name: string, message: AnyMessage, note: string }} tile
 * @throws {RegisterError}
 */
export async function registerTile({ file, name, message, note }) {
  if (!isKept()) return;
  const facts = { name, folder: "", size: file.size, sha256: await digestOf(await file.arrayBuffer()) };
  const of = { cover: facts, marked: facts, thumbnail: null, perceptualHash: null };
  await put({ id: crypto.randomUUID(), time: Date.now(), message, note, ...of });
}

/**
 * @returns {Promise<{ whole: Entry[], damaged: Damaged[] }>} whole: the latest first
 * @throws {RegisterError}
 */
export async function entries() {
  /** @type {unknown[]} */
  const all = await inStore("readonly", (store) => store.getAll());
  /** @type {Entry[]} */
  const whole = [];
  /** @type {Damaged[]} */
  const damaged = [];
  for (const value of all) {
    const part = damagedPart(value);
    if (part) damaged.push({ id: /** @type {Damaged} */ (value).id, part });
    else whole.push(completed(/** @type {Entry} */ (value)));
  }
  whole.sort((a, b) => b.time - a.time);
  return { whole, damaged };
}

/**
 * @param {Entry} entry in place of the one with its id, if any
 * @throws {RegisterError}
 */
export async function put(entry) {
  await inStore("readwrite", (store) => store.put?.(entry));
}

/**
 * @param {IDBValidKey} id
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
 * Adds the entries of an exported register, except damaged ones. An entry that exists already stays as it is, except
 * that an empty note is filled.
 *
 * @param {string} text of its file
 * @returns {Promise<{ added: number, present: number, left: { number: number, part: Part }[] }>} left: the damaged
 *   ones, by their places in the file, from 1
 * @throws {RegisterError}
 */
export async function importFile(text) {
  const { read, left } = fromFile(text);
  const here = new Map((await entries()).whole.map((entry) => [entry.id, entry]));
  const added = read.filter(({ id }) => !here.has(id));
  const noted = read.flatMap(({ id, note }) => {
    const entry = here.get(id);
    return entry && note && !entry.note ? [{ ...entry, note }] : [];
  });
  await inStore("readwrite", (store) => Promise.all([...added, ...noted].map((entry) => store.put?.(entry))));
  return { added: new Set(added.map(({ id }) => id)).size, present: read.length - added.length, left };
}

/**
 * @template {IDBTransactionMode} Mode
 * @template Result
 * @param {Mode} mode
 * @param {(store: IDBPObjectStore<unknown, [typeof STORE], typeof STORE, Mode>) => Result} action
 * @returns {Promise<Awaited<Result>>}
 * @throws {RegisterError}
 */
async function inStore(mode, action) {
  try {
    return await inDatabase(
      DATABASE,
      DATABASE_VERSION,
      async (opened, before, change) => {
        if (before < 1) opened.createObjectStore(STORE, { keyPath: "id" });
        for (let at = await change.objectStore(STORE).openCursor(); at; at = await at.continue()) {
          await at.update(renamed(at.value));
        }
      },
      async (database) => {
        const transaction = database.transaction(STORE, mode);
        const [result] = await Promise.all([action(transaction.store), transaction.done]);
        return result;
      },
    );
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    const code = { QuotaExceededError: "register-full", VersionError: "register-newer" }[name];
    throw new RegisterError(code ?? "register-failed", lastLine(error));
  }
}
