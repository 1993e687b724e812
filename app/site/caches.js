/**
 * This site's files in the browser's cache storage: which files, in which cache, and how they are stored. The page and
 * the service worker use it.
 *
 * There are two tiers. The shell is the page and its code, with a cache for each build; it is stored when the service
 * worker is installed. The runtime is Python, its packages and onnxruntime; it is stored when it is used, or when
 * people ask for it. The weights are in IndexedDB (engine/weights.js).
 */

import { isIntact } from "./manifest.js";

/** @import { Manifest, SiteFile } from "./manifest.js" */

/** A build's shell is in the cache with this name and the build's id. */
export const SHELL = "hushmark-shell-";
/** One cache for all builds: the names of these files contain their hashes. */
export const RUNTIME = "hushmark-runtime";
/** A snapshot of Python's memory (engine/snapshot.js). */
export const SNAPSHOT = "hushmark-snapshot";
/** Pictures that another app shared with this one, until the page takes them. No request is answered from it. */
export const SHARED = "hushmark-shared";
/** The header there that has a file's name, percent-encoded. */
export const SHARED_NAME = "X-Name";
/** Where the system sends shared pictures, relative to the page, and the form's field (app.webmanifest). */
export const SHARE_TARGET = { url: "share", field: "pictures" };

/** @param {SiteFile} file */
export const isShell = ({ part }) => part === "app" || part === "page";

/** @param {SiteFile} file */
export const isRuntime = ({ part }) => ["python", "wheels", "codecs", "onnxruntime"].includes(part);

/**
 * Stores a file of the site, if it is the one in the manifest.
 *
 * @param {Cache} cache
 * @param {SiteFile} file
 * @param {Response} response from the host; its body is read here
 * @param {Manifest["headers"]} headers
 * @throws {TypeError} when it is not that file
 * @throws {DOMException} QuotaExceededError
 */
export async function keep(cache, file, response, headers) {
  const data = await response.arrayBuffer();
  if (!(await isIntact(data, file))) throw new TypeError(`${file.url} is not the file of this build.`);
  await cache.put(file.url, guarded(new Response(data, response), headers));
}

/** Makes Python start from scratch the next time. */
export async function dropSnapshot() {
  await globalThis.caches?.delete(SNAPSHOT).catch(() => undefined);
}

/**
 * A host's response with the headers that the host did not send.
 *
 * @param {Response} response
 * @param {Manifest["headers"]} headers
 */
export function guarded({ body, status, statusText, headers: sent }, headers) {
  const all = new Headers(headers);
  for (const [name, value] of sent) all.set(name, value);
  // The body is no longer compressed.
  for (const name of ["Content-Encoding", "Content-Length", "Vary"]) all.delete(name);
  return new Response(body, { status, statusText, headers: all });
}
