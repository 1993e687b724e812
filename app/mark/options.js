import { h, setText } from "../ui/dom.js";
import { KeyField, openForKey } from "../ui/key-field.js";
import { m } from "../ui/language.js";
import { MarkFields } from "../ui/mark-fields.js";
import { SigningPart } from "./signing-part.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { MarkOptions } from "./batch.js"
 */

/** The form of the screen that marks. */
export class MarkOptionsForm {
  #fields = new MarkFields("mark");
  #key = new KeyField("mark-key", () => m.keyHint);
  #submit = h("button", { class: "primary" });
  signing;
  element;

  /**
   * @param {EngineClient} engine
   * @param {() => void} onSubmit
   */
  constructor(engine, onSubmit) {
    this.signing = new SigningPart(engine);
    this.element = h(
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
      this.signing.element,
      this.#submit,
    );
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    this.showCount(0, 0);
  }

  /** @returns {Omit<MarkOptions, "again">} */
  get options() {
    return { ...this.#fields.options, key: this.#key.value, ...this.signing.options };
  }

  /**
   * @param {number} fresh pictures that the button marks
   * @param {number} again without these: those that it marks again
   */
  showCount(fresh, again) {
    setText(this.#submit, () => (fresh || !again ? m.markPictures(fresh) : m.markAllAgain(again)));
  }
}
