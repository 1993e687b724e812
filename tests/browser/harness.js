/** Opens the engine's parts to the tests, in a page of the real site. */

import { EngineClient } from "../../app/engine/client.js";
import { decode } from "../../app/engine/decoding.js";
import { digestOf, loadManifest, siteFile } from "../../app/site/manifest.js";
import { pageManifest } from "../../app/site/pin.js";
import { openSessions } from "../../app/engine/sessions.js";
import { loadWeights } from "../../app/engine/weights.js";

/** @import { Compute, Progress } from "../../app/engine/protocol.js" */

/** @type {Compute} */
const COMPUTE = { provider: "auto", threads: null };

/** @param {string} text base64 */
const toBytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/**
 * @param {string} name of a job
 * @param {string} picture base64
 */
const pictureFile = (name, picture) => new File([toBytes(picture)], `${name}.png`);

/**
 * Opens graphs that carry their own weights, on a software WebGPU adapter if there is one.
 *
 * @param {string} graph base64
 */
async function openOnSoftwareAdapter(graph) {
  const manifest = await loadManifest(pageManifest());
  const model = { graph: toBytes(graph), externalData: [] };
  const { provider, notes, sessions } = await openSessions([model], manifest, COMPUTE, {
    softwareAdapter: true,
  });
  const feeds = Object.fromEntries(
    (await sessions[0].inputs()).map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((size, side) => size * side, 1)).fill(1),
    ]),
  );
  return { provider, notes, values: [...(await sessions[0].run(feeds))] };
}

/**
 * Runs one of the site's networks.
 *
 * @param {"encoder" | "decoder"} network
 * @param {Record<string, string>} feeds base64 of float32
 */
async function runNetwork(network, feeds) {
  const manifest = await loadManifest(pageManifest());
  const files = [`weights/${network}.onnx`, `weights/${network}.safetensors`];
  const { buffers } = await loadWeights(
    manifest,
    files.map((key) => siteFile(manifest, key)),
  );
  const [graph, data] = buffers.map((buffer) => new Uint8Array(buffer));
  const model = { graph, externalData: [{ path: `${network}.safetensors`, data }] };
  const { sessions } = await openSessions([model], manifest, COMPUTE);
  const values = Object.entries(feeds).map(([name, text]) => [name, new Float32Array(toBytes(text).buffer)]);
  return [...(await sessions[0].run(Object.fromEntries(values)))];
}

/** An engine whose answers are all recorded, in order. */
class Recorder {
  /** @type {string[]} */
  events = [];
  /** The phases that each job has entered, and its end. @type {string[]} */
  phases = [];
  /** SHA-256 of the marked pictures, by job. @type {Record<string, string>} */
  digests = {};
  /** @type {Record<string, AbortController>} */
  #controllers = {};
  /** @type {Promise<void>[]} */
  #jobs = [];
  /** @type {EngineClient | undefined} */
  #client;

  async start() {
    const client = new EngineClient(pageManifest());
    this.#client = client;
    client.addEventListener("state", () => {
      const { state } = client;
      if (state.name !== "starting" || state.progress === null) this.events.push(state.name);
    });
    await client.ready;
  }

  /**
   * @param {string} name of the job in the events
   * @param {string} picture base64
   * @param {object} [options]
   * @param {string} [options.abortOn] name of a job that is cancelled as soon as this one runs
   * @param {boolean} [options.inBackground]
   * @param {(phase: string) => void} [options.onPhase] told every step of every phase
   */
  embed(name, picture, { abortOn, inBackground, onPhase } = {}) {
    if (!this.#client) throw new Error("The engine was not started.");
    const controller = new AbortController();
    this.#controllers[name] = controller;
    const options = { kind: /** @type {const} */ ("text"), value: "pipe", strength: 1.4 };
    const how = {
      signal: controller.signal,
      inBackground,
      onProgress: this.#noting(name, (phase) => {
        if (abortOn) this.#controllers[abortOn].abort();
        onPhase?.(phase);
      }),
    };
    const marking = this.#client.run("embed", pictureFile(name, picture), options, how);
    this.#note(name, marking, async (marked) => {
      this.events.push(`${name}: ${marked.name}`);
      this.phases.push(`${name}: end`);
      this.digests[name] = await digestOf(marked.data.buffer);
    });
  }

  /**
   * @param {string} name of the job in the events
   * @param {string} picture base64
   * @param {(phase: string) => void} onPhase told every step of every phase
   */
  read(name, picture, onPhase) {
    if (!this.#client) throw new Error("The engine was not started.");
    const how = { onProgress: this.#noting(name, onPhase) };
    const reading = this.#client.run("read", pictureFile(name, picture), {}, how);
    this.#note(name, reading, (read) => this.events.push(`${name}: ${read.reading.outcome}`));
  }

  /**
   * @param {string} name of a job
   * @param {(phase: string) => void} onPhase
   * @returns {(progress: Progress) => void}
   */
  #noting(name, onPhase) {
    return ({ phase }) => {
      this.phases.push(`${name}: ${phase}`);
      onPhase(phase);
    };
  }

  /**
   * @template Result
   * @param {string} name of a job
   * @param {Promise<Result>} job
   * @param {(result: Result) => unknown} onResult
   */
  #note(name, job, onResult) {
    const noted = job.then(onResult, (error) => this.events.push(`${name}: ${error.name} ${error.code}`));
    this.#jobs.push(noted.then(() => undefined));
  }

  /** @param {string} name of a job */
  abort(name) {
    this.#controllers[name].abort();
  }

  async settled() {
    await Promise.all(this.#jobs);
    await this.#client?.ready;
    return { events: this.events, phases: this.phases, digests: this.digests };
  }
}

/**
 * A picture as the browser decodes it: its width, its height and its pixels in base64.
 *
 * @param {string} file base64
 * @param {string} type
 */
async function decodeByBrowser(file, type) {
  const pixels = await decode(toBytes(file), type);
  if (!pixels) return null;
  const text = Array.from(pixels.data, (byte) => String.fromCharCode(byte)).join("");
  return [pixels.width, pixels.height, btoa(text)];
}

Object.assign(globalThis, {
  harness: { openOnSoftwareAdapter, runNetwork, decode: decodeByBrowser, recorder: new Recorder() },
});
