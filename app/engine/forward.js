/** The engine worker's side of the networks' worker. */

import { EngineError } from "./errors.js";
import { watchLife } from "./life.js";
import { siteFile } from "../site/manifest.js";
import { verifiedScript } from "./verified.js";

/**
 * @import { Loading } from "./loading.js"
 * @import { Manifest } from "../site/manifest.js"
 * @import { FromNetworks, NetworkName, ToNetworks } from "./networks-worker.js"
 * @import { Compute, EngineInfo } from "./protocol.js"
 *
 * @typedef {{ resolve: (outputs: Float32Array[]) => void, reject: (error: EngineError) => void }} Run
 */

/** The forward pass as Python calls it. Its arguments are transferred, and cannot be used afterwards. */
export class Forward {
  #worker;
  #count = 0;
  /** Those that have no answer yet, by number. @type {Map<number, Run>} */
  #runs = new Map();

  /** @param {Worker} worker that is ready */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", (event) => this.#receive(event.data));
  }

  /**
   * @param {Float32Array} bits
   * @param {Float32Array} image
   */
  encode(bits, image) {
    return this.#run("encoder", { secret_bits: bits, image });
  }

  /**
   * @param {Float32Array} bits
   * @param {Float32Array} image
   * @param {Float32Array} residual
   */
  refine(bits, image, residual) {
    return this.#run("refiner", { secret_bits: bits, image, residual });
  }

  /** @param {Float32Array} image */
  decode(image) {
    return this.#run("decoder", { image });
  }

  /** @param {Float32Array} image */
  locate(image) {
    return this.#run("locator", { image });
  }

  /** Called when there is nothing else to do: loads what only some pictures need, so that they work offline, too. */
  loadRest() {
    /** @type {ToNetworks} */
    const message = { type: "load-rest" };
    this.#worker.postMessage(message);
  }

  /**
   * @param {NetworkName} network
   * @param {Record<string, Float32Array>} feeds
   * @returns {Promise<Float32Array[]>}
   */
  #run(network, feeds) {
    this.#count += 1;
    const run = this.#count;
    return new Promise((resolve, reject) => {
      this.#runs.set(run, { resolve, reject });
      /** @type {ToNetworks} */
      const message = { type: "run", run, network, feeds };
      this.#worker.postMessage(
        message,
        Object.values(feeds).map(({ buffer }) => buffer),
      );
    });
  }

  /** @param {FromNetworks} message */
  #receive(message) {
    if (message.type !== "outputs" && message.type !== "failed") return;
    const run = this.#runs.get(message.run);
    this.#runs.delete(message.run);
    if (message.type === "outputs") run?.resolve(message.outputs);
    else run?.reject(EngineError.from(message.error));
  }
}

/**
 * Starts the networks in a worker of their own, which ends with this one.
 *
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @param {Loading} loading
 * @param {() => void} onRest called when the files that only some pictures need are loaded
 * @param {(detail: string) => void} onEnd called when that worker has ended, or does not answer
 * @returns {Promise<{ forward: Forward, info: EngineInfo, card: Uint8Array }>} info: as far as that worker knows;
 *   card: the file with the model card
 * @throws {EngineError}
 */
export async function startForward(manifest, compute, loading, onRest, onEnd) {
  const worker = new Worker(await verifiedScript(siteFile(manifest, "networks-worker.js")), {
    type: "module",
  });
  return new Promise((resolve, reject) => {
    worker.addEventListener("message", (/** @type {MessageEvent<FromNetworks>} */ { data: message }) => {
      switch (message.type) {
        case "fetched":
          loading.arrived(message.urls);
          break;
        case "weights":
          loading.weightsArrived(message.share);
          break;
        case "ready":
          loading.started("networks");
          resolve({ forward: new Forward(worker), info: message.info, card: message.card });
          break;
        case "rest-loaded":
          onRest();
          break;
        case "stopped":
          reject(EngineError.from(message.error));
          break;
      }
    });
    watchLife(worker, onEnd);
    /** @type {ToNetworks} */
    const message = { type: "start", manifest, compute };
    worker.postMessage(message);
  });
}
