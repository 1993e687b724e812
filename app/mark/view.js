/** The screen that marks pictures, one or many. */

import { RegisterError } from "../register/entries.js";
import { register } from "../register/store.js";
import { h, setText } from "../ui/dom.js";
import { m } from "../ui/language.js";
import { dropIcon } from "../ui/picker.js";
import { isPictureName } from "../ui/picture-types.js";
import { download } from "../ui/save.js";
import { screenHead } from "../ui/screen-head.js";
import { errorInWords } from "../ui/words.js";
import { Batch } from "./batch.js";
import { Lists } from "./lists.js";
import { Offers } from "./offers.js";
import { MarkOptionsForm } from "./options.js";
import { MarkRow } from "./row.js";
import { canSaveToFolder, saveToFolder, saveZip } from "./saving.js";
import { Stage } from "./stage.js";

/**
 * @import { Item, Outcome } from "./batch.js"
 * @import { KeptList } from "./kept-list.js"
 * @import { EngineClient } from "../engine/client.js"
 * @import { LiveText } from "../ui/dom.js"
 * @import { RowAction } from "./row.js"
 */

export class MarkView {
  #lists = new Lists(
    () => {
      this.#batch.forget();
      this.#undo.hidden = true;
      this.#showOffers();
    },
    () => this.#showOffers(),
  );
  #batch;
  /** @type {Map<Item, MarkRow>} */
  #rows = new Map();
  #files = h("input", { class: "visually-hidden", type: "file", accept: "image/*", multiple: true });
  #folder = h("input", { type: "file", webkitdirectory: true, hidden: true });
  #pickFolder = h("button", { type: "button", onclick: () => this.#folder.click() }, () => m.chooseFolder);
  #drop = h(
    "div",
    { class: "picker" },
    h(
      "label",
      { class: "drop" },
      this.#files,
      dropIcon(),
      h("span", { class: "drop-title" }, () => m.choosePictures),
      h("span", { class: "hint" }, () => m.dropPictures),
    ),
    this.#pickFolder,
    this.#folder,
  );
  #form = new MarkOptionsForm(() => this.#mark());
  #error = h("p", { class: "error", role: "alert" });
  #summary = h("p", { class: "status", role: "status", tabindex: -1 });
  #note = h("p", { class: "hint", role: "status", hidden: true });
  #bar = h("progress", { "aria-label": () => m.progress });
  #pause = this.#button(
    () => m.pause,
    () => this.#togglePause(),
  );
  #cancelAll = this.#button(
    () => m.cancelAll,
    () => this.#batch.cancel(this.#batch.items),
  );
  #retry = this.#button(
    () => m.retryFailed,
    () => this.#retryFailed(),
  );
  #zip = this.#button(
    () => m.saveZip,
    () => this.#saveZip(),
  );
  #toFolder = this.#button(
    () => m.saveFolder,
    () => this.#saveToFolder(),
  );
  #clear = this.#button(
    () => m.clearList,
    () => this.#empty(),
  );
  #emptied = h("p", { role: "status" });
  #undoIt = this.#button(
    () => m.undo,
    () => this.#undoEmpty(),
  );
  #undo = h("div", { class: "offer", hidden: true }, this.#emptied, this.#undoIt);
  #offers = new Offers(this.#lists, {
    open: async (list) => this.#restore(await list.items(), true),
    save: (list) => this.#saveOffer(list),
    onStart: () => setText(this.#error, ""),
    onTaken: () => setText(this.#error, () => m.listElsewhere),
    onEnd: async () => {
      await this.#showOffers();
      (this.#board.hidden ? this.#files : this.#summary).focus();
    },
  });
  #list = h("ul", { class: "list", "aria-label": () => m.pictureList });
  #stage = new Stage({
    markAgain: (item, strength) => this.#markAgain(item, { strength }),
    tryToBreak: ({ file, name, type }) => this.#onTry(new File([file], name, { type })),
    copyOf: (file) => this.#copyOf(file),
  });
  #engine;
  #onTry;
  #board = h(
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
      this.#clear,
    ),
    this.#stage.element,
    this.#list,
  );
  element = h(
    "section",
    { class: "mark" },
    screenHead("mark", () => m.markLead),
    h(
      "div",
      { class: "columns" },
      this.#drop,
      this.#form.element,
      h("div", { class: "rest" }, this.#error, this.#offers.element, this.#undo, this.#board),
    ),
  );

  /**
   * @param {EngineClient} engine
   * @param {(file: File) => void} onTry called with a marked picture that people want to try in the lab
   */
  constructor(engine, onTry) {
    this.#engine = engine;
    this.#onTry = onTry;
    this.#batch = new Batch(engine, this.#lists);
    this.#batch.addEventListener("item", (event) => {
      if (event instanceof CustomEvent) this.#onItem(event.detail);
    });
    this.#batch.addEventListener("list", () => this.#onList());
    this.#batch.addEventListener("refused", (event) => {
      if (event instanceof CustomEvent) setText(this.#error, () => errorInWords(event.detail));
    });
    for (const input of [this.#files, this.#folder]) {
      input.addEventListener("change", () => {
        const files = [...(input.files ?? [])];
        // People who choose a single file that is no picture are told so; other files in a folder are left out.
        this.take(input === this.#folder ? files.filter(({ name }) => isPictureName(name)) : files);
        // Else choosing the same file again would be no change.
        input.value = "";
      });
    }
    this.#pickFolder.hidden = !("webkitdirectory" in this.#folder);
    this.#toFolder.hidden = !canSaveToFolder();
    addEventListener("beforeunload", (event) => this.#batch.wouldLose && event.preventDefault());
    this.#reopen();
  }

  /** @param {File[]} files */
  take(files) {
    setText(this.#error, "");
    this.#batch.add(files);
  }

  async #reopen() {
    const { items, isPaused } = await this.#lists.reopen();
    this.#restore(items, isPaused);
    await this.#showOffers();
  }

  /**
   * @param {Item[]} items
   * @param {boolean} isPaused
   */
  #restore(items, isPaused) {
    this.#batch.restore(items, isPaused);
    if (items.some(({ state, lacksKey }) => state === "new" && lacksKey)) {
      setText(this.#error, () => m.keyNotKept);
    }
    const marked = items.find(({ state, hasCover }) => state === "marked" && hasCover);
    if (marked?.outcome && !this.#stage.item) this.#stage.show(marked, marked.outcome);
  }

  async #showOffers() {
    await this.#offers.show();
    this.#onList();
  }

  /** The list's pictures that wait to be marked stay on offer. @param {KeptList} list */
  async #saveOffer(list) {
    const marked = (await list.items()).filter(({ state, isSaved }) => state === "marked" && !isSaved);
    await this.#save(async () => {
      const outcomes = marked.flatMap(({ outcome }) => outcome ?? []);
      if (!(await saveZip(outcomes, this.#lists))) return;
      for (const item of marked) await list.note(item, { isSaved: true });
    });
  }

  #empty() {
    const count = this.#batch.items.length;
    this.#batch.empty();
    this.#undo.hidden = false;
    setText(this.#emptied, () => m.emptied(m.pictures(count)));
    this.#undoIt.focus();
  }

  #undoEmpty() {
    this.#batch.undo();
    this.#undo.hidden = true;
    this.#summary.focus();
  }

  /**
   * @param {Item} item
   * @param {{ strength?: number, again?: boolean }} changes
   */
  #markAgain(item, changes) {
    const { key } = this.#form.options;
    setText(this.#error, item.lacksKey && !key ? () => m.keyNotKept : "");
    if (!item.lacksKey) this.#batch.mark([item], changes);
    else if (key) this.#batch.mark([item], { ...changes, key });
  }

  /** A JPEG copy, made by Python, of a file that the browser cannot show. @param {File} file */
  async #copyOf(file) {
    const { preview } = await this.#engine.lab({ file, steps: [], key: null, thorough: false });
    return new Blob([preview], { type: "image/jpeg" });
  }

  #mark() {
    const items = this.#batch.items.filter(({ state }) => state === "new");
    setText(this.#error, items.length ? "" : () => m.choosePictureFirst);
    if (items.length) this.#batch.mark(items, this.#form.options);
  }

  #retryFailed() {
    const failed = this.#batch.items.filter(({ state }) => state === "failed" || state === "cancelled");
    setText(this.#error, "");
    this.#batch.mark(failed, this.#form.options);
  }

  #togglePause() {
    if (this.#batch.isPaused) this.#batch.resume();
    else this.#batch.pause();
  }

  /**
   * @param {RowAction} action
   * @param {Item} item
   */
  #act(action, item) {
    const { outcome } = item;
    if (action === "cancel") this.#batch.cancel([item]);
    else if (action === "remove") this.#remove(item);
    else if (action === "again") this.#markAgain(item, { again: true });
    else if (action === "retry") this.#batch.mark([item], this.#form.options);
    else if (outcome && action === "save") {
      download(outcome.file, outcome.name);
      this.#batch.saved([item]);
    } else if (outcome) {
      this.#stage.show(item, outcome);
      this.#stage.focus();
    }
  }

  /** The focus goes on to the next row. @param {Item} item */
  #remove(item) {
    const { items } = this.#batch;
    const next = items[items.indexOf(item) + 1] ?? items[items.indexOf(item) - 1];
    this.#batch.remove([item]);
    const row = this.#rows.get(next);
    if (row) row.focus();
    else this.#files.focus();
  }

  /** @param {Item} item */
  #onItem(item) {
    this.#rows.get(item)?.update();
    const isShown = this.#stage.item === item;
    if (item.state === "marked" && item.outcome) this.#register(item.file, item.outcome);
    if (item.state === "marked" && item.outcome && (isShown || !this.#stage.item)) {
      this.#stage.show(item, item.outcome);
    }
    if (item.state !== "working") this.#onList();
    else this.#showProgress();
  }

  /**
   * @param {File} cover
   * @param {Outcome} outcome
   */
  async #register(cover, outcome) {
    try {
      await register(cover, outcome);
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      setText(this.#error, () => m.notRegistered(errorInWords(error)));
    }
  }

  #onList() {
    const { items } = this.#batch;
    const present = new Set(items);
    for (const item of items) {
      if (this.#rows.has(item)) continue;
      const row = new MarkRow(item, (action, of) => this.#act(action, of));
      this.#rows.set(item, row);
      this.#list.append(row.element);
    }
    for (const [item, row] of this.#rows) {
      if (present.has(item)) continue;
      row.element.remove();
      this.#rows.delete(item);
      if (this.#stage.item === item) this.#stage.hide();
    }
    const { isRunning, isPaused } = this.#batch;
    const [marked, failed, asking] = [
      this.#batch.count("marked"),
      this.#batch.count("failed"),
      this.#batch.count("asking"),
    ];
    const hadFocus = this.#board.contains(document.activeElement) && document.activeElement;
    this.#form.showCount(this.#batch.count("new"));
    this.#drop.classList.toggle("slim", items.length > 0);
    this.#board.hidden = items.length === 0;
    this.#bar.hidden = !isRunning;
    this.#pause.hidden = !isRunning;
    this.#cancelAll.hidden = !isRunning;
    this.#retry.hidden = failed + this.#batch.count("cancelled") === 0;
    this.#zip.hidden = marked === 0;
    this.#toFolder.hidden = marked === 0 || !canSaveToFolder();
    setText(this.#pause, () => (isPaused ? m.resume : m.pause));
    setText(this.#summary, () =>
      m.batchSummary({ all: items.length, marked, failed, asking, isRunning, isPaused }),
    );
    const { isFull, failure } = this.#lists;
    if ((isFull || failure) && this.#note.hidden) {
      this.#note.hidden = false;
      setText(this.#note, () =>
        isFull ? m.storageFull : failure === "VersionError" ? m.listsNewer : m.notKept(failure ?? ""),
      );
    }
    this.#showProgress();
    // When the button with the focus is hidden, the focus goes to the summary, or to the picker if the list is empty.
    if (hadFocus && hadFocus.closest("[hidden]")) (items.length ? this.#summary : this.#files).focus();
  }

  #showProgress() {
    const wanted = this.#batch.items.filter(({ state }) => state !== "new");
    const done = wanted.reduce(
      (sum, { state, progress }) =>
        sum + (state === "waiting" ? 0 : state === "working" ? (progress?.share ?? 0) : 1),
      0,
    );
    this.#bar.max = Math.max(1, wanted.length);
    this.#bar.value = done;
  }

  #marked() {
    const items = this.#batch.items.filter(({ state }) => state === "marked");
    return { items, outcomes: items.flatMap(({ outcome }) => outcome ?? []) };
  }

  #saveZip() {
    return this.#save(async () => {
      const { items, outcomes } = this.#marked();
      const saved = await saveZip(outcomes, this.#lists);
      if (!saved) return;
      this.#batch.saved(items);
      const { name } = saved;
      if (name) setText(this.#summary, () => m.savedAs(m.pictures(outcomes.length), name));
    });
  }

  #saveToFolder() {
    return this.#save(async () => {
      const { items, outcomes } = this.#marked();
      const folder = await saveToFolder(outcomes);
      if (!folder) return;
      this.#batch.saved(items);
      setText(this.#summary, () => m.savedTo(m.pictures(outcomes.length), folder));
    });
  }

  /** @param {() => Promise<void>} save */
  async #save(save) {
    setText(this.#error, "");
    try {
      await save();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      setText(this.#error, () => m.notSaved(reason));
    }
  }

  /**
   * @param {LiveText} label
   * @param {() => unknown} onClick
   */
  #button(label, onClick) {
    return h("button", { type: "button", onclick: () => void onClick() }, label);
  }
}
