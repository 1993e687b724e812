/** The table of several readings, which can be exported. */

import { answerOf, likeliestOf, outcomeIcon } from "../ui/answer.js";
import { toCsv } from "../ui/csv.js";
import { h, setText } from "../ui/dom.js";
import { folderOf, pathOf } from "../ui/folders.js";
import { inChance, inNumber, m } from "../ui/language.js";
import { meant, nameOf } from "../ui/register-matches.js";
import { save } from "../ui/save.js";
import { errorInWords, placeInWords } from "../ui/words.js";

/**
 * @import { EngineError } from "../engine/errors.js"
 * @import { TimedReading, Reading } from "../engine/protocol.js"
 * @import { FoundEntry } from "../register/entries.js"
 *
 * @typedef {object} Row
 * @property {File} file
 * @property {TimedReading | null} read
 * @property {EngineError | null} error
 * @property {HTMLTableRowElement} element
 */

/** @type {(keyof typeof m.columns)[]} */
const COLUMNS = ["picture", "answer", "chance", "more", "register"];

/** @param {File} file */
const pathOfFile = (file) => pathOf({ folder: folderOf(file), name: file.name });

export class ReadingsTable {
  /** @type {Row[]} */
  #rows = [];
  #entriesOf;
  #body = h("tbody");
  #caption = h("caption");
  #export = h("button", { type: "button", onclick: () => this.#exportCsv() }, () => m.exportCsv);
  element = h(
    "div",
    { class: "result", hidden: true },
    h(
      "div",
      { class: "scroll", role: "region", tabindex: 0, "aria-label": () => m.readings },
      h(
        "table",
        { class: "readings" },
        this.#caption,
        h(
          "thead",
          {},
          h("tr", {}, ...COLUMNS.map((column) => h("th", { scope: "col" }, () => m.columns[column]))),
        ),
        this.#body,
      ),
    ),
    this.#export,
  );

  /** @param {(read: TimedReading) => FoundEntry[]} entriesOf entries of the register that a reading may be of */
  constructor(entriesOf) {
    this.#entriesOf = entriesOf;
  }

  /**
   * Shows a row for each file, in place of those that it had.
   *
   * @param {File[]} files
   * @returns {Row[]}
   */
  start(files) {
    const rows = files.map((file) => ({
      file,
      read: null,
      error: null,
      element: h(
        "tr",
        {},
        h("th", { scope: "row" }, pathOfFile(file)),
        h("td", { colspan: COLUMNS.length - 1 }, () => m.waits),
      ),
    }));
    this.#rows = rows;
    this.#body.replaceChildren(...rows.map(({ element }) => element));
    this.element.hidden = false;
    this.#export.disabled = true;
    this.#sumUp();
    return rows;
  }

  /** @param {Row[]} rows */
  shows(rows) {
    return rows === this.#rows;
  }

  #sumUp() {
    const rows = this.#rows;
    const count = (/** @type {Reading["outcome"]} */ outcome) =>
      rows.filter(({ read }) => read?.reading.outcome === outcome).length;
    setText(this.#caption, () =>
      m.readSummary({
        all: rows.length,
        read: count("read"),
        unreadable: count("unreadable"),
        none: count("none"),
        failed: rows.filter(({ error }) => error).length,
      }),
    );
  }

  /** @param {Row} row with its reading or its error */
  fill({ element, read, error }) {
    this.#export.disabled = false;
    this.#sumUp();
    const [name] = element.children;
    if (error) {
      element.replaceChildren(
        name,
        h("td", { class: "error", colspan: COLUMNS.length - 1 }, () => errorInWords(error)),
      );
    } else if (read) {
      const { reading } = read;
      const { outcome, chance, reason, match } = reading;
      element.dataset.outcome = outcome;
      const entries = this.#entriesOf(read);
      /** @type {(() => string)[]} */
      const texts = [
        () => answerOf(reading),
        () => (chance === null ? "–" : inChance(chance)),
        () =>
          ({
            read: () => placeInWords(reading.corners),
            unreadable: () => m.shortReasons[reason ?? "damaged"],
            none: () => m.noneIn(inNumber(reading.tried)),
          })[outcome](),
        () => {
          const entry = meant(entries);
          if (outcome === "unreadable" && match) return likeliestOf(match, entry);
          if (entry) return entry.note || nameOf(entry);
          return entries.length ? m.entries(entries.length) : "–";
        },
      ];
      const [, ...columns] = COLUMNS;
      element.replaceChildren(
        name,
        ...texts.map((text, index) =>
          h(
            "td",
            { "data-column": () => m.columns[columns[index]] },
            ...(index ? [] : [outcomeIcon(outcome), " "]),
            text,
          ),
        ),
      );
    }
  }

  #exportCsv() {
    const head = [
      "file",
      "outcome",
      "message",
      "kind",
      "chance",
      "reason",
      "register",
      "likeliest",
      "likeliest_kind",
      "likeliest_certainty",
      "likeliest_chance",
      "signal",
      "threshold",
      "false_alarm",
      "windows_tried",
      "error",
    ];
    const lines = this.#rows
      .filter(({ read, error }) => read || error)
      .map(({ file, read, error }) => [
        pathOfFile(file),
        ...(read
          ? this.#csvCells(read)
          : [...Array(head.length - 2).fill(""), error ? errorInWords(error) : ""]),
      ]);
    save(new Blob([toCsv([head, ...lines])], { type: "text/csv" }), "hushmark-readings.csv");
  }

  /** @param {TimedReading} read */
  #csvCells(read) {
    const { reading } = read;
    const { outcome, message, chance, reason, match } = reading;
    const entry = meant(this.#entriesOf(read));
    const name = entry ? entry.note || nameOf(entry) : "";
    const likeliest = outcome === "unreadable" ? match : null;
    return [
      outcome,
      message?.value ?? "",
      message?.kind ?? "",
      chance?.toExponential(2) ?? "",
      reason ?? "",
      outcome === "read" ? name : "",
      likeliest ? name || likeliest.message.value : "",
      likeliest?.message.kind ?? "",
      likeliest?.certainty.toFixed(4) ?? "",
      likeliest?.chance.toExponential(2) ?? "",
      reading.statistic.toFixed(3),
      reading.threshold.toFixed(3),
      reading.false_alarm.toExponential(2),
      String(reading.tried),
      "",
    ];
  }
}
