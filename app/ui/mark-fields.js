/** The fields for how pictures are marked. Settings has the defaults; a change on a screen lasts for the visit. */

import { MOST_NOTE } from "../register/entries.js";
import { isKept } from "../register/store.js";
import { h } from "./dom.js";
import { field } from "./field.js";
import { DEFAULT_PATTERN, PLACES } from "./file-names.js";
import { m } from "./language.js";
import { MessageField } from "./message-field.js";
import { follow } from "./preferences.js";
import { StrengthField } from "./strength-field.js";

/**
 * @import { MarkOptions } from "../mark/batch.js"
 * @import { Format } from "../engine/protocol.js"
 */

/** Formats that the page's Pillow writes. @type {Exclude<Format, "GIF">[]} */
const FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"];
/** @type {(Exclude<Format, "GIF"> | null)[]} */
const LOSSY = ["JPEG", "WEBP", "AVIF"];

/** Of several pages or frames. */
const FIRST = "first";

const EXAMPLE_NOTE = "© Herald, 2026, Jane";

/** On the screen that marks and, for the defaults, in Settings. Each control has the name of its preference. */
export class MarkFields {
  #message;
  #note;
  #strength;
  #format;
  #quality;
  #qualityField;
  #several;
  #pattern;
  /** What is hidden, and how strongly. */
  mark;
  /** How the file is saved. */
  file;

  /** @param {string} id begins the ids of the controls */
  constructor(id) {
    this.#message = new MessageField(id, () => m.kindHints);
    this.#note = h("input", {
      type: "text",
      id: `${id}-note`,
      name: "note",
      maxlength: MOST_NOTE,
      autocomplete: "off",
      placeholder: EXAMPLE_NOTE,
    });
    const note = field(
      () => m.noteForRegister,
      this.#note,
      () => m.noteHint,
    );
    const noRegister = h("p", { class: "hint" }, () => m.registerOff);
    this.#strength = new StrengthField(`${id}-strength`);
    this.#format = h(
      "select",
      { id: `${id}-format`, name: "format" },
      h("option", { value: "" }, () => m.sameFormat),
      ...FORMATS.map((format) => h("option", { value: format }, () => m.formats[format])),
    );
    this.#quality = h("input", {
      type: "number",
      id: `${id}-quality`,
      name: "quality",
      min: 1,
      max: 100,
      inputmode: "numeric",
    });
    this.#qualityField = field(
      () => m.quality,
      this.#quality,
      () => m.qualityHint,
    );
    this.#several = h(
      "select",
      { id: `${id}-several`, name: "several" },
      h("option", { value: "" }, () => m.everyPage),
      h("option", { value: FIRST }, () => m.firstPage),
    );
    this.#pattern = h("input", {
      type: "text",
      id: `${id}-pattern`,
      name: "pattern",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
    });
    this.mark = [this.#message.element, note, noRegister, this.#strength.element];
    this.file = [
      field(() => m.format, this.#format),
      this.#qualityField,
      field(() => m.several, this.#several),
      field(
        () => m.pattern,
        this.#pattern,
        () => m.patternHint(PLACES.join(" ")),
      ),
    ];
    this.#format.addEventListener("input", () => this.#showQuality());
    follow("register", () => {
      note.hidden = !isKept();
      noRegister.hidden = isKept();
    });
    this.#followPreferences();
  }

  #followPreferences() {
    follow("note", (text) => (this.#note.value = text ?? ""));
    follow("strength-step", (step) => (this.#strength.step = Number(step)));
    follow("format", (format) => {
      this.#format.selectedIndex = 1 + FORMATS.findIndex((known) => known === format);
      this.#showQuality();
    });
    follow("quality", (quality) => (this.#quality.value = quality ?? ""));
    follow("several", (pages) => (this.#several.value = pages === FIRST ? FIRST : ""));
    follow("pattern", (pattern) => (this.#pattern.value = pattern || DEFAULT_PATTERN));
  }

  /** @returns {Omit<MarkOptions, "key" | "again" | "chain" | "author" | "manifest_note">} */
  get options() {
    return {
      kind: this.#message.kind,
      value: this.#message.value,
      note: isKept() ? this.#note.value.trim() : "",
      strength: this.#strength.strength,
      output_format: this.#chosenFormat,
      quality: this.#isLossy && this.#quality.value ? this.#quality.valueAsNumber : null,
      first: this.#several.value === FIRST,
      pattern: this.#pattern.value,
    };
  }

  get #chosenFormat() {
    return FORMATS[this.#format.selectedIndex - 1] ?? null;
  }

  get #isLossy() {
    return LOSSY.includes(this.#chosenFormat);
  }

  #showQuality() {
    this.#qualityField.hidden = !this.#isLossy;
  }
}
