/**
 * The engine's worker: boots Pyodide, gives Python its forward pass, and passes messages between the page and Python.
 *
 * Everything is loaded in parallel: Python and the wheels here, weights and onnxruntime in the networks' worker. The
 * page replaces a worker that was stopped or failed to start: its memory is freed in no other way.
 */

import { Codecs } from "./codecs.js";
import { Loading } from "./loading.js";
import { factsOf, lastLine } from "./errors.js";
import { startForward } from "./forward.js";
import { showLife } from "./life.js";
import { startPython } from "./python.js";
import { loadedBytes, watchLoads } from "./loads.js";
import { SnapshotTaker } from "./snapshot-taker.js";
import { takeSnapshot } from "./snapshot.js";

/**
 * @import { Forward } from "./forward.js"
 * @import { Manifest } from "../site/manifest.js"
 * @import { Compute, FromPython, FromWorker, ToWorker } from "./protocol.js"
 *
 * @typedef {object} PythonEngine hushmark.hosts.browser.Engine
 * @property {(id: number, job: string, data: Uint8Array | null) => void} perform job: a Job in JSON
 * @property {(call: number, data: Uint8Array | null, error: string | null) => void} answer
 * @property {(id: number) => void} cancel
 *
 * @typedef {object} PythonModule hushmark.hosts.browser
 * @property {(forward: Forward, cardPath: string, send: (message: FromPython, transfer: ArrayBuffer[]) => void,
 *   codecs: Codecs) => PythonEngine} Engine
 */

/** @type {Promise<PythonEngine>} */
let started;
/** Jobs that have not ended. @type {Set<number>} */
const jobs = new Set();
/** @type {SnapshotTaker | null} null before the engine is ready */
let taker = null;

showLife();
addEventListener("message", (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  switch (message.type) {
    case "start":
      started = start(message.manifest, message.compute);
      started.catch((error) => send({ type: "stopped", id: null, error: factsOf(error, "engine-start") }));
      break;
    case "job": {
      const { id, job, data } = message;
      jobs.add(id);
      taker?.disturb();
      started
        .then((engine) => engine.perform(id, JSON.stringify(job), data && new Uint8Array(data)))
        .catch((error) => stop(lastLine(error)));
      break;
    }
    case "answer": {
      const { call, data, error } = message;
      started.then((engine) => engine.answer(call, data, error)).catch((thrown) => stop(lastLine(thrown)));
      break;
    }
    case "cancel":
      started.then((engine) => engine.cancel(message.id)).catch((error) => stop(lastLine(error)));
      break;
    case "take-snapshot":
      takeSnapshot(message.manifest)
        .catch(() => undefined)
        .then(() => postMessage({ type: "snapshot-taken" }));
      break;
  }
});

/**
 * Stops this worker, since its networks cannot go on.
 *
 * @param {string} detail
 */
function stop(detail) {
  send({ type: "stopped", id: null, error: { code: "engine-stopped", detail } });
}

/** Not by `send`, which would restart the snapshot taker's wait. */
function tellRest() {
  /** @type {FromWorker} */
  const message = { type: "rest-loaded" };
  postMessage(message);
}

/**
 * @param {FromWorker} message
 * @param {ArrayBuffer[]} [transfer]
 */
function send(message, transfer = []) {
  postMessage(message, { transfer });
  if (message.type === "result" || message.type === "error") jobs.delete(message.id);
  if (!jobs.size) taker?.rest();
}

/**
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @returns {Promise<PythonEngine>}
 */
async function start(manifest, compute) {
  const loading = new Loading(manifest, (progress) => send({ type: "loading", progress }));
  watchLoads((urls) => loading.arrived(urls));
  const [python, { forward, info, card }] = await Promise.all([
    startPython(manifest, loading),
    startForward(manifest, compute, loading, tellRest, stop),
  ]);
  const cardPath = "/decoder.safetensors";
  python.FS.writeFile(cardPath, card);
  /** @type {PythonModule} */
  const module = python.pyimport("hushmark.hosts.browser");
  const engine = module.Engine(forward, cardPath, send, new Codecs(manifest, python));
  taker = new SnapshotTaker(manifest, () => forward.loadRest());
  send({ type: "ready", info: { ...info, loadedBytes: info.loadedBytes + loadedBytes() } });
  return engine;
}
