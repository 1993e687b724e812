/**
 * The networks' worker: loads the weights, opens the sessions, runs them. onnxruntime's wasm blocks the thread that
 * it runs in, so it has one of its own, and Python goes on meanwhile.
 */

import { factsOf } from "./errors.js";
import { showLife } from "./life.js";
import { siteFile } from "../site/manifest.js";
import { openSessions } from "./sessions.js";
import { loadedBytes, watchLoads } from "./loads.js";
import { guardFetches } from "./verified.js";
import { loadWeights } from "./weights.js";

/**
 * @import { Manifest } from "../site/manifest.js"
 * @import { Compute, EngineInfo, ErrorFacts } from "./protocol.js"
 * @import { Model, Session } from "./sessions.js"
 *
 * @typedef {"encoder" | "refiner" | "decoder" | "locator"} NetworkName
 *
 * @typedef {{ type: "start", manifest: Manifest, compute: Compute }
 *   | { type: "run", run: number, network: NetworkName, feeds: Record<string, Float32Array> }} ToNetworks
 * feeds: values of each input, flat. Like the outputs they are transferred.
 *
 * @typedef {{ type: "fetched", urls: string[] }
 *   | { type: "weights", share: number }
 *   | { type: "ready", info: EngineInfo, card: Uint8Array }
 *   | { type: "stopped", error: ErrorFacts }
 *   | { type: "outputs", run: number, outputs: Float32Array[] }
 *   | { type: "failed", run: number, error: ErrorFacts }} FromNetworks
 * card: the file with the model card. `stopped` means that they could not start, `failed` ends a run.
 */

const WEIGHTS = ["encoder", "decoder", "locator"];
/** @type {NetworkName[]} */
const GRAPHS = ["encoder", "refiner", "decoder", "locator"];

/** @type {Promise<Record<NetworkName, Session>>} */
let started;

showLife();
addEventListener(
  "message",
  async (/** @type {MessageEvent<ToNetworks | { type: "ping" }>} */ { data: message }) => {
    if (message.type === "ping") return;
    if (message.type === "start") {
      const { manifest, compute } = message;
      started = Promise.race([guardFetches(manifest), start(manifest, compute)]);
      started.catch((error) => send({ type: "stopped", error: factsOf(error, "engine-start") }));
      return;
    }
    const { run, network, feeds } = message;
    try {
      const outputs = await (await started)[network].run(feeds);
      send({ type: "outputs", run, outputs }, outputs);
    } catch (error) {
      send({ type: "failed", run, error: factsOf(error, "engine-stopped") });
    }
  },
);

/**
 * @param {FromNetworks} message
 * @param {Float32Array[]} [transferred]
 */
function send(message, transferred = []) {
  postMessage(message, { transfer: transferred.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer)) });
}

/**
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @returns {Promise<Record<NetworkName, Session>>}
 */
async function start(manifest, compute) {
  watchLoads((urls) => send({ type: "fetched", urls }));
  const names = [...WEIGHTS.map((name) => `${name}.safetensors`), ...GRAPHS.map((name) => `${name}.onnx`)];
  const files = names.map((name) => siteFile(manifest, `weights/${name}`));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const loading = loadWeights(files, (loaded) => send({ type: "weights", share: loaded / total }));
  const models = loading.then(({ buffers }) => modelsOf(buffers));
  // The build of onnxruntime is chosen and fetched meanwhile.
  models.catch(() => undefined);
  const { sessions, ...choice } = await openSessions(models, manifest, compute);
  const weights = await loading;
  const notes = [...weights.notes, ...choice.notes];
  const info = { ...choice, notes, weightsFrom: weights.from, loadedBytes: loadedBytes() };
  const card = new Uint8Array(weights.buffers[WEIGHTS.indexOf("decoder")]);
  send({ type: "ready", info, card });
  return { encoder: sessions[0], refiner: sessions[1], decoder: sessions[2], locator: sessions[3] };
}

/**
 * @param {ArrayBuffer[]} buffers of the weights and the graphs
 * @returns {Model[]} in the order of the graphs
 */
function modelsOf(buffers) {
  const files = buffers.map((buffer) => new Uint8Array(buffer));
  return GRAPHS.map((name, index) => {
    // The refiner is the decoder's own gradient: the same weights.
    const weights = name === "refiner" ? "decoder" : name;
    return {
      graph: files[WEIGHTS.length + index],
      externalData: [{ path: `${weights}.safetensors`, data: files[WEIGHTS.indexOf(weights)] }],
      // They take longest to open, and no picture needs them at once.
      isLater: name === "refiner" || name === "locator",
    };
  });
}
