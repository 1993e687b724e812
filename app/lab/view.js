/** The screen that tries a mark: sliders change a copy of the picture, which is read at once. */

import { EngineError } from "../engine/errors.js";
import { Answer } from "../ui/answer.js";
import { h, ObjectUrls, setText } from "../ui/dom.js";
import { JobLines } from "../ui/job.js";
import { KeyField, openForKey } from "../ui/key-field.js";
import { inNumber, m } from "../ui/language.js";
import { Picker } from "../ui/picker.js";
import { ReadingDetails } from "../ui/reading-details.js";
import { screenHead } from "../ui/screen-head.js";
import { errorInWords } from "../ui/words.js";
import { Cropper } from "./cropper.js";
import { survivalChart } from "./survival-chart.js";
import { amountsOf, stepsOf, Trials } from "./trials.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { Attempt, Reading } from "../engine/protocol.js"
 * @import { Outcome } from "./survival-chart.js"
 * @import { Trial } from "./trials.js"
 */

/** Most amounts in a chart. */
const AMOUNTS = 9;

export class LabView {
  #engine;
  #urls = new ObjectUrls();
  /** @type {File | null} */
  #file = null;
  #picker = new Picker(([file]) => this.#take(file));
  #key = new KeyField("lab-key", () => m.readKeyHint);
  #cropper = new Cropper(() => void this.#update());
  #trials = new Trials(
    () => void this.#update(),
    (trial) => void this.#survive(trial),
    () => this.#cropper.reset(),
  );
  /** Counts changes of picture and trials. Results from before the latest change are ignored. */
  #change = 0;
  #isBusy = false;
  #search = new AbortController();
  /** The bits of the picture before it is changed; null if it has no mark. @type {number[] | null | undefined} */
  #original;

  #image = h("img", { alt: () => m.changedPicture });
  #answer = new Answer({ hasHelp: false });
  #searching = h("p", { class: "hint" });
  #error = h("p", { class: "error", role: "alert" });
  #details = new ReadingDetails();
  #live = h(
    "div",
    { class: "live", hidden: true },
    h(
      "figure",
      {},
      this.#image,
      h("figcaption", {}, () => m.labCopy),
    ),
    h("div", {}, h("div", { role: "status" }, this.#answer.element), this.#searching, this.#details.element),
  );
  #lines = new JobLines();
  #chart = h("div");
  element = h(
    "section",
    { class: "lab" },
    screenHead("lab", () => m.labLead),
    h(
      "div",
      { class: "bench" },
      h(
        "div",
        { class: "seen" },
        this.#picker.element,
        this.#error,
        this.#live,
        this.#lines.element,
        this.#chart,
      ),
      h(
        "div",
        { class: "card" },
        h("h2", {}, () => m.trialsHead),
        h("p", { class: "hint" }, () => m.trialsHint),
        this.#cropper.element,
        this.#trials.element,
        this.#trials.reset,
        openForKey(
          h(
            "details",
            {},
            h("summary", {}, () => m.key),
            this.#key.element,
          ),
        ),
      ),
    ),
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#key.element.addEventListener("change", () => this.#file && this.#take(this.#file));
  }

  async enter() {
    if (this.#trials.isFilled) return;
    try {
      this.#trials.fill(await this.#engine.run("lab_kinds", null, {}));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {File[]} files */
  take(files) {
    this.#picker.take(files);
  }

  /** @param {File} file */
  async #take(file) {
    // With another key it is the same file, and the frame stays.
    if (file !== this.#file) this.#cropper.element.hidden = true;
    this.#file = file;
    this.#original = undefined;
    this.#live.hidden = true;
    this.#lines.cancel();
    this.#chart.replaceChildren();
    await this.enter();
    await this.#update();
  }

  /** Shows the changed picture and its reading. Of changes during that, only the latest is tried. */
  async #update() {
    this.#change += 1;
    this.#search.abort();
    if (this.#isBusy || !this.#file) return;
    this.#isBusy = true;
    try {
      for (let change = 0; change !== this.#change;) {
        change = this.#change;
        await this.#try(this.#file, change);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * @param {File} file
   * @param {number} change
   */
  async #try(file, change) {
    const isLatest = () => change === this.#change;
    const steps = stepsOf(this.#trials.on).map(({ kind, amount }) => ({ kind: kind.name, amount }));
    const key = this.#key.value;
    const { frame } = this.#cropper;
    const search = new AbortController();
    const { signal } = search;
    this.#search = search;
    try {
      setText(this.#error, "");
      await this.#bitsOf(file, key, signal);
      // The first look is shown whatever changes meanwhile; the search that follows ends at a change.
      const looking = new AbortController();
      this.#search = looking;
      const found = await this.#engine.run(
        "lab",
        file,
        { steps, key, frame },
        {
          signal,
          onPartial: (look) => {
            if (file === this.#file) this.#show(look, key, isLatest());
            if (looking.signal.aborted) search.abort();
            else this.#search = search;
          },
          onProgress: ({ phase, done, total }) => phase === "search" && this.#showSearch(done, total),
        },
      );
      if (file === this.#file) this.#show(found, key, false);
    } catch (error) {
      if (isLatest()) this.#fail(error);
    }
  }

  /**
   * The bits of the unchanged picture: from one look, or from a search if the look was not sure.
   *
   * @param {File} file
   * @param {string | null} key
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<number[] | null>} null when it has no mark
   */
  async #bitsOf(file, key, signal) {
    if (this.#original === undefined) {
      const { preview, reading } = await this.#engine.run("lab", file, { steps: [], key }, { signal });
      if (this.#cropper.element.hidden) this.#cropper.take(new Blob([preview], { type: "image/jpeg" }));
      this.#original = reading.outcome === "none" ? null : reading.bits;
    }
    return this.#original;
  }

  /**
   * @param {Attempt} result
   * @param {string | null} key
   * @param {boolean} isSearching whether a search follows, which will give the answer
   */
  #show({ preview, reading }, key, isSearching) {
    this.#urls.show(this.#image, new Blob([preview], { type: "image/jpeg" }));
    const isOpen = isSearching && reading.outcome !== "read";
    if (isOpen) {
      this.#answer.wait(() => m.lookingFurther);
    } else {
      const further = () => this.#agreement(reading);
      this.#answer.show(reading, { hasKey: key !== null, further });
      this.#details.show(reading);
    }
    this.#details.element.hidden = isOpen;
    setText(this.#searching, "");
    this.#live.hidden = false;
  }

  /**
   * @param {number} done
   * @param {number} total
   */
  #showSearch(done, total) {
    setText(this.#searching, () => (done > 1 ? m.placesTried(inNumber(done), inNumber(total)) : ""));
  }

  /** @param {Reading} reading */
  #agreement({ bits, outcome }) {
    if (!this.#original) return m.labUnmarked;
    return outcome !== "none"
      ? m.bitsRight(inNumber(agreeing(bits, this.#original)), inNumber(bits.length))
      : "";
  }

  /** @param {unknown} error */
  #fail(error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "cancelled") return;
    this.#live.hidden = true;
    setText(this.#error, () => errorInWords(error));
  }

  /**
   * Tries one trial over its whole range together with the others that are on, at its place in their order or last.
   *
   * @param {Trial} trial
   */
  async #survive(trial) {
    const { kind } = trial;
    const file = this.#file;
    this.#search.abort();
    if (!file) {
      this.#lines.fail(() => m.choosePictureFirst);
      return;
    }
    const key = this.#key.value;
    /** @type {Outcome[]} */
    const outcomes = [];
    const { on } = this.#trials;
    const chain = stepsOf(on.includes(trial) ? on : [...on, trial]);
    const others = chain.filter((step) => step.kind !== kind);
    const { frame, isWhole, words } = this.#cropper;
    const crop = isWhole ? null : words;
    const amounts = amountsOf(kind, AMOUNTS);
    const draw = () => this.#chart.replaceChildren(survivalChart(kind, outcomes, others, crop));
    draw();
    this.#chart.scrollIntoView({ block: "nearest" });
    await this.#lines.run(
      async ({ signal, onProgress }) => {
        const original = await this.#bitsOf(file, key, signal);
        for (const [index, amount] of original ? amounts.entries() : []) {
          const steps = chain.map((step) => ({
            kind: step.kind.name,
            amount: step.kind === kind ? amount : step.amount,
          }));
          const { reading } = await this.#engine.run(
            "lab",
            file,
            { steps, key, frame },
            {
              signal,
              inBackground: true,
              onProgress: (progress) =>
                onProgress?.({ ...progress, share: (index + progress.share) / amounts.length }),
            },
          );
          const accuracy = original ? agreeing(reading.bits, original) / original.length : 0;
          outcomes.push({ amount, accuracy, outcome: reading.outcome });
          draw();
        }
        return original !== null;
      },
      (isMarked) => () => {
        if (!isMarked) return m.labUnmarked;
        const count = (/** @type {Reading["outcome"]} */ wanted) =>
          inNumber(outcomes.filter(({ outcome }) => outcome === wanted).length);
        return m.survived(m.trials[kind.name], count("read"), count("unreadable"), inNumber(outcomes.length));
      },
    );
  }
}

/**
 * @param {number[]} bits
 * @param {number[]} others
 */
const agreeing = (bits, others) => bits.filter((bit, index) => bit === others[index]).length;
