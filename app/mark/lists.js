/**
 * The lists of pictures that are kept, each in a folder of its own (kept-list.js). So memory does not grow with the
 * number of pictures, and a list comes back after a reload, or on the next visit, until people delete it.
 *
 * A page holds a lock for each of its lists as long as it is open, and no other page uses these. If the browser stores
 * nothing or is full, files are in memory, for this visit only.
 */

import { allFolders, makeFolder } from "./folders.js";
import { KeptList, recordsOf } from "./kept-list.js";

/**
 * @import { Item } from "./batch.js"
 * @import { Folder } from "./folders.js"
 *
 * @typedef {object} Offer a list of a page that was closed
 * @property {Folder} folder
 * @property {number} time of its first picture, as of Date.now()
 * @property {number} marked pictures that were not saved
 * @property {number} waiting pictures that were to be marked
 * @property {boolean} isNewer written by a newer build: it can only be deleted
 */

/** Version of the records in a list; older ones can be read (kept-list.js). */
const FORMAT = 2;
const HEAD = "list.json";
const LOCK = "hushmark-list/";
/** The key in the session's storage for the names of a page's lists, for its reload. */
const SESSION = "hushmark-lists";
/** The channel that tells every page that all lists were deleted. */
const DELETED = "hushmark-lists-deleted";
/** Milliseconds until a page that is reloaded has released its locks. */
const RELOAD_PATIENCE = 3000;
/** Milliseconds for which another page may hold a list while it looks at it. */
const TAKE_PATIENCE = 1000;

/** The lists of this page, and those that no page holds. */
export class Lists {
  /** Whether there was no room for a file. */
  isFull = false;
  /** Why nothing is kept for the next visit: an error's name. @type {string | null} */
  failure = null;
  /** @type {Promise<KeptList | null> | null} */
  #own = null;
  /** This page's lists. @type {KeptList[]} */
  #held = [];
  #onFreed;
  /** @type {Promise<unknown>} */
  #lastLook = Promise.resolve();
  /** Lists of other pages that are open or were just closed. @type {Set<string>} */
  #awaited = new Set();

  /**
   * @param {() => void} onDeleted called when a page has deleted all lists
   * @param {() => void} onFreed called when a page that held lists was closed
   */
  constructor(onDeleted, onFreed) {
    this.#onFreed = onFreed;
    new BroadcastChannel(DELETED).addEventListener("message", onDeleted);
  }

  /** The list for new pictures. @returns {Promise<KeptList | null>} null where nothing can be kept */
  own() {
    this.#own ??= this.#make().catch((error) => this.failed(error));
    return this.#own;
  }

  /**
   * What this page had before its reload.
   *
   * @returns {Promise<{ items: Item[], isPaused: boolean }>}
   */
  async reopen() {
    const { names, isPaused } = session();
    const items = [];
    for (const folder of await this.#folders()) {
      if (!names.includes(folder.name)) continue;
      const list = await this.#hold(folder, { signal: AbortSignal.timeout(RELOAD_PATIENCE) });
      if (!list) continue;
      const present = await list.items();
      items.push(...present);
      if (present.length) continue;
      this.forget(list);
      await list.destroy();
    }
    this.keepSession(isPaused);
    return { items: items.sort((a, b) => a.number - b.number), isPaused };
  }

  /**
   * The lists of pages that were closed. Those with nothing to save or mark are deleted.
   *
   * @returns {Promise<Offer[]>} the latest first
   */
  offers() {
    const found = this.#lastLook.then(() => this.#look());
    this.#lastLook = found.catch(() => undefined);
    return found;
  }

  async #look() {
    /** @type {Offer[]} */
    const offers = [];
    for (const folder of await this.#folders()) {
      if (this.#held.some(({ name }) => name === folder.name)) continue;
      const free = await hold(folder.name, { ifAvailable: true });
      if (!free) {
        this.#await(folder.name);
        continue;
      }
      const offer = await offerOf(folder).catch(() => null);
      if (offer && (offer.isNewer || offer.marked + offer.waiting > 0)) offers.push(offer);
      else if (offer) await folder.destroy();
      free();
    }
    return offers.sort((a, b) => b.time - a.time);
  }

  /**
   * Takes a list over.
   *
   * @param {Offer} offer
   * @returns {Promise<KeptList | null>} null when another page has taken it
   */
  async take({ folder }) {
    // Looking for lists holds each of them for a moment.
    await this.#lastLook;
    const list = await this.#hold(folder, { signal: AbortSignal.timeout(TAKE_PATIENCE) });
    this.keepSession(session().isPaused);
    return list;
  }

  /** @param {KeptList} list that this page destroys or leaves */
  forget(list) {
    this.#held = this.#held.filter((held) => held !== list);
    this.keepSession(session().isPaused);
  }

  /** For this page's reload. @param {boolean} isPaused */
  keepSession(isPaused) {
    try {
      const names = this.#held.map(({ name }) => name);
      sessionStorage.setItem(SESSION, JSON.stringify({ names, isPaused }));
    } catch {
      // After a reload the lists are then offered like those of other pages.
    }
  }

  /** @param {unknown} error because of which a file is in memory only */
  failed(error) {
    const name = error instanceof DOMException ? error.name : String(error);
    if (name === "QuotaExceededError") this.isFull = true;
    else this.failure ??= name;
    return null;
  }

  /** @param {string} name of another page's list. After a reload that page takes it back first. */
  async #await(name) {
    if (this.#awaited.has(name)) return;
    this.#awaited.add(name);
    await navigator.locks.request(LOCK + name, () => undefined);
    setTimeout(() => {
      this.#awaited.delete(name);
      this.#onFreed();
    }, RELOAD_PATIENCE);
  }

  async #folders() {
    try {
      return await allFolders();
    } catch (error) {
      this.failed(error);
      return [];
    }
  }

  async #make() {
    const name = crypto.randomUUID();
    const free = await hold(name, {});
    const folder = await makeFolder(name);
    await folder.put(HEAD, new Blob([JSON.stringify({ format: FORMAT, time: Date.now() })]));
    const list = new KeptList(folder, () => free?.());
    this.#held.push(list);
    this.keepSession(session().isPaused);
    return list;
  }

  /**
   * @param {Folder} folder
   * @param {LockOptions} options
   */
  async #hold(folder, options) {
    const free = await hold(folder.name, options);
    if (!free) return null;
    const list = new KeptList(folder, free);
    this.#held.push(list);
    return list;
  }
}

/** @returns {Promise<number>} bytes of all lists */
export async function listsSize() {
  let size = 0;
  for (const folder of await allFolders()) {
    for (const name of await folder.names()) {
      if (name !== HEAD) size += (await folder.get(name))?.size ?? 0;
    }
  }
  return size;
}

/** Deletes all lists; open pages empty theirs. */
export async function deleteLists() {
  const channel = new BroadcastChannel(DELETED);
  channel.postMessage(null);
  channel.close();
  for (const folder of await allFolders()) {
    const free = await hold(folder.name, { ifAvailable: true });
    if (free) await folder.destroy();
    // The page that holds it continues with an empty list.
    else for (const name of await folder.names()) if (name !== HEAD) await folder.remove(name);
    free?.();
  }
}

/**
 * @param {Folder} folder
 * @returns {Promise<Offer>}
 */
async function offerOf(folder) {
  const head = await folder.get(HEAD);
  const { format, time } = head ? JSON.parse(await head.text()) : { format: FORMAT, time: Date.now() };
  if (format > FORMAT) return { folder, time, marked: 0, waiting: 0, isNewer: true };
  const records = [...(await recordsOf(folder)).values()].filter(({ isRemoved }) => !isRemoved);
  const marked = records.filter(({ state, isSaved }) => state === "marked" && !isSaved).length;
  const waiting = records.filter(({ state }) => state === "waiting" || state === "working").length;
  return { folder, time, marked, waiting, isNewer: false };
}

/** @returns {{ names: string[], isPaused: boolean }} */
function session() {
  try {
    const { names, isPaused } = JSON.parse(sessionStorage.getItem(SESSION) ?? "");
    return { names: [...names], isPaused: isPaused === true };
  } catch {
    return { names: [], isPaused: false };
  }
}

/**
 * @param {string} name of a list
 * @param {LockOptions} options
 * @returns {Promise<(() => void) | null>} releases the lock; null when another page has it
 */
function hold(name, options) {
  return new Promise((resolve) => {
    navigator.locks
      .request(LOCK + name, options, (lock) => {
        if (!lock) resolve(null);
        return lock && new Promise((free) => resolve(() => free(undefined)));
      })
      .catch(() => resolve(null));
  });
}
