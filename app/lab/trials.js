import { h, setAttribute, setText } from "../ui/dom.js";
import { inAmount, m } from "../ui/language.js";

/**
 * @import { LabKind } from "../engine/protocol.js"
 *
 * @typedef {{ kind: LabKind, isOn: HTMLInputElement, slider: HTMLInputElement }} Trial
 *
 * @typedef {{ kind: LabKind, amount: number }} Step
 */

/** The trials with their sliders. A trial is on once its slider was moved or its box was ticked. */
export class Trials {
  /** Those that are on, in the order in which they are done. @type {Trial[]} */
  on = [];
  #onChange;
  #onHowFar;
  element = h("ul", { class: "trials" });
  reset = h("button", { type: "button", onclick: () => this.#startOver() }, () => m.startOver);

  /**
   * @param {() => void} onChange called when a trial is switched, or its amount changes while it is on
   * @param {(trial: Trial) => void} onHowFar called when somebody asks how far the mark survives a trial
   */
  constructor(onChange, onHowFar) {
    this.#onChange = onChange;
    this.#onHowFar = onHowFar;
  }

  get isFilled() {
    return this.element.childElementCount > 0;
  }

  /** @param {LabKind[]} kinds the trials that there are. Later calls do nothing. */
  fill(kinds) {
    if (!this.isFilled) this.element.append(...kinds.map((kind) => this.#row(kind)));
  }

  /** @param {LabKind} kind */
  #row(kind) {
    const { name, least, most, start, unit } = kind;
    const isOn = h("input", { type: "checkbox" });
    const slider = h("input", {
      type: "range",
      min: least,
      max: most,
      step: 10 ** Math.floor(Math.log10((most - least) / 50)),
      value: start,
      "aria-label": () => m.amountOf(m.trials[name]),
    });
    const output = h("output");
    const trial = { kind, isOn, slider };
    const show = () => {
      const words = () => inAmount(slider.valueAsNumber, unit);
      setText(output, words);
      setAttribute(slider, "aria-valuetext", words);
    };
    show();
    isOn.addEventListener("change", () => this.#switch(trial));
    slider.addEventListener("input", () => {
      show();
      if (!isOn.checked) {
        isOn.checked = true;
        this.#switch(trial);
      } else {
        this.#onChange();
      }
    });
    const label = h("label", {}, isOn, () => m.trials[name]);
    const far = h(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-label": () => m.howFarOf(m.trials[name]),
        onclick: () => this.#onHowFar(trial),
      },
      () => m.howFar,
    );
    return h("li", {}, label, slider, output, far);
  }

  /** @param {Trial} trial */
  #switch(trial) {
    this.on = this.on.filter((other) => other !== trial);
    if (trial.isOn.checked) this.on.push(trial);
    this.#onChange();
  }

  #startOver() {
    for (const { isOn } of this.on) isOn.checked = false;
    this.on = [];
    this.#onChange();
  }
}

/**
 * @param {Trial[]} trials
 * @returns {Step[]}
 */
export const stepsOf = (trials) => trials.map(({ kind, slider }) => ({ kind, amount: slider.valueAsNumber }));
