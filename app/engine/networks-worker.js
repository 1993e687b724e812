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
 * @import { Session } from "./sessions.js"
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
  const names = ["encoder", "decoder", "locator"].map((name) => `${name}.safetensors`);
  const graphs = ["encoder", "refiner", "decoder", "locator"].map((name) => `${name}.onnx`);
  const files = [...names, ...graphs].map((key) => siteFile(manifest, `weights/${key}`));
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const weights = await loadWeights(files, (loaded) => send({ type: "weights", share: loaded / total }));
  const [encoder, decoder, locator, ...graphFiles] = weights.buffers.map((buffer) => new Uint8Array(buffer));
  const encoderData = [{ path: "encoder.safetensors", data: encoder }];
  const decoderData = [{ path: "decoder.safetensors", data: decoder }];
  const locatorData = [{ path: "locator.safetensors", data: locator }];
  // The refiner is the decoder's own gradient: the same weights.
  const externalData = [encoderData, decoderData, decoderData, locatorData];
  const { sessions, ...choice } = await openSessions(
    graphFiles.map((graph, at) => ({ graph, externalData: externalData[at] })),
    manifest,
    compute,
  );
  const notes = [...weights.notes, ...choice.notes];
  const info = { ...choice, notes, weightsFrom: weights.from, loadedBytes: loadedBytes() };
  send({ type: "ready", info, card: decoder });
  return { encoder: sessions[0], refiner: sessions[1], decoder: sessions[2], locator: sessions[3] };
}
