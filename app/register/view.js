/** The screen of the register: what was marked on this device. */

import { h, setText } from "../ui/dom.js";
import { inBytes, inDate, m } from "../ui/language.js";
import { takeFiles } from "../ui/picker.js";
import { nameOf } from "../ui/register-matches.js";
import { save } from "../ui/save.js";
import { screenHead } from "../ui/screen-head.js";
import { keptThumbnail } from "../ui/thumbnails.js";
import { errorInWords, messageInWords } from "../ui/words.js";
import { isOlder, MOST_NOTE, RegisterError } from "./entries.js";
import { toJson, toTable } from "./exchange.js";
import { found } from "./search.js";
import { clear, entries, importFile, isKept, keepFromNow, put, remove } from "./store.js";

/**
 * @import { Damaged, Entry } from "./entries.js"
 * @import { LiveText } from "../ui/dom.js"
 */

/** Entries shown at a time. */
const SOME = 50;
/** Damaged entries of a file that are named. */
const MOST_NAMED = 10;

export class RegisterView {
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Damaged[]} */
  #damaged = [];
  #most = SOME;
  #keep = h("input", { type: "checkbox" });
  #query = h("input", {
    type: "search",
    id: "register-query",
    autocomplete: "off",
    oninput: () => {
      this.#most = SOME;
      this.#showList();
    },
  });
  #search = h(
    "div",
    { class: "field" },
    h("label", { for: "register-query" }, () => m.search),
    this.#query,
  );
  #file = h("input", {
    class: "visually-hidden",
    type: "file",
    accept: "application/json,.json,text/csv,.csv",
    onchange: () => void this.#import(),
  });
  #export = h("button", { type: "button", onclick: () => this.#exportJson() }, () => m.exportJson);
  #exportTable = h("button", { type: "button", onclick: () => this.#exportCsv() }, () => m.exportTable);
  #wipe = h("button", { type: "button", onclick: () => void this.#askDeleteAll() }, () => m.deleteAll);
  #question = h("p", { id: "register-ask" });
  #ask = h(
    "dialog",
    {
      "aria-labelledby": "register-ask",
      onclose: () => this.#ask.returnValue === "yes" && void this.#deleteAll(),
    },
    h(
      "form",
      { method: "dialog", class: "ask" },
      this.#question,
      h(
        "div",
        { class: "buttons" },
        h("button", { value: "no", autofocus: true }, () => m.keepThem),
        h("button", { value: "yes", class: "danger" }, () => m.deleteAll),
      ),
    ),
  );
  #error = h("p", { class: "error", role: "alert" });
  #status = h("p", { class: "status", role: "status", tabindex: -1 });
  #empty = h("p", { class: "empty", "aria-live": "polite" });
  #list = h("ul", { class: "entries", "aria-label": () => m.screenNames.register });
  #more = h(
    "button",
    {
      type: "button",
      onclick: () => {
        const shown = this.#most;
        this.#most += SOME;
        this.#showList();
        this.#list.children[this.#damaged.length + shown].querySelector("input")?.focus();
      },
    },
    () => m.showMore,
  );
  element = h(
    "section",
    { class: "register" },
    screenHead("register", () => m.registerLead),
    h("label", {}, this.#keep, () => m.keepRegister),
    h(
      "div",
      { class: "register-bar" },
      this.#search,
      h(
        "div",
        { class: "buttons" },
        this.#export,
        this.#exportTable,
        h("label", { class: "button" }, this.#file, () => m.importJson),
        this.#wipe,
      ),
    ),
    this.#error,
    this.#status,
    this.#empty,
    this.#list,
    this.#more,
    this.#ask,
  );

  constructor() {
    this.#keep.addEventListener("change", () => keepFromNow(this.#keep.checked));
  }

  /**
   * Reads the register again: something may have been marked meanwhile.
   *
   * @param {string} [id] of an entry to show
   */
  async enter(id) {
    this.#keep.checked = isKept();
    setText(this.#status, "");
    if (id) this.#query.value = "";
    await this.#attempt(() => this.#load());
    if (id) this.#turnTo(id);
  }

  /** @param {string} id */
  #turnTo(id) {
    const place = this.#entries.findIndex((entry) => entry.id === id);
    if (place < 0) {
      setText(this.#status, () => m.entryGone);
      return;
    }
    this.#most = Math.max(this.#most, place + 1);
    this.#showList();
    const row = this.#list.children[this.#damaged.length + place];
    row.classList.add("meant");
    row.scrollIntoView({ block: "center" });
    row.querySelector("h2")?.focus({ preventScroll: true });
  }

  /** A register is imported wherever it is dropped. @param {File[]} files */
  take([file]) {
    void this.#importFile(file);
  }

  async #load() {
    ({ whole: this.#entries, damaged: this.#damaged } = await entries());
    this.#showList();
  }

  /** How many entries are stored, damaged ones included. */
  get #count() {
    return this.#entries.length + this.#damaged.length;
  }

  /** Counts first: another tab may have made entries meanwhile. */
  async #askDeleteAll() {
    await this.#attempt(() => this.#load());
    const count = this.#count;
    setText(this.#question, () => m.deleteAllAsk(count));
    if (count) this.#ask.showModal();
  }

  #showList() {
    const fitting = found(this.#entries, this.#query.value);
    const isEmpty = this.#count === 0;
    this.#search.hidden = this.#entries.length === 0;
    this.#export.hidden = this.#exportTable.hidden = this.#entries.length === 0;
    this.#wipe.hidden = isEmpty;
    this.#empty.hidden = fitting.length > 0 || (!isEmpty && this.#entries.length === 0);
    setText(this.#empty, () => (isEmpty ? m.registerEmpty : m.registerNothing));
    for (const image of this.#list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    // The damaged ones come first: they are few, and cannot be searched.
    this.#list.replaceChildren(
      ...this.#damaged.map((entry) => this.#damagedRow(entry)),
      ...fitting.slice(0, this.#most).map((entry) => this.#row(entry)),
    );
    this.#more.hidden = fitting.length <= this.#most;
  }

  /** @param {Entry} entry */
  #row(entry) {
    const { message, cover, marked, time, thumbnail } = entry;
    const isTile = cover.sha256 === marked.sha256;
    const name = () => m.entryName(messageInWords(message), nameOf(entry));
    const image = h("img", { class: "thumbnail", alt: "" });
    if (thumbnail) image.src = keptThumbnail(thumbnail);
    return h(
      "li",
      {},
      image,
      h(
        "div",
        { class: "entry" },
        h("h2", { tabindex: -1 }, () => messageInWords(message)),
        h("p", {}, nameOf(entry)),
        h("p", { class: "hint" }, () =>
          m.list([
            inDate(time),
            isTile ? m.screenNames.overlay : m.sizeChange(inBytes(cover.size), inBytes(marked.size)),
          ]),
        ),
        isOlder(message) ? h("p", { class: "hint" }, () => m.olderEntry) : "",
        this.#noteOn(entry, name),
        h(
          "details",
          {},
          h("summary", {}, () => m.sums),
          sumsOf(entry),
        ),
      ),
      this.#removeButton(entry.id, name, () => m.entryRemoved(messageInWords(message), cover.name)),
    );
  }

  /**
   * @param {Entry} entry
   * @param {LiveText} name
   */
  #noteOn(entry, name) {
    const note = h("input", {
      type: "text",
      maxlength: MOST_NOTE,
      value: entry.note,
      "aria-label": () => m.noteOn(name()),
      placeholder: () => m.note,
      onchange: () => {
        entry.note = note.value.trim();
        void this.#attempt(
          () => put(entry),
          () => m.noteKept,
        );
      },
    });
    return note;
  }

  /**
   * @param {IDBValidKey} id
   * @param {LiveText} name
   * @param {LiveText} outcome
   */
  #removeButton(id, name, outcome) {
    return h(
      "button",
      {
        type: "button",
        "aria-label": () => m.removeEntry(name()),
        onclick: () => void this.#remove(id, outcome),
      },
      () => m.removeThis,
    );
  }

  /** @param {Damaged} entry */
  #damagedRow({ id, part }) {
    return h(
      "li",
      {},
      h(
        "div",
        { class: "entry" },
        h("p", { class: "error" }, () => m.damagedEntry(m.entryParts[part])),
      ),
      this.#removeButton(
        id,
        () => m.damagedName,
        () => m.damagedRemoved,
      ),
    );
  }

  /**
   * @param {IDBValidKey} id
   * @param {LiveText} outcome
   */
  async #remove(id, outcome) {
    await this.#attempt(async () => {
      await remove(id);
      await this.#load();
    }, outcome);
    this.#status.focus();
  }

  async #deleteAll() {
    const count = this.#count;
    await this.#attempt(
      async () => {
        await clear();
        await this.#load();
      },
      () => m.allDeleted(count),
    );
    this.#status.focus();
  }

  #exportJson() {
    save(new Blob([toJson(this.#entries)], { type: "application/json" }), `${exportName()}.json`);
  }

  #exportCsv() {
    save(new Blob([toTable(this.#entries)], { type: "text/csv" }), `${exportName()}.csv`);
  }

  async #import() {
    const [file] = takeFiles(this.#file);
    if (file) await this.#importFile(file);
  }

  /** @param {File} file */
  async #importFile(file) {
    await this.#attempt(async () => {
      const { added, present, left } = await importFile(await file.text());
      await this.#load();
      const named = left.slice(0, MOST_NAMED);
      setText(this.#status, () =>
        m.sentences([
          m.imported(added, present),
          ...(left.length
            ? [
                m.leftOut(
                  named.map(({ number, part }) => m.leftEntry(number, m.entryParts[part])),
                  left.length,
                ),
              ]
            : []),
        ]),
      );
    });
  }

  /**
   * @param {() => Promise<void>} action
   * @param {LiveText} [outcome] said when it went well
   */
  async #attempt(action, outcome) {
    setText(this.#error, "");
    try {
      await action();
      if (outcome) setText(this.#status, outcome);
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      setText(this.#status, "");
      setText(this.#error, () => errorInWords(error));
    }
  }
}

/** @param {Entry} entry */
function sumsOf({ cover, marked }) {
  /** @type {[LiveText, string][]} */
  const sums = [
    [() => m.shaOfOriginal, cover.sha256],
    [() => m.shaOfMarked, marked.sha256],
  ];
  const lines = sums.map(([term, sum]) => h("div", {}, h("dt", {}, term), h("dd", {}, h("code", {}, sum))));
  return h("dl", {}, ...lines);
}

const exportName = () => `hushmark-register-${new Date().toISOString().slice(0, 10)}`;
