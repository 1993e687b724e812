import { DEFAULT_PATTERN, PLACES } from "../batch/names.js";
import { inNumber, m } from "../language.js";
import { prefer, preference } from "../preferences.js";
import { h, setText } from "./dom.js";
import { PayloadField } from "./payload-field.js";

/**
 * @import { MarkOptions } from "../batch/batch.js"
 * @import { OutputFormat } from "../engine/protocol.js"
 */

/** @type {OutputFormat[]} */
const FORMATS = ["JPEG", "PNG", "WEBP"];
export const WEAKEST_DB = 46;
export const STRONGEST_DB = 34;
const DEFAULT_DB = 42;

/** What a strength means for the eye, in words. @param {number} db */
export function strengthInWords(db) {
  return m.strengthWords(
    m.decibels(inNumber(db, db % 1 ? 1 : 0)),
    m.strengths.find(([from]) => db >= from)?.[1] ?? "",
  );
}

/** The form that says how pictures are to be marked. Strength and names are remembered, payloads are not. */
export class MarkOptionsForm {
  #payload = new PayloadField("mark", () => m.kindHints);
  #strength = h("input", {
    type: "range",
    id: "strength",
    min: STRONGEST_DB,
    max: WEAKEST_DB,
    step: 1,
    value: preference("strength") ?? DEFAULT_DB,
  });
  #strengthWords = h("output", { for: "strength" });
  #pattern = h("input", {
    type: "text",
    id: "pattern",
    value: preference("pattern") ?? DEFAULT_PATTERN,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": "pattern-hint",
  });
  #key = h("input", { type: "password", id: "key", autocomplete: "off", "aria-describedby": "key-hint" });
  #format = h(
    "select",
    { id: "format" },
    h("option", { value: "" }, () => m.sameFormat),
    ...FORMATS.map((format) =>
      h("option", { value: format, selected: preference("format") === format }, format),
    ),
  );
  #submit = h("button", { class: "primary" });
  element = h(
    "form",
    { class: "options card", novalidate: true },
    this.#payload.element,
    h(
      "div",
      { class: "field" },
      h("label", { for: "strength" }, () => m.strength),
      this.#strength,
      h(
        "div",
        { class: "scale hint", "aria-hidden": "true" },
        h("span", {}, () => m.stronger),
        h("span", {}, () => m.fainter),
      ),
      this.#strengthWords,
    ),
    h(
      "details",
      {},
      h("summary", {}, () => m.moreOptions),
      h(
        "div",
        { class: "field" },
        h("label", { for: "key" }, () => m.key),
        this.#key,
        h("p", { class: "hint", id: "key-hint" }, () => m.keyHint),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "format" }, () => m.format),
        this.#format,
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "pattern" }, () => m.pattern),
        this.#pattern,
        h("p", { class: "hint", id: "pattern-hint" }, () => m.patternHint(PLACES.join(" "))),
      ),
    ),
    this.#submit,
  );

  /** @param {(options: MarkOptions) => void} onSubmit */
  constructor(onSubmit) {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      prefer("strength", this.#strength.value);
      prefer("pattern", this.#pattern.value);
      prefer("format", this.#format.value);
      onSubmit(this.options);
    });
    this.#strength.addEventListener("input", () => this.#showStrength());
    this.#showStrength();
    this.showCount(0);
  }

  /** @returns {MarkOptions} */
  get options() {
    return {
      kind: this.#payload.kind,
      value: this.#payload.value,
      key: this.#key.value || null,
      strengthDb: this.#strength.valueAsNumber,
      again: false,
      format: FORMATS.find((format) => format === this.#format.value) ?? null,
      pattern: this.#pattern.value,
    };
  }

  /** @param {number} count of pictures that the button marks */
  showCount(count) {
    setText(this.#submit, () => m.markPictures(count));
  }

  #showStrength() {
    setText(this.#strengthWords, () => strengthInWords(this.#strength.valueAsNumber));
  }
}
