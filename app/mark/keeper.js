/**
 * @import { Item } from "./batch.js"
 * @import { ItemRecord } from "./kept-list.js"
 * @import { Lists } from "./lists.js"
 */

/** Keeps a batch's covers, marked pictures and records in its list. */
export class Keeper {
  #lists;
  #placeOf;
  /** Covers are copied one after the other. @type {Promise<unknown>} */
  #lastCopy = Promise.resolve();
  /** Items whose covers were copied. @type {WeakSet<Item>} */
  #copied = new WeakSet();
  /** Items whose covers are nowhere else. @type {WeakSet<Item>} */
  #restored = new WeakSet();

  /**
   * @param {Lists} lists
   * @param {(item: Item) => "listed" | "emptied" | "gone"} placeOf emptied: the emptying can be undone
   */
  constructor(lists, placeOf) {
    this.#lists = lists;
    this.#placeOf = placeOf;
  }

  /** @param {Item[]} items that come from a kept list */
  restored(items) {
    for (const item of items) this.#restored.add(item);
  }

  /**
   * Copies the cover. One that cannot be stored is read from people's own files while this page is open.
   *
   * @param {Item} item that is to be marked
   */
  keepCover(item) {
    this.#lastCopy = this.#lastCopy.then(() => this.#copy(item));
  }

  /** @param {Item} item */
  async #copy(item) {
    const isNew = !this.#restored.has(item) && !this.#copied.has(item);
    item.home ??= await this.#lists.own();
    this.#copied.add(item);
    try {
      if (isNew && item.file.size) await item.home?.put(`${item.number}-cover`, item.file, item.file.type);
    } catch (error) {
      // If the file cannot be read, the engine says so.
      if (error instanceof DOMException && error.name === "QuotaExceededError") this.#lists.failed(error);
    }
    const place = this.#placeOf(item);
    if (place === "listed") await this.note(item);
    else if (place === "gone") await item.home?.drop(item);
  }

  /**
   * Stores a file that was made. If there is no room, the covers of marked pictures are deleted: people have these.
   *
   * @param {Item} item
   * @param {"marked" | "difference"} part
   * @param {Uint8Array<ArrayBuffer>} data
   * @param {string} type MIME type
   * @param {Item[]} items of the batch
   */
  async keep(item, part, data, type, items) {
    item.home ??= await this.#lists.own();
    const { home, number } = item;
    const blob = new Blob([data], { type });
    for (const isLast of [false, true]) {
      try {
        if (home) return { blob: await home.put(`${number}-${part}`, blob, type), isKept: true };
      } catch (error) {
        const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
        if (isLast || !isFull) this.#lists.failed(error);
        if (!isFull) break;
        if (!isLast) await this.#dropCovers(items);
      }
    }
    return { blob, isKept: false };
  }

  /** @param {Item[]} items */
  async #dropCovers(items) {
    for (const item of items) {
      if (item.state === "marked" && !this.#restored.has(item)) {
        await item.home?.remove(`${item.number}-cover`);
      }
    }
  }

  /**
   * Writes an item's record.
   *
   * @param {Item} item
   * @param {Partial<ItemRecord>} [changes]
   * @returns {Promise<boolean>} whether it was written
   */
  async note(item, changes) {
    if (!item.home) return false;
    try {
      await item.home.note(item, { isRemoved: this.#placeOf(item) === "emptied", ...changes });
      return true;
    } catch (error) {
      this.#lists.failed(error);
      return false;
    }
  }

  /** @param {Item} item that is gone for good */
  drop(item) {
    item.home?.drop(item);
  }
}
