/**
 * The list of the site's files, made by build.py.
 *
 * @typedef {object} SiteFile
 * @property {string} url absolute once loaded, relative to the manifest in the file itself
 * @property {number} size bytes
 * @property {string} sha256 hex
 * @property {number | null} br bytes of the Brotli form that the server sends to browsers that take it
 * @property {number | null} gz bytes of the gzip form
 * @property {"app" | "python" | "onnxruntime" | "weights" | "wheels" | "page"} part
 *
 * @typedef {object} Manifest
 * @property {1} version
 * @property {Record<string, SiteFile>} files by a key that stays the same from build to build
 */

import { EngineError } from "./errors.js";

/**
 * @param {string} url absolute
 * @returns {Promise<Manifest>} with absolute URLs
 * @throws {EngineError} download-failed
 */
export async function loadManifest(url) {
  /** @type {Manifest} */
  let manifest;
  try {
    const response = await fetch(url, { cache: "no-cache" });
    manifest = await response.json();
  } catch {
    throw EngineError.of("download-failed", url);
  }
  for (const file of Object.values(manifest.files)) {
    file.url = new URL(file.url, url).href;
  }
  return manifest;
}

/**
 * @param {Manifest} manifest
 * @param {string} key
 * @returns {SiteFile}
 * @throws {EngineError} site-incomplete
 */
export function siteFile(manifest, key) {
  const file = manifest.files[key];
  if (!file) throw EngineError.of("site-incomplete", key);
  return file;
}
