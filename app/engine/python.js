/**
 * Starts Pyodide with our package in it.
 *
 * Python's own start takes longest of all. So a visit that has all files at hand keeps a picture of Python's memory
 * just after that, and later visits begin from it, in an eighth of the time. Pyodide's options for it are private:
 * whatever goes wrong, Python starts as always.
 */

import { RUNTIME, SNAPSHOT } from "../site/caches.js";
import { digestOf, siteFile } from "../site/manifest.js";
import { guardFetches, verifiedScript } from "./verified.js";

/**
 * @import { Lockfile, PyodideAPI, PyodideConfig } from "pyodide"
 * @import { Manifest } from "../site/manifest.js"
 */

const PACKAGES = ["numpy", "pillow", "safetensors", "cbor2", "micropip"];
const DIGEST = "X-SHA-256";

/**
 * Python with our package imported, which imports all that it needs: a wheel that does not fit fails here.
 *
 * @param {Manifest} manifest
 * @returns {Promise<PyodideAPI>}
 */
export function startPython(manifest) {
  const failure = Promise.race([guardFetches(manifest), runtimeFailure()]);
  return Promise.race([failure, start(manifest, failure)]);
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @returns {Promise<PyodideAPI>}
 */
async function start(manifest, failure) {
  const python = (await fromSnapshot(manifest, failure)) ?? (await fromNothing(manifest, failure));
  await python.pyimport("micropip").install(siteFile(manifest, "wheels/hushmark").url);
  python.pyimport("hushmark.hosts.browser");
  return python;
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @returns {Promise<PyodideAPI | null>} null where there is no snapshot, or none that works
 */
async function fromSnapshot(manifest, failure) {
  try {
    const kept = await caches.match(snapshotUrl(manifest), { cacheName: SNAPSHOT });
    if (!kept) return null;
    const snapshot = await kept.arrayBuffer();
    if ((await digestOf(snapshot)) !== kept.headers.get(DIGEST)) throw new TypeError("A damaged snapshot.");
    const python = await boot(manifest, failure, { _loadSnapshot: snapshot });
    await python.loadPackage(PACKAGES, { messageCallback: () => undefined });
    // They were drawn before the snapshot was taken.
    python.pyimport("random").seed();
    return python;
  } catch {
    await globalThis.caches?.delete(SNAPSHOT).catch(() => undefined);
    return null;
  }
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @returns {Promise<PyodideAPI>}
 */
async function fromNothing(manifest, failure) {
  // The snapshot has to be taken before there are packages. Where these are still to be loaded, that would cost time.
  const isKept = await globalThis.caches
    ?.match(siteFile(manifest, "wheels/numpy").url, { cacheName: RUNTIME })
    .catch(() => undefined);
  if (!isKept) return boot(manifest, failure, { packages: PACKAGES });
  const python = await boot(manifest, failure, { _makeSnapshot: true });
  await keepSnapshot(manifest, python).catch(() => undefined);
  await python.loadPackage(PACKAGES, { messageCallback: () => undefined });
  return python;
}

/**
 * @param {Manifest} manifest
 * @param {PyodideAPI} python
 */
async function keepSnapshot(manifest, python) {
  const snapshot = new Uint8Array(python.makeMemorySnapshot());
  const headers = { [DIGEST]: await digestOf(snapshot.buffer) };
  // One at a time: an older one is of no more use.
  await caches.delete(SNAPSHOT);
  const cache = await caches.open(SNAPSHOT);
  await cache.put(snapshotUrl(manifest), new Response(snapshot, { headers }));
}

/**
 * It fits one build of Pyodide in one version of one browser.
 *
 * @param {Manifest} manifest
 */
function snapshotUrl(manifest) {
  return `${siteFile(manifest, "pyodide/pyodide.mjs").url}?${encodeURIComponent(navigator.userAgent)}`;
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @param {PyodideConfig} options
 * @returns {Promise<PyodideAPI>}
 */
async function boot(manifest, failure, options) {
  const loader = siteFile(manifest, "pyodide/pyodide.mjs");
  const core = verifiedScript(siteFile(manifest, "pyodide/pyodide.asm.mjs"));
  core.catch(() => undefined);
  // Pyodide would ask it for a script, to tell what kind of worker this is: one that has none.
  Object.assign(globalThis, { importScripts: undefined });
  /** @type {typeof import("pyodide")} */
  const { loadPyodide } = await import(await verifiedScript(loader));
  const loading = loadPyodide({
    indexURL: new URL(".", loader.url).href,
    // Pyodide fetches its WebAssembly meanwhile.
    createPyodideModule: async (settings) => (await import(await core)).default(settings),
    lockFileContents: lockFile(manifest),
    ...options,
  });
  return Promise.race([loading, failure]);
}

/**
 * Rejects when Pyodide's own WebAssembly cannot be had: Pyodide only warns of it, and then waits for ever.
 *
 * @returns {Promise<never>}
 */
function runtimeFailure() {
  const { instantiateStreaming } = WebAssembly;
  return new Promise((_, reject) => {
    WebAssembly.instantiateStreaming = (source, imports) => {
      const instantiated = instantiateStreaming(source, imports);
      instantiated.catch(reject);
      return instantiated;
    };
  });
}

/**
 * Pyodide's lock file with our wheels in place of its packages: so Pyodide loads them while it boots, checks
 * their SHA-256, and knows of no package that would have to come from elsewhere.
 *
 * @param {Manifest} manifest
 * @returns {Promise<Lockfile>}
 */
async function lockFile(manifest) {
  const response = await fetch(siteFile(manifest, "pyodide/pyodide-lock.json").url);
  /** @type {Lockfile} */
  const lock = await response.json();
  const packages = PACKAGES.map((name) => {
    const { url, sha256 } = siteFile(manifest, `wheels/${name}`);
    const version = url.slice(url.lastIndexOf("/") + 1).split("-")[1];
    return [name, { ...lock.packages[name], version, file_name: url, sha256 }];
  });
  return { ...lock, packages: Object.fromEntries(packages) };
}
