import { TEXT_BYTES, toBytes } from "../register/entries.js";
import { h, setAttribute, setText } from "./dom.js";
import { m } from "./language.js";
import { follow } from "./preferences.js";

/** @import { KindOption } from "../engine/protocol.js" */

/** The first is the default. @type {KindOption[]} */
const KINDS = ["random", "text", "number", "id"];
const EXAMPLES = { text: "© Jane", id: "0123456789abcdef", number: "1234567", random: "" };
/** Kinds of older builds, which Settings may have stored, and the nearest ones today. @type {Record<string, KindOption>} */
const OLDER_KINDS = { hex: "id", protected: "number" };

/** The message: its kind and its value. It starts with the defaults of Settings. */
export class MessageField {
  #kinds;
  #value;
  #hint;
  #count;
  #hints;
  element;

  /**
   * @param {string} id begins the ids of its parts
   * @param {() => Record<KindOption, string>} hints what may be typed
   */
  constructor(id, hints) {
    this.#hints = hints;
    this.#kinds = h(
      "select",
      { id: `${id}-kind`, name: "kind" },
      ...KINDS.map((kind) => h("option", { value: kind }, () => m.kinds[kind])),
    );
    this.#hint = h("p", { class: "hint", id: `${id}-hint` });
    this.#count = h("p", { class: "hint count", id: `${id}-count` });
    this.#value = h("input", {
      type: "text",
      name: "value",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": `${this.#hint.id} ${this.#count.id}`,
    });
    this.element = h(
      "div",
      { class: "field" },
      h("label", { for: this.#kinds.id }, () => m.message),
      this.#kinds,
      this.#value,
      this.#count,
      this.#hint,
    );
    this.element.addEventListener("input", () => this.#show());
    follow("kind", (kind) => {
      this.#kinds.selectedIndex = Math.max(
        0,
        KINDS.findIndex((known) => known === (OLDER_KINDS[kind ?? ""] ?? kind)),
      );
      this.#show();
    });
    follow("value", (value) => {
      this.#value.value = value ?? "";
      this.#show();
    });
  }

  get kind() {
    return KINDS[this.#kinds.selectedIndex];
  }

  /** As typed. A number stays a string: those above 2^53 do not fit into a number of JavaScript. */
  get value() {
    return this.#value.value;
  }

  #show() {
    const { kind } = this;
    this.#value.hidden = kind === "random";
    this.#value.placeholder = EXAMPLES[kind];
    this.#value.inputMode = kind === "number" ? "numeric" : "text";
    setAttribute(this.#value, "aria-label", () => m.kinds[kind]);
    setText(this.#hint, () => this.#hints()[kind]);
    this.#showCount();
  }

  #showCount() {
    const bytes = toBytes(this.value).length;
    const isTooLong = this.kind === "text" && bytes > TEXT_BYTES;
    const isBlank = this.kind === "text" && bytes > 0 && this.value.trim() === "";
    this.#count.hidden = this.kind !== "text";
    // A screen reader says it only when something is wrong, not at each letter.
    this.#count.ariaLive = isTooLong || isBlank ? "polite" : "off";
    this.#count.classList.toggle("error", isTooLong || isBlank);
    this.#value.setAttribute("aria-invalid", String(isTooLong || isBlank));
    setText(this.#count, () => {
      if (isBlank) return m.blank;
      return (isTooLong ? m.bytesTooMany : m.bytesUsed)(bytes, TEXT_BYTES);
    });
  }
}
