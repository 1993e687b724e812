/**
 * The engine for other pages, as the npm package "hushmark": marks and reads pictures in a worker, on the device of
 * whoever visits the page. Nothing is uploaded.
 */

import { EngineClient } from "../engine/client.js";
import { EngineError } from "../engine/errors.js";

/**
 * @import { EmbedOptions, Marked as MarkedData, Progress, TimedReading, Reading, ReadOptions, StartProgress } from "../engine/protocol.js"
 *
 * @typedef {object} OpenOptions
 * @property {string | URL} [base] where the folder "engine" of this package is served; beside this module unless given
 * @property {number | null} [threads] for the networks, where the page is cross-origin isolated; else one
 * @property {(progress: StartProgress) => void} [onProgress] called with how much of the engine has been loaded
 *
 * @typedef {object} JobOptions
 * @property {AbortSignal} [signal] ends the job, which then rejects with the code "cancelled"
 * @property {(progress: Progress) => void} [onProgress] called with how far the job is
 *
 * @typedef {Omit<EmbedOptions, "value" | "chain" | "author" | "manifest_note"> & { value?: string } & JobOptions} MarkOptions
 *   `value` is not used for random
 *
 * @typedef {MarkedData & { file: File }} Marked with the marked picture as a file, for a form or a download
 */

export { EngineError };

/**
 * Loads the engine, which the browser then keeps.
 *
 * @param {OpenOptions} [options]
 * @returns {Promise<Engine>}
 * @throws {EngineError} load-failed, load-damaged, site-changed (the files at `base` are of another version of
 *   this package), engine-start
 */
export async function open({ base, threads = null, onProgress } = {}) {
  const folder = new URL(base ?? "engine/", base ? document.baseURI : import.meta.url).href;
  const url = new URL("manifest.json", folder.endsWith("/") ? folder : `${folder}/`).href;
  const client = new EngineClient({ url, sha256: MANIFEST_SHA256 }, { provider: "wasm", threads });
  client.addEventListener("state", () => {
    if (client.state.name === "starting" && client.state.progress) onProgress?.(client.state.progress);
  });
  await client.ready;
  return new Engine(client);
}

/** The engine that `open` returns. Jobs are done one after the other. */
class Engine {
  #client;

  /** @param {EngineClient} client that is ready */
  constructor(client) {
    this.#client = client;
  }

  /**
   * Marks a picture, and reads it back.
   *
   * @param {Blob} picture
   * @param {MarkOptions} options
   * @returns {Promise<Marked>} `warnings` says whether the mark may not last
   * @throws {EngineError} whose `code` stays from version to version, and whose `message` says what is wrong
   */
  async mark(picture, { signal, onProgress, value = "", ...options }) {
    const how = { signal, onProgress };
    const marked = await this.#client.run("embed", named(picture), { ...options, value }, how);
    return { ...marked, file: new File([marked.data], marked.name, { type: marked.type }) };
  }

  /**
   * Reads a picture, wherever in it the mark is.
   *
   * @param {Blob} picture
   * @param {ReadOptions & JobOptions} [options]
   * @returns {Promise<Reading>} `outcome` is one of three answers: read, unreadable, none
   * @throws {EngineError}
   */
  async read(picture, { signal, onProgress, ...options } = {}) {
    /** @type {TimedReading} */
    const { reading } = await this.#client.run("read", named(picture), options, { signal, onProgress });
    return reading;
  }

  /** Ends the engine and frees its memory. Jobs that are left reject with the code "cancelled". */
  close() {
    this.#client.close();
  }
}

/**
 * The picture as a file, whose name sentences and the marked picture's name use.
 *
 * @param {Blob} picture
 */
const named = (picture) =>
  picture instanceof File ? picture : new File([picture], "picture", { type: picture.type });
