/** Starts Python with our package in it: from a snapshot of its memory if one is kept, else from scratch. */

import { boot, ENTRY, loadFailure, PACKAGES } from "./pyodide.js";
import { siteFile } from "../site/manifest.js";
import { fromSnapshot, keptSnapshot } from "./snapshot.js";

/**
 * @import { PyodideAPI } from "pyodide"
 * @import { Loading } from "./loading.js"
 * @import { Manifest } from "../site/manifest.js"
 */

/**
 * Python with our package imported. That imports all that it needs, so a wheel that does not fit fails here.
 *
 * @param {Manifest} manifest
 * @param {Loading} loading
 * @returns {Promise<PyodideAPI>}
 */
export function startPython(manifest, loading) {
  const failure = loadFailure(manifest);
  return Promise.race([failure, start(manifest, loading, failure)]);
}

/**
 * @param {Manifest} manifest
 * @param {Loading} loading
 * @param {Promise<never>} failure
 * @returns {Promise<PyodideAPI>}
 */
async function start(manifest, loading, failure) {
  const snapshot = await keptSnapshot(manifest);
  const wheels = PACKAGES.map((name) => siteFile(manifest, `wheels/${name}`));
  let python = null;
  if (snapshot) {
    loading.spared(wheels);
    python = await fromSnapshot(manifest, failure, snapshot);
  }
  if (!python) {
    python = await boot(manifest, failure, { packages: PACKAGES });
    python.pyimport(ENTRY);
  }
  loading.started("python");
  return python;
}
