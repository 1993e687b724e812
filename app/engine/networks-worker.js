/**
 * The networks' worker: loads the weights, opens the sessions, runs them. onnxruntime's wasm blocks the thread that
 * it runs in, so it has one of its own, and Python goes on meanwhile.
 */

import { factsOf } from "./errors.js";
import { showLife } from "./life.js";
import { siteFile } from "../site/manifest.js";
import { isTrap, openSessions } from "./sessions.js";
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

/** @typedef {Record<NetworkName, Session>} Sessions */
/** @type {Promise<Sessions>} */
let started;
/** Opens the sessions of the whole build, once. @type {() => Promise<Sessions>} */
let openWhole;

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
    const { run: number, network, feeds } = message;
    try {
      const outputs = await run(network, feeds);
      send({ type: "outputs", run: number, outputs }, outputs);
    } catch (error) {
      send({ type: "failed", run: number, error: factsOf(error, "engine-stopped") });
    }
  },
);

/**
 * @param {NetworkName} network
 * @param {Record<string, Float32Array>} feeds
 */
async function run(network, feeds) {
  try {
    return await (await started)[network].run(feeds);
  } catch (error) {
    if (!isTrap(error)) throw error;
    started = openWhole();
    return (await started)[network].run(feeds);
  }
}

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
 * @returns {Promise<Sessions>}
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
  /** @type {Promise<import("./sessions.js").Networks> | null} */
  let whole = null;
  const takeWhole = () => (whole ??= openSessions(models, manifest, compute, { isWhole: true }));
  openWhole = async () => byName((await takeWhole()).sessions);
  const opening = openSessions(models, manifest, compute);
  const { sessions, ...choice } = await opening.catch((error) => {
    if (!isTrap(error)) throw error;
    return takeWhole();
  });
  const weights = await loading;
  const notes = [...weights.notes, ...choice.notes];
  const info = { ...choice, notes, weightsFrom: weights.from, loadedBytes: loadedBytes() };
  const card = new Uint8Array(weights.buffers[WEIGHTS.indexOf("decoder")]);
  send({ type: "ready", info, card });
  return byName(sessions);
}

/** @param {Session[]} sessions in the order of the graphs @returns {Sessions} */
function byName([encoder, refiner, decoder, locator]) {
  return { encoder, refiner, decoder, locator };
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
