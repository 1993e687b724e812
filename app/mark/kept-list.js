/**
 * A kept list of pictures: a folder with the covers that are to be marked, the marked pictures, and a record of each
 * item. A list comes back after a reload or on the next visit.
 */

import { EngineError } from "../engine/errors.js";

/**
 * @import { EngineError as Failure } from "../engine/errors.js"
 * @import { ErrorFacts } from "../engine/protocol.js"
 * @import { Item, ItemState, MarkOptions, Outcome } from "./batch.js"
 * @import { Content, Folder } from "./folders.js"
 * @import { AnyMessage } from "../register/entries.js"
 *
 * @typedef {object} ItemRecord what is kept of an item besides its files
 * @property {{ name: string, folder?: string, type: string, lastModified: number }} cover an older build kept no folder
 * @property {ItemState} state
 * @property {MarkOptions | null} options without the key
 * @property {boolean} hasKey
 * @property {Omit<Outcome, "file" | "difference"> | null} outcome
 * @property {ErrorFacts | null} error
 * @property {boolean} isSaved
 * @property {boolean} isRegistered
 * @property {boolean} isRemoved the list was emptied, and that can be undone until the page is left
 */

/** A list that this page holds. */
export class KeptList {
  #folder;
  #free;
  /** Records are written one after the other. @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @param {Folder} folder
   * @param {() => void} free releases its lock
   */
  constructor(folder, free) {
    this.#folder = folder;
    this.#free = free;
    this.name = folder.name;
  }

  /**
   * @param {string} name
   * @param {Content} content
   * @param {string} type MIME type
   * @throws {DOMException} QuotaExceededError and others
   */
  async put(name, content, type) {
    return typed(await this.#folder.put(name, content), type);
  }

  /**
   * @param {Item} item
   * @param {Partial<ItemRecord>} [changes]
   * @throws {DOMException} QuotaExceededError and others
   */
  note(item, changes = {}) {
    const written = this.#last.then(() => {
      const record = JSON.stringify({ ...recordOf(item), ...changes }, plain);
      return this.#folder.put(`${item.number}.json`, new Blob([record]));
    });
    this.#last = written.catch(() => undefined);
    return written;
  }

  /** @param {string} name */
  async remove(name) {
    await this.#folder.remove(name).catch(() => undefined);
  }

  /** @param {Pick<Item, "number">} item */
  async drop({ number }) {
    await this.#last;
    for (const part of [".json", "-cover", "-marked", "-difference"]) await this.remove(`${number}${part}`);
  }

  /** @returns {Promise<Item[]>} in their order, without those that cannot be read */
  async items() {
    const records = await recordsOf(this.#folder);
    const items = [];
    for (const [number, record] of records) {
      if (record.isRemoved) await this.drop({ number });
      else {
        // A damaged record must not affect the other items.
        const item = await this.#itemOf(number, record).catch(() => null);
        if (item) items.push(item);
      }
    }
    return items;
  }

  /**
   * @param {number} number
   * @param {ItemRecord} record
   * @returns {Promise<Item | null>} null when its files are gone
   */
  async #itemOf(number, { cover, state, options, hasKey, outcome, error, isSaved, isRegistered }) {
    const kept = await this.#folder.get(`${number}-cover`);
    /** @type {Item} */
    const item = {
      number,
      file: new File(kept ? [kept] : [], cover.name, { type: cover.type, lastModified: cover.lastModified }),
      folder: cover.folder ?? "",
      hasCover: kept !== null,
      home: this,
      state,
      options: options && { ...options, note: options.note ?? "" },
      lacksKey: hasKey,
      progress: null,
      error: error && EngineError.from(error),
      outcome: null,
      isSaved,
      isKept: true,
      isRegistered,
    };
    // While it is marked again, it may still have an earlier outcome.
    const file = outcome && (await this.#folder.get(`${number}-marked`));
    if (outcome && file) {
      const difference = await this.#folder.get(`${number}-difference`);
      item.outcome = {
        ...upToDate(outcome),
        file: typed(file, outcome.type),
        difference: difference ? typed(difference, "image/png") : new Blob(),
      };
    }
    if (state === "marked") {
      if (!item.outcome) return null;
    } else if (!kept && item.outcome) {
      item.state = "marked";
    } else if (!kept) {
      item.state = "failed";
      item.error = new EngineError("cover-not-kept", cover.name);
    } else if (state === "waiting" || state === "working") {
      // Keys are not kept, and without its key the picture would be marked differently.
      item.state = hasKey ? "new" : "waiting";
    }
    return item;
  }

  /** Deletes it with all its files, and releases it. */
  async destroy() {
    await this.#last;
    await this.#folder.destroy();
    this.#free();
  }

  /** Releases it unchanged, for other pages. */
  leave() {
    this.#free();
  }
}

/**
 * @param {Folder} folder
 * @returns {Promise<Map<number, ItemRecord>>} by the items' numbers, in their order
 */
export async function recordsOf(folder) {
  const numbers = (await folder.names()).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  /** @type {Map<number, ItemRecord>} */
  const records = new Map();
  for (const number of numbers.sort((a, b) => a - b)) {
    const text = await (await folder.get(`${number}.json`))?.text();
    try {
      if (text) records.set(number, JSON.parse(text));
    } catch {
      // It was not fully written, so nothing is known of the item.
    }
  }
  return records;
}

/**
 * @param {Item} item
 * @returns {ItemRecord}
 */
function recordOf({ file, folder, state, options, lacksKey, outcome, error, isSaved, isRegistered }) {
  return {
    cover: { name: file.name, folder, type: file.type, lastModified: file.lastModified },
    state,
    options: options && { ...options, key: null },
    hasKey: lacksKey || Boolean(options?.key),
    outcome,
    error: error && factsIn(error),
    isSaved,
    isRegistered,
    isRemoved: false,
  };
}

/**
 * @param {Omit<Outcome, "file" | "difference">} outcome that this build or an older one kept
 * @returns {Omit<Outcome, "file" | "difference">}
 */
function upToDate(outcome) {
  // Older builds kept no notes, folders and perceptual hashes.
  const { note = "", folder = "", perceptual_hash = null } = outcome;
  const more = { note, folder, perceptual_hash };
  if (outcome.message) return { ...outcome, ...more };
  // From before there were three answers. This build cannot read such marks, but the pictures can still be saved.
  const { payload } = /** @type {{ payload: AnyMessage }} */ (/** @type {unknown} */ (outcome));
  const check = {
    ...outcome.check,
    outcome: /** @type {const} */ ("unreadable"),
    message: null,
    chance: null,
  };
  return { ...outcome, ...more, message: payload, check };
}

/** @param {Failure} error */
const factsIn = ({ code, message, detail, facts }) => ({ code, message, detail, facts });

/**
 * For JSON.stringify. Files are left out: they are stored as files.
 *
 * @param {string} _key
 * @param {unknown} value
 */
const plain = (_key, value) => (value instanceof Blob ? undefined : value);

/**
 * @param {Blob} blob
 * @param {string} type
 */
const typed = (blob, type) => blob.slice(0, blob.size, type);
