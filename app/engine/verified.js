/**
 * Code and data of the site are compared with the manifest's SHA-256 before they run, on the first visit too.
 *
 * Scripts run from memory. From their address the browser would load them again, and might get something else. All
 * other files are fetched as usual, and the browser itself compares them: that way it still uses the compiled code that
 * it keeps with a WebAssembly file.
 */

import { RUNTIME } from "../site/caches.js";
import { allow, trusted } from "../site/trusted.js";
import { EngineError } from "./errors.js";
import { isIntact } from "../site/manifest.js";

/** @import { Manifest, SiteFile } from "../site/manifest.js" */

/** The weights are not among them: weights.js verifies these itself, and reports how much has arrived. */
const GUARDED = ["python", "wheels", "codecs", "onnxruntime"];

/** Whether files may be loaded over the network. */
let mayLoad = true;
const load = globalThis.fetch.bind(globalThis);
/** Files that were fetched before a library fetches them, by URL. @type {Map<string, Promise<Response>>} */
const early = new Map();
/** Object URLs of verified scripts, by SHA-256. @type {Map<string, Promise<string>>} */
const scripts = new Map();

/** From now on, this thread takes the engine's files only from what the browser has stored. */
export function loadNothing() {
  mayLoad = false;
}

/**
 * Fetches a file early that a library will fetch once it runs.
 *
 * @param {SiteFile} file
 */
export function fetchSoon(file) {
  const response = fetchVerified(file);
  response.catch(() => undefined);
  early.set(file.url, response);
}

/**
 * @param {SiteFile} file a module
 * @returns {Promise<string>} its address for import() and Worker
 * @throws {EngineError} load-failed, load-damaged
 */
export async function verifiedScript(file) {
  // An extension's files were verified when it was installed, and its pages may not run scripts from memory.
  if (new URL(file.url).protocol.endsWith("-extension:")) {
    allow(file.url);
    return trusted(file.url);
  }
  const url = scripts.get(file.sha256) ?? loadScript(file);
  scripts.set(file.sha256, url);
  // After a failure the next call tries again.
  url.catch(() => scripts.delete(file.sha256));
  return trusted(await url);
}

/**
 * From now on, each file of the engine that is fetched in this thread is verified.
 *
 * @param {Manifest} manifest
 * @returns {Promise<never>} rejects with an EngineError when a file could not be loaded: libraries may only log that,
 *   or wait for ever
 */
export function guardFetches(manifest) {
  const guarded = Object.values(manifest.files).filter(({ part }) => GUARDED.includes(part));
  const files = new Map(guarded.map((file) => [file.url, file]));
  const failure = new Promise((_, reject) => {
    globalThis.fetch = (input, options) => {
      const file = files.get(input instanceof Request ? input.url : String(input));
      if (!file) return load(input, options);
      const response = early.get(file.url) ?? fetchVerified(file, options);
      early.delete(file.url);
      response.catch(reject);
      return response;
    };
  });
  failure.catch(() => undefined);
  return /** @type {Promise<never>} */ (failure);
}

/** @param {SiteFile} file */
async function loadScript(file) {
  const response = await fetchVerified(file);
  const url = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "text/javascript" }));
  allow(url);
  return url;
}

/**
 * @param {SiteFile} file
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 * @throws {EngineError} load-failed, load-damaged
 */
async function fetchVerified(file, options) {
  const digest = (file.sha256.match(/../g) ?? []).map((byte) => parseInt(byte, 16));
  const integrity = `sha256-${btoa(String.fromCharCode(...digest))}`;
  const kept = await globalThis.caches?.match(file.url, { cacheName: RUNTIME }).catch(() => undefined);
  if (!mayLoad && kept) return checked(kept, file);
  if (!mayLoad || (kept && file.url.endsWith(".wasm"))) {
    // Not through the service worker: the browser keeps compiled code with files in the HTTP cache from the first visit
    // on, but with the service worker's responses some visits later, if at all.
    const fromHttpCache = /** @type {const} */ ({ cache: "only-if-cached", mode: "same-origin" });
    const found = await load(file.url, { ...options, ...fromHttpCache, integrity }).catch(() => null);
    if (found?.ok) return found;
    if (!mayLoad) throw new EngineError("load-failed", file.url);
  }
  try {
    return await load(file.url, { ...options, integrity });
  } catch {
    // The browser does not say what was wrong, and it may have kept a damaged copy.
    return reloadVerified(file, options);
  }
}

/**
 * @param {SiteFile} file
 * @param {RequestInit} [options]
 */
async function reloadVerified(file, options) {
  let response;
  try {
    response = await load(file.url, { ...options, integrity: "", cache: "reload" });
    if (!response.ok) throw new Error(response.statusText);
    response = new Response(await response.arrayBuffer(), response);
  } catch {
    throw new EngineError("load-failed", file.url);
  }
  return checked(response, file);
}

/**
 * @param {Response} response
 * @param {SiteFile} file
 */
async function checked(response, file) {
  const data = await response.arrayBuffer();
  if (!(await isIntact(data, file))) throw new EngineError("load-damaged", file.url);
  return new Response(data, response);
}
