/**
 * The list of pictures to mark. Hands them to the engine two at a time, the one that runs and the one that is opened
 * meanwhile, so that a pause takes effect after these, and keeps of each only what the list shows: the files lie in
 * Results.
 */

import { EngineError } from "../engine/errors.js";
import { holdUpdates } from "../work.js";
import { DEFAULT_PATTERN, fileName } from "./names.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { EmbedOptions, Marked, Progress } from "../engine/protocol.js"
 * @import { Results } from "./results.js"
 *
 * @typedef {EmbedOptions & { pattern: string }} MarkOptions pattern: of the file's name, see names.js
 *
 * @typedef {Omit<Marked, "data" | "difference"> & { file: Blob, difference: Blob }} Outcome
 *
 * @typedef {"new" | "waiting" | "working" | "marked" | "asking" | "failed" | "cancelled"} ItemState
 * asking: it is marked already, and nobody has said yet whether to mark it again
 *
 * @typedef {object} Item
 * @property {number} number from 1, in the order they were added
 * @property {File} file
 * @property {ItemState} state
 * @property {MarkOptions | null} options null while it is new
 * @property {Progress | null} progress
 * @property {EngineError | null} error
 * @property {Outcome | null} outcome
 */

/** Pictures that the engine has at a time. */
const AT_ONCE = 2;
/** Codes of errors that are about the options, not about a picture. */
const OPTIONS_ERROR = /^(payload-|passphrase-|output-|strength)/;

/** @type {MarkOptions} */
const DEFAULTS = {
  kind: "random",
  value: "",
  key: null,
  strength: 1,
  again: false,
  format: null,
  quality: null,
  pattern: DEFAULT_PATTERN,
};

/**
 * Tells of a change of an item by the event "item", of the list or of `isPaused` by "list"; by "refused" that the
 * options are no good for any picture, so that all that waited are as if nobody had asked.
 */
export class Batch extends EventTarget {
  /** @type {Item[]} */
  items = [];
  isPaused = false;
  #engine;
  #results;
  #added = 0;
  /** What the engine has. @type {Map<Item, AbortController>} */
  #handedOver = new Map();
  /** Called when no picture waits any more; null while none does. @type {((ended: undefined) => void) | null} */
  #end = null;

  /**
   * @param {EngineClient} engine
   * @param {Results} results
   */
  constructor(engine, results) {
    super();
    this.#engine = engine;
    this.#results = results;
  }

  /** @param {File[]} files */
  add(files) {
    const items = files.map((file) => {
      this.#added += 1;
      /** @type {Item} */
      const item = {
        number: this.#added,
        file,
        state: "new",
        options: null,
        progress: null,
        error: null,
        outcome: null,
      };
      return item;
    });
    this.items.push(...items);
    this.#tellList();
    return items;
  }

  /** @param {ItemState} state */
  count(state) {
    return this.items.filter((item) => item.state === state).length;
  }

  /** Whether a picture is being marked, or would be but for the pause. */
  get isRunning() {
    return this.items.some(({ state }) => state === "waiting" || state === "working");
  }

  /**
   * Marks pictures that are not under way.
   *
   * @param {Item[]} items
   * @param {Partial<MarkOptions>} options where they differ from those of last time
   */
  mark(items, options) {
    for (const item of items) {
      if (item.state === "waiting" || item.state === "working") continue;
      item.options = { ...(item.options ?? DEFAULTS), ...options };
      this.#become(item, "waiting");
    }
    this.isPaused = false;
    // Also between two pictures, and during a pause.
    if (!this.#end) holdUpdates(new Promise((end) => (this.#end = end)));
    this.#tellList();
    this.#next();
  }

  /** What the engine has is finished still. */
  pause() {
    this.isPaused = true;
    this.#tellList();
  }

  resume() {
    this.isPaused = false;
    this.#tellList();
    this.#next();
  }

  /** @param {Item[]} items those that wait or are worked on */
  cancel(items) {
    for (const item of items) {
      const controller = this.#handedOver.get(item);
      if (controller) controller.abort();
      else if (item.state === "waiting") this.#become(item, "cancelled");
    }
    this.#tellList();
  }

  /** @param {Item[]} items */
  remove(items) {
    this.cancel(items);
    const gone = new Set(items);
    this.items = this.items.filter((item) => !gone.has(item));
    for (const item of items) this.#drop(item);
    this.#tellList();
  }

  #next() {
    for (const item of this.items) {
      if (this.isPaused || this.#handedOver.size === AT_ONCE) return;
      if (item.state === "waiting" && !this.#handedOver.has(item)) this.#handOver(item);
    }
  }

  /** @param {Item} item that waits. If it is not the first in the engine, it goes on waiting until it is opened. */
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
      // What was refused with another picture is new again.
      else if (item.state !== "new") this.#become(item, stateAfter(error));
    } finally {
      this.#handedOver.delete(item);
      if (!this.items.includes(item)) this.#drop(item);
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
      this.#become(each, "new");
      this.#handedOver.get(each)?.abort();
    }
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  async #markOne(item, signal) {
    const { file, number } = item;
    const { pattern, ...options } = /** @type {MarkOptions} */ (item.options);
    /** @param {Progress} progress */
    const onProgress = (progress) => {
      item.progress = progress;
      this.#become(item, "working");
    };
    const marked = await this.#engine.embed({ file, ...options }, { signal, onProgress, inBackground: true });
    const { data, difference, ...facts } = marked;
    const name = fileName(pattern, {
      cover: file.name,
      marked: marked.name,
      number,
      payload: marked.payload.value,
    });
    item.outcome = {
      ...facts,
      name,
      file: await this.#results.keep(String(number), data, marked.type),
      difference: await this.#results.keep(`${number}-difference`, difference, "image/png"),
    };
  }

  /** @param {Item} item */
  #drop(item) {
    this.#results.drop(String(item.number));
    this.#results.drop(`${item.number}-difference`);
  }

  /**
   * @param {Item} item
   * @param {ItemState} state
   */
  #become(item, state) {
    item.state = state;
    if (state === "waiting") item.error = item.progress = null;
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

/**
 * @param {EngineError} error
 * @returns {ItemState}
 */
function stateAfter({ code }) {
  if (code === "cancelled") return "cancelled";
  return code === "already-marked" ? "asking" : "failed";
}
