import { h, setAttribute, setText } from "../ui/dom.js";
import { inAmount, inNumber, m } from "../ui/language.js";

/**
 * @import { LabKind } from "../engine/protocol.js"
 *
 * @typedef {object} Trial
 * @property {LabKind} kind
 * @property {HTMLInputElement} isOn
 * @property {HTMLInputElement | null} slider null for a switch
 *
 * @typedef {{ kind: LabKind, amount: number }} Step
 */

/** Units of whole numbers. @type {LabKind["unit"][]} */
const WHOLE = ["count", "pixels", "quality"];
/** Windows with room for all of them. */
const WIDE = "(min-width: 60rem)";

/** The trials with their sliders, by group. A trial is on once its slider was moved or its box was ticked. */
export class Trials {
  /** Those that are on, in the order in which they are done. @type {Trial[]} */
  on = [];
  #onChange;
  #onHowFar;
  #onStartOver;
  /** How many of each group are on. @type {Map<LabKind["group"], Element>} */
  #counts = new Map();
  element = h("div");
  reset = h("button", { type: "button", onclick: () => this.#startOver() }, () => m.startOver);

  /**
   * @param {() => void} onChange called when a trial is switched, or its amount changes while it is on
   * @param {(trial: Trial) => void} onHowFar called when somebody asks how far the mark survives a trial
   * @param {() => void} onStartOver called before `onChange` when everything is reset
   */
  constructor(onChange, onHowFar, onStartOver) {
    this.#onChange = onChange;
    this.#onHowFar = onHowFar;
    this.#onStartOver = onStartOver;
  }

  get isFilled() {
    return this.element.childElementCount > 0;
  }

  /** @param {LabKind[]} kinds all trials. Later calls do nothing. */
  fill(kinds) {
    if (this.isFilled) return;
    for (const [index, group] of [...new Set(kinds.map(({ group }) => group))].entries()) {
      const count = h("output");
      this.#counts.set(group, count);
      const rows = kinds.filter((kind) => kind.group === group).map((kind) => this.#row(kind));
      this.element.append(
        h(
          "details",
          { open: index === 0 || matchMedia(WIDE).matches },
          h("summary", {}, () => m.trialGroups[group], " ", count),
          h("ul", { class: "trials" }, ...rows),
        ),
      );
    }
  }

  /** @param {LabKind} kind */
  #row(kind) {
    const { name, least, most, start, unit } = kind;
    const isOn = h("input", { type: "checkbox" });
    const label = h("label", {}, isOn, () => m.trials[name]);
    if (unit === "switch") {
      const trial = { kind, isOn, slider: null };
      isOn.addEventListener("change", () => this.#switch(trial));
      return h("li", {}, label);
    }
    const slider = h("input", {
      type: "range",
      min: least,
      max: most,
      step: WHOLE.includes(unit) ? 1 : 10 ** Math.floor(Math.log10((most - least) / 50)),
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
    this.#showCounts();
    this.#onChange();
  }

  #startOver() {
    for (const { isOn } of this.on) isOn.checked = false;
    this.on = [];
    this.#showCounts();
    this.#onStartOver();
    this.#onChange();
  }

  #showCounts() {
    for (const [group, element] of this.#counts) {
      const count = this.on.filter(({ kind }) => kind.group === group).length;
      setText(element, () => (count ? m.trialsOn(inNumber(count)) : ""));
    }
  }
}

/**
 * @param {Trial[]} trials
 * @returns {Step[]}
 */
export const stepsOf = (trials) =>
  trials.map(({ kind, slider }) => ({ kind, amount: slider?.valueAsNumber ?? kind.start }));

/**
 * @param {LabKind} kind
 * @param {number} count
 * @returns {number[]} so many amounts over its range, or fewer where fractions of its unit make no sense
 */
export function amountsOf({ least, most, unit }, count) {
  const amounts = Array.from({ length: count }, (_, index) => least + ((most - least) * index) / (count - 1));
  return WHOLE.includes(unit) ? [...new Set(amounts.map(Math.round))] : amounts;
}
