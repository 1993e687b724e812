/**
 * The list of the site's files, made by build.py.
 *
 * @typedef {object} SiteFile
 * @property {string} url absolute once loaded, relative to the manifest in the file itself
 * @property {number} size bytes
 * @property {string} sha256 hex
 * @property {number | null} br bytes of the Brotli form that the server sends to browsers that take it
 * @property {number | null} gz bytes of the gzip form
 * @property {"app" | "python" | "onnxruntime" | "weights" | "locator" | "wheels" | "codecs" | "page"} part
 *
 * @typedef {object} Manifest
 * @property {1} version
 * @property {Record<string, SiteFile>} files by a key that stays the same from build to build
 * @property {Record<string, string>} headers that a host has to send with each of them
 */

import { EngineError } from "../engine/errors.js";

/**
 * @param {{ url: string, sha256: string }} pin where it is, absolute, and which one the page belongs to
 * @returns {Promise<Manifest>} with absolute URLs
 * @throws {EngineError} load-failed, site-changed
 */
export async function loadManifest({ url, sha256 }) {
  let data;
  try {
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) throw new Error(response.statusText);
    data = await response.arrayBuffer();
  } catch {
    throw new EngineError("load-failed", url);
  }
  if ((await digestOf(data)) !== sha256) throw new EngineError("site-changed", url);
  return readManifest(new Response(data), url);
}

/**
 * @param {Response} response
 * @param {string} base what the URLs in it are relative to
 * @returns {Promise<Manifest>} with absolute URLs
 */
export async function readManifest(response, base) {
  /** @type {Manifest} */
  const manifest = await response.json();
  for (const file of Object.values(manifest.files)) file.url = new URL(file.url, base).href;
  return manifest;
}

/**
 * Whether these bytes are the file that the manifest lists.
 *
 * @param {ArrayBuffer} data
 * @param {SiteFile} file
 */
export async function isIntact(data, file) {
  return data.byteLength === file.size && (await digestOf(data)) === file.sha256;
}

/**
 * @param {ArrayBuffer} data
 * @returns {Promise<string>} SHA-256, hex
 */
export async function digestOf(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Manifest} manifest
 * @param {string} key
 * @returns {SiteFile}
 * @throws {EngineError} site-incomplete
 */
export function siteFile(manifest, key) {
  const file = manifest.files[key];
  if (!file) throw new EngineError("site-incomplete", key);
  return file;
}
