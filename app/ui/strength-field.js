import { h, setText } from "./dom.js";
import { inNumber, m } from "./language.js";

/** Steps of the sliders. Each is 1.41 times (the root of 2) as strong as the one below; step 0 is strength 1. */
export const FAINTEST_STEP = -2;
export const STRONGEST_STEP = 3;

/** @param {number} step */
export const strengthAt = (step) => Math.round(10 * 2 ** (step / 2)) / 10;

/** @param {number} strength */
export const stepOf = (strength) => 2 * Math.log2(strength);

/** How visible a strength is, in words. @param {number} strength */
export function strengthInWords(strength) {
  return m.strengthWords(inNumber(strength, 1), m.strengths.find(([from]) => strength >= from)?.[1] ?? "");
}

/** The strength of a mark: a few named steps on a slider. */
export class StrengthField {
  #slider;
  #words;
  element;

  /** @param {string} id */
  constructor(id) {
    this.#slider = h("input", {
      type: "range",
      id,
      name: "strength-step",
      min: FAINTEST_STEP,
      max: STRONGEST_STEP,
      step: 1,
    });
    this.#words = h("output", { for: id });
    this.element = h(
      "div",
      { class: "field" },
      h("label", { for: id }, () => m.strength),
      this.#slider,
      h(
        "div",
        { class: "scale hint", "aria-hidden": "true" },
        h("span", {}, () => m.fainter),
        h("span", {}, () => m.stronger),
      ),
      this.#words,
    );
    this.#slider.addEventListener("input", () => this.#show());
    this.step = 0;
  }

  get strength() {
    return strengthAt(this.#slider.valueAsNumber);
  }

  /** @param {number} value */
  set step(value) {
    this.#slider.valueAsNumber = value;
    this.#show();
  }

  #show() {
    setText(this.#words, () => strengthInWords(this.strength));
    this.#slider.setAttribute("aria-valuetext", strengthInWords(this.strength));
  }
}
