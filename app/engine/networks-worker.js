/**
 * The networks' worker: loads the weights, opens the sessions, runs them. onnxruntime's wasm blocks its thread, so it
 * has one of its own, and Python goes on meanwhile.
 *
 * The locator is loaded when it is first run, or when there is nothing else to do.
 */

import { factsOf } from "./errors.js";
import { showLife } from "./life.js";
import { siteFile } from "../site/manifest.js";
import { isTrap, openSessions } from "./sessions.js";
import { loadedBytes, watchLoads } from "./loads.js";
import { guardFetches } from "./verified.js";
import { loadWeights } from "./weights.js";

/**
 * @import { Manifest, SiteFile } from "../site/manifest.js"
 * @import { Compute, EngineInfo, ErrorFacts } from "./protocol.js"
 * @import { Model, Networks, Session } from "./sessions.js"
 *
 * @typedef {"encoder" | "refiner" | "decoder" | "locator"} NetworkName
 *
 * @typedef {{ type: "start", manifest: Manifest, compute: Compute }
 *   | { type: "load-rest" }
 *   | { type: "run", run: number, network: NetworkName, feeds: Record<string, Float32Array> }} ToNetworks
 * feeds: values of each input, flat. Like the outputs they are transferred.
 *
 * @typedef {{ type: "fetched", urls: string[] }
 *   | { type: "weights", share: number }
 *   | { type: "ready", info: EngineInfo, card: Uint8Array }
 *   | { type: "stopped", error: ErrorFacts }
 *   | { type: "rest-loaded" }
 *   | { type: "outputs", run: number, outputs: Float32Array[] }
 *   | { type: "failed", run: number, error: ErrorFacts }} FromNetworks
 * card: the file with the model card. `stopped` means that they could not start, `failed` ends a run.
 */

/** The weights that have the model card in them. */
const CARD = "weights/decoder.safetensors";
/** The networks that every mark needs. @type {NetworkName[]} */
const NETWORKS = ["encoder", "refiner", "decoder"];

/** @typedef {Networks & { locator?: Promise<Session> }} Opened the sessions are in the order of NETWORKS */
/** @type {Manifest} */
let manifest;
/** @type {Promise<Opened>} */
let started;
/** Opens the sessions of the whole build, once. @type {() => Promise<Opened>} */
let openWhole;
/** The locator, once it is needed. @type {Promise<Model> | null} */
let locator = null;

showLife();
addEventListener(
  "message",
  async (/** @type {MessageEvent<ToNetworks | { type: "ping" }>} */ { data: message }) => {
    switch (message.type) {
      case "start":
        manifest = message.manifest;
        started = Promise.race([guardFetches(manifest), start(message.compute)]);
        started.catch((error) => send({ type: "stopped", error: factsOf(error, "engine-start") }));
        break;
      case "load-rest":
        loadLocator()
          .then(() => send({ type: "rest-loaded" }))
          // The next search that needs it tries again.
          .catch(() => undefined);
        break;
      case "run":
        try {
          const outputs = await run(message.network, message.feeds);
          send({ type: "outputs", run: message.run, outputs }, outputs);
        } catch (error) {
          send({ type: "failed", run: message.run, error: factsOf(error, "engine-stopped") });
        }
    }
  },
);

/**
 * @param {NetworkName} network
 * @param {Record<string, Float32Array>} feeds
 */
async function run(network, feeds) {
  try {
    return await (await session(network)).run(feeds);
  } catch (error) {
    if (!isTrap(error)) throw error;
    started = openWhole();
    return (await session(network)).run(feeds);
  }
}

/** @param {NetworkName} network @returns {Promise<Session>} */
async function session(network) {
  const networks = await started;
  if (network !== "locator") return networks.sessions[NETWORKS.indexOf(network)];
  const opening = (networks.locator ??= loadLocator().then(networks.open));
  opening.catch(() => delete networks.locator);
  return opening;
}

/** @returns {Promise<Model>} the locator, which is kept for later visits */
function loadLocator() {
  const files = filesOf(["locator"]);
  locator ??= loadWeights(manifest, files).then(({ buffers }) => modelsOf(["locator"], files, buffers)[0]);
  // After a failure the next call tries again.
  locator.catch(() => (locator = null));
  return locator;
}

/**
 * @param {FromNetworks} message
 * @param {Float32Array[]} [transferred]
 */
function send(message, transferred = []) {
  postMessage(message, { transfer: transferred.map(({ buffer }) => /** @type {ArrayBuffer} */ (buffer)) });
}

/**
 * @param {Compute} compute
 * @returns {Promise<Opened>}
 */
async function start(compute) {
  watchLoads((urls) => send({ type: "fetched", urls }));
  const files = filesOf(NETWORKS);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const loading = loadWeights(manifest, files, (loaded) => send({ type: "weights", share: loaded / total }));
  const models = loading.then(({ buffers }) => modelsOf(NETWORKS, files, buffers));
  // The build of onnxruntime is chosen and fetched meanwhile.
  models.catch(() => undefined);
  /** @type {Promise<Networks> | null} */
  let whole = null;
  openWhole = () => (whole ??= openSessions(models, manifest, compute, { isWhole: true }));
  const networks = await openSessions(models, manifest, compute).catch((error) => {
    if (!isTrap(error)) throw error;
    return openWhole();
  });
  const weights = await loading;
  const { sessions, open, ...choice } = networks;
  const notes = [...weights.notes, ...choice.notes];
  const info = { ...choice, notes, weightsFrom: weights.from, loadedBytes: loadedBytes() };
  const card = new Uint8Array(weights.buffers[files.indexOf(siteFile(manifest, CARD))]);
  send({ type: "ready", info, card });
  return networks;
}

/** @param {NetworkName} network @returns {string} the key of its weights */
function weightsKey(network) {
  // The refiner is the decoder's own gradient: the same weights.
  return `weights/${network === "refiner" ? "decoder" : network}.safetensors`;
}

/** @param {NetworkName} network @returns {string} */
function graphKey(network) {
  return `weights/${network}.onnx`;
}

/** @param {NetworkName[]} networks @returns {SiteFile[]} weights and graphs */
function filesOf(networks) {
  const keys = new Set(networks.flatMap((network) => [weightsKey(network), graphKey(network)]));
  return [...keys].map((key) => siteFile(manifest, key));
}

/**
 * @param {NetworkName[]} networks
 * @param {SiteFile[]} files of them
 * @param {ArrayBuffer[]} buffers contents of the files
 * @returns {Model[]} in the order of the networks
 */
function modelsOf(networks, files, buffers) {
  /** @param {string} key */
  const contents = (key) => new Uint8Array(buffers[files.indexOf(siteFile(manifest, key))]);
  return networks.map((network) => {
    const key = weightsKey(network);
    return {
      graph: contents(graphKey(network)),
      // The graph names the file by its name in weights/.
      externalData: [{ path: key.slice(key.lastIndexOf("/") + 1), data: contents(key) }],
      // It takes longest to open, and marking needs the encoder first.
      isLater: network === "refiner",
    };
  });
}
