import { siteFile } from "../site/manifest.js";

/** @import { Manifest, SiteFile } from "../site/manifest.js" */
/** @import { StartProgress } from "./protocol.js" */

/**
 * Counts how much of the engine's files has arrived, and which of its two parts have started. Pyodide and onnxruntime
 * fetch their files themselves and report no progress, so these count when the browser reports them as loaded. The
 * weights count as they arrive.
 */
export class Loading {
  /** Files that are still to come, by URL. @type {Map<string, SiteFile>} */
  #missing;
  #builds;
  #wasmBuild;
  #total;
  #loaded = 0;
  #weightsSize;
  #weightsShare = 0;
  #started = { python: false, networks: false };
  #onProgress;

  /**
   * @param {Manifest} manifest
   * @param {(progress: StartProgress) => void} onProgress
   */
  constructor(manifest, onProgress) {
    const files = Object.entries(manifest.files).filter(
      ([key, { part }]) => part === "python" || part === "wheels" || key === "ort/wasm.wasm",
    );
    this.#missing = new Map(files.map(([, file]) => [file.url, file]));
    // Where there is a GPU another build of onnxruntime comes in place of the wasm one.
    this.#wasmBuild = siteFile(manifest, "ort/wasm.wasm");
    // The npm package has none of these.
    this.#builds = ["jspi", "asyncify"].flatMap((build) => manifest.files[`ort/${build}.wasm`] ?? []);
    this.#weightsSize = sizeOnWire(Object.values(manifest.files).filter(({ part }) => part === "weights"));
    this.#total = this.#weightsSize + sizeOnWire(this.#missing.values());
    this.#onProgress = onProgress;
  }

  /** @param {string[]} urls of files that are loaded, which may be others than the engine's */
  arrived(urls) {
    for (const url of urls) {
      const build = this.#builds.find((file) => file.url === url);
      if (build) this.#expectInstead(this.#wasmBuild, build);
      const file = this.#missing.get(url);
      if (file) this.#loaded += sizeOnWire([file]);
      this.#missing.delete(url);
    }
    this.#report();
  }

  /** @param {number} share of the weights that is loaded */
  weightsArrived(share) {
    this.#weightsShare = share;
    this.#report();
  }

  /**
   * @param {SiteFile[]} files that are not loaded this time
   */
  spared(files) {
    for (const file of files) if (this.#missing.delete(file.url)) this.#total -= sizeOnWire([file]);
    this.#report();
  }

  /** @param {"python" | "networks"} part */
  started(part) {
    this.#started[part] = true;
    this.#report();
  }

  /**
   * @param {SiteFile} expected
   * @param {SiteFile} found
   */
  #expectInstead(expected, found) {
    if (!this.#missing.delete(expected.url)) return;
    this.#missing.set(found.url, found);
    this.#total += sizeOnWire([found]) - sizeOnWire([expected]);
  }

  #report() {
    const loaded = this.#loaded + this.#weightsShare * this.#weightsSize;
    this.#onProgress({ loaded, total: this.#total, ...this.#started });
  }
}

/** @param {Iterable<SiteFile>} files */
function sizeOnWire(files) {
  return [...files].reduce((sum, file) => sum + (file.br ?? file.size), 0);
}
