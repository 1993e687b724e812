/**
 * The engine's worker: boots Pyodide, hands Python its forward pass, does jobs.
 *
 * Everything is loaded side by side: Python and the wheels here, weights and onnxruntime in the networks' worker. A
 * worker that was stopped or failed to start is replaced by the page; only that gives its memory back.
 */

import { Downloads } from "./downloads.js";
import { factsOf } from "./errors.js";
import { startForward } from "./forward.js";
import { showLife } from "./life.js";
import { startPython } from "./python.js";
import { loadedBytes, watchTransfers } from "./transfers.js";

/**
 * @import { Forward } from "./forward.js"
 * @import { Manifest } from "../site/manifest.js"
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
 * @typedef {object} PythonEngine hushmark.hosts.browser.Engine
 * @property {OnPicture<"embed">} embed
 * @property {OnPicture<"read">} read
 * @property {OnPicture<"lab">} lab
 * @property {(options: Tasks["overlay"]["options"]) => Answer<"overlay">} overlay
 * @property {() => Tasks["labKinds"]["result"]} labKinds
 *
 * @typedef {object} PythonJob hushmark.hosts.browser.Job
 * @property {() => void} begin
 * @property {() => void} proceed
 * @property {() => void} cancel
 * @property {() => Answer<Task>} result
 * @property {() => void} destroy
 *
 * @typedef {object} PythonModule hushmark.hosts.browser
 * @property {(forward: Forward, cardPath: string) => PythonEngine} Engine
 * @property {<Arguments extends unknown[]>(method: (...values: Arguments) => Answer<Task>, ...values: Arguments)
 *   => PythonJob} Job
 */

/** The pipeline's phases in their order, to tell how much of a job is done. @type {Partial<Record<Task, string[]>>} */
const PHASES = {
  embed: ["open", "prepare", "forward", "refine", "apply", "save", "check"],
  read: ["open", "search"],
  lab: ["open", "change", "search"],
};
/** The phase that leaves Python nothing to do for longest: the time to decode the next picture. */
const LONG_PHASE = "refine";

/** @type {Promise<{ engine: PythonEngine, module: PythonModule, forward: Forward }>} */
let started;
/** Jobs that have not ended, by id: that whose turn it is, and one that is prepared. @type {Map<number, PythonJob>} */
const jobs = new Map();
/** The job that has the networks. */
let turn = 0;
/** Where it is. */
let phase = "";

showLife();
addEventListener("message", (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  switch (message.type) {
    case "start":
      started = start(message.manifest, message.compute);
      started.catch((error) => send({ type: "stopped", id: null, error: factsOf(error, "engine-start") }));
      break;
    case "job":
      answer(message.id, message.job, message.data);
      break;
    case "turn":
      turn = message.id;
      phase = "";
      schedule();
      break;
    case "cancel":
      cancel(message.id);
      break;
  }
});

/**
 * Python leaves a forward pass that is under way to itself. If that never ends, no other job gets the networks.
 *
 * @param {number} id
 */
async function cancel(id) {
  jobs.get(id)?.cancel();
  const { forward } = await started;
  if (id === turn) forward.expectAnswers(() => stop("the networks do not answer"));
}

/**
 * The networks are of no more use, and so this worker is not.
 *
 * @param {string} detail
 */
function stop(detail) {
  send({ type: "stopped", id: null, error: { code: "engine-stopped", detail } });
}

/** Lets each job do what it may by now. */
function schedule() {
  for (const [id, job] of jobs) {
    if (id === turn) job.proceed();
    else if (phase === LONG_PHASE) job.begin();
  }
}

/**
 * @param {FromWorker} message
 * @param {ArrayBuffer[]} [transfer]
 */
function send(message, transfer = []) {
  postMessage(message, { transfer });
}

/**
 * @param {number} id
 * @param {Job} job
 * @param {ArrayBuffer | null} data of the picture, where the job has one
 */
async function answer(id, job, data) {
  try {
    const result = await perform(id, job, data ? new Uint8Array(data) : new Uint8Array());
    if ("error" in result) send({ type: "error", id, error: result.error });
    else send({ type: "result", id, result }, buffersOf(result));
  } catch (error) {
    if (error instanceof Error && "type" in error && error.type === "CancelledError") {
      send({ type: "error", id, error: { code: "cancelled" } });
    } else {
      // Not a matter of the picture: Python may be in any state.
      send({ type: "stopped", id, error: factsOf(error, "engine-stopped") });
    }
  } finally {
    jobs.get(id)?.destroy();
    jobs.delete(id);
  }
}

/**
 * @param {number} id
 * @param {Job} job
 * @param {Uint8Array} data
 * @returns {Promise<Result | { error: ErrorFacts }>}
 */
async function perform(id, job, data) {
  const { engine, module } = await started;
  const phases = PHASES[job.task] ?? [];
  /** @type {OnProgress} */
  const onProgress = (name, done, total) => {
    const share = (phases.indexOf(name) + done / total) / phases.length;
    send({ type: "progress", id, progress: { phase: name, done, total, share } });
    if (id !== turn || name === phase) return;
    phase = name;
    schedule();
  };
  switch (job.task) {
    case "embed":
      return run(id, module.Job(engine.embed, data, job.name, job.options, onProgress));
    case "read":
      return run(id, module.Job(engine.read, data, job.name, job.options, onProgress));
    case "lab":
      return run(id, module.Job(engine.lab, data, job.name, job.options, onProgress));
    case "overlay":
      return run(id, module.Job(engine.overlay, job.options));
    case "labKinds":
      return engine.labKinds();
  }
}

/**
 * @param {number} id
 * @param {PythonJob} job
 */
function run(id, job) {
  jobs.set(id, job);
  schedule();
  return job.result();
}

/** @param {Result} result */
function buffersOf(result) {
  const arrays = Object.values(result).filter((value) => value instanceof Uint8Array);
  return arrays.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer));
}

/**
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @returns {Promise<{ engine: PythonEngine, module: PythonModule, forward: Forward }>}
 */
async function start(manifest, compute) {
  const downloads = new Downloads(manifest, (progress) => send({ type: "loading", progress }));
  watchTransfers((urls) => downloads.arrived(urls));
  const [python, { forward, info, card }] = await Promise.all([
    startPython(manifest),
    startForward(manifest, compute, downloads, stop),
  ]);
  const cardPath = "/decoder.safetensors";
  python.FS.writeFile(cardPath, card);
  /** @type {PythonModule} */
  const module = python.pyimport("hushmark.hosts.browser");
  const engine = module.Engine(forward, cardPath);
  send({ type: "ready", info: { ...info, loadedBytes: info.loadedBytes + loadedBytes() } });
  return { engine, module, forward };
}
