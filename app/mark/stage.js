/** A marked picture beside its cover: a divider between the two, zoom and pan in step, the residual amplified. */

import { bitsPlot } from "../ui/bits-plot.js";
import { h, ObjectUrls, setText } from "../ui/dom.js";
import { inBytes, inNumber, inPercent, m } from "../ui/language.js";
import { FAINTEST_STEP, stepOf, strengthAt, strengthInWords, STRONGEST_STEP } from "../ui/strength-field.js";
import { payloadInWords, timeInWords } from "../ui/words.js";
import { amplified, marked, pixelsAreTrue, pixelsOf, ssim } from "./pixels.js";

/**
 * @import { Item, Outcome } from "./batch.js"
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {"compare" | "residual"} Mode
 *
 * @typedef {object} StageActions
 * @property {(item: Item, strength: number) => void} markAgain
 * @property {(outcome: Outcome) => void} tryToBreak
 * @property {(file: File) => Promise<Blob>} copyOf a picture that the browser cannot show, for one that it can
 */

const MOST_ZOOM = 16;
/** Pixels a side of the view that is drawn anew when the strength changes. */
const DRAWN_SIDE = 1600;
/** Pixels a side of the part that SSIM is measured on, without scaling. */
const MEASURED_SIDE = 512;

export class Stage {
  #actions;
  #urls = new ObjectUrls();
  /** With what the browser shows of the cover. @type {{ item: Item, outcome: Outcome, cover: Promise<Blob> } | null} */
  #shown = null;
  /** Whether the browser can show the marked file; else it is drawn. */
  #showsMarked = true;
  /** What the strength is drawn from, once it is wanted. @type {Promise<{ cover: ImageData, difference: ImageData }> | null} */
  #pixels = null;
  #zoom = 1;
  #x = 0;
  #y = 0;
  /** Fingers and buttons that are down. @type {Map<number, PointerEvent>} */
  #pointers = new Map();

  #title = h("h2", { tabindex: -1 });
  #cover = h("img", { alt: () => m.originalPicture });
  #marked = h("img", { alt: () => m.markedPicture });
  #drawn = h("canvas", { role: "img", "aria-label": () => m.drawnPicture, hidden: true });
  #residual = h("canvas", { role: "img", "aria-label": () => m.residualPicture });
  #divider = h("div", {
    class: "divider",
    role: "slider",
    tabindex: 0,
    "aria-label": () => m.divider,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  #compare = h(
    "div",
    { class: "panes" },
    h("div", { class: "pane" }, this.#cover),
    h("div", { class: "pane after" }, this.#marked, this.#drawn),
    h("span", { class: "corner left" }, () => m.original),
    h("span", { class: "corner right" }, () => m.marked),
    this.#divider,
  );
  #residualPane = h("div", { class: "pane" }, this.#residual);
  #view = h(
    "div",
    { class: "view", role: "group", tabindex: 0, "aria-label": () => m.viewHelp },
    this.#compare,
    this.#residualPane,
  );
  #copyNote = h("p", { class: "hint", hidden: true }, () => m.copyNote);
  #modes = /** @type {const} */ (["compare", "residual"]).map((mode) => ({
    mode,
    input: h("input", { type: "radio", name: "stage-mode", value: mode, checked: mode === "compare" }),
  }));
  #zoomWords = h("output", { class: "hint" });
  #gain = h("input", { type: "range", id: "gain", min: 1, max: 64, value: 16 });
  #gainWords = h("output", { for: "gain", class: "hint" });
  #gainField = h(
    "div",
    { class: "field", hidden: true },
    h("label", { for: "gain" }, () => m.gain),
    this.#gain,
    this.#gainWords,
  );
  #strength = h("input", {
    type: "range",
    id: "stage-strength",
    min: FAINTEST_STEP,
    max: STRONGEST_STEP,
    step: 0.5,
  });
  #strengthWords = h("output", { for: "stage-strength", class: "hint" });
  #again = h("button", { type: "button", hidden: true });
  #strengthField = h(
    "div",
    { class: "field" },
    h("label", { for: "stage-strength" }, () => m.tryStrength),
    this.#strength,
    this.#strengthWords,
    this.#again,
  );
  #try = h("button", { type: "button" }, () => m.screenNames.lab);
  #facts = h("dl");
  #plot = h("div");
  element = h(
    "section",
    { class: "stage card", "aria-labelledby": "stage-title", hidden: true },
    this.#title,
    h(
      "div",
      { class: "stage-bar" },
      h(
        "div",
        { class: "choices", role: "radiogroup", "aria-label": () => m.view },
        ...this.#modes.map(({ mode, input }) => h("label", {}, input, () => m.modes[mode])),
      ),
      h(
        "div",
        { class: "zoom" },
        this.#zoomButton("−", () => m.zoomOut, 1 / 1.5),
        this.#zoomWords,
        this.#zoomButton("+", () => m.zoomIn, 1.5),
        h("button", { type: "button", onclick: () => this.#fit() }, () => m.fit),
      ),
    ),
    this.#view,
    this.#copyNote,
    h("div", { class: "stage-fields" }, this.#strengthField, this.#gainField),
    h("div", { class: "buttons" }, this.#try),
    this.#facts,
    this.#plot,
  );

  /** @param {StageActions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#title.id = "stage-title";
    for (const { input } of this.#modes) input.addEventListener("change", () => this.#showMode());
    this.#gain.addEventListener("input", () => this.#drawResidual());
    this.#strength.addEventListener("input", () => this.#drawStrength());
    this.#again.addEventListener("click", () => {
      if (this.#shown) actions.markAgain(this.#shown.item, this.#tried);
    });
    this.#try.addEventListener("click", () => this.#shown && actions.tryToBreak(this.#shown.outcome));
    this.#listen();
    this.#divide(50);
  }

  /** The item that shows, if any. */
  get item() {
    return this.#shown?.item ?? null;
  }

  /**
   * @param {Item} item with an outcome
   * @param {Outcome} outcome
   */
  show(item, outcome) {
    this.#copyNote.hidden = true;
    this.#shown = { item, outcome, cover: this.#showCover(item.file) };
    // Of a cover that cannot even be copied the pane has the name.
    this.#shown.cover.catch(() => undefined);
    this.#showMarked(outcome);
    this.#pixels = null;
    this.element.hidden = false;
    setText(this.#title, outcome.name);
    this.#view.style.setProperty("--ratio", `${outcome.width} / ${outcome.height}`);
    this.#strength.valueAsNumber = stepOf(outcome.strength);
    this.#strengthField.hidden = !pixelsAreTrue();
    this.#fit();
    this.#showMode();
    this.#drawStrength();
    this.#showFacts(null);
    this.#plot.replaceChildren(bitsPlot(outcome.check.confidences, outcome.check.payload?.hex ?? ""));
    this.#measure(outcome, item.file);
  }

  hide() {
    this.#shown = null;
    this.#pixels = null;
    this.element.hidden = true;
    this.#urls.clear();
  }

  focus() {
    this.element.scrollIntoView({ block: "start" });
    this.#title.focus({ preventScroll: true });
  }

  /**
   * @param {File} file
   * @returns {Promise<Blob>} what is shown of it; rejects where that is nothing
   */
  async #showCover(file) {
    if (await shows(this.#cover, this.#urls, file)) return file;
    const copy = await this.#actions.copyOf(file);
    if (this.#shown?.item.file === file) {
      this.#urls.show(this.#cover, copy);
      this.#copyNote.hidden = false;
    }
    return copy;
  }

  /** @param {Outcome} outcome */
  async #showMarked(outcome) {
    this.#showsMarked = true;
    const isShown = await shows(this.#marked, this.#urls, outcome.file);
    if (isShown || outcome !== this.#shown?.outcome) return;
    this.#showsMarked = false;
    this.#copyNote.hidden = false;
    this.#drawStrength();
  }

  /** @param {number | null} likeness SSIM; null while it is measured, NaN where it cannot be */
  #showFacts(likeness) {
    if (!this.#shown) return;
    const { item, outcome } = this.#shown;
    const { payload, check } = outcome;
    /** @type {[LiveText, LiveText][]} */
    const facts = [
      [
        () => m.payload,
        () =>
          payload.kind === "text" ? m.list([payloadInWords(payload), payload.hex]) : payloadInWords(payload),
      ],
      [
        () => m.readBack,
        () =>
          check.payload
            ? m.readBackAs(payloadInWords(check.payload), inPercent(Math.min(...check.confidences)))
            : m.warnings.unreadable(),
      ],
      [() => m.psnr, () => m.decibels(inNumber(outcome.psnr, 1))],
      [() => m.ssim, () => (likeness === null || Number.isNaN(likeness) ? "–" : inNumber(likeness, 4))],
      [() => m.picture, () => m.pixels(String(outcome.width), String(outcome.height))],
      [() => m.file, () => m.sizes(inBytes(item.file.size), inBytes(outcome.file.size))],
      [() => m.time, () => timeInWords(outcome.phases)],
    ];
    if (outcome.removed?.length)
      // Results that an older version kept have no such list.
      facts.push([() => m.previewsLeftOut, () => m.list(outcome.removed.map((what) => m.removed[what]))]);
    this.#facts.replaceChildren(
      ...facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    );
  }

  /**
   * @param {Outcome} outcome
   * @param {File} cover
   */
  async #measure(outcome, cover) {
    const size = {
      width: Math.min(MEASURED_SIDE, outcome.width),
      height: Math.min(MEASURED_SIDE, outcome.height),
    };
    const middle = {
      x: Math.floor((outcome.width - size.width) / 2),
      y: Math.floor((outcome.height - size.height) / 2),
    };
    let likeness = NaN;
    try {
      likeness = ssim(await pixelsOf(cover, size, middle), await pixelsOf(outcome.file, size, middle));
    } catch {
      // The browser cannot show this picture, which does not hinder marking it.
    }
    if (this.#shown?.outcome === outcome) this.#showFacts(pixelsAreTrue() ? likeness : NaN);
  }

  #showMode() {
    const isResidual = this.#modes.find(({ input }) => input.checked)?.mode === "residual";
    this.#compare.hidden = isResidual;
    this.#residualPane.hidden = !isResidual;
    this.#gainField.hidden = !isResidual;
    if (isResidual) this.#drawResidual();
  }

  async #drawResidual() {
    const gain = this.#gain.valueAsNumber;
    setText(this.#gainWords, () => m.times(inNumber(gain)));
    const { outcome } = this.#shown ?? {};
    const { difference } = (await this.#loadPixels()) ?? {};
    if (difference && outcome === this.#shown?.outcome) draw(this.#residual, amplified(difference, gain));
  }

  /** At another strength than the picture was marked at, the view is cover + scaled residual. */
  async #drawStrength() {
    if (!this.#shown) return;
    const { outcome } = this.#shown;
    const tried = this.#tried;
    const isAsMarked = tried === outcome.strength;
    const inWords = () => (isAsMarked ? strengthInWords(tried) : m.asIfAt(strengthInWords(tried)));
    setText(this.#strengthWords, inWords);
    this.#strength.setAttribute("aria-valuetext", inWords());
    setText(this.#again, () => m.markAgainAt(inNumber(tried, 1)));
    if (isAsMarked && document.activeElement === this.#again) this.#strength.focus();
    this.#again.hidden = isAsMarked;
    const pixels = isAsMarked && this.#showsMarked ? null : await this.#loadPixels();
    if (outcome !== this.#shown?.outcome || tried !== this.#tried) return;
    if (pixels) draw(this.#drawn, marked(pixels.cover, pixels.difference, tried / outcome.strength));
    this.#drawn.hidden = !pixels;
    this.#marked.hidden = Boolean(pixels);
  }

  /** The strength that the slider stands at. */
  get #tried() {
    return strengthAt(this.#strength.valueAsNumber);
  }

  #loadPixels() {
    if (!this.#shown) return null;
    const { outcome, cover: shown } = this.#shown;
    const scale = Math.min(1, DRAWN_SIDE / Math.max(outcome.width, outcome.height));
    const size = { width: Math.round(outcome.width * scale), height: Math.round(outcome.height * scale) };
    this.#pixels ??= Promise.all([
      shown.then((cover) => pixelsOf(cover, size)),
      pixelsOf(outcome.difference, size),
    ]).then(([cover, difference]) => ({ cover, difference }));
    return this.#pixels.catch(() => null);
  }

  #listen() {
    this.#divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, Home: -100, End: 100 }[
        event.key
      ];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.#divide(Number(this.#divider.ariaValueNow) + step);
    });
    this.#divider.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      this.#divider.setPointerCapture(event.pointerId);
    });
    this.#divider.addEventListener("pointermove", (event) => {
      if (!this.#divider.hasPointerCapture(event.pointerId)) return;
      const { left, width } = this.#view.getBoundingClientRect();
      this.#divide(((event.clientX - left) / width) * 100);
    });
    this.#view.addEventListener("keydown", (event) => this.#onKey(event));
    this.#view.addEventListener(
      "wheel",
      (event) => {
        // Without Ctrl (a pinch on a touchpad has it, too) the wheel scrolls the page.
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#zoomBy(1.01 ** -event.deltaY, event);
      },
      { passive: false },
    );
    this.#view.addEventListener("pointerdown", (event) => {
      this.#pointers.set(event.pointerId, event);
      this.#view.setPointerCapture(event.pointerId);
    });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.#view.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    }
    this.#view.addEventListener("pointermove", (event) => this.#onMove(event));
    this.#view.addEventListener("dblclick", (event) => {
      if (this.#zoom > 1) this.#fit();
      else this.#zoomBy(4, event);
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = 40;
    /** @type {Record<string, () => void>} */
    const moves = {
      "+": () => this.#zoomBy(1.5),
      "=": () => this.#zoomBy(1.5),
      "-": () => this.#zoomBy(1 / 1.5),
      0: () => this.#fit(),
      ArrowLeft: () => this.#moveBy(step, 0),
      ArrowRight: () => this.#moveBy(-step, 0),
      ArrowUp: () => this.#moveBy(0, step),
      ArrowDown: () => this.#moveBy(0, -step),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || (event.key.startsWith("Arrow") && this.#zoom === 1))
      return;
    event.preventDefault();
    move();
  }

  /** One pointer moves the picture, two zoom it. @param {PointerEvent} event */
  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [other] = [...this.#pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    if (other) {
      this.#zoomBy(distance(event, other) / Math.max(1, distance(before, other)), event);
    } else {
      this.#moveBy(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    this.#pointers.set(event.pointerId, event);
  }

  /**
   * @param {number} factor
   * @param {{ clientX: number, clientY: number }} [around] the point that stays where it is, else the middle
   */
  #zoomBy(factor, around) {
    const { left, top, width, height } = this.#view.getBoundingClientRect();
    const [x, y] = around ? [around.clientX - left, around.clientY - top] : [width / 2, height / 2];
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * factor));
    this.#x = x - ((x - this.#x) * zoom) / this.#zoom;
    this.#y = y - ((y - this.#y) * zoom) / this.#zoom;
    this.#zoom = zoom;
    this.#moveBy(0, 0);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #moveBy(x, y) {
    const { clientWidth, clientHeight, style } = this.#view;
    this.#x = Math.min(0, Math.max(clientWidth * (1 - this.#zoom), this.#x + x));
    this.#y = Math.min(0, Math.max(clientHeight * (1 - this.#zoom), this.#y + y));
    style.setProperty("--zoom", String(this.#zoom));
    style.setProperty("--x", `${this.#x}px`);
    style.setProperty("--y", `${this.#y}px`);
    this.#view.classList.toggle("zoomed", this.#zoom > 1);
    const zoom = this.#zoom;
    setText(this.#zoomWords, () => m.times(inNumber(zoom, 1)));
  }

  #fit() {
    [this.#zoom, this.#x, this.#y] = [1, 0, 0];
    this.#moveBy(0, 0);
  }

  /** @param {number} percent of the view that shows the cover */
  #divide(percent) {
    const place = Math.round(Math.min(100, Math.max(0, percent)));
    this.#divider.ariaValueNow = String(place);
    this.#view.style.setProperty("--divider", `${place}%`);
  }

  /**
   * @param {string} sign
   * @param {LiveText} label
   * @param {number} factor
   */
  #zoomButton(sign, label, factor) {
    return h("button", { type: "button", "aria-label": label, onclick: () => this.#zoomBy(factor) }, sign);
  }
}

/**
 * @param {HTMLImageElement} image
 * @param {ObjectUrls} urls
 * @param {Blob} picture
 * @returns {Promise<boolean>} whether the browser can show it
 */
function shows(image, urls, picture) {
  urls.show(image, picture);
  return image.decode().then(
    () => true,
    () => false,
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ImageData} pixels
 */
function draw(canvas, pixels) {
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

/**
 * @param {PointerEvent} one
 * @param {PointerEvent} other
 */
const distance = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
