import { EngineError } from "../engine/errors.js";
import { part } from "./dom.js";
import { PHASE_WORDS } from "./words.js";

/**
 * @import { JobOptions } from "../engine/client.js"
 * @import { Progress } from "../engine/protocol.js"
 */

/** The lines that tell how a job goes: its progress with a way to cancel it, then its outcome or its error. */
export class JobLines {
  #error;
  #progress;
  #bar;
  #cancel;
  #status;
  /** @type {AbortController | null} */
  #running = null;

  /** @param {ParentNode} root */
  constructor(root) {
    this.#error = part(root, "error", HTMLElement);
    this.#progress = part(root, "progress", HTMLElement);
    this.#bar = part(root, "bar", HTMLProgressElement);
    this.#cancel = part(root, "cancel", HTMLButtonElement);
    this.#status = part(root, "status", HTMLElement);
    this.#cancel.addEventListener("click", () => this.cancel());
  }

  get isRunning() {
    return this.#running !== null;
  }

  cancel() {
    this.#running?.abort();
  }

  /**
   * @param {string} message shown in place of the last outcome
   */
  fail(message) {
    this.#status.textContent = "";
    this.#error.textContent = message;
  }

  /**
   * Shows a job from its start to its end. One that is still shown gives way: it is cancelled.
   *
   * @template Result
   * @param {(options: JobOptions) => Promise<Result>} job
   * @param {(result: Result) => string} onResult shows the result, and sums it up in a sentence
   */
  async run(job, onResult) {
    this.cancel();
    const running = new AbortController();
    this.#running = running;
    this.#error.textContent = "";
    this.#status.textContent = "Waiting for the engine…";
    this.#bar.removeAttribute("value");
    this.#progress.hidden = false;
    /** @param {Progress} progress */
    const onProgress = ({ phase, loaded, total }) => {
      if (running !== this.#running) return;
      this.#bar.value = loaded / total;
      this.#status.textContent = `${PHASE_WORDS[phase]}…`;
    };
    let outcome = "";
    let failure = "";
    try {
      const result = await job({ signal: running.signal, onProgress });
      if (running === this.#running) outcome = onResult(result);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.code === "cancelled") outcome = error.message;
      else failure = error.message;
    } finally {
      if (running === this.#running) this.#end(outcome, failure);
    }
  }

  /**
   * @param {string} outcome
   * @param {string} failure
   */
  #end(outcome, failure) {
    this.#running = null;
    this.#status.textContent = outcome;
    this.#error.textContent = failure;
    // The focus does not fall back to the page's top when its button goes.
    if (document.activeElement === this.#cancel) this.#status.focus();
    this.#progress.hidden = true;
  }
}
