/** A marked picture beside its cover, with its facts; another strength can be tried, and the change amplified. */

import { h, ObjectUrls, setText } from "../ui/dom.js";
import { inAmount, inBytes, inChance, inNumber, m } from "../ui/language.js";
import { ReadingDetails } from "../ui/reading-details.js";
import { FAINTEST_STEP, stepOf, strengthAt, strengthInWords, STRONGEST_STEP } from "../ui/strength-field.js";
import { messageInWords, timeInWords } from "../ui/words.js";
import { pixelsAreTrue } from "../engine/decoding.js";
import { canShare } from "./saving.js";
import { amplified, GAIN, marked, pixelsOf, ssim } from "./pixels.js";
import { Viewer } from "./viewer.js";

/**
 * @import { Item, Outcome } from "./batch.js"
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {object} StageActions
 * @property {(item: Item) => void} save
 * @property {(item: Item) => void} share
 * @property {(item: Item, strength: number) => void} markAgain
 * @property {(outcome: Outcome) => void} tryToBreak
 * @property {(file: File) => Promise<Blob>} copyOf makes a copy that the browser can show
 */

/** Pixels a side of what is drawn when the strength changes. */
const DRAWN_SIDE = 1600;
/** Pixels a side of the part on which SSIM is measured, unscaled. */
const MEASURED_SIDE = 512;

export class Stage {
  #actions;
  #urls = new ObjectUrls();
  /** cover: what the browser can show of it. @type {{ item: Item, outcome: Outcome, cover: Promise<Blob> } | null} */
  #shown = null;
  /** Whether the browser can show the marked file. If not, it is drawn. */
  #showsMarked = true;
  /** Pixels that other strengths are drawn from; loaded when first needed. @type {Promise<{ cover: ImageData, difference: ImageData }> | null} */
  #pixels = null;

  #title = h("h2", { tabindex: -1 });
  #said = h("p");
  #warnings = h("div", { class: "warnings" });
  #save = h("button", { type: "button", class: "primary" }, () => m.actions.save);
  #share = h("button", { type: "button", hidden: true }, () => m.share);
  #cover = h("img", { alt: () => m.originalPicture });
  #marked = h("img", { alt: () => m.markedPicture });
  #drawn = h("canvas", { role: "img", "aria-label": () => m.drawnPicture, hidden: true });
  #residual = h("canvas", { role: "img", "aria-label": () => m.residualPicture });
  #viewer = new Viewer([this.#cover], [this.#marked, this.#drawn], this.#residual);
  #copyNote = h("p", { class: "hint", hidden: true }, () => m.copyNote);
  #modes = /** @type {const} */ (["compare", "residual"]).map((mode) => ({
    mode,
    input: h("input", { type: "radio", name: "stage-mode", value: mode, checked: mode === "compare" }),
  }));
  #gain = h("input", { type: "range", id: "gain", min: 1, max: 64, value: GAIN });
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
  #details = new ReadingDetails(this.#facts);
  element = h(
    "section",
    { class: "stage card", "aria-labelledby": "stage-title", hidden: true },
    h(
      "div",
      { class: "stage-head" },
      h("div", {}, this.#title, this.#said, this.#warnings),
      h("div", { class: "buttons" }, this.#save, this.#share),
    ),
    h(
      "div",
      { class: "stage-bar" },
      h(
        "div",
        { class: "choices", role: "radiogroup", "aria-label": () => m.view },
        ...this.#modes.map(({ mode, input }) => h("label", {}, input, () => m.modes[mode])),
      ),
      this.#viewer.zoomBar,
    ),
    this.#viewer.element,
    this.#copyNote,
    h("div", { class: "stage-fields" }, this.#strengthField, this.#gainField),
    h("div", { class: "buttons" }, this.#try),
    this.#details.element,
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
    this.#save.addEventListener("click", () => this.#shown && actions.save(this.#shown.item));
    this.#share.addEventListener("click", () => this.#shown && actions.share(this.#shown.item));
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
    // If there is no copy either, the pane shows the image's name.
    this.#shown.cover.catch(() => undefined);
    this.#showMarked(outcome);
    this.#pixels = null;
    this.element.hidden = false;
    setText(this.#title, outcome.name);
    setText(this.#said, () => {
      const { kind } = outcome.message;
      const words = messageInWords(outcome.message);
      const message = kind === "id" ? m.identified(words) : words;
      return m.carries(outcome.note ? m.answerNoted(message, outcome.note) : message);
    });
    this.#warnings.replaceChildren(
      ...outcome.warnings.map((warning) =>
        h("p", {}, () => m.beware(m.warnings[warning](inAmount(outcome.expected, "share")))),
      ),
    );
    this.#share.hidden = !canShare(outcome);
    this.#strength.valueAsNumber = stepOf(outcome.strength);
    this.#strengthField.hidden = !pixelsAreTrue();
    this.#viewer.start(outcome);
    this.#showMode();
    this.#drawStrength();
    this.#showFacts(null);
    this.#details.show(outcome.check);
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

  /** Whether all of the picture is in the visible part of the page. */
  get isInView() {
    const { top, bottom } = this.#viewer.element.getBoundingClientRect();
    return !this.element.hidden && top >= 0 && bottom <= innerHeight;
  }

  /**
   * @param {File} file
   * @returns {Promise<Blob>} what is shown of it; rejects where nothing can be shown
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
    this.#facts.replaceChildren(...factsOf(this.#shown.item, this.#shown.outcome, likeness));
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
      // The browser cannot show this picture, though it could be marked.
    }
    if (this.#shown?.outcome === outcome) this.#showFacts(pixelsAreTrue() ? likeness : NaN);
  }

  #showMode() {
    const isResidual = this.#modes.find(({ input }) => input.checked)?.mode === "residual";
    this.#viewer.showThird(isResidual);
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
}

/**
 * @param {Item} item
 * @param {Outcome} outcome
 * @param {number | null} likeness SSIM; null while it is measured, NaN where it cannot be
 * @returns {HTMLElement[]} what is known of a marked picture, for a list
 */
function factsOf(item, outcome, likeness) {
  const { message, check } = outcome;
  /** @type {[LiveText, LiveText][]} */
  const facts = [
    [() => m.message, () => messageInWords(message)],
    [
      () => m.readBack,
      () =>
        check.message
          ? m.readBackAs(messageInWords(check.message), inChance(check.chance ?? 1))
          : m.outcomes[check.outcome],
    ],
    [() => m.psnr, () => m.decibels(inNumber(outcome.psnr, 1))],
    [() => m.ssim, () => (likeness === null || Number.isNaN(likeness) ? "–" : inNumber(likeness, 4))],
    [() => m.picture, () => m.pixels(String(outcome.width), String(outcome.height))],
    [() => m.file, () => m.sizes(inBytes(item.file.size), inBytes(outcome.file.size))],
    [() => m.time, () => timeInWords(outcome.phases)],
  ];
  const { manifest } = outcome;
  if (manifest) {
    const name = () => manifest.signer || m.manifest.unnamed;
    const issuer = () => manifest.issuer || m.manifest.unnamed;
    facts.push([() => m.manifest.signer, () => m.manifest.signedBy(name(), issuer())]);
  }
  if (outcome.removed.length) {
    facts.push([() => m.previewsLeftOut, () => m.list(outcome.removed.map((what) => m.removed[what]))]);
  }
  return facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text)));
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
