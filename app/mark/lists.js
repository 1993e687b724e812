/**
 * The lists of pictures that are kept, each in a folder of its own (kept-list.js). So memory does not grow with the
 * number of pictures, and a list comes back after a reload, or on the next visit, until people delete it.
 *
 * A page holds a lock for each of its lists as long as it lives: no other page touches these. Where a browser keeps
 * nothing, or has no room, files are in memory, for this visit only.
 */

import { allFolders, makeFolder } from "./folders.js";
import { KeptList, recordsOf } from "./kept-list.js";

/**
 * @import { Item } from "./batch.js"
 * @import { Folder } from "./folders.js"
 *
 * @typedef {object} Offer a list of a page that is no more
 * @property {Folder} folder
 * @property {number} time of its first picture, as of Date.now()
 * @property {number} marked pictures that were not saved
 * @property {number} waiting pictures that were to be marked
 * @property {boolean} isNewer written by a newer build: it can only be deleted
 */

const FORMAT = 1;
const HEAD = "list.json";
const LOCK = "hushmark-list/";
/** Where a page keeps the names of its lists, for its own reload. */
const SESSION = "hushmark-lists";
/** On which every page hears that all lists were deleted. */
const DELETED = "hushmark-lists-deleted";
/** Milliseconds in which a page that is loaded anew gives up its locks. */
const RELOAD_PATIENCE = 3000;
/** Milliseconds in which another page looks at a list. */
const TAKE_PATIENCE = 1000;

/** The lists of this page, and those that no page has. */
export class Lists {
  /** Whether there was no room for something. */
  isFull = false;
  /** Why nothing is kept for the next visit: an error's name. @type {string | null} */
  failure = null;
  /** @type {Promise<KeptList | null> | null} */
  #own = null;
  /** Of this page. @type {KeptList[]} */
  #held = [];
  #onFreed;
  /** @type {Promise<unknown>} */
  #lastLook = Promise.resolve();
  /** Lists of other pages that live, or have just been closed. @type {Set<string>} */
  #awaited = new Set();

  /**
   * @param {() => void} onDeleted called when some page has deleted all lists
   * @param {() => void} onFreed called when a page that had lists is no more
   */
  constructor(onDeleted, onFreed) {
    this.#onFreed = onFreed;
    new BroadcastChannel(DELETED).addEventListener("message", onDeleted);
  }

  /** The list that takes new pictures. @returns {Promise<KeptList | null>} null where nothing can be kept */
  own() {
    this.#own ??= this.#make().catch((error) => this.failed(error));
    return this.#own;
  }

  /**
   * What this page had before it was loaded anew.
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
   * The lists of pages that are no more. Those with nothing to save or mark are deleted.
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
    // Whoever looks what there is holds each list for a moment.
    await this.#lastLook;
    const list = await this.#hold(folder, { signal: AbortSignal.timeout(TAKE_PATIENCE) });
    this.keepSession(session().isPaused);
    return list;
  }

  /** @param {KeptList} list that is destroyed, or left */
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
      // The lists are offered like those of other pages.
    }
  }

  /** @param {unknown} error for which something is in memory only */
  failed(error) {
    const name = error instanceof DOMException ? error.name : String(error);
    if (name === "QuotaExceededError") this.isFull = true;
    else this.failure ??= name;
    return null;
  }

  /** @param {string} name of another page's list. A page that is loaded anew takes its own back first. */
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
    // The page that has it goes on with an empty one.
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
 * @returns {Promise<(() => void) | null>} gives the lock up; null when another page has it
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
