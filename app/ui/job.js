import { EngineError } from "../engine/errors.js";
import { h, setText } from "./dom.js";
import { inNumber, m } from "./language.js";
import { errorInWords } from "./words.js";

/**
 * @import { JobOptions } from "../engine/client.js"
 * @import { LiveText } from "./dom.js"
 * @import { Progress } from "../engine/protocol.js"
 */

/** Shows a job: its progress with a button to cancel it, then its outcome or its error. */
export class JobLines {
  #error = h("p", { class: "error", role: "alert" });
  #bar = h("progress", { max: 1, "aria-label": () => m.progress });
  #cancel = h("button", { type: "button" }, () => m.cancel);
  /** Not in the status, which a screen reader would say again at each step. */
  #count = h("span", { class: "hint" });
  #progress = h("div", { class: "progress", hidden: true }, this.#bar, this.#count, this.#cancel);
  #status = h("p", { class: "status", role: "status", tabindex: -1 });
  element = h("div", { class: "job" }, this.#error, this.#progress, this.#status);
  /** @type {AbortController | null} */
  #running = null;

  constructor() {
    this.#cancel.addEventListener("click", () => this.cancel());
  }

  cancel() {
    this.#running?.abort();
  }

  /** @param {LiveText | ""} message replaces the last outcome */
  fail(message) {
    setText(this.#status, "");
    setText(this.#error, message);
  }

  /**
   * Runs a job and shows it until its end. A job that is still running here is cancelled.
   *
   * @template Result
   * @param {(options: JobOptions) => Promise<Result>} job
   * @param {(result: Result) => LiveText} onResult shows the result and returns a sentence that sums it up
   */
  async run(job, onResult) {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    setText(this.#error, "");
    setText(this.#status, () => m.waiting);
    setText(this.#count, "");
    this.#bar.removeAttribute("value");
    this.#progress.hidden = false;
    let shown = "";
    /** @param {Progress} progress */
    const onProgress = ({ phase, done, total, share }) => {
      if (running !== this.#running) return;
      this.#bar.value = share;
      setText(
        this.#count,
        phase === "search" && done ? () => m.placesTried(inNumber(done), inNumber(total)) : "",
      );
      if (phase !== shown) setText(this.#status, () => `${m.phases[phase]}…`);
      shown = phase;
    };
    /** @type {LiveText | ""} */
    let outcome = "";
    /** @type {LiveText | ""} */
    let failure = "";
    try {
      const result = await job({ signal: running.signal, onProgress });
      if (running === this.#running) outcome = onResult(result);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.code === "cancelled") outcome = () => errorInWords(error);
      else failure = () => errorInWords(error);
    } finally {
      if (running === this.#running) this.#end(outcome, failure);
    }
  }

  /**
   * @param {LiveText | ""} outcome
   * @param {LiveText | ""} failure
   */
  #end(outcome, failure) {
    this.#running = null;
    setText(this.#status, outcome);
    setText(this.#error, failure);
    // Otherwise the focus would go to the top of the page when the button is hidden.
    if (document.activeElement === this.#cancel) this.#status.focus();
    this.#progress.hidden = true;
  }
}
