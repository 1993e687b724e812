/** Loads Pyodide from verified files. */

import { siteFile } from "../site/manifest.js";
import { fetchSoon, guardFetches, verifiedScript } from "./verified.js";

/**
 * @import { Lockfile, PyodideAPI, PyodideConfig } from "pyodide"
 * @import { Manifest } from "../site/manifest.js"
 *
 * @typedef {object} PyodideModule what the snapshot needs of Emscripten's module
 * @property {FileSystem} FS
 * @property {{ loadedLibsByName: Record<string, SharedObject>, loadedLibsByHandle: Record<number, SharedObject> }} LDSO
 * @property {WebAssembly.Table} wasmTable
 * @property {(size: number) => number} _malloc
 * @property {(size: number) => unknown} growMemory
 * @property {(name: string, handle: undefined, exports: "loading") => SharedObject} newDSO
 * @property {(code: WebAssembly.Module, flags: object, name: string, scope: object) => object} loadWebAssemblyModule
 *
 * @typedef {object} FileSystem
 * @property {(path: string) => string[]} readdir
 * @property {(path: string) => { mode: number }} stat
 * @property {(mode: number) => boolean} isDir
 * @property {(path: string) => Uint8Array<ArrayBuffer>} readFile
 * @property {(path: string) => void} mkdirTree
 * @property {(path: string, data: Uint8Array) => void} writeFile
 *
 * @typedef {{ name: string, refcount: number, global: boolean, exports: unknown }} SharedObject
 * @typedef {PyodideModule & { onRuntimeInitialized: () => void }} Settings of a module, and then the module itself
 * @typedef {(settings: Settings) => Promise<PyodideModule>} CreateModule
 */

const SCRIPTS = ["pyodide/pyodide.mjs", "pyodide/pyodide.asm.mjs"];
/** The module that the worker talks to. It imports all that marking and reading needs. */
export const ENTRY = "hushmark.hosts.browser";
/** Our package and what it needs; Pyodide loads it while it boots. */
export const PACKAGES = ["numpy", "pillow", "safetensors", "cbor2", "hushmark"];

/**
 * From now on, all engine files that this thread loads are verified.
 *
 * @param {Manifest} manifest
 * @returns {Promise<never>} rejects when one cannot be loaded
 */
export function loadFailure(manifest) {
  const failure = guardFetches(manifest);
  // They load while the page checks whether there is a snapshot of Python's memory.
  for (const script of SCRIPTS) verifiedScript(siteFile(manifest, script)).catch(() => undefined);
  fetchSoon(siteFile(manifest, "pyodide/pyodide.asm.wasm"));
  return Promise.race([failure, runtimeFailure()]);
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @param {PyodideConfig} options
 * @param {(create: CreateModule, settings: Settings) => Promise<PyodideModule>} [createModule]
 * @returns {Promise<PyodideAPI>}
 */
export async function boot(
  manifest,
  failure,
  options,
  createModule = (create, settings) => create(settings),
) {
  const loader = siteFile(manifest, "pyodide/pyodide.mjs");
  const core = verifiedScript(siteFile(manifest, "pyodide/pyodide.asm.mjs"));
  core.catch(() => undefined);
  // Pyodide would call it to find out what kind of worker this is: a module worker, where it fails.
  Object.assign(globalThis, { importScripts: undefined });
  /** @type {typeof import("pyodide")} */
  const { loadPyodide } = await import(await verifiedScript(loader));
  const loading = loadPyodide({
    indexURL: new URL(".", loader.url).href,
    // Pyodide fetches its WebAssembly meanwhile.
    createPyodideModule: async (/** @type {any} */ settings) =>
      /** @type {any} */ (createModule((await import(await core)).default, settings)),
    lockFileContents: lockFile(manifest),
    ...options,
  });
  return Promise.race([loading, failure]);
}

/**
 * Rejects when Pyodide's own WebAssembly cannot be loaded: Pyodide only logs a warning then, and waits for ever.
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
 * Pyodide's lock file with our wheels in place of its packages: so Pyodide loads them while it boots, checks their
 * SHA-256, and loads no package from elsewhere.
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
