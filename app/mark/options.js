/** How pictures are to be marked. What Settings says is where the screens start; what they change holds for a visit. */

import { DEFAULT_PATTERN, PLACES } from "./names.js";
import { m } from "../ui/language.js";
import { follow } from "../ui/preferences.js";
import { h, setText } from "../ui/dom.js";
import { field } from "../ui/field.js";
import { KeyField, openForKey } from "../ui/key-field.js";
import { PayloadField } from "../ui/payload-field.js";
import { StrengthField } from "../ui/strength-field.js";

/**
 * @import { MarkOptions } from "./batch.js"
 * @import { OutputFormat } from "../engine/protocol.js"
 */

/** What the page's Pillow writes. @type {OutputFormat[]} */
const FORMATS = ["JPEG", "PNG", "WEBP", "TIFF"];
/** @type {(OutputFormat | null)[]} */
const LOSSY = ["JPEG", "WEBP"];

/**
 * The fields for it, on the screen that marks and, as its defaults, in Settings. Each control has the name of its
 * preference.
 */
export class MarkFields {
  #payload;
  #strength;
  #format;
  #quality;
  #qualityField;
  #pattern;
  /** What is to be hidden, and how strongly. */
  mark;
  /** How the file is to be saved. */
  file;

  /** @param {string} id begins the ids of the controls */
  constructor(id) {
    this.#payload = new PayloadField(id, () => m.kindHints);
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
    this.#pattern = h("input", {
      type: "text",
      id: `${id}-pattern`,
      name: "pattern",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
    });
    this.mark = [this.#payload.element, this.#strength.element];
    this.file = [
      field(() => m.format, this.#format),
      this.#qualityField,
      field(
        () => m.pattern,
        this.#pattern,
        () => m.patternHint(PLACES.join(" ")),
      ),
    ];
    this.#format.addEventListener("input", () => this.#showQuality());
    follow("strength-step", (step) => (this.#strength.step = Number(step)));
    follow("format", (format) => {
      this.#format.selectedIndex = 1 + FORMATS.findIndex((known) => known === format);
      this.#showQuality();
    });
    follow("quality", (quality) => (this.#quality.value = quality ?? ""));
    follow("pattern", (pattern) => (this.#pattern.value = pattern || DEFAULT_PATTERN));
  }

  /** @returns {Omit<MarkOptions, "key" | "again">} */
  get options() {
    return {
      kind: this.#payload.kind,
      value: this.#payload.value,
      strength: this.#strength.strength,
      format: this.#chosenFormat,
      quality: this.#isLossy && this.#quality.value ? this.#quality.valueAsNumber : null,
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

/** The form of the screen that marks. */
export class MarkOptionsForm {
  #fields = new MarkFields("mark");
  #key = new KeyField("mark-key", () => m.keyHint);
  #submit = h("button", { class: "primary" });
  element = h(
    "form",
    { class: "options card", novalidate: true },
    ...this.#fields.mark,
    openForKey(
      h(
        "details",
        { class: "more" },
        h("summary", {}, () => m.moreOptions),
        this.#key.element,
        ...this.#fields.file,
        h(
          "p",
          { class: "hint" },
          h("a", { href: "#settings" }, () => m.changeDefaults),
        ),
      ),
    ),
    this.#submit,
  );

  /** @param {(options: MarkOptions) => void} onSubmit */
  constructor(onSubmit) {
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit(this.options);
    });
    this.showCount(0);
  }

  /** @returns {MarkOptions} */
  get options() {
    return { ...this.#fields.options, key: this.#key.value, again: false };
  }

  /** @param {number} count of pictures that the button marks */
  showCount(count) {
    setText(this.#submit, () => m.markPictures(count));
  }
}
