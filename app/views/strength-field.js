import { m } from "../language.js";
import { h, setText } from "./dom.js";

/** How strong a mark is to be, as a PSNR in dB on a slider. */
export class StrengthField {
  #slider;
  #words;
  #inWords;
  element;

  /**
   * @param {string} id
   * @param {[strongest: number, weakest: number]} range dB
   * @param {(db: number) => string} inWords
   */
  constructor(id, [min, max], inWords) {
    this.#inWords = inWords;
    this.#slider = h("input", { type: "range", id, name: "strength", min, max, step: 1 });
    this.#words = h("output", { for: id });
    this.element = h(
      "div",
      { class: "field" },
      h("label", { for: id }, () => m.strength),
      this.#slider,
      h(
        "div",
        { class: "scale hint", "aria-hidden": "true" },
        h("span", {}, () => m.stronger),
        h("span", {}, () => m.fainter),
      ),
      this.#words,
    );
    this.#slider.addEventListener("input", () => this.#show());
  }

  get db() {
    return this.#slider.valueAsNumber;
  }

  set db(value) {
    this.#slider.valueAsNumber = value;
    this.#show();
  }

  #show() {
    setText(this.#words, () => this.#inWords(this.db));
  }
}
