/** What is left of the picture before the trials: a frame to drag over it, shapes to choose, and a slider for each side. */

import { h, ObjectUrls, setAttribute, setText } from "../ui/dom.js";
import { inAmount, m } from "../ui/language.js";

/**
 * @typedef {[left: number, top: number, right: number, bottom: number]} Frame in shares of the picture's sides
 * @typedef {keyof typeof SIDES} Side
 */

const SIDES = /** @type {const} */ ({ left: 0, top: 1, right: 2, bottom: 3 });
/** @type {Frame} */
const WHOLE = [0, 0, 1, 1];
/** The least share of a side that is left. */
const LEAST = 0.1;
/** Width by height; the first is the whole picture. @type {[shape: "whole" | "square" | "portrait" | "wide", ratio: number][]} */
const SHAPES = [
  ["whole", 0],
  ["square", 1],
  ["portrait", 4 / 5],
  ["wide", 16 / 9],
];
/** The sides that each handle moves. @type {Side[][]} */
const HANDLES = [
  ["left", "top"],
  ["top"],
  ["right", "top"],
  ["right"],
  ["right", "bottom"],
  ["bottom"],
  ["left", "bottom"],
  ["left"],
];

export class Cropper {
  /** @type {Frame} */
  frame = WHOLE;
  #onChange;
  #urls = new ObjectUrls();
  #image = h("img", { alt: "", draggable: "false" });
  #box = h(
    "div",
    { class: "crop-frame" },
    ...HANDLES.map((sides) => {
      const handle = h("span", { class: `crop-handle ${sides.join(" ")}` });
      handle.addEventListener("pointerdown", (event) => this.#drag(event, sides));
      return handle;
    }),
  );
  /** The same as the sliders, for pointers. */
  #stage = h("div", { class: "crop-stage", "aria-hidden": "true" }, this.#image, this.#box);
  #sliders = Object.fromEntries(
    Object.keys(SIDES).map((name) => [name, this.#sliderOf(/** @type {Side} */ (name))]),
  );
  #summary = h("output");
  element = h(
    "details",
    { class: "cropper", hidden: true },
    h("summary", {}, () => m.cropHead, " ", this.#summary),
    h("p", { class: "hint" }, () => m.cropHint),
    h(
      "div",
      { class: "buttons", role: "group", "aria-label": () => m.cropShapes },
      ...SHAPES.map(([shape, ratio]) =>
        h("button", { type: "button", onclick: () => this.#cut(ratio) }, () => m.cropShape[shape]),
      ),
    ),
    this.#stage,
    h(
      "div",
      { class: "crop-sides" },
      ...Object.entries(this.#sliders).map(([name, { slider, output }]) =>
        h(
          "label",
          {},
          h("span", {}, () => m.cropSides[/** @type {Side} */ (name)]),
          slider,
          output,
        ),
      ),
    ),
  );

  /** @param {() => void} onChange called when the frame has changed */
  constructor(onChange) {
    this.#onChange = onChange;
    this.#box.addEventListener("pointerdown", (event) => {
      if (event.target === this.#box) this.#drag(event, null);
    });
    this.#show();
  }

  get isWhole() {
    return this.frame.every((share, side) => share === WHOLE[side]);
  }

  /** The frame in words: what is left of width and height. */
  get words() {
    const [left, top, right, bottom] = this.frame;
    return m.cropLeft(inAmount(right - left, "share"), inAmount(bottom - top, "share"));
  }

  /** @param {Blob} picture that the frame lies over from now on; all of it is framed */
  take(picture) {
    this.frame = WHOLE;
    this.#urls.show(this.#image, picture);
    this.element.hidden = false;
    this.#show();
  }

  reset() {
    this.frame = WHOLE;
    this.#show();
  }

  /** @param {Side} name */
  #sliderOf(name) {
    const slider = h("input", {
      type: "range",
      min: 0,
      max: 1 - LEAST,
      step: 0.01,
      value: 0,
      "aria-label": () => m.cropSides[name],
    });
    slider.addEventListener("input", () => {
      const off = slider.valueAsNumber;
      this.#move(name, name === "left" || name === "top" ? off : 1 - off);
      this.#show();
      this.#onChange();
    });
    return { slider, output: h("output") };
  }

  /**
   * Moves one side, at most up to its opposite.
   *
   * @param {Side} name
   * @param {number} to
   */
  #move(name, to) {
    const side = SIDES[name];
    const opposite = this.frame[(side + 2) % 4];
    /** @type {Frame} */
    const frame = [...this.frame];
    frame[side] = side < 2 ? clamp(to, 0, opposite - LEAST) : clamp(to, opposite + LEAST, 1);
    this.frame = frame;
  }

  /** @param {number} ratio the largest part of this ratio, in the middle; 0 for all of the picture */
  #cut(ratio) {
    const { naturalWidth, naturalHeight } = this.#image;
    const wanted = (ratio * naturalHeight) / naturalWidth;
    const [width, height] = ratio === 0 ? [1, 1] : wanted < 1 ? [wanted, 1] : [1, 1 / wanted];
    this.frame = [(1 - width) / 2, (1 - height) / 2, (1 + width) / 2, (1 + height) / 2];
    this.#show();
    this.#onChange();
  }

  /**
   * @param {PointerEvent} start
   * @param {Side[] | null} sides null moves the frame as it is
   */
  #drag(start, sides) {
    if (start.button !== 0 || !(start.target instanceof Element)) return;
    start.preventDefault();
    const { width, height } = this.#stage.getBoundingClientRect();
    const before = this.frame;
    const ends = new AbortController();
    start.target.setPointerCapture(start.pointerId);
    /** @param {PointerEvent} event */
    const move = (event) => {
      const [x, y] = [(event.clientX - start.clientX) / width, (event.clientY - start.clientY) / height];
      if (sides) {
        for (const side of sides) this.#move(side, before[SIDES[side]] + (SIDES[side] % 2 ? y : x));
      } else {
        const [left, top, right, bottom] = before;
        const [across, down] = [clamp(x, -left, 1 - right), clamp(y, -top, 1 - bottom)];
        this.frame = [left + across, top + down, right + across, bottom + down];
      }
      this.#show();
      this.#onChange();
    };
    const { signal } = ends;
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      start.target.addEventListener(name, () => ends.abort(), { signal });
    }
    start.target.addEventListener("pointermove", (event) => move(/** @type {PointerEvent} */ (event)), {
      signal,
    });
  }

  #show() {
    const [left, top, right, bottom] = this.frame;
    const { style } = this.#box;
    style.left = `${100 * left}%`;
    style.top = `${100 * top}%`;
    style.width = `${100 * (right - left)}%`;
    style.height = `${100 * (bottom - top)}%`;
    // A finger on the whole picture scrolls the page.
    this.#box.classList.toggle("part", !this.isWhole);
    for (const [name, { slider, output }] of Object.entries(this.#sliders)) {
      const share = this.frame[SIDES[/** @type {Side} */ (name)]];
      const off = name === "left" || name === "top" ? share : 1 - share;
      slider.value = String(off);
      const words = () => inAmount(off, "share");
      setText(output, words);
      setAttribute(slider, "aria-valuetext", words);
    }
    setText(this.#summary, () => (this.isWhole ? "" : this.words));
  }
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
