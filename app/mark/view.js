/** The screen that marks pictures, one or many. */

import { RegisterError } from "../register/entries.js";
import { register } from "../register/store.js";
import { watchHands } from "../ui/attention.js";
import { h, setText } from "../ui/dom.js";
import { m } from "../ui/language.js";
import { save } from "../ui/save.js";
import { screenHead } from "../ui/screen-head.js";
import { errorInWords } from "../ui/words.js";
import { Batch } from "./batch.js";
import { Board } from "./board.js";
import { Lists } from "./lists.js";
import { Offers } from "./offers.js";
import { MarkOptionsForm } from "./options.js";
import { PicturesPicker } from "./picker.js";
import { MarkRow } from "./row.js";
import { samplePicture } from "./sample-picture.js";
import { saveToFolder, saveZip, share } from "./saving.js";
import { Stage } from "./stage.js";

/**
 * @import { Item, MarkOptions } from "./batch.js"
 * @import { KeptList } from "./kept-list.js"
 * @import { EngineClient } from "../engine/client.js"
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
  #picker = new PicturesPicker(
    (files) => this.take(files),
    () => void this.#trySample(),
  );
  #form;
  #error = h("p", { class: "error", role: "alert" });
  #emptied = h("p", { role: "status" });
  #undoIt = h("button", { type: "button", onclick: () => this.#undoEmpty() }, () => m.undo);
  #undo = h("div", { class: "offer", hidden: true }, this.#emptied, this.#undoIt);
  #offers = new Offers(this.#lists, {
    open: async (list) => this.#restore(await list.items(), true),
    save: (list) => this.#saveOffer(list),
    onStart: () => setText(this.#error, ""),
    onTaken: () => setText(this.#error, () => m.listElsewhere),
    onEnd: async () => {
      await this.#showOffers();
      (this.#batch.items.length ? this.#board : this.#picker).focus();
    },
  });
  #list = h("ul", { class: "list", "aria-label": () => m.pictureList });
  #stage = new Stage({
    save: (item) => this.#act("save", item),
    share: (item) => void this.#share(item),
    markAgain: (item, strength) => this.#markAgain(item, { strength }),
    tryToBreak: ({ file, name, type }) => this.#onTry(new File([file], name, { type })),
    copyOf: (file) => this.#copyOf(file),
  });
  #engine;
  #onTry;
  /** Whether people wait for a result, and have touched nothing since they asked for it. */
  #isAwaited = () => false;
  #board = new Board(
    {
      pause: () => (this.#batch.isPaused ? this.#batch.resume() : this.#batch.pause()),
      cancelAll: () => this.#batch.cancel(this.#batch.items),
      retry: () => this.#retry(),
      saveZip: () => void this.#saveZip(),
      saveFolder: () => void this.#saveToFolder(),
      clearList: () => this.#empty(),
    },
    this.#stage.element,
    this.#list,
  );
  element;

  /**
   * @param {EngineClient} engine
   * @param {(file: File) => void} onTry called with a marked picture that people want to try in the lab
   */
  constructor(engine, onTry) {
    this.#engine = engine;
    this.#onTry = onTry;
    this.#form = new MarkOptionsForm(engine, () => void this.#mark());
    this.element = h(
      "section",
      { class: "mark" },
      screenHead("mark", () => m.markLead),
      h(
        "div",
        { class: "columns" },
        this.#picker.element,
        this.#form.element,
        h("div", { class: "rest" }, this.#error, this.#offers.element, this.#undo, this.#board.element),
      ),
    );
    this.#batch = new Batch(engine, this.#lists, (chain) => this.#form.signing.signerOf(chain));
    this.#batch.addEventListener("item", (event) => {
      if (event instanceof CustomEvent) this.#onItem(event.detail);
    });
    this.#batch.addEventListener("list", () => this.#onList());
    this.#batch.addEventListener("refused", (event) => {
      if (event instanceof CustomEvent) setText(this.#error, () => errorInWords(event.detail));
    });
    addEventListener("beforeunload", (event) => this.#batch.wouldLose && event.preventDefault());
    this.#reopen();
  }

  /** @param {File[]} files */
  take(files) {
    setText(this.#error, "");
    this.#batch.add(files);
  }

  /** Looks for the kept signing key again, since Settings may have deleted it. */
  enter() {
    void this.#form.signing.restore();
  }

  async #trySample() {
    this.take([await samplePicture()]);
    await this.#mark();
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
    // The page may have been left after marking, before the entry was in the register.
    for (const item of items) if (item.state === "marked") this.#register(item);
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

  /** Pictures that are not marked yet stay on offer. @param {KeptList} list */
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
    this.#board.focus();
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
    const { data } = await this.#engine.run("preview", file, {});
    return new Blob([data], { type: "image/jpeg" });
  }

  async #mark() {
    // Without this wait, a picture that is marked at once would not be signed.
    await this.#form.signing.restored;
    const { fresh, again } = this.#markable();
    const items = fresh.length ? fresh : again;
    setText(this.#error, items.length ? "" : () => this.#whyNothing());
    if (items.length) this.#start(items, this.#form.options);
  }

  /** The pictures that the form's button marks: new ones, or if there are none, those to mark again. */
  #markable() {
    const { items, isRunning } = this.#batch;
    return {
      fresh: items.filter(({ state }) => state === "new"),
      again: items.filter(({ state, hasCover }) => hasCover && !isRunning && state !== "asking"),
    };
  }

  #whyNothing() {
    const { items, isRunning } = this.#batch;
    if (items.length === 0) return m.choosePictureFirst;
    if (isRunning) return m.beingMarked;
    return this.#batch.count("asking") ? m.answerFirst : m.onlyMarkedKept;
  }

  /**
   * @param {Item[]} items
   * @param {Partial<MarkOptions>} options
   */
  #start(items, options) {
    this.#isAwaited = watchHands();
    this.#batch.mark(items, options);
    this.#follow();
  }

  /** Brings the result, or the progress, into view. */
  #follow() {
    if (!this.#isAwaited() || this.#stage.isInView) return;
    this.#board.element.scrollIntoView({ block: "start" });
    // The focus must not stay on a button that is out of view.
    const { top, bottom } = (document.activeElement ?? document.body).getBoundingClientRect();
    if (bottom <= 0 || top >= innerHeight) this.#board.focus();
  }

  #retry() {
    const failed = this.#batch.items.filter(({ state }) => state === "failed" || state === "cancelled");
    setText(this.#error, "");
    this.#start(failed, this.#form.options);
  }

  /** @param {Item} item */
  #share(item) {
    return this.#save(async () => {
      if (item.outcome && (await share(item.outcome))) this.#batch.saved([item]);
    });
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
    else if (action === "retry" || action === "anew") this.#start([item], this.#form.options);
    else if (outcome && action === "save") {
      save(outcome.file, outcome.name);
      this.#batch.saved([item]);
    } else if (outcome) {
      this.#stage.show(item, outcome);
      this.#stage.focus();
    }
  }

  /** Moves the focus to the next row. @param {Item} item */
  #remove(item) {
    const { items } = this.#batch;
    const next = items[items.indexOf(item) + 1] ?? items[items.indexOf(item) - 1];
    this.#batch.remove([item]);
    const row = this.#rows.get(next);
    if (row) row.focus();
    else this.#picker.focus();
  }

  /** @param {Item} item */
  #onItem(item) {
    this.#rows.get(item)?.update();
    const isShown = this.#stage.item === item;
    if (item.state === "marked") this.#register(item);
    const isAwaitedResult = item.state === "marked" && item.outcome && (isShown || !this.#stage.item);
    if (item.outcome && isAwaitedResult) this.#stage.show(item, item.outcome);
    if (item.state !== "working") this.#onList();
    else this.#board.showProgress(this.#batch.items);
    if (isAwaitedResult) this.#follow();
  }

  /** @param {Item} item that is marked */
  async #register(item) {
    const { file, hasCover, outcome, isRegistered } = item;
    if (!outcome || !hasCover || isRegistered) return;
    try {
      await register(file, outcome);
      this.#batch.registered(item);
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
    const { element } = this.#board;
    const hadFocus = element.contains(document.activeElement) && document.activeElement;
    const { fresh, again } = this.#markable();
    this.#form.showCount(fresh.length, again.length);
    this.#picker.element.classList.toggle("slim", items.length > 0);
    this.#board.show(this.#batch, this.#lists);
    if (!this.#batch.isRunning && this.#error.textContent === m.beingMarked) setText(this.#error, "");
    // When the button with the focus is hidden, the focus goes to the summary, or to the picker if the list is empty.
    if (hadFocus && hadFocus.closest("[hidden]")) (items.length ? this.#board : this.#picker).focus();
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
      if (name) this.#board.say(() => m.savedAs(m.pictures(outcomes.length), name));
    });
  }

  #saveToFolder() {
    return this.#save(async () => {
      const { items, outcomes } = this.#marked();
      const folder = await saveToFolder(outcomes);
      if (!folder) return;
      this.#batch.saved(items);
      this.#board.say(() => m.savedTo(m.pictures(outcomes.length), folder));
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
}
