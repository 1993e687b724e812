/**
 * What opens pictures that Python cannot by itself: parts of Pillow and libheif, which are loaded when one is wanted,
 * from the site itself and verified like the rest, or else the browser.
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
  /** By their names. @type {Map<string, Promise<boolean>>} */
  #loaded = new Map();
  /** @type {Promise<HeifDecoder | null> | null} */
  #heif = null;
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
    const loaded = this.#loaded.get(name) ?? this.#install(name);
    this.#loaded.set(name, loaded);
    // After a failure the next picture tries again.
    loaded.then((isThere) => isThere || this.#loaded.delete(name));
    return loaded;
  }

  /** @returns {Promise<HeifDecoder | null>} null where it cannot be had */
  heif() {
    this.#heif ??= HeifDecoder.load(this.#manifest).catch(() => {
      // The next picture tries again.
      this.#heif = null;
      return null;
    });
    return this.#heif;
  }

  /**
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  async #install(name) {
    const file = this.#manifest.files[`codecs/${name}`];
    if (!file) return false;
    try {
      // What this thread loads is verified already, and the lock file has no hashes of these.
      const options = { messageCallback: () => undefined, checkIntegrity: false };
      await this.#python.loadPackage(siteFile(this.#manifest, "codecs/micropip").url, options);
      await this.#python.pyimport("micropip").install(file.url);
      return true;
    } catch {
      return false;
    }
  }
}
