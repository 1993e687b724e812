import { siteFile } from "../site/manifest.js";
import { keptSnapshot } from "./snapshot.js";
import { verifiedScript } from "./verified.js";

/**
 * @import { Manifest } from "../site/manifest.js"
 * @import { ToWorker } from "./protocol.js"
 */

/** Milliseconds without a job after which the snapshot is taken. */
const REST = 3000;

/**
 * Has a snapshot of Python's memory taken if there is none, once there is nothing else to do. A separate worker does
 * that, with a Python that has had none of the user's pictures. It is ended when there is work.
 */
export class SnapshotTaker {
  #manifest;
  #onRest;
  #isOver = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Worker | null} */
  #worker = null;

  /**
   * @param {Manifest} manifest
   * @param {() => void} onRest called when there has been nothing to do for a while
   */
  constructor(manifest, onRest) {
    this.#manifest = manifest;
    this.#onRest = onRest;
  }

  /** Call it when there is nothing to do. */
  rest() {
    clearTimeout(this.#timer);
    if (!this.#isOver && !this.#worker) this.#timer = setTimeout(() => this.#take(), REST);
  }

  /** Call it when there is something to do. */
  disturb() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#worker?.terminate();
    this.#worker = null;
  }

  async #take() {
    this.#onRest();
    const timer = this.#timer;
    const script = await verifiedScript(siteFile(this.#manifest, "python-worker.js")).catch(() => null);
    // There are no caches where nothing can be stored.
    const canKeep = script && "caches" in globalThis;
    this.#isOver = !canKeep || (await keptSnapshot(this.#manifest)) !== null;
    if (!script || this.#isOver || timer !== this.#timer) return;
    const worker = new Worker(script, { type: "module" });
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => {
      if (data.type !== "snapshot-taken") return;
      this.#isOver = true;
      worker.terminate();
      this.#worker = null;
    });
    /** @type {ToWorker} */
    const message = { type: "take-snapshot", manifest: this.#manifest };
    worker.postMessage(message);
  }
}
