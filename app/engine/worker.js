/**
 * The engine's worker: boots Pyodide, hands Python its forward pass, does one job after the other.
 *
 * Everything is loaded side by side: Python, the wheels, the weights, onnxruntime. A worker that was stopped
 * or failed to start is replaced by the page; only that gives its memory back.
 */

import { EngineError, lastLine } from "./errors.js";
import { siteFile } from "./manifest.js";
import { openSessions } from "./sessions.js";
import { loadedBytes } from "./transfers.js";
import { loadWeights } from "./weights.js";

/**
 * @import { Lockfile, PyodideAPI } from "pyodide"
 * @import { Manifest, SiteFile } from "./manifest.js"
 * @import { ErrorFacts, FromWorker, Job, Marked, PayloadKind, TimedReading, ToWorker } from "./protocol.js"
 *
 * @typedef {(phase: string, done: number, total: number) => void} OnProgress
 *
 * @typedef {object} EmbedOptions
 * @property {PayloadKind} kind
 * @property {string} value
 * @property {number} strengthDb
 * @property {boolean} again
 *
 * @typedef {object} PythonEngine hushmark.browser.Engine
 * @property {(data: Uint8Array, name: string, options: EmbedOptions, onProgress: OnProgress) =>
 *   Promise<Marked | { error: ErrorFacts }>} embed
 * @property {(data: Uint8Array, name: string, options: object, onProgress: OnProgress) =>
 *   Promise<TimedReading | { error: ErrorFacts }>} read
 */

const PACKAGES = ["numpy", "pillow", "safetensors", "micropip"];
/** The pipeline's phases in their order, to tell how much of a job is done. */
const PHASES = {
  embed: ["open", "prepare", "forward", "refine", "apply", "save", "check"],
  read: ["open", "search"],
};

/** @type {Promise<PythonEngine> | undefined} */
let started;

addEventListener("message", async (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  if (message.type === "start") {
    started = start(message.manifest);
    started.catch((error) => send({ type: "stopped", error: factsOf(error, "engine-start") }));
    return;
  }
  try {
    if (!started) throw new Error("A job came before the start.");
    const result = await perform(await started, message.job, new Uint8Array(message.data));
    if ("error" in result) send({ type: "error", error: result.error });
    else send({ type: "result", result }, buffersOf(result));
  } catch (error) {
    // Not a matter of the picture: Python may be in any state.
    send({ type: "stopped", error: factsOf(error, "engine-stopped") });
  }
});

/**
 * @param {FromWorker} message
 * @param {ArrayBuffer[]} [transfer]
 */
function send(message, transfer = []) {
  postMessage(message, { transfer });
}

/** @type {(phase: string, loaded: number, total: number) => void} */
function report(phase, loaded, total) {
  send({ type: "progress", progress: { phase, loaded, total } });
}

/**
 * @param {unknown} error
 * @param {"engine-start" | "engine-stopped"} code of errors that have none
 * @returns {ErrorFacts}
 */
function factsOf(error, code) {
  const { code: known, message } =
    error instanceof EngineError ? error : EngineError.of(code, lastLine(error));
  return { code: known, message };
}

/**
 * @param {PythonEngine} engine
 * @param {Job} job
 * @param {Uint8Array} data
 */
function perform(engine, job, data) {
  const phases = PHASES[job.task];
  /** @type {OnProgress} */
  const onProgress = (phase) => report(phase, phases.indexOf(phase), phases.length);
  if (job.task === "read") return engine.read(data, job.name, {}, onProgress);
  const { name, kind, value, strengthDb } = job;
  return engine.embed(data, name, { kind, value, strengthDb, again: true }, onProgress);
}

/** @param {Marked | TimedReading} result */
function buffersOf(result) {
  return "data" in result ? [result.data.buffer, result.difference.buffer] : [];
}

/**
 * @param {Manifest} manifest
 * @returns {Promise<PythonEngine>}
 */
async function start(manifest) {
  watchDownloads(manifest);
  const [python, networks] = await Promise.all([startPython(manifest), openNetworks(manifest)]);
  const { provider, threads, sessions, weightsFrom, notes } = networks;
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
  python.FS.writeFile(cardPath, networks.card);
  /** @type {PythonEngine} */
  const engine = python.pyimport("hushmark.browser").Engine(forward, cardPath);
  send({ type: "ready", info: { provider, threads, loadedBytes: loadedBytes(), weightsFrom, notes } });
  return engine;
}

/**
 * Python with our package imported, which imports all that it needs: a wheel that does not fit fails here.
 *
 * @param {Manifest} manifest
 * @returns {Promise<PyodideAPI>}
 */
async function startPython(manifest) {
  const { url } = siteFile(manifest, "pyodide/pyodide.mjs");
  /** @type {typeof import("pyodide")} */
  const { loadPyodide } = await import(url);
  const failure = runtimeFailure();
  const loading = loadPyodide({
    indexURL: new URL(".", url).href,
    lockFileContents: lockFile(manifest),
    packages: PACKAGES,
  });
  const python = await Promise.race([loading, failure]);
  await python.pyimport("micropip").install(siteFile(manifest, "wheels/hushmark").url);
  python.pyimport("hushmark.browser");
  return python;
}

/**
 * Rejects when Pyodide's own WebAssembly cannot be had: Pyodide only warns of it, and then waits for ever.
 *
 * @returns {Promise<never>}
 */
function runtimeFailure() {
  const { instantiateStreaming } = WebAssembly;
  return new Promise((_, reject) => {
    WebAssembly.instantiateStreaming = (source, imports) => {
      const instantiated = instantiateStreaming(source, imports);
      // onnxruntime-web, which has another way when this one fails, calls its imports differently.
      if (imports && "env" in imports) instantiated.catch(reject);
      return instantiated;
    };
  });
}

/**
 * Pyodide's lock file with our wheels in place of its packages: so Pyodide loads them while it boots, checks
 * their SHA-256, and knows of no package that would have to come from elsewhere.
 *
 * @param {Manifest} manifest
 * @returns {Promise<Lockfile>}
 */
async function lockFile(manifest) {
  const response = await fetch(siteFile(manifest, "pyodide/pyodide-lock.json").url);
  /** @type {Lockfile} */
  const lock = await response.json();
  const packages = PACKAGES.map((name) => {
    const { url, sha256 } = siteFile(manifest, `wheels/${name}`);
    const version = url.slice(url.lastIndexOf("/") + 1).split("-")[1];
    return [name, { ...lock.packages[name], version, file_name: url, sha256 }];
  });
  return { ...lock, packages: Object.fromEntries(packages) };
}

/** @param {Manifest} manifest */
async function openNetworks(manifest) {
  const keys = ["encoder.safetensors", "decoder.safetensors", "encoder.onnx", "refiner.onnx", "decoder.onnx"];
  const files = keys.map((key) => siteFile(manifest, `weights/${key}`));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const weights = await loadWeights(files, (loaded) => report("weights", loaded, total));
  const [encoder, decoder, encoderGraph, refinerGraph, decoderGraph] = weights.buffers.map(
    (buffer) => new Uint8Array(buffer),
  );
  const encoderData = [{ path: "encoder.safetensors", data: encoder }];
  // The refiner is the decoder's own gradient: the same weights.
  const decoderData = [{ path: "decoder.safetensors", data: decoder }];

  report("session", 0, 1);
  const { provider, threads, sessions, notes } = await openSessions(
    [
      { graph: encoderGraph, externalData: encoderData },
      { graph: refinerGraph, externalData: decoderData },
      { graph: decoderGraph, externalData: decoderData },
    ],
    manifest,
  );
  report("session", 1, 1);
  return {
    provider,
    threads,
    sessions,
    card: decoder,
    weightsFrom: weights.from,
    notes: [...weights.notes, ...notes],
  };
}

/**
 * Reports how much of Python and of the wheels has arrived: Pyodide fetches them itself and says nothing.
 *
 * @param {Manifest} manifest
 */
function watchDownloads(manifest) {
  const phases = new Map([
    ["python", "runtime"],
    ["wheels", "packages"],
  ]);
  /** @type {Map<string, number>} */
  const loaded = new Map();
  /** @type {Map<string, number>} */
  const total = new Map();
  /** @type {(file: SiteFile) => number} */
  const wireSize = (file) => file.br ?? file.size;

  const files = Object.values(manifest.files).filter((file) => phases.has(file.part));
  for (const file of files) total.set(file.part, (total.get(file.part) ?? 0) + wireSize(file));
  const byUrl = new Map(files.map((file) => [file.url, file]));

  new PerformanceObserver((entries) => {
    for (const { name } of entries.getEntries()) {
      const file = byUrl.get(name);
      if (!file) continue;
      byUrl.delete(name);
      const sum = (loaded.get(file.part) ?? 0) + wireSize(file);
      loaded.set(file.part, sum);
      report(phases.get(file.part) ?? file.part, sum, total.get(file.part) ?? sum);
    }
  }).observe({ type: "resource", buffered: true });
}
