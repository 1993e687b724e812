/**
 * The page's handle on the engine: one worker at a time, which does the jobs of a queue.
 *
 * A cancelled job ends at Python's next await: there is one between two phases and between two windows of a search. If
 * that takes too long, the worker is ended and replaced.
 *
 * A worker that ends by itself is replaced, too, and one that does not answer, or whose networks do not. Its current
 * job is tried once more.
 */

import { dropSnapshot } from "../site/caches.js";
import { holdUpdates } from "../site/update-holds.js";
import { EngineError, lastLine } from "./errors.js";
import { watchLife } from "./life.js";
import { Queue } from "./queue.js";
import { loadManifest, siteFile } from "../site/manifest.js";
import { verifiedScript } from "./verified.js";

/**
 * @import { Manifest } from "../site/manifest.js"
 * @import { Ask, Compute, EngineInfo, FromWorker, Helpers, Job, Progress, StartProgress, Task, Tasks, ToWorker } from "./protocol.js"
 * @import { Place } from "./queue.js"
 */
/**
 * @template {Task} [T=Task]
 * @typedef {object} JobOptions
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(result: Tasks[T]["result"]) => void} [onPartial] called with an answer before a better one
 * @property {boolean} [inBackground] as for a batch: comes after all other jobs
 * @property {Helpers} [helpers] what the page does for the job
 */
/**
 * @typedef {{ name: "starting", progress: StartProgress | null }
 *   | { name: "ready", info: EngineInfo }
 *   | { name: "failed", error: EngineError }} EngineState
 *
 * @typedef {object} Order
 * @property {number} id
 * @property {Job} job
 * @property {File | null} file
 * @property {AbortSignal | undefined} signal
 * @property {((progress: Progress) => void) | undefined} onProgress
 * @property {(result: unknown) => void} onPartial
 * @property {Helpers} helpers
 * @property {boolean} isSent whether the worker has it
 * @property {(result: unknown) => void} resolve
 * @property {(error: EngineError) => void} reject
 *
 * @typedef {Order & Place} QueuedJob
 */

/** Milliseconds that a cancelled job may take to end. */
const CANCEL_PATIENCE = 2000;

/**
 * Sends the event "state" at every step of every start and at its end, and "rest" when the files that only some
 * pictures need have been loaded, too.
 */
export class EngineClient extends EventTarget {
  /** @type {EngineState} */
  state = { name: "starting", progress: null };
  /** The present worker's start. @type {Promise<EngineInfo>} */
  ready;
  #pin;
  /** The site's. @type {Manifest | null} null until it is loaded */
  manifest = null;
  /** @type {Compute} */
  #compute;
  /** Whether people have chosen other settings since the present worker started. */
  #isOutdated = false;
  /** Whether the last worker ended while it started. */
  #endedInStart = false;
  /** @type {Worker | null} null before a start, and after one that failed */
  #worker = null;
  /** How often the engine was started. Messages from older workers are ignored. */
  #starts = 0;
  /** How many ids were given out. */
  #ids = 0;
  /** @type {Queue<QueuedJob>} */
  #queue = new Queue();
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
   * Starts one more engine of the same build, with workers of its own.
   *
   * @param {Compute} compute
   */
  another(compute) {
    return new EngineClient(this.#pin, compute);
  }

  /**
   * Starts again with other settings, after the job that runs.
   *
   * @param {Compute} compute
   */
  computeWith(compute) {
    this.#compute = compute;
    this.#isOutdated = true;
    if (!this.#queue.atWork) this.start();
  }

  /**
   * Starts a new worker in place of the present one, if any. Waiting jobs keep waiting, and those that the present one
   * has begun start again.
   *
   * @returns {Promise<EngineInfo>} also in `ready`; rejects with an EngineError
   */
  start() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#isOutdated = false;
    for (const queued of this.#queue.recall()) if (queued.signal?.aborted) this.#queue.remove(queued);
    const resolveLast = this.#resolveReady;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    // Callers that still wait for the last worker get this one.
    resolveLast(this.ready);
    // `state` reports a failure, so nobody has to handle this rejection.
    this.ready.catch(() => undefined);
    this.#starts += 1;
    this.#become({ name: "starting", progress: null });
    this.#startWorker(this.#starts);
    return this.ready;
  }

  /** Ends the worker. Jobs that are left end as cancelled; a new job starts the engine again. */
  close() {
    this.#starts += 1;
    this.#fail(new EngineError("cancelled"));
  }

  /** Ends the worker, and with it the start and all jobs. @param {EngineError} error */
  #fail(error) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#rejectReady(error);
    this.#become({ name: "failed", error });
    for (const { reject } of this.#queue.clear()) reject(error);
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
        if (worker === this.#worker)
          this.#stopped(new EngineError("engine-stopped", detail), this.#queue.atWork);
      });
      this.#worker = worker;
      this.#send({ type: "start", manifest, compute: this.#compute });
    } catch (error) {
      if (start === this.#starts) this.#stopped(/** @type {EngineError} */ (error), null);
    }
  }

  /**
   * Does a task. Rejects with an EngineError, whose code is "cancelled" after an abort.
   *
   * @template {Task} T
   * @param {T} task
   * @param {Tasks[T]["picture"]} file
   * @param {Tasks[T]["options"]} options
   * @param {JobOptions<T>} [how]
   * @returns {Promise<Tasks[T]["result"]>}
   */
  run(task, file, options, { signal, onProgress, onPartial, inBackground = false, helpers = {} } = {}) {
    /** @type {Promise<Tasks[T]["result"]>} */
    const result = new Promise((settle, reject) => {
      if (signal?.aborted) {
        reject(new EngineError("cancelled"));
        return;
      }
      this.#ids += 1;
      /** @type {QueuedJob} */
      const queued = {
        id: this.#ids,
        job: { task, name: file?.name ?? "", options, in_background: inBackground },
        file,
        size: file?.size ?? 0,
        inBackground,
        signal,
        onProgress,
        helpers,
        // The worker answers a job with the result of its task.
        onPartial: (partial) => onPartial?.(/** @type {Tasks[T]["result"]} */ (partial)),
        resolve: (whole) => settle(/** @type {Tasks[T]["result"]} */ (whole)),
        reject,
        isSent: false,
        isSecondTry: false,
      };
      signal?.addEventListener("abort", () => this.#cancel(queued), { once: true });
      this.#queue.add(queued);
      if (this.state.name === "failed") this.start();
      else this.#next();
    });
    holdUpdates(result);
    return result;
  }

  #next() {
    if (this.state.name === "ready") for (const queued of this.#queue.next()) this.#handOver(queued);
  }

  /** @param {QueuedJob} queued */
  async #handOver(queued) {
    queued.isSent = false;
    const { id, job, file } = queued;
    const worker = this.#worker;
    const isWanted = () => worker === this.#worker && this.#queue.find((other) => other === queued) !== null;
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

  /** @param {QueuedJob} queued that has ended or was cancelled; the next job follows */
  #end(queued) {
    const wasAtWork = queued === this.#queue.atWork;
    this.#queue.remove(queued);
    if (this.#isOutdated && wasAtWork) this.start();
    else this.#next();
  }

  /** @param {QueuedJob} queued */
  #cancel(queued) {
    if (queued.isSent && this.#queue.find((other) => other === queued)) {
      this.#send({ type: "cancel", id: queued.id });
      if (queued === this.#queue.atWork) {
        setTimeout(() => {
          if (queued === this.#queue.atWork) this.start();
        }, CANCEL_PATIENCE);
      }
    } else {
      this.#end(queued);
    }
    queued.reject(new EngineError("cancelled"));
  }

  /**
   * The worker cannot go on. It is replaced if it had been ready, or was the first to end while it started; one that
   * could not start would fail again.
   *
   * @param {EngineError} error
   * @param {QueuedJob | null} job that it was at
   */
  #stopped(error, job) {
    // The snapshot that Python started from may be the cause.
    if (error.code === "engine-stopped") dropSnapshot();
    if (this.state.name === "ready") {
      const isLastTry = job?.isSecondTry;
      if (isLastTry) this.#queue.remove(job);
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
    this.#fail(error);
  }

  /** @param {FromWorker} message */
  #receive(message) {
    const job = "id" in message ? this.#queue.find(({ id }) => id === message.id) : null;
    switch (message.type) {
      case "loading":
        // The browser may report a download after the engine is ready.
        if (this.state.name === "starting") this.#become({ name: "starting", progress: message.progress });
        break;
      case "ready":
        this.#endedInStart = false;
        this.#become({ name: "ready", info: message.info });
        this.#resolveReady(message.info);
        this.#next();
        break;
      case "rest-loaded":
        this.dispatchEvent(new Event("rest"));
        break;
      case "turn":
        this.#queue.giveTurn(job);
        break;
      case "partial":
        if (!job?.signal?.aborted) job?.onPartial(message.result);
        break;
      case "ask":
        if (job) this.#answer(job.helpers, message);
        break;
      case "progress":
        if (!job?.signal?.aborted) job?.onProgress?.(message.progress);
        break;
      case "result":
        if (job) this.#end(job);
        job?.resolve(message.result);
        break;
      case "error":
        if (job) this.#end(job);
        job?.reject(EngineError.from(message.error));
        break;
      case "stopped":
        this.#stopped(EngineError.from(message.error), job ?? this.#queue.atWork);
        break;
    }
  }

  /**
   * @param {Helpers} helpers
   * @param {{ call: number } & Ask} ask
   */
  async #answer(helpers, ask) {
    const worker = this.#worker;
    let data = null;
    let error = null;
    try {
      data = await help(helpers, ask);
    } catch (thrown) {
      error = lastLine(thrown);
    }
    if (worker === this.#worker) this.#send({ type: "answer", call: ask.call, data, error });
  }

  /**
   * Loads a module of the site on demand.
   *
   * @param {string} key
   * @returns {Promise<unknown>}
   * @throws {EngineError} load-failed, load-damaged, site-changed, site-incomplete
   */
  async load(key) {
    const manifest = this.manifest ?? (await loadManifest(this.#pin));
    return import(await verifiedScript(siteFile(manifest, key)));
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

/**
 * @param {Helpers} helpers
 * @param {Ask} ask
 */
function help({ sign, fetch }, ask) {
  if (ask.helper === "sign" && sign) return sign(ask.argument);
  if (ask.helper === "fetch" && fetch) return fetch(ask.argument);
  throw new Error("not possible here");
}
