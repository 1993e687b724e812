/**
 * The page's handle on the engine: a queue of jobs, and one worker at a time that does them.
 *
 * Python cannot be interrupted from here, so cancelling ends the worker; a new one takes its place, and the
 * queue goes on with the next job.
 */

import { EngineError } from "./errors.js";
import { siteFile } from "./manifest.js";

/**
 * @import { Manifest } from "./manifest.js"
 * @import { EngineInfo, FromWorker, Job, Marked, PayloadKind, Progress, TimedReading, ToWorker } from "./protocol.js"
 *
 * @typedef {object} EmbedRequest
 * @property {File} file
 * @property {PayloadKind} kind
 * @property {string} value text or hex digits as typed; unused for random
 * @property {number} strengthDb PSNR to aim at
 *
 * @typedef {object} ReadRequest
 * @property {File} file
 *
 * @typedef {object} JobOptions
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 *
 * @typedef {{ name: "starting", progress: Progress | null }
 *   | { name: "ready", info: EngineInfo }
 *   | { name: "failed", error: EngineError }} EngineState
 *
 * @typedef {object} QueuedJob
 * @property {Job} job
 * @property {File} file
 * @property {((progress: Progress) => void) | undefined} onProgress
 * @property {(result: Marked | TimedReading) => void} resolve
 * @property {(error: EngineError) => void} reject
 */

export class EngineClient {
  /** The present worker's start. @type {Promise<EngineInfo>} */
  ready;
  #manifest;
  #onState;
  /** @type {Worker | null} null after a start that failed */
  #worker = null;
  /** @type {EngineInfo | null} null until the worker is ready */
  #info = null;
  /** @type {QueuedJob | null} */
  #running = null;
  /** @type {QueuedJob[]} */
  #waiting = [];
  /** @type {(info: EngineInfo | Promise<EngineInfo>) => void} */
  #resolveReady = () => undefined;
  /** @type {(error: EngineError) => void} */
  #rejectReady = () => undefined;

  /**
   * Starts the engine at once.
   *
   * @param {Manifest} manifest
   * @param {(state: EngineState) => void} [onState] told every step of every start, and how it ended
   */
  constructor(manifest, onState = () => undefined) {
    this.#manifest = manifest;
    this.#onState = onState;
    this.ready = this.start();
  }

  /**
   * Starts a new worker in place of the present one, if any. The jobs that wait keep waiting.
   *
   * @returns {Promise<EngineInfo>} also in `ready`; rejects with an EngineError
   */
  start() {
    this.#worker?.terminate();
    this.#info = null;
    const resolveLast = this.#resolveReady;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Who still waits for the last worker gets this one.
    resolveLast(this.ready);
    // A failure is told to onState, even when nobody has asked for `ready`.
    this.ready.catch(() => undefined);
    this.#onState({ name: "starting", progress: null });

    const worker = new Worker(siteFile(this.#manifest, "worker.js").url, { type: "module" });
    worker.onmessage = ({ data }) => {
      if (worker === this.#worker) this.#receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      this.#stopped(EngineError.of(this.#info ? "engine-stopped" : "engine-start", event.message));
    };
    this.#worker = worker;
    this.#send({ type: "start", manifest: this.#manifest });
    return this.ready;
  }

  /**
   * @param {EmbedRequest} request
   * @param {JobOptions} [options]
   * @returns {Promise<Marked>} rejects with an EngineError; its code is "cancelled" after an abort
   */
  embed({ file, kind, value, strengthDb }, options = {}) {
    return this.#enqueue({ task: "embed", name: file.name, kind, value, strengthDb }, file, options);
  }

  /**
   * @param {ReadRequest} request
   * @param {JobOptions} [options]
   * @returns {Promise<TimedReading>} rejects with an EngineError; its code is "cancelled" after an abort
   */
  read({ file }, options = {}) {
    return this.#enqueue({ task: "read", name: file.name }, file, options);
  }

  /**
   * @template {Marked | TimedReading} Result
   * @param {Job} job
   * @param {File} file
   * @param {JobOptions} options
   * @returns {Promise<Result>}
   */
  #enqueue(job, file, { signal, onProgress }) {
    return new Promise((settle, reject) => {
      if (signal?.aborted) {
        reject(EngineError.of("cancelled"));
        return;
      }
      // The worker answers a job with the result of its task.
      const resolve = /** @type {(result: Marked | TimedReading) => void} */ (settle);
      const queued = { job, file, onProgress, resolve, reject };
      signal?.addEventListener("abort", () => this.#cancel(queued), { once: true });
      this.#waiting.push(queued);
      if (this.#worker) this.#next();
      else this.start();
    });
  }

  async #next() {
    if (!this.#info || this.#running) return;
    const running = this.#waiting.shift();
    if (!running) return;
    this.#running = running;
    try {
      const data = await running.file.arrayBuffer();
      if (this.#running === running) this.#send({ type: "job", job: running.job, data }, [data]);
    } catch {
      if (this.#running === running)
        this.#finish()?.reject(EngineError.of("file-unreadable", running.file.name));
    }
  }

  /** @returns {QueuedJob | null} the job that was running; the next one follows */
  #finish() {
    const finished = this.#running;
    this.#running = null;
    this.#next();
    return finished;
  }

  /** @param {QueuedJob} queued */
  #cancel(queued) {
    if (queued === this.#running) {
      this.#running = null;
      this.start();
    } else {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== queued);
    }
    queued.reject(EngineError.of("cancelled"));
  }

  /**
   * The worker is of no more use. One that had been ready is replaced; one that could not start would fail again.
   *
   * @param {EngineError} error
   */
  #stopped(error) {
    if (this.#info) {
      const running = this.#running;
      this.#running = null;
      this.start();
      running?.reject(error);
      return;
    }
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectReady(error);
    this.#onState({ name: "failed", error });
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** @param {FromWorker} message */
  #receive(message) {
    switch (message.type) {
      case "progress":
        if (this.#info) this.#running?.onProgress?.(message.progress);
        else this.#onState({ name: "starting", progress: message.progress });
        break;
      case "ready":
        this.#info = message.info;
        this.#onState({ name: "ready", info: message.info });
        this.#resolveReady(message.info);
        this.#next();
        break;
      case "result":
        this.#finish()?.resolve(message.result);
        break;
      case "error":
        this.#finish()?.reject(new EngineError(message.error.code, message.error.message));
        break;
      case "stopped":
        this.#stopped(new EngineError(message.error.code, message.error.message));
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
}
