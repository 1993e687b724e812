/**
 * Opens pictures that Python alone cannot open: by parts of Pillow and libheif, which are loaded on demand from the
 * site and verified like all its files, or else by the browser.
 */

import { siteFile } from "../site/manifest.js";
import { decode } from "./decoding.js";
import { HeifDecoder } from "./heif.js";

/**
 * @import { PyodideAPI } from "pyodide"
 * @import { Manifest } from "../site/manifest.js"
 */

export class Codecs {
  #manifest;
  #python;
  /** By their names. @type {Map<string, Promise<unknown>>} */
  #loaded = new Map();
  /** See decoding.js. */
  decode = decode;

  /**
   * @param {Manifest} manifest
   * @param {PyodideAPI} python
   */
  constructor(manifest, python) {
    this.#manifest = manifest;
    this.#python = python;
  }

  /**
   * @param {string} name "avif"
   * @returns {Promise<boolean>} whether it is there now
   */
  load(name) {
    return this.#once(name, () => this.#install(name));
  }

  /** @returns {Promise<HeifDecoder | null>} null where it cannot be loaded */
  heif() {
    return this.#once("heif", () => HeifDecoder.load(this.#manifest).catch(() => null));
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} get gives false or null if it fails
   * @returns {Promise<T>}
   */
  #once(name, get) {
    const loaded = /** @type {Promise<T>} */ (this.#loaded.get(name) ?? get());
    this.#loaded.set(name, loaded);
    // After a failure the next picture tries again.
    loaded.then((isThere) => isThere || this.#loaded.delete(name));
    return loaded;
  }

  /**
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  async #install(name) {
    const file = this.#manifest.files[`codecs/${name}`];
    if (!file) return false;
    try {
      // All that this thread loads is verified already, and the lock file has no hashes of these.
      const options = { messageCallback: () => undefined, checkIntegrity: false };
      await this.#python.loadPackage(siteFile(this.#manifest, "codecs/micropip").url, options);
      await this.#python.pyimport("micropip").install(file.url);
      return true;
    } catch {
      return false;
    }
  }
}
