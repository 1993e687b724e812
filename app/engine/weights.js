/**
 * The store of weights: files under their SHA-256 in IndexedDB, so that a second visit loads none.
 *
 * ArrayBuffers are stored, since Safari has lost Blobs. IndexedDB may be missing, full or damaged at any time, and no
 * check beforehand is reliable. So every step is tried; if one fails, the store is switched off and the job goes on.
 */

import { openDB } from "idb";
import { EngineError, lastLine } from "./errors.js";
import { isIntact } from "../site/manifest.js";

/**
 * @import { IDBPDatabase } from "idb"
 * @import { Manifest, SiteFile } from "../site/manifest.js"
 * @import { Note } from "./protocol.js"
 */

/** The database's name. The register has another one (register/store.js). */
export const DATABASE = "hushmark";
const STORE = "weights";

/** Parts of the site that are stored here. The locator is loaded later: a search uses it when nothing else helps. */
const PARTS = ["weights", "locator"];

/** @param {Manifest} manifest @returns {SiteFile[]} */
function allFiles(manifest) {
  return Object.values(manifest.files).filter(({ part }) => PARTS.includes(part));
}

/**
 * The files of these parts that are not stored yet.
 *
 * @param {Manifest} manifest
 * @returns {Promise<SiteFile[]>} all of them where nothing can be stored
 */
export async function missingWeights(manifest) {
  const store = new Store();
  const keys = (await store.keys()) ?? [];
  store.close();
  return allFiles(manifest).filter(({ sha256 }) => !keys.includes(sha256));
}

/**
 * The files' contents, verified, from the store where it has them, else from the network (and then stored).
 * Stored files that are not in the manifest are old versions. They are deleted.
 *
 * @param {Manifest} manifest
 * @param {SiteFile[]} files of it
 * @param {(loaded: number) => void} [onProgress] called with the bytes loaded so far, of all files
 * @returns {Promise<{ buffers: ArrayBuffer[], from: "network" | "storage" | "memory", notes: Note[] }>}
 *   buffers in the order of `files`; "network" when any was loaded, "memory" when it could not be stored
 * @throws {EngineError} load-failed, load-damaged
 */
export async function loadWeights(manifest, files, onProgress) {
  const store = new Store();
  const progress = files.map(() => 0);
  let loads = 0;

  // Before anything is written, so that old versions take up no room.
  await store.keepOnly(allFiles(manifest).map((file) => file.sha256));
  const buffers = await Promise.all(
    files.map(async (file, index) => {
      /** @param {number} loaded */
      const report = (loaded) => {
        progress[index] = loaded;
        onProgress?.(progress.reduce((sum, value) => sum + value, 0));
      };
      const kept = await store.get(file.sha256);
      if (kept instanceof ArrayBuffer && (await isIntact(kept, file))) {
        report(file.size);
        return kept;
      }
      loads += 1;
      const buffer = await loadIntact(file, report);
      await store.put(file.sha256, buffer);
      return buffer;
    }),
  );
  store.close();

  if (store.failure === null) {
    return { buffers, from: loads ? "network" : "storage", notes: [] };
  }
  return { buffers, from: "memory", notes: [store.failure] };
}

/** ArrayBuffers by key in IndexedDB. The store is switched off when a second attempt fails, too. */
class Store {
  /** What went wrong. @type {Note | null} */
  failure = null;
  /** @type {Promise<IDBPDatabase> | null} */
  #database = null;

  /**
   * @param {string} key
   * @returns {Promise<ArrayBuffer | undefined>}
   */
  get(key) {
    return this.#attempt((database) => database.get(STORE, key));
  }

  /**
   * @param {string} key
   * @param {ArrayBuffer} buffer
   */
  put(key, buffer) {
    return this.#attempt((database) => database.put(STORE, buffer, key));
  }

  /** @returns {Promise<string[] | undefined>} */
  keys() {
    return this.#attempt(async (database) => (await database.getAllKeys(STORE)).map(String));
  }

  /** @param {string[]} keys */
  keepOnly(keys) {
    return this.#attempt(async (database) => {
      for (const key of await database.getAllKeys(STORE)) {
        if (!keys.includes(String(key))) await database.delete(STORE, key);
      }
    });
  }

  close() {
    this.#database?.then((database) => database.close()).catch(() => undefined);
    this.#database = null;
  }

  /**
   * Browsers lose the connection to their database process now and then. So after a failure there is one more attempt
   * over a new connection, unless the disk is full.
   *
   * @template T
   * @param {(database: IDBPDatabase) => Promise<T>} action
   * @returns {Promise<T | undefined>} undefined when the store is off
   */
  async #attempt(action) {
    for (const last of [false, true]) {
      if (this.failure !== null) return undefined;
      try {
        this.#database ??= openDB(DATABASE, 1, {
          upgrade: (database) => void database.createObjectStore(STORE),
        });
        return await action(await this.#database);
      } catch (error) {
        const full = error instanceof DOMException && error.name === "QuotaExceededError";
        this.close();
        if (full) this.failure = { code: "storage-full", detail: "" };
        else if (last) this.failure = { code: "storage-failed", detail: lastLine(error) };
      }
    }
    return undefined;
  }
}

/**
 * @param {SiteFile} file
 * @param {(loaded: number) => void} report
 * @returns {Promise<ArrayBuffer>}
 */
async function loadIntact(file, report) {
  for (let attempt = 1; attempt <= 2; attempt++) {
    const buffer = await receive(file, report);
    if (await isIntact(buffer, file)) return buffer;
  }
  throw new EngineError("load-damaged", file.url);
}

/**
 * @param {SiteFile} file
 * @param {(loaded: number) => void} report
 * @returns {Promise<ArrayBuffer>}
 */
async function receive(file, report) {
  try {
    // no-store: a second copy in the HTTP cache would only cost the visitor's disk.
    const response = await fetch(file.url, { cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(response.statusText);
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const chunks = [];
    let loaded = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      loaded += part.value.byteLength;
      report(loaded);
    }
    return await new Blob(chunks).arrayBuffer();
  } catch {
    throw new EngineError("load-failed", file.url);
  }
}
