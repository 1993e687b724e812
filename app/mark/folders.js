/**
 * Folders of files that are kept for later visits: in the browser's private file system, or in IndexedDB where a page
 * cannot write files.
 */

import { inDatabase } from "../site/database.js";

/** @import { IDBPDatabase } from "idb" */

/**
 * @typedef {DiskFolder | DatabaseFolder} Folder
 * @typedef {Blob | ReadableStream<Uint8Array>} Content
 */

const ROOT = "hushmark-lists";
/** IndexedDB: one store of files, each under its folder's and its own name. */
export const DATABASE = "hushmark-lists";
const STORE = "files";
const DATABASE_VERSION = 1;

/** In the browser's private file system. */
class DiskFolder {
  #handle;

  /** @param {FileSystemDirectoryHandle} handle */
  constructor(handle) {
    this.#handle = handle;
    this.name = handle.name;
  }

  /**
   * Writes a file, in place of one of the same name.
   *
   * @param {string} name
   * @param {Content} content
   * @returns {Promise<Blob>} the file, not in memory
   * @throws {DOMException} QuotaExceededError and others; then there is no such file, or still the former one
   */
  async put(name, content) {
    const handle = await this.#handle.getFileHandle(name, { create: true });
    const stream = content instanceof Blob ? content.stream() : content;
    await stream.pipeTo(await handle.createWritable());
    return handle.getFile();
  }

  /**
   * @param {string} name
   * @returns {Promise<Blob | null>} null where there is none
   */
  async get(name) {
    const handle = await this.#handle.getFileHandle(name).catch(() => null);
    const file = await handle?.getFile();
    // If it could not be written to its end, the file is empty.
    return file?.size ? file : null;
  }

  /** @param {string} name */
  async remove(name) {
    await this.#handle.removeEntry(name).catch(() => undefined);
  }

  /** @returns {Promise<string[]>} the files' names */
  async names() {
    const names = [];
    for await (const name of this.#handle.keys()) names.push(name);
    return names;
  }

  /** Removes it, with all that is in it. */
  async destroy() {
    await (await diskRoot()).removeEntry(this.name, { recursive: true }).catch(() => undefined);
  }
}

/** In IndexedDB. ArrayBuffers are stored, since Safari has lost Blobs. */
class DatabaseFolder {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /**
   * Like `put` of DiskFolder, but the file that it returns is in memory.
   *
   * @param {string} name
   * @param {Content} content
   */
  async put(name, content) {
    const data = await new Response(content).arrayBuffer();
    await inLists((database) => database.put(STORE, data, [this.name, name]));
    return new Blob([data]);
  }

  /** @param {string} name */
  async get(name) {
    /** @type {ArrayBuffer | undefined} */
    const data = await inLists((database) => database.get(STORE, [this.name, name]));
    return data ? new Blob([data]) : null;
  }

  /** @param {string} name */
  async remove(name) {
    await inLists((database) => database.delete(STORE, [this.name, name]));
  }

  async names() {
    const keys = /** @type {[string, string][]} */ (
      await inLists((database) => database.getAllKeys(STORE, this.#range))
    );
    return keys.map(([, name]) => name);
  }

  async destroy() {
    await inLists((database) => database.delete(STORE, this.#range));
  }

  get #range() {
    return IDBKeyRange.bound([this.name], [this.name, []]);
  }
}

/**
 * @param {string} name
 * @returns {Promise<Folder>} a new one
 * @throws {DOMException} where this browser stores nothing; VersionError where a newer build has written
 */
export async function makeFolder(name) {
  if (canWriteFiles()) {
    try {
      return new DiskFolder(await (await diskRoot()).getDirectoryHandle(name, { create: true }));
    } catch {
      // As in Firefox's private windows.
    }
  }
  await inLists(() => undefined);
  return new DatabaseFolder(name);
}

/**
 * @returns {Promise<Folder[]>} all of them
 * @throws {DOMException} VersionError
 */
export async function allFolders() {
  /** @type {Folder[]} */
  const folders = [];
  try {
    for await (const handle of (await diskRoot()).values()) {
      if (handle.kind === "directory") folders.push(new DiskFolder(handle));
    }
  } catch {
    // There is no such file system.
  }
  const databases = await indexedDB.databases().catch(() => []);
  if (!databases.some(({ name }) => name === DATABASE)) return folders;
  const keys = /** @type {[string, string][]} */ (await inLists((database) => database.getAllKeys(STORE)));
  const names = new Set(keys.map(([folder]) => folder));
  return [...folders, ...Array.from(names, (name) => new DatabaseFolder(name))];
}

const canWriteFiles = () =>
  typeof FileSystemFileHandle === "function" && "createWritable" in FileSystemFileHandle.prototype;

async function diskRoot() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
}

/**
 * @template T
 * @param {(database: IDBPDatabase) => T} action
 * @returns {Promise<Awaited<T>>}
 */
function inLists(action) {
  return inDatabase(DATABASE, DATABASE_VERSION, (created) => created.createObjectStore(STORE), action);
}
