/**
 * The list of pictures to mark. Two at a time are handed over: the engine marks one while it opens the next, or two
 * engines mark one each. A pause takes effect after these. Memory has only what the list shows: files and records are
 * in Lists.
 */

import { EnginePool } from "../engine/pool.js";
import { EngineError } from "../engine/errors.js";
import { holdUpdates } from "../site/update-holds.js";
import { fileName } from "../ui/file-names.js";
import { folderOf, inOrder } from "../ui/folders.js";
import { Keeper } from "./keeper.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { EmbedOptions, Helpers, Marked, Progress } from "../engine/protocol.js"
 * @import { AnyMessage } from "../register/entries.js"
 * @import { KeptList } from "./kept-list.js"
 * @import { Lists } from "./lists.js"
 *
 * @typedef {Required<EmbedOptions> & { pattern: string, note: string }} MarkOptions
 * pattern: of the file's name, see ui/file-names.js; note: for the register
 *
 * @typedef {object} OfThePage
 * @property {string} id of its entry in the register
 * @property {Blob} file
 * @property {Blob} difference
 * @property {number} sizeBefore bytes of the cover's file
 * @property {AnyMessage} message that was marked
 * @property {string} note for the register
 * @property {string} folder path of the folders that the cover was in
 * @property {string | null} perceptual_hash null where an older build marked it
 *
 * @typedef {Omit<Marked, "data" | "difference" | "message" | "perceptual_hash"> & OfThePage} Outcome
 * sizeBefore: bytes of the cover's file
 *
 * @typedef {"new" | "waiting" | "working" | "marked" | "asking" | "failed" | "cancelled"} ItemState
 * asking: it is already marked, and people have not yet said whether to mark it again
 *
 * @typedef {object} Item
 * @property {number} number from 1, in the order they were added
 * @property {File} file the cover; empty, with only its name, if the cover was not kept
 * @property {string} folder path of the folders that it was in
 * @property {boolean} hasCover
 * @property {KeptList | null} home where it is kept; null if it is not
 * @property {ItemState} state
 * @property {MarkOptions | null} options null while it is new
 * @property {boolean} lacksKey whether the options had a key: keys are not kept for later visits
 * @property {Progress | null} progress
 * @property {EngineError | null} error
 * @property {Outcome | null} outcome
 * @property {boolean} isSaved whether people have saved the marked picture
 * @property {boolean} isKept whether the marked picture is kept for later visits
 * @property {boolean} isRegistered whether it is in the register
 */

/** How many pictures are handed over at a time. */
const AT_ONCE = 2;
/** Codes of errors about the options, not about a picture. */
const OPTIONS_ERROR = /^(message-|passphrase-|output-|strength|signer-)/;

/**
 * Sends the event "item" when an item changes, and "list" when the list or `isPaused` does. "refused": the options are
 * invalid, and waiting items return to `new`.
 */
export class Batch extends EventTarget {
  /** @type {Item[]} */
  items = [];
  isPaused = false;
  #pool;
  #lists;
  #signerOf;
  /** The items that were on the list before it was emptied. @type {Item[]} */
  #emptied = [];
  #keeper;
  #added = 0;
  /** The items that the engine has. @type {Map<Item, AbortController>} */
  #handedOver = new Map();
  /** Lets updates of the site start again; null when they are not held back. @type {((ended: undefined) => void) | null} */
  #end = null;

  /**
   * @param {EngineClient} engine
   * @param {Lists} lists
   * @param {(chain: string) => Promise<Helpers["sign"] | null>} signerOf signs with these certificates; null where
   *   the key is missing
   */
  constructor(engine, lists, signerOf) {
    super();
    this.#pool = new EnginePool(engine);
    this.#lists = lists;
    this.#signerOf = signerOf;
    this.#keeper = new Keeper(lists, (item) =>
      this.items.includes(item) ? "listed" : this.#emptied.includes(item) ? "emptied" : "gone",
    );
  }

  /** @param {File[]} files */
  add(files) {
    const items = inOrder(files).map((file) => {
      this.#added += 1;
      /** @type {Item} */
      const item = {
        number: this.#added,
        file,
        folder: folderOf(file),
        hasCover: true,
        home: null,
        state: "new",
        options: null,
        lacksKey: false,
        progress: null,
        error: null,
        outcome: null,
        isSaved: false,
        isKept: false,
        isRegistered: false,
      };
      return item;
    });
    this.items.push(...items);
    this.#tellList();
    return items;
  }

  /**
   * Adds items of an earlier visit, or of this page before its reload.
   *
   * @param {Item[]} items
   * @param {boolean} isPaused whether marking stays paused
   */
  restore(items, isPaused) {
    if (items.length === 0) return;
    this.#added = Math.max(this.#added, ...items.map(({ number }) => number));
    this.items.push(...items);
    this.#keeper.restored(items);
    if (isPaused && this.isRunning) this.pause();
    this.#run();
  }

  /** @param {ItemState} state */
  count(state) {
    return this.items.filter((item) => item.state === state).length;
  }

  /** Whether pictures are being marked or wait, also during a pause. */
  get isRunning() {
    return this.items.some(isUnderWay);
  }

  /**
   * Marks pictures, except those that already wait or are worked on.
   *
   * @param {Item[]} items
   * @param {Partial<MarkOptions>} options all but `again` for new pictures, else those that changed since last time
   */
  mark(items, options) {
    for (const item of items) {
      if (isUnderWay(item)) continue;
      item.options = /** @type {MarkOptions} */ ({ again: false, ...item.options, ...options });
      if ("key" in options) item.lacksKey = false;
      this.#become(item, "waiting");
      this.#keeper.keepCover(item);
    }
    this.isPaused = false;
    this.#lists.keepSession(false);
    this.#run();
  }

  #run() {
    // Updates are held back between two pictures and during a pause, too.
    if (!this.#end && this.isRunning) holdUpdates(new Promise((end) => (this.#end = end)));
    this.#tellList();
    this.#next();
  }

  /** The pictures that the engine has are still finished. */
  pause() {
    this.isPaused = true;
    this.#lists.keepSession(true);
    this.#tellList();
  }

  resume() {
    this.isPaused = false;
    this.#lists.keepSession(false);
    this.#tellList();
    this.#next();
  }

  /** @param {Item[]} items those that wait or are worked on */
  cancel(items) {
    for (const item of items) {
      const controller = this.#handedOver.get(item);
      if (controller) controller.abort();
      else if (item.state === "waiting") this.#giveUp(item, "cancelled");
    }
    this.#tellList();
  }

  /** @param {Item[]} items */
  remove(items) {
    this.cancel(items);
    const gone = new Set(items);
    this.items = this.items.filter((item) => !gone.has(item));
    for (const item of items) this.#keeper.drop(item);
    this.#tellList();
  }

  /** Empties the list. It can be undone until the list is emptied again or the page is left. */
  empty() {
    this.cancel(this.items);
    const [before, now] = [this.#emptied, this.items];
    this.#emptied = now;
    this.items = [];
    for (const item of before) this.#keeper.drop(item);
    for (const item of now) this.#keeper.note(item);
    this.#tellList();
  }

  /** Undoes the last `empty`. */
  undo() {
    this.items.unshift(...this.#emptied);
    this.#emptied = [];
    for (const item of this.items) this.#keeper.note(item);
    this.#tellList();
  }

  /** Called when everything was deleted, which cannot be undone. */
  forget() {
    const all = [...this.items, ...this.#emptied];
    this.#emptied = [];
    this.remove(all);
  }

  /** @param {Item[]} items whose marked pictures people have saved */
  saved(items) {
    for (const item of items) {
      item.isSaved = true;
      this.#keeper.note(item);
    }
  }

  /** @param {Item} item that was entered into the register */
  registered(item) {
    item.isRegistered = true;
    if (this.items.includes(item) || this.#emptied.includes(item)) this.#keeper.note(item);
  }

  /** Whether something would be lost if the page were left now. */
  get wouldLose() {
    return (
      this.isRunning ||
      this.items.some(({ state, isSaved, isKept }) => state === "marked" && !isSaved && !isKept)
    );
  }

  #next() {
    // At the end of the list, and once a pause has taken effect.
    if (this.#handedOver.size === 0 && (this.isPaused || !this.isRunning)) this.#pool.dismiss();
    for (const item of this.items) {
      if (this.isPaused || this.#handedOver.size === AT_ONCE) return;
      if (item.state === "waiting" && !this.#handedOver.has(item)) this.#handOver(item);
    }
  }

  /** @param {Item} item that waits. While the engine has another one, it stays `waiting` until it is opened. */
  async #handOver(item) {
    const controller = new AbortController();
    if (this.#handedOver.size === 0) this.#become(item, "working");
    this.#handedOver.set(item, controller);
    try {
      await this.#markOne(item, controller.signal);
      this.#become(item, "marked");
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      item.error = error;
      if (OPTIONS_ERROR.test(error.code)) this.#refuse(item, error);
      // `#refuse` may have given it up already, for another picture.
      else if (isUnderWay(item)) this.#giveUp(item, stateAfter(error));
    } finally {
      this.#handedOver.delete(item);
      if (!this.items.includes(item) && !this.#emptied.includes(item)) this.#keeper.drop(item);
    }
    this.#tellList();
    this.#next();
  }

  /**
   * @param {Item} item
   * @param {EngineError} error
   */
  #refuse(item, error) {
    const waiting = this.items.filter(({ state }) => state === "waiting");
    for (const each of [item, ...waiting]) {
      this.#giveUp(each, "new");
      this.#handedOver.get(each)?.abort();
    }
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  async #markOne(item, signal) {
    const { file, folder, number } = item;
    const { pattern, note, ...options } = /** @type {MarkOptions} */ (item.options);
    /** @param {Progress} progress */
    const onProgress = (progress) => {
      item.progress = progress;
      this.#become(item, "working");
    };
    const sign = options.chain ? await this.#signerOf(options.chain) : undefined;
    if (sign === null) throw new EngineError("signer-missing");
    const how = { signal, onProgress, inBackground: true, helpers: { sign } };
    this.#pool.expect(this.count("waiting"));
    const marked = await this.#pool.run("embed", file, options, how);
    const { data, difference, ...facts } = marked;
    const name = fileName(pattern, {
      cover: file.name,
      folder,
      marked: marked.name,
      number,
      message: marked.message.value,
    });
    const result = await this.#keeper.keep(item, "marked", data, marked.type, this.items);
    const seen = await this.#keeper.keep(item, "difference", difference, "image/png", this.items);
    item.outcome = {
      ...facts,
      // A result that was never saved is replaced, so its entry in the register is replaced, too.
      id: item.outcome && !item.isSaved ? item.outcome.id : crypto.randomUUID(),
      name,
      folder,
      note,
      sizeBefore: file.size,
      file: result.blob,
      difference: seen.blob,
    };
    item.isSaved = false;
    item.isRegistered = false;
    item.isKept = result.isKept && (await this.#keeper.note(item, { state: "marked" }));
  }

  /**
   * Ends an item's marking without a result. An earlier result stays.
   *
   * @param {Item} item
   * @param {ItemState} state if there is none
   */
  #giveUp(item, state) {
    this.#become(item, item.outcome ? "marked" : state);
    if (item.outcome) this.#keeper.note(item);
  }

  /**
   * @param {Item} item
   * @param {ItemState} state
   */
  #become(item, state) {
    item.state = state;
    if (state === "waiting") item.error = item.progress = null;
    if (state !== "working" && state !== "marked") this.#keeper.note(item);
    this.#tellItem(item);
  }

  #tellList() {
    if (!this.isRunning) {
      this.#end?.(undefined);
      this.#end = null;
    }
    this.dispatchEvent(new Event("list"));
  }

  /** @param {Item} item */
  #tellItem(item) {
    this.dispatchEvent(new CustomEvent("item", { detail: item }));
  }
}

/** @param {Item} item */
const isUnderWay = ({ state }) => state === "waiting" || state === "working";

/**
 * @param {EngineError} error
 * @returns {ItemState}
 */
function stateAfter({ code }) {
  if (code === "cancelled") return "cancelled";
  return code === "already-marked" ? "asking" : "failed";
}
