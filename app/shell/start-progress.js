/**
 * How far the engine's start is, so that a bar can move steadily: by bytes, then by steps. The share of time for a step
 * is taken from the last start, whose times are kept in the browser, or else guessed.
 */

import { prefer, preference } from "../ui/preferences.js";

/**
 * @import { StartProgress } from "../engine/protocol.js"
 *
 * @typedef {"loaded" | "networks" | "python"} Step
 * @typedef {Record<Step | "ready", number>} Times milliseconds from the beginning of the start until each was reached
 */

/** A start that loads files differs from one that has all of them stored. @typedef {"first-start" | "later-start"} Kind */

/** Measured once; only their ratios matter. @type {Record<Kind, Times>} */
const GUESS = {
  "first-start": { loaded: 4000, networks: 5000, python: 5500, ready: 6000 },
  "later-start": { loaded: 500, networks: 1300, python: 1500, ready: 1600 },
};
/** Share that the bar may be ahead of the bytes. */
const CREEP = 0.05;
const STEPS = /** @type {const} */ (["loaded", "networks", "python"]);

export class StartClock {
  #start = performance.now();
  /** @type {Kind} */
  #kind = lastTimes("later-start") || lastTimes("first-start") ? "later-start" : "first-start";
  #expected = lastTimes(this.#kind) ?? GUESS[this.#kind];
  /** Times of the steps that were reached. @type {Partial<Times>} */
  #reached = {};
  /** Share of the bytes that are loaded. */
  #loadedShare = 0;
  /** The last share that was returned. */
  #told = 0;
  /** When the current step began, and the share at that time. */
  #since = this.#start;
  #before = 0;

  /** Milliseconds that the last start of this kind took; null if it is not known. */
  get lastTime() {
    return lastTimes(this.#kind)?.ready ?? null;
  }

  /** @param {StartProgress} progress */
  note({ loaded, total, python, networks }) {
    this.#loadedShare = loaded / total;
    const isThere = { loaded: loaded >= total, python, networks };
    for (const step of STEPS) {
      if (!isThere[step] || this.#reached[step] !== undefined) continue;
      this.#since = performance.now();
      this.#before = this.#told;
      this.#reached[step] = this.#since - this.#start;
    }
  }

  /**
   * The engine is ready.
   *
   * @param {boolean} wasDownloaded
   */
  finish(wasDownloaded) {
    const ready = performance.now() - this.#start;
    /** @type {Times} */
    const times = { loaded: ready, networks: ready, python: ready, ...this.#reached, ready };
    prefer(wasDownloaded ? "first-start" : "later-start", JSON.stringify(times));
  }

  /** @returns {number} share of the time that has passed, 0..1: it never falls, and grows all the time */
  get share() {
    const { ready } = this.#expected;
    const reached = STEPS.filter((step) => this.#reached[step] !== undefined);
    const ofBytes = this.#reached.loaded === undefined ? this.#loadedShare * this.#expected.loaded : 0;
    const times = [ofBytes, ...reached.map((step) => this.#expected[step])];
    const from = Math.max(this.#before, ...times.map((time) => time / ready));
    const later = STEPS.map((step) => this.#expected[step] / ready).filter((share) => share > from);
    // While files load, the share of bytes limits it.
    const most = this.#reached.loaded === undefined ? from + CREEP : 1;
    const to = Math.min(most, ...later);
    // It slows down towards the next step, which may take longer this time.
    const part = 1 - Math.exp(-(performance.now() - this.#since) / Math.max(200, (to - from) * ready));
    this.#told = Math.max(this.#told, from + (to - from) * part);
    return this.#told;
  }
}

/**
 * @param {Kind} kind
 * @returns {Times | null}
 */
function lastTimes(kind) {
  try {
    const times = JSON.parse(preference(kind) ?? "null");
    const isWhole = [...STEPS, "ready"].every((step) => times[step] > 0 && times[step] <= times.ready);
    return isWhole ? times : null;
  } catch {
    return null;
  }
}
