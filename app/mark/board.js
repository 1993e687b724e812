import { h, setText } from "../ui/dom.js";
import { m } from "../ui/language.js";
import { canSaveToFolder } from "./saving.js";

/**
 * @import { Batch, Item } from "./batch.js"
 * @import { Lists } from "./lists.js"
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {object} BoardActions what the buttons do
 * @property {() => void} pause or continue
 * @property {() => void} cancelAll
 * @property {() => void} retry those that failed or were cancelled
 * @property {() => void} saveZip
 * @property {() => void} saveFolder
 * @property {() => void} clearList
 */

/** The progress of the batch, and the buttons for all of its pictures. */
export class Board {
  #summary = h("p", { class: "status", role: "status", tabindex: -1 });
  #note = h("p", { class: "hint", role: "status", hidden: true });
  #bar = h("progress", { "aria-label": () => m.progress });
  #pause;
  #cancelAll;
  #retry;
  #zip;
  #toFolder;
  element;

  /**
   * @param {BoardActions} actions
   * @param {...Node} below what stands below the buttons
   */
  constructor(actions, ...below) {
    /** @param {Exclude<keyof BoardActions, "retry">} name */
    const button = (name) => h("button", { type: "button", onclick: () => actions[name]() }, () => m[name]);
    this.#pause = button("pause");
    this.#cancelAll = button("cancelAll");
    this.#retry = h("button", { type: "button", onclick: () => actions.retry() });
    this.#zip = button("saveZip");
    this.#toFolder = button("saveFolder");
    this.element = h(
      "div",
      { class: "board", hidden: true },
      this.#bar,
      this.#summary,
      this.#note,
      h(
        "div",
        { class: "buttons" },
        this.#pause,
        this.#cancelAll,
        this.#retry,
        this.#zip,
        this.#toFolder,
        button("clearList"),
      ),
      ...below,
    );
  }

  /**
   * @param {Batch} batch
   * @param {Lists} lists
   */
  show(batch, { isFull, failure }) {
    const { items, isRunning, isPaused } = batch;
    const [marked, failed, cancelled, asking] = /** @type {const} */ ([
      "marked",
      "failed",
      "cancelled",
      "asking",
    ]).map((state) => batch.count(state));
    this.element.hidden = items.length === 0;
    this.#bar.hidden = !isRunning;
    this.#pause.hidden = !isRunning;
    this.#cancelAll.hidden = !isRunning;
    this.#retry.hidden = failed + cancelled === 0;
    setText(this.#retry, () => m.retryThese(failed, cancelled));
    // One picture has a button of its own.
    this.#zip.hidden = marked === 0 || items.length === 1;
    this.#toFolder.hidden = this.#zip.hidden || !canSaveToFolder();
    setText(this.#pause, () => (isPaused ? m.resume : m.pause));
    this.say(() =>
      m.batchSummary({ all: items.length, marked, failed, cancelled, asking, isRunning, isPaused }),
    );
    if ((isFull || failure) && this.#note.hidden) {
      this.#note.hidden = false;
      setText(this.#note, () =>
        isFull ? m.storageFull : failure === "VersionError" ? m.listsNewer : m.notKept(failure ?? ""),
      );
    }
    this.showProgress(items);
  }

  /** @param {Item[]} items */
  showProgress(items) {
    const wanted = items.filter(({ state }) => state !== "new");
    const done = wanted.reduce(
      (sum, { state, progress }) =>
        sum + (state === "waiting" ? 0 : state === "working" ? (progress?.share ?? 0) : 1),
      0,
    );
    this.#bar.max = Math.max(1, wanted.length);
    this.#bar.value = done;
  }

  /** @param {LiveText} text in place of the summary, until the list changes */
  say(text) {
    setText(this.#summary, text);
  }

  focus() {
    this.#summary.focus();
  }
}
