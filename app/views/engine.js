import { part } from "./dom.js";
import { bytesInWords, PHASE_WORDS } from "./words.js";

/**
 * @import { EngineState } from "../engine/client.js"
 * @import { EngineInfo } from "../engine/protocol.js"
 */

const WEIGHTS_WORDS = {
  network: "weights from the network, kept for the next visit",
  storage: "weights from this browser's storage",
  memory: "weights from the network, in memory only",
};

/** The line at the page's end: the engine's start, then what runs and how much it took to load. */
export class EngineLine {
  #bar;
  #status;
  #notes;
  #retry;
  /** Share done of each part of the start, in the order of the words. @type {Map<string, number>} */
  #done = new Map();

  /**
   * @param {HTMLElement} root
   * @param {() => void} onRetry
   */
  constructor(root, onRetry) {
    this.#bar = part(root, "bar", HTMLProgressElement);
    this.#status = part(root, "status", HTMLElement);
    this.#notes = part(root, "notes", HTMLElement);
    this.#retry = part(root, "retry", HTMLButtonElement);
    this.#retry.addEventListener("click", onRetry);
  }

  /**
   * @param {EngineState} state
   * @param {number} loadedBytes what page and engine together took from the network so far
   */
  show(state, loadedBytes) {
    this.#bar.hidden = state.name !== "starting";
    this.#retry.hidden = state.name !== "failed";
    this.#status.classList.toggle("error", state.name === "failed");
    if (state.name === "starting") this.#showStart(state.progress);
    else if (state.name === "ready") this.#showReady(state.info, loadedBytes);
    else this.#status.textContent = state.error.message;
  }

  /** @param {Extract<EngineState, { name: "starting" }>["progress"]} progress null at its begin */
  #showStart(progress) {
    const phases = ["runtime", "packages", "weights", "session"];
    if (progress) this.#done.set(progress.phase, progress.loaded / progress.total);
    else this.#done = new Map(phases.map((phase) => [phase, 0]));
    const shares = [...this.#done.values()];
    this.#bar.value = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const missing = phases.find((phase) => (this.#done.get(phase) ?? 0) < 1);
    this.#status.textContent = missing ? `${PHASE_WORDS[missing]}…` : "Starting Python…";
    this.#notes.hidden = true;
  }

  /**
   * @param {EngineInfo} info
   * @param {number} loadedBytes
   */
  #showReady({ provider, threads, weightsFrom, notes }, loadedBytes) {
    const workers = provider === "wasm" ? ` (${threads === 1 ? "1 thread" : `${threads} threads`})` : "";
    this.#status.textContent = `Execution provider ${provider}${workers}, ${bytesInWords(loadedBytes)} loaded, ${WEIGHTS_WORDS[weightsFrom]}.`;
    this.#notes.hidden = notes.length === 0;
    this.#notes.replaceChildren(
      ...notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })),
    );
  }
}
