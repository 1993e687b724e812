/** What the site stores in this browser, by part. */

import { openDB } from "idb";
import { clearPreferences, preferencesSize } from "../ui/preferences.js";
import { RUNTIME, SHARED, SHELL, SNAPSHOT } from "./caches.js";

/** Another copy of this site may use the same caches. Only what is below this address is ours. */
const SITE = new URL(".", document.baseURI).href;

/**
 * @typedef {object} Stores of the engine and the screens
 * @property {string[]} databases names. Other apps may share our origin, as on github.io: no other database is opened,
 *   shown or deleted.
 * @property {{ size: () => Promise<number>, clear: () => Promise<void> }} results the marked pictures
 *
 * @typedef {object} StoredPart
 * @property {"shell" | "runtime" | "store" | "results" | "preferences"} kind
 * @property {string} name of the store in its database; empty for the others
 * @property {number} size bytes, as far as they can be counted
 * @property {boolean} isWork whether people lose their work with it
 * @property {() => Promise<void>} clear
 */

/**
 * @param {Stores} stores
 * @returns {Promise<StoredPart[]>} those that take room
 */
export async function storedParts({ databases, results }) {
  /** @type {StoredPart} */
  const preferences = {
    kind: "preferences",
    name: "",
    size: preferencesSize(),
    isWork: false,
    clear: async () => clearPreferences(),
  };
  /** @type {StoredPart} */
  const pictures = {
    kind: "results",
    name: "",
    size: await results.size().catch(() => 0),
    isWork: true,
    clear: results.clear,
  };
  const parts = [...(await cachedParts()), ...(await databaseParts(databases)), pictures, preferences];
  return parts.filter(({ size }) => size > 0);
}

/** The browser's estimate of what this site takes, with compression and overhead; null where there is none. */
export async function estimatedUsage() {
  const estimate = await navigator.storage?.estimate?.().catch(() => undefined);
  return estimate?.usage ?? null;
}

/** @returns {Promise<StoredPart[]>} */
async function cachedParts() {
  // Where people have switched storage off, both this and the databases are refused.
  const names = await caches.keys().catch(() => []);
  return Promise.all([
    cachedPart(
      "shell",
      names.filter((name) => name.startsWith(SHELL) || name === SHARED),
    ),
    cachedPart(
      "runtime",
      names.filter((name) => name === RUNTIME || name === SNAPSHOT),
    ),
  ]);
}

/**
 * @param {"shell" | "runtime"} kind
 * @param {string[]} names of its caches
 * @returns {Promise<StoredPart>}
 */
async function cachedPart(kind, names) {
  let size = 0;
  for (const name of names) {
    const cache = await caches.open(name);
    for (const request of await ownRequests(cache)) {
      size += (await (await cache.match(request))?.blob())?.size ?? 0;
    }
  }
  const clear = async () => {
    for (const name of names) {
      const cache = await caches.open(name);
      for (const request of await ownRequests(cache)) await cache.delete(request);
      if (!(await cache.keys()).length) await caches.delete(name);
    }
  };
  return { kind, name: "", size, isWork: false, clear };
}

/** @param {Cache} cache */
async function ownRequests(cache) {
  return (await cache.keys()).filter(({ url }) => url.startsWith(SITE));
}

/**
 * @param {string[]} databases
 * @returns {Promise<StoredPart[]>} one for each store of each database
 */
async function databaseParts(databases) {
  /** @type {StoredPart[]} */
  const parts = [];
  const existing = new Set((await indexedDB.databases().catch(() => [])).map(({ name }) => name));
  for (const database of databases.filter((name) => existing.has(name))) {
    const connection = await openDB(database);
    for (const name of connection.objectStoreNames) {
      let size = 0;
      let cursor = await connection.transaction(name).store.openCursor();
      for (; cursor; cursor = await cursor.continue()) size += sizeOf(cursor.value);
      parts.push({ kind: "store", name, size, isWork: false, clear: () => clearStore(database, name) });
    }
    connection.close();
  }
  return parts;
}

/**
 * @param {string} database
 * @param {string} store
 */
async function clearStore(database, store) {
  const connection = await openDB(database);
  await connection.clear(store);
  connection.close();
}

/**
 * @param {unknown} value that was stored
 * @returns {number} bytes of its texts and buffers
 */
function sizeOf(value) {
  if (typeof value === "string") return value.length;
  if (value instanceof Blob) return value.size;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum, part) => sum + sizeOf(part), 0);
}
