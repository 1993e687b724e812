/**
 * A snapshot of Python's memory with our package imported. Later visits start from it in a fraction of the time.
 *
 * Pyodide's own snapshots leave out shared objects, such as numpy's: their functions are in a table outside the memory.
 * So these are loaded before Python starts, in the same order when the snapshot is taken and when it is used: that way
 * they get the same places in memory and table, and pointers to them stay valid. Pyodide's snapshots leave out files,
 * too, so these are stored with the snapshot.
 *
 * The options and functions of Pyodide that this needs are private: whatever goes wrong, Python starts from scratch.
 */

import { dropSnapshot, SNAPSHOT } from "../site/caches.js";
import { digestOf, siteFile } from "../site/manifest.js";
import { boot, ENTRY, loadFailure, PACKAGES } from "./pyodide.js";
import { loadNothing } from "./verified.js";

/**
 * @import { PyodideAPI } from "pyodide"
 * @import { Manifest } from "../site/manifest.js"
 * @import { FileSystem, PyodideModule } from "./pyodide.js"
 *
 * @typedef {{ path: string, data: Uint8Array<ArrayBuffer> }} PythonFile
 *
 * @typedef {object} Contents what precedes the bytes
 * @property {number} memory bytes
 * @property {[path: string, size: number][]} files in the order of their bytes
 * @property {string[]} libraries paths of the shared objects, in the order in which they are loaded
 * @property {number[]} places of the shared objects
 * @property {[handle: number, path: string][]} handles Python's handles of them
 */

const SITE_PACKAGES = "import hushmark, pathlib; f'{pathlib.Path(hushmark.__file__).parents[1]}/'";
/** Pyodide loads more shared objects than are imported. The others can still be imported, from their files. */
const IMPORTED = `
import json, sys
origins = [getattr(getattr(module, "__spec__", None), "origin", None) for module in sys.modules.values()]
json.dumps([origin for origin in origins if origin and origin.endswith(".so")])
`;
const DIGEST = "X-SHA-256";

/**
 * Takes a snapshot and stores it, in a worker that does nothing else. Loads nothing over the network.
 *
 * @param {Manifest} manifest
 */
export async function takeSnapshot(manifest) {
  loadNothing();
  const failure = loadFailure(manifest);
  const model = await boot(manifest, failure, { packages: PACKAGES });
  model.pyimport(ENTRY).destroy();
  /** @type {string[]} */
  const libraries = JSON.parse(model.runPython(IMPORTED));
  const files = [...filesBelow(moduleOf(model).FS, model.runPython(SITE_PACKAGES))];

  const compiled = await compile(files, libraries);
  /** @type {number[]} */
  let places = [];
  const python = await boot(manifest, failure, { _makeSnapshot: true }, async (create, settings) => {
    settings.onRuntimeInitialized = () => {
      places = loadLibraries(settings, compiled);
    };
    return create(settings);
  });
  // Not before: Pyodide records which packages it finds, and takes no snapshot with such a record.
  writeFiles(moduleOf(python).FS, files);
  python.pyimport(ENTRY).destroy();
  const memory = new Uint8Array(python.makeMemorySnapshot());
  const handles = Object.entries(moduleOf(python).LDSO.loadedLibsByHandle)
    .filter(([, { name }]) => libraries.includes(name))
    .map(([handle, { name }]) => /** @type {[number, string]} */ ([Number(handle), name]));
  await keep(await snapshotUrl(manifest), memory, files, { libraries, places, handles });
}

/**
 * @param {Manifest} manifest
 * @returns {Promise<Response | null>} the stored snapshot; null where there is none
 */
export async function keptSnapshot(manifest) {
  try {
    return (await caches.match(await snapshotUrl(manifest), { cacheName: SNAPSHOT })) ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {Manifest} manifest
 * @param {Promise<never>} failure
 * @param {Response} kept
 * @returns {Promise<PyodideAPI | null>} Python with our package imported; null when the snapshot does not work
 */
export async function fromSnapshot(manifest, failure, kept) {
  try {
    const { memory, files, libraries, places, handles } = await open(kept);
    const compiled = await compile(files, libraries);
    const python = await boot(manifest, failure, { _loadSnapshot: memory }, async (create, settings) => {
      /** @type {number[]} */
      let found = [];
      settings.onRuntimeInitialized = () => {
        found = loadLibraries(settings, compiled);
      };
      const module = await create(settings);
      if (String(found) !== String(places)) throw new TypeError("Shared objects got other places.");
      // Pyodide copies the snapshot into the memory without growing it first.
      module.growMemory(memory.length);
      const { loadedLibsByHandle, loadedLibsByName } = module.LDSO;
      for (const [handle, path] of handles) loadedLibsByHandle[handle] = loadedLibsByName[path];
      return module;
    });
    // Python has its shared objects already.
    writeFiles(
      moduleOf(python).FS,
      files.filter(({ path }) => !libraries.includes(path)),
    );
    // Its seed was drawn before the snapshot was taken.
    python.pyimport("random").seed();
    return python;
  } catch {
    await dropSnapshot();
    return null;
  }
}

/**
 * A snapshot fits one build of Python and its packages in one version of one browser.
 *
 * @param {Manifest} manifest
 */
async function snapshotUrl(manifest) {
  const files = Object.values(manifest.files).filter(({ part }) => part === "python" || part === "wheels");
  const hashes = files.map(({ sha256 }) => sha256).sort();
  const fits = new TextEncoder().encode([navigator.userAgent, ...hashes].join());
  return `${siteFile(manifest, "pyodide/pyodide.mjs").url}?${await digestOf(fits.buffer)}`;
}

/**
 * @param {string} url
 * @param {Uint8Array<ArrayBuffer>} memory
 * @param {PythonFile[]} files
 * @param {Pick<Contents, "libraries" | "places" | "handles">} links
 */
async function keep(url, memory, files, links) {
  /** @type {Contents} */
  const contents = {
    memory: memory.length,
    files: files.map(({ path, data }) => [path, data.length]),
    ...links,
  };
  const head = new TextEncoder().encode(JSON.stringify(contents));
  // Pyodide reads its snapshot as 32-bit numbers, which have to start at a multiple of 4 bytes.
  const size = new Uint32Array([head.length]);
  const padding = new Uint8Array(-head.length & 3);
  const parts = [size, head, padding, memory, ...files.map(({ data }) => data)];
  const data = await new Blob(parts).arrayBuffer();
  const headers = { [DIGEST]: await digestOf(data) };
  // Only one is stored: older ones are of no use.
  await caches.delete(SNAPSHOT);
  const cache = await caches.open(SNAPSHOT);
  await cache.put(url, new Response(data, { headers }));
}

/**
 * @param {Response} kept
 * @throws {TypeError} when it is damaged
 */
async function open(kept) {
  const data = await kept.arrayBuffer();
  if ((await digestOf(data)) !== kept.headers.get(DIGEST)) throw new TypeError("A damaged picture.");
  const size = new Uint32Array(data, 0, 1)[0];
  /** @type {Contents} */
  const contents = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size)));
  let start = 4 + size + (-size & 3);
  /** @param {number} length */
  const take = (length) => new Uint8Array(data, (start += length) - length, length);
  const memory = take(contents.memory);
  const files = contents.files.map(([path, length]) => ({ path, data: take(length) }));
  return { ...contents, memory, files };
}

/**
 * @param {PythonFile[]} files
 * @param {string[]} libraries
 * @returns {Promise<[path: string, code: WebAssembly.Module][]>}
 */
function compile(files, libraries) {
  const data = new Map(files.map((file) => [file.path, file.data]));
  return Promise.all(
    libraries.map(async (path) => [path, await WebAssembly.compile(data.get(path) ?? new Uint8Array())]),
  );
}

/**
 * @param {PyodideModule} module before Python's main function runs
 * @param {[path: string, code: WebAssembly.Module][]} libraries
 * @returns {number[]} where each begins in the table, where the last one ends, and where memory is free then
 */
function loadLibraries(module, libraries) {
  const flags = { loadAsync: false, nodelete: true, allowUndefined: true };
  const starts = libraries.map(([path, code]) => {
    const start = module.wasmTable.length;
    const library = module.newDSO(path, undefined, "loading");
    library.global = false;
    library.exports = module.loadWebAssemblyModule(code, flags, path, {});
    return start;
  });
  return [...starts, module.wasmTable.length, module._malloc(1)];
}

/**
 * @param {FileSystem} FS
 * @param {PythonFile[]} files
 */
function writeFiles(FS, files) {
  for (const { path, data } of files) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, data);
  }
}

/**
 * @param {FileSystem} FS
 * @param {string} folder with a slash at its end
 * @returns {Generator<PythonFile>}
 */
function* filesBelow(FS, folder) {
  for (const name of FS.readdir(folder)) {
    if (name === "." || name === "..") continue;
    const path = folder + name;
    if (FS.isDir(FS.stat(path).mode)) yield* filesBelow(FS, `${path}/`);
    else yield { path, data: FS.readFile(path) };
  }
}

/**
 * @param {PyodideAPI} python
 * @returns {PyodideModule}
 */
function moduleOf(python) {
  return /** @type {{ _module: PyodideModule }} */ (/** @type {unknown} */ (python))._module;
}
