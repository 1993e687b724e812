/**
 * The page's handle on the engine: a queue of jobs, and one worker at a time that does them.
 *
 * The worker has one job at work, and of a batch the next one as well: while the networks work for the first,
 * Python decodes the picture of the second, which then waits for its turn. Jobs of the screen in front go first.
 *
 * A cancelled job ends where Python next waits for something, as it does between two phases and between two
 * windows of a search. Where that takes too long the worker is ended, and a new one takes its place.
 *
 * So it is with a worker that ends by itself, or does not answer, or whose networks do not. The job that it was at is
 * tried once more.
 */

import { holdUpdates } from "../site/update-holds.js";
import { EngineError } from "./errors.js";
import { watchLife } from "./life.js";
import { loadManifest, siteFile } from "../site/manifest.js";
import { verifiedScript } from "./verified.js";

/**
 * @import { Manifest } from "../site/manifest.js"
 * @import { Compute, EngineInfo, FromWorker, Job, Progress, Result, StartProgress, Task, Tasks, ToWorker } from "./protocol.js"
 *
 * @typedef {{ file: File } & Tasks["embed"]["options"]} EmbedRequest
 *
 * @typedef {{ file: File } & Partial<Tasks["read"]["options"]>} ReadRequest
 *
 * @typedef {{ file: File } & Tasks["lab"]["options"]} LabRequest
 *
 * @typedef {object} JobOptions
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {boolean} [inBackground] goes after all jobs that are not, as those of a batch
 *
 * @typedef {{ name: "starting", progress: StartProgress | null }
 *   | { name: "ready", info: EngineInfo }
 *   | { name: "failed", error: EngineError }} EngineState
 *
 * @typedef {object} QueuedJob
 * @property {number} id
 * @property {Job} job
 * @property {File | null} file
 * @property {AbortSignal | undefined} signal
 * @property {((progress: Progress) => void) | undefined} onProgress
 * @property {boolean} inBackground
 * @property {boolean} isSent whether the worker has it
 * @property {boolean} isSecondTry whether a worker has stopped at it
 * @property {(result: Result) => void} resolve
 * @property {(error: EngineError) => void} reject
 */

/** Milliseconds that a cancelled job may take to end. */
const CANCEL_PATIENCE = 2000;
/**
 * Bytes of a file that is opened before its turn. Photos of up to about 40 megapixels are smaller: decoded, two of
 * them take 240 MB, which a phone's tab has, and none keeps Python so long that a cancelled job cannot end in time.
 */
const AHEAD_LIMIT = 16e6;

/** Tells every step of every start, and how it ended, by the event "state". */
export class EngineClient extends EventTarget {
  /** @type {EngineState} */
  state = { name: "starting", progress: null };
  /** The present worker's start. @type {Promise<EngineInfo>} */
  ready;
  #pin;
  /** The site's. @type {Manifest | null} null until it is here */
  manifest = null;
  /** @type {Compute} */
  #compute;
  /** Whether the present worker computes otherwise than was chosen since. */
  #isOutdated = false;
  /** Whether the last worker ended while it started. */
  #endedInStart = false;
  /** @type {Worker | null} null before a start, and after one that failed */
  #worker = null;
  /** How often the engine was started: what comes late from an earlier start is not heard. */
  #starts = 0;
  /** Given out so far. */
  #ids = 0;
  /** The job whose turn it is. @type {QueuedJob | null} */
  #running = null;
  /** The job that is prepared meanwhile. @type {QueuedJob | null} */
  #ahead = null;
  /** @type {QueuedJob[]} */
  #waiting = [];
  /** @type {(info: EngineInfo | Promise<EngineInfo>) => void} */
  #resolveReady = () => undefined;
  /** @type {(error: EngineError) => void} */
  #rejectReady = () => undefined;

  /**
   * Starts the engine at once.
   *
   * @param {{ url: string, sha256: string }} pin the manifest that the page belongs to
   * @param {Compute} [compute]
   */
  constructor(pin, compute = { provider: "auto", threads: null }) {
    super();
    this.#pin = pin;
    this.#compute = compute;
    this.ready = this.start();
  }

  /**
   * Starts anew with another choice, after the job that runs.
   *
   * @param {Compute} compute
   */
  computeWith(compute) {
    this.#compute = compute;
    this.#isOutdated = true;
    if (!this.#running) this.start();
  }

  /**
   * Starts a new worker in place of the present one, if any. The jobs that wait keep waiting, and those that the
   * present one has begun begin anew.
   *
   * @returns {Promise<EngineInfo>} also in `ready`; rejects with an EngineError
   */
  start() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#isOutdated = false;
    const begun = [this.#running, this.#ahead].filter((queued) => queued !== null);
    this.#waiting.unshift(...begun.filter(({ signal }) => !signal?.aborted));
    this.#running = this.#ahead = null;
    const resolveLast = this.#resolveReady;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Who still waits for the last worker gets this one.
    resolveLast(this.ready);
    // A failure is told by the state, even when nobody has asked for `ready`.
    this.ready.catch(() => undefined);
    this.#starts += 1;
    this.#become({ name: "starting", progress: null });
    this.#startWorker(this.#starts);
    return this.ready;
  }

  /** @param {number} start */
  async #startWorker(start) {
    try {
      const manifest = this.manifest ?? (await loadManifest(this.#pin));
      const script = await verifiedScript(siteFile(manifest, "python-worker.js"));
      if (start !== this.#starts) return;
      this.manifest = manifest;
      const worker = new Worker(script, { type: "module" });
      worker.onmessage = ({ data }) => {
        if (worker === this.#worker) this.#receive(data);
      };
      watchLife(worker, (detail) => {
        if (worker === this.#worker) this.#stopped(new EngineError("engine-stopped", detail), this.#running);
      });
      this.#worker = worker;
      this.#send({ type: "start", manifest, compute: this.#compute });
    } catch (error) {
      if (start === this.#starts) this.#stopped(/** @type {EngineError} */ (error), null);
    }
  }

  // Every job rejects with an EngineError; its code is "cancelled" after an abort.

  /**
   * @param {EmbedRequest} request
   * @param {JobOptions} [options]
   */
  embed({ file, ...request }, options) {
    return this.#enqueue("embed", request, file, options);
  }

  /**
   * @param {ReadRequest} request
   * @param {JobOptions} [options]
   */
  read({ file, key = null, known = null }, options) {
    return this.#enqueue("read", { key, known }, file, options);
  }

  /**
   * Changes a picture step by step and reads it.
   *
   * @param {LabRequest} request
   * @param {JobOptions} [options]
   */
  lab({ file, ...request }, options) {
    return this.#enqueue("lab", request, file, options);
  }

  /** The ways in which `lab` can change a picture. */
  labKinds() {
    return this.#enqueue("labKinds", {}, null);
  }

  /**
   * Makes a transparent tile that marks a page.
   *
   * @param {Tasks["overlay"]["options"]} request
   * @param {JobOptions} [options]
   */
  overlay(request, options) {
    return this.#enqueue("overlay", request, null, options);
  }

  /**
   * @template {Task} T
   * @param {T} task
   * @param {Tasks[T]["options"]} request
   * @param {File | null} file
   * @param {JobOptions} [options]
   * @returns {Promise<Tasks[T]["result"]>}
   */
  #enqueue(task, request, file, { signal, onProgress, inBackground = false } = {}) {
    const job = /** @type {Job} */ ({ task, name: file?.name ?? "", options: request });
    const result = new Promise((settle, reject) => {
      if (signal?.aborted) {
        reject(new EngineError("cancelled"));
        return;
      }
      // The worker answers a job with the result of its task.
      const resolve = /** @type {(result: Result) => void} */ (settle);
      this.#ids += 1;
      const isNew = { isSent: false, isSecondTry: false };
      const queued = {
        id: this.#ids,
        job,
        file,
        signal,
        onProgress,
        inBackground,
        ...isNew,
        resolve,
        reject,
      };
      signal?.addEventListener("abort", () => this.#cancel(queued), { once: true });
      this.#waiting.push(queued);
      if (this.state.name === "failed") this.start();
      else this.#next();
    });
    holdUpdates(result);
    return result;
  }

  #next() {
    if (this.state.name !== "ready") return;
    if (!this.#running) {
      const first = this.#firstWaiting();
      const running = first?.inBackground ? (this.#ahead ?? first) : (first ?? this.#ahead);
      if (!running) return;
      this.#running = running;
      this.#send({ type: "turn", id: running.id });
      if (running === this.#ahead) this.#ahead = null;
      else this.#handOver(running);
    }
    // A job that is tried again is alone, so that it is not blamed for another one.
    if (!this.#running.inBackground || this.#running.isSecondTry || this.#ahead) return;
    const following = this.#firstWaiting();
    if (!following?.inBackground || (following.file?.size ?? 0) > AHEAD_LIMIT) return;
    this.#ahead = following;
    this.#handOver(following);
  }

  #firstWaiting() {
    return this.#waiting.find(({ inBackground }) => !inBackground) ?? this.#waiting.at(0);
  }

  /** @param {QueuedJob} queued that waits */
  async #handOver(queued) {
    this.#waiting.splice(this.#waiting.indexOf(queued), 1);
    queued.isSent = false;
    const { id, job, file } = queued;
    const worker = this.#worker;
    const isWanted = () => worker === this.#worker && (queued === this.#running || queued === this.#ahead);
    try {
      const data = file && (await file.arrayBuffer());
      if (!isWanted()) return;
      queued.isSent = true;
      this.#send({ type: "job", id, job, data }, data ? [data] : []);
    } catch {
      if (!isWanted()) return;
      this.#end(queued);
      queued.reject(new EngineError("file-unreadable", job.name));
    }
  }

  /**
   * @param {number | null} id
   * @returns {QueuedJob | null} null also where it was cancelled before its turn
   */
  #handedOver(id) {
    return [this.#running, this.#ahead].find((queued) => queued?.id === id) ?? null;
  }

  /** @param {QueuedJob | null} queued that the worker has no more */
  #release(queued) {
    if (queued === this.#running) this.#running = null;
    else if (queued === this.#ahead) this.#ahead = null;
  }

  /** @param {QueuedJob | null} queued that was handed over and has ended; the next job follows */
  #end(queued) {
    this.#release(queued);
    if (this.#isOutdated && !this.#running) this.start();
    else this.#next();
  }

  /** @param {QueuedJob} queued */
  #cancel(queued) {
    if (queued.isSent) this.#send({ type: "cancel", id: queued.id });
    if (queued === this.#running && queued.isSent) {
      setTimeout(() => {
        if (queued === this.#running) this.start();
      }, CANCEL_PATIENCE);
    } else if (queued === this.#running || queued === this.#ahead) {
      this.#end(queued);
    } else {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== queued);
    }
    queued.reject(new EngineError("cancelled"));
  }

  /**
   * The worker is of no more use. One that had been ready is replaced, and so is the first that ended while it
   * started; one that could not start would fail again.
   *
   * @param {EngineError} error
   * @param {QueuedJob | null} job that it was at
   */
  #stopped(error, job) {
    if (this.state.name === "ready") {
      const isLastTry = job?.isSecondTry;
      if (isLastTry) this.#release(job);
      else if (job) job.isSecondTry = true;
      this.start();
      if (isLastTry) job.reject(error);
      return;
    }
    if (error.code === "engine-stopped" && !this.#endedInStart) {
      this.#endedInStart = true;
      this.start();
      return;
    }
    if (error.code === "engine-stopped") error = new EngineError("engine-start", error.detail);
    this.#endedInStart = false;
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectReady(error);
    this.#become({ name: "failed", error });
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** @param {FromWorker} message */
  #receive(message) {
    const job = "id" in message ? this.#handedOver(message.id) : null;
    switch (message.type) {
      case "loading":
        // The browser may tell of a download after the engine is ready.
        if (this.state.name === "starting") this.#become({ name: "starting", progress: message.progress });
        break;
      case "ready":
        this.#endedInStart = false;
        this.#become({ name: "ready", info: message.info });
        this.#resolveReady(message.info);
        this.#next();
        break;
      case "progress":
        if (!job?.signal?.aborted) job?.onProgress?.(message.progress);
        break;
      case "result":
        this.#end(job);
        job?.resolve(message.result);
        break;
      case "error":
        this.#end(job);
        job?.reject(EngineError.from(message.error));
        break;
      case "stopped":
        this.#stopped(EngineError.from(message.error), job ?? this.#running);
        break;
    }
  }

  /**
   * @param {ToWorker} message
   * @param {Transferable[]} [transfer]
   */
  #send(message, transfer = []) {
    this.#worker?.postMessage(message, transfer);
  }

  /** @param {EngineState} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
