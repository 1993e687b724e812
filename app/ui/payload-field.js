import { h, setAttribute, setText } from "./dom.js";
import { m } from "./language.js";
import { follow } from "./preferences.js";

/** @import { PayloadKind } from "../engine/protocol.js" */

/** @type {PayloadKind[]} */
const KINDS = ["text", "hex", "number", "protected", "random"];
const EXAMPLES = { text: "pipe", hex: "70697065", number: "1234567", protected: "4711", random: "" };

/** The payload: its kind and its value. It starts with the defaults of Settings. */
export class PayloadField {
  #kinds;
  #value;
  #hint;
  #hints;
  element;

  /**
   * @param {string} id begins the ids of its parts
   * @param {() => Record<PayloadKind, string>} hints what may be typed
   */
  constructor(id, hints) {
    this.#hints = hints;
    this.#kinds = h(
      "select",
      { id: `${id}-kind`, name: "kind" },
      ...KINDS.map((kind) => h("option", { value: kind }, () => m.kinds[kind])),
    );
    this.#hint = h("p", { class: "hint", id: `${id}-hint` });
    this.#value = h("input", {
      type: "text",
      name: "value",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      "aria-describedby": this.#hint.id,
    });
    this.element = h(
      "div",
      { class: "field" },
      h("label", { for: this.#kinds.id }, () => m.payload),
      this.#kinds,
      this.#value,
      this.#hint,
    );
    this.element.addEventListener("input", () => this.#show());
    follow("kind", (kind) => {
      this.#kinds.selectedIndex = Math.max(
        0,
        KINDS.findIndex((known) => known === kind),
      );
      this.#show();
    });
    follow("value", (value) => (this.#value.value = value ?? ""));
  }

  get kind() {
    return KINDS[this.#kinds.selectedIndex];
  }

  /** As typed. */
  get value() {
    return this.#value.value;
  }

  #show() {
    const { kind } = this;
    this.#value.hidden = kind === "random";
    this.#value.placeholder = EXAMPLES[kind];
    setAttribute(this.#value, "aria-label", () => m.kinds[kind]);
    setText(this.#hint, () => this.#hints()[kind]);
  }
}
