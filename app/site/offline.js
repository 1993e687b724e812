/** What this browser stores of the site for use without a network. */

import { loadWeights, missingWeights } from "../engine/weights.js";
import { isRuntime, keep, RUNTIME } from "./caches.js";

/**
 * @import { Manifest, SiteFile } from "./manifest.js"
 * @import { EngineInfo } from "../engine/protocol.js"
 */

/** @returns {Promise<boolean>} false without a service worker, as where people have switched storage off */
export async function canKeepFiles() {
  return Boolean(await navigator.serviceWorker?.getRegistration().catch(() => undefined));
}

/**
 * The files of the runtime and the weights that this browser's engine needs and that are not kept yet.
 *
 * @param {Manifest} manifest
 * @param {EngineInfo["build"]} build of onnxruntime-web that the engine uses
 * @returns {Promise<SiteFile[]>}
 */
export async function missingFiles(manifest, build) {
  const cache = await caches.open(RUNTIME);
  const kept = new Set((await cache.keys()).map((request) => request.url));
  // The wasm build, too: next time there may be no GPU.
  const builds = ["ort/wasm.", `ort/${build}.`];
  const runtime = Object.entries(manifest.files)
    // Codecs for rare formats are stored once they were used.
    .filter(([, file]) => isRuntime(file) && file.part !== "codecs" && !kept.has(file.url))
    .filter(([key]) => !key.startsWith("ort/") || builds.some((start) => key.startsWith(start)))
    .map(([, file]) => file);
  return [...runtime, ...(await missingWeights(manifest))];
}

/** @param {SiteFile[]} files @returns {number} bytes that they take on the wire */
export function sizeOnWire(files) {
  return files.reduce((sum, file) => sum + (file.br ?? file.size), 0);
}

/**
 * @param {Manifest} manifest
 * @param {SiteFile[]} files of the runtime and the weights
 * @param {(loaded: number) => void} onProgress called with the bytes on the wire so far
 * @throws {TypeError} when a file of the runtime cannot be loaded, or is not whole
 * @throws {EngineError} the same of weights: load-failed, load-damaged
 * @throws {DOMException} QuotaExceededError
 */
export async function keepFiles(manifest, files, onProgress) {
  const cache = await caches.open(RUNTIME);
  let loaded = 0;
  for (const file of files.filter(isRuntime)) {
    const response = await fetch(file.url);
    const counter = new TransformStream({
      /** @param {Uint8Array} chunk @param {TransformStreamDefaultController} controller */
      transform(chunk, controller) {
        loaded += (chunk.byteLength / file.size) * sizeOnWire([file]);
        onProgress(loaded);
        controller.enqueue(chunk);
      },
    });
    const counted = new Response(response.body?.pipeThrough(counter), response);
    await keep(cache, file, counted, manifest.headers);
  }
  const weights = files.filter((file) => !isRuntime(file));
  const { notes } = await loadWeights(manifest, weights);
  if (notes.length) throw new DOMException(notes[0].detail, "QuotaExceededError");
}

/**
 * Stores those files of the runtime that the HTTP cache still has from their first use. Loads nothing.
 *
 * @param {Manifest} manifest
 * @param {SiteFile[]} files
 */
export async function keepUsedFiles(manifest, files) {
  const cache = await caches.open(RUNTIME);
  for (const file of files.filter(isRuntime)) {
    try {
      const response = await fetch(file.url, { cache: "only-if-cached", mode: "same-origin" });
      await keep(cache, file, response, manifest.headers);
    } catch {
      // It is loaded when people ask for it, or when it is used again.
    }
  }
}
