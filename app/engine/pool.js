/**
 * Engines for long lists of pictures. Most of the time for a picture is spent in Python, which uses one processor only.
 * So two more engines mark a long list, and the page's own engine stays free for what people do meanwhile.
 */

/**
 * @import { EngineClient, JobOptions } from "./client.js"
 * @import { EngineError } from "./errors.js"
 * @import { Task, Tasks } from "./protocol.js"
 */

const HELPERS = 2;
/** From so many waiting pictures on, helpers are worth the time they take to start. */
const MANY = 30;
/** Gigabytes of memory that a device needs: with pictures of 12 megapixels the helpers take 0.7. */
const ENOUGH_MEMORY = 8;
/** Files of more bytes go to the page's own engine only: two of them at once might not fit into memory. */
const LARGE = 16e6;
/** Codes of errors of a helper, not of a picture. */
const OWN_FAILURES = ["cancelled", "engine-start", "engine-stopped", "load-failed", "load-damaged"];

export class EnginePool {
  #main;
  /** @type {Helper[]} */
  #helpers = [];
  /** Whether helpers have failed. Then no others are started. */
  #hasFailed = false;

  /** @param {EngineClient} main */
  constructor(main) {
    this.#main = main;
  }

  /**
   * Starts helpers if they are worth it, and if the device has processors and memory for them.
   *
   * @param {number} waiting pictures that are still to be marked
   */
  expect(waiting) {
    const { state } = this.#main;
    if (waiting < MANY || this.#helpers.length || this.#hasFailed) return;
    // With a GPU, Python is all that runs on the processor: helpers would only add work there.
    if (state.name !== "ready" || state.info.provider !== "wasm" || !hasRoom()) return;
    const threads = Math.floor(navigator.hardwareConcurrency / HELPERS);
    this.#helpers = Array.from({ length: HELPERS }, () => ({
      engine: this.#main.another({ provider: "wasm", threads: Math.min(threads, state.info.threads) }),
      isBusy: false,
    }));
  }

  /** Ends the helpers and frees their memory. The page's own engine takes over their jobs. */
  dismiss() {
    for (const { engine } of this.#helpers.splice(0)) engine.close();
  }

  /**
   * Does a task, as `EngineClient.run`, by a helper that is ready and idle, else by the page's own engine.
   *
   * @template {Task} T
   * @param {T} task
   * @param {Tasks[T]["picture"]} file
   * @param {Tasks[T]["options"]} options
   * @param {JobOptions<T>} how
   * @returns {Promise<Tasks[T]["result"]>}
   */
  async run(task, file, options, how) {
    const isLarge = file !== null && file.size > LARGE;
    const helper = this.#helpers.find(({ engine, isBusy }) => engine.state.name === "ready" && !isBusy);
    if (!helper || isLarge) return this.#main.run(task, file, options, how);
    helper.isBusy = true;
    try {
      return await helper.engine.run(task, file, options, how);
    } catch (error) {
      const { code } = /** @type {EngineError} */ (error);
      if (how.signal?.aborted || !OWN_FAILURES.includes(code)) throw error;
      this.#hasFailed ||= code !== "cancelled";
      this.dismiss();
      return this.#main.run(task, file, options, how);
    } finally {
      helper.isBusy = false;
    }
  }
}

/** @typedef {{ engine: EngineClient, isBusy: boolean }} Helper */

/** Whether this device has processors and memory for helpers; false where the browser does not say. */
function hasRoom() {
  const memory = "deviceMemory" in navigator ? Number(navigator.deviceMemory) : 0;
  return memory >= ENOUGH_MEMORY && navigator.hardwareConcurrency >= HELPERS;
}
