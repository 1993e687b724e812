/**
 * The engine's worker: boots Pyodide, hands Python its forward pass, does one job after the other.
 *
 * Everything is loaded side by side: Python, the wheels, the weights, onnxruntime. A worker that was stopped
 * or failed to start is replaced by the page; only that gives its memory back.
 */

import { EngineError, lastLine } from "./errors.js";
import { siteFile } from "./manifest.js";
import { startPython } from "./python.js";
import { openSessions } from "./sessions.js";
import { loadedBytes } from "./transfers.js";
import { loadWeights } from "./weights.js";

/**
 * @import { Manifest, SiteFile } from "./manifest.js"
 * @import { Compute, ErrorFacts, FromWorker, Job, Result, Task, Tasks, ToWorker } from "./protocol.js"
 *
 * @typedef {(phase: string, done: number, total: number) => void} OnProgress
 */
/**
 * @template {Task} T
 * @typedef {Promise<Tasks[T]["result"] | { error: ErrorFacts }>} Answer
 */
/**
 * @template {Task} T
 * @typedef {(data: Uint8Array, name: string, options: Tasks[T]["options"], onProgress: OnProgress) => Answer<T>} OnPicture
 */
/**
 * @typedef {object} PythonEngine hushmark.browser.Engine
 * @property {OnPicture<"embed">} embed
 * @property {OnPicture<"read">} read
 * @property {OnPicture<"lab">} lab
 * @property {(options: Tasks["overlay"]["options"]) => Answer<"overlay">} overlay
 * @property {() => Tasks["labKinds"]["result"]} labKinds
 *
 * @typedef {Answer<Task> & { cancel: PythonFunction & { copy: () => PythonFunction } }} PythonTask asyncio.Task
 *
 * @typedef {{ (): void, destroy: () => void }} PythonFunction
 *
 * @typedef {object} PythonModule hushmark.browser
 * @property {(forward: object, cardPath: string) => PythonEngine} Engine
 * @property {<Arguments extends unknown[]>(method: (...values: Arguments) => Answer<Task>, ...values: Arguments)
 *   => PythonTask} start
 */

/** The pipeline's phases in their order, to tell how much of a job is done. @type {Partial<Record<Task, string[]>>} */
const PHASES = {
  embed: ["open", "prepare", "forward", "refine", "apply", "save", "check"],
  read: ["open", "search"],
  lab: ["open", "change", "search"],
};

/** @type {Promise<{ engine: PythonEngine, module: PythonModule }> | undefined} */
let started;
/** Ends the job that runs. @type {PythonFunction | null} */
let cancel = null;

addEventListener("message", async (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  if (message.type === "start") {
    started = start(message.manifest, message.compute);
    started.catch((error) => send({ type: "stopped", error: factsOf(error, "engine-start") }));
    return;
  }
  if (message.type === "cancel") {
    cancel?.();
    return;
  }
  try {
    if (!started) throw new Error("A job came before the start.");
    const result = await perform(await started, message.job, message.data);
    if ("error" in result) send({ type: "error", error: result.error });
    else send({ type: "result", result }, buffersOf(result));
  } catch (error) {
    if (error instanceof Error && "type" in error && error.type === "CancelledError") {
      send({ type: "error", error: { code: "cancelled" } });
    } else {
      // Not a matter of the picture: Python may be in any state.
      send({ type: "stopped", error: factsOf(error, "engine-stopped") });
    }
  } finally {
    cancel?.destroy();
    cancel = null;
  }
});

/**
 * @param {FromWorker} message
 * @param {ArrayBuffer[]} [transfer]
 */
function send(message, transfer = []) {
  postMessage(message, { transfer });
}

/**
 * @param {unknown} error
 * @param {"engine-start" | "engine-stopped"} code of errors that have none
 * @returns {ErrorFacts}
 */
function factsOf(error, code) {
  return error instanceof EngineError
    ? { code: error.code, detail: error.detail }
    : { code, detail: lastLine(error) };
}

/**
 * @param {{ engine: PythonEngine, module: PythonModule }} python
 * @param {Job} job
 * @param {ArrayBuffer | null} buffer of the picture, where the job has one
 * @returns {Promise<Result | { error: ErrorFacts }>}
 */
async function perform({ engine, module }, job, buffer) {
  const data = buffer ? new Uint8Array(buffer) : new Uint8Array();
  const phases = PHASES[job.task] ?? [];
  /** @type {OnProgress} */
  const onProgress = (phase, done, total) => {
    const share = (phases.indexOf(phase) + done / total) / phases.length;
    send({ type: "progress", progress: { phase, done, total, share } });
  };
  switch (job.task) {
    case "embed":
      return cancellable(module.start(engine.embed, data, job.name, job.options, onProgress));
    case "read":
      return cancellable(module.start(engine.read, data, job.name, job.options, onProgress));
    case "lab":
      return cancellable(module.start(engine.lab, data, job.name, job.options, onProgress));
    case "overlay":
      return cancellable(module.start(engine.overlay, job.options));
    case "labKinds":
      return engine.labKinds();
  }
}

/** @param {PythonTask} task */
function cancellable(task) {
  // A copy, because waiting for a task destroys its proxy and all that was borrowed from it.
  cancel = task.cancel.copy();
  return task;
}

/** @param {Result} result */
function buffersOf(result) {
  const arrays = Object.values(result).filter((value) => value instanceof Uint8Array);
  return arrays.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}

/**
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @returns {Promise<{ engine: PythonEngine, module: PythonModule }>}
 */
async function start(manifest, compute) {
  const downloads = new Downloads(manifest);
  const [python, networks] = await Promise.all([
    startPython(manifest),
    openNetworks(manifest, compute, downloads),
  ]);
  const { card, sessions, ...choice } = networks;
  const [encoder, refiner, decoder] = sessions;
  const forward = {
    /** @type {(bits: Float32Array, image: Float32Array) => Promise<Float32Array[]>} */
    encode: (bits, image) => encoder.run({ secret_bits: bits, image }),
    /** @type {(bits: Float32Array, image: Float32Array, residual: Float32Array) => Promise<Float32Array[]>} */
    refine: (bits, image, residual) => refiner.run({ secret_bits: bits, image, residual }),
    /** @type {(image: Float32Array) => Promise<Float32Array[]>} */
    decode: (image) => decoder.run({ image }),
  };
  const cardPath = "/decoder.safetensors";
  python.FS.writeFile(cardPath, card);
  /** @type {PythonModule} */
  const module = python.pyimport("hushmark.browser");
  const engine = module.Engine(forward, cardPath);
  send({ type: "ready", info: { ...choice, loadedBytes: loadedBytes() } });
  return { engine, module };
}

/**
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @param {Downloads} downloads
 */
async function openNetworks(manifest, compute, downloads) {
  const keys = ["encoder.safetensors", "decoder.safetensors", "encoder.onnx", "refiner.onnx", "decoder.onnx"];
  const files = keys.map((key) => siteFile(manifest, `weights/${key}`));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const weights = await loadWeights(files, (loaded) => downloads.weightsArrived(loaded / total));
  const [encoder, decoder, encoderGraph, refinerGraph, decoderGraph] = weights.buffers.map(
    (buffer) => new Uint8Array(buffer),
  );
  const encoderData = [{ path: "encoder.safetensors", data: encoder }];
  // The refiner is the decoder's own gradient: the same weights.
  const decoderData = [{ path: "decoder.safetensors", data: decoder }];

  const networks = await openSessions(
    [
      { graph: encoderGraph, externalData: encoderData },
      { graph: refinerGraph, externalData: decoderData },
      { graph: decoderGraph, externalData: decoderData },
    ],
    manifest,
    compute,
  );
  return {
    ...networks,
    card: decoder,
    weightsFrom: weights.from,
    notes: [...weights.notes, ...networks.notes],
  };
}

/**
 * Reports how much of what the engine loads has arrived. Pyodide and onnxruntime fetch their files themselves
 * and say nothing, so these count when the browser says that they are here; the weights count as they come.
 */
class Downloads {
  /** Files that are still to come, by URL. @type {Map<string, SiteFile>} */
  #missing;
  #total;
  #loaded = 0;
  #weightsSize;
  #weightsShare = 0;

  /** @param {Manifest} manifest */
  constructor(manifest) {
    const files = Object.entries(manifest.files).filter(
      ([key, { part }]) => part === "python" || part === "wheels" || key === "ort/wasm.wasm",
    );
    this.#missing = new Map(files.map(([, file]) => [file.url, file]));
    this.#weightsSize = sizeOnWire(Object.values(manifest.files).filter(({ part }) => part === "weights"));
    this.#total = this.#weightsSize + sizeOnWire(this.#missing.values());
    // Where there is a GPU another build of onnxruntime comes in place of the wasm one.
    const builds = ["jspi", "asyncify"].map((build) => siteFile(manifest, `ort/${build}.wasm`));
    new PerformanceObserver((entries) => {
      for (const { name } of entries.getEntries()) {
        const build = builds.find(({ url }) => url === name);
        if (build) this.#expectInstead(siteFile(manifest, "ort/wasm.wasm"), build);
        const file = this.#missing.get(name);
        if (file) this.#loaded += sizeOnWire([file]);
        this.#missing.delete(name);
      }
      this.#report();
    }).observe({ type: "resource", buffered: true });
  }

  /** @param {number} share of the weights that is here */
  weightsArrived(share) {
    this.#weightsShare = share;
    this.#report();
  }

  /**
   * @param {SiteFile} expected
   * @param {SiteFile} found
   */
  #expectInstead(expected, found) {
    if (!this.#missing.delete(expected.url)) return;
    this.#missing.set(found.url, found);
    this.#total += sizeOnWire([found]) - sizeOnWire([expected]);
  }

  #report() {
    const loaded = this.#loaded + this.#weightsShare * this.#weightsSize;
    send({ type: "loading", progress: { loaded, total: this.#total } });
  }
}

/** @param {Iterable<SiteFile>} files */
function sizeOnWire(files) {
  return [...files].reduce((sum, file) => sum + (file.br ?? file.size), 0);
}
