/**
 * What the browser's cache storage keeps of this site: which files, in which cache, and how they get there.
 * For the page and for the service worker.
 *
 * Two tiers: the shell (the page and its code, a cache for each build) is kept when the service worker is
 * installed, the runtime (Python, its packages, onnxruntime) when it is used or wished for. The weights are not
 * here: IndexedDB has them (engine/weights.js).
 */

import { isIntact } from "./manifest.js";

/** @import { Manifest, SiteFile } from "./manifest.js" */

/** Each build's shell is in the cache of this name with the build's id behind it. */
export const SHELL = "hushmark-shell-";
/** One cache for all builds: the names of these files carry their hashes. */
export const RUNTIME = "hushmark-runtime";
/** Python's memory just after its start (engine/python.js). */
export const SNAPSHOT = "hushmark-snapshot";
/** Pictures that another app shared with this one, until the page takes them. No request is answered from it. */
export const SHARED = "hushmark-shared";
/** The header of a file in it that has the file's name, percent-encoded. */
export const SHARED_NAME = "X-Name";
/** Where the system sends them, relative to the page, and the form's field (app.webmanifest). */
export const SHARE_TARGET = { url: "share", field: "pictures" };

/** @param {SiteFile} file */
export const isShell = ({ part }) => part === "app" || part === "page";

/** @param {SiteFile} file */
export const isRuntime = ({ part }) => part === "python" || part === "wheels" || part === "onnxruntime";

/**
 * Keeps a file of the site, if it is what the manifest says.
 *
 * @param {Cache} cache
 * @param {SiteFile} file
 * @param {Response} response its host's, read to the end here
 * @param {Manifest["headers"]} headers
 * @throws {TypeError} when it is another file
 * @throws {DOMException} QuotaExceededError
 */
export async function keep(cache, file, response, headers) {
  const data = await response.arrayBuffer();
  if (!(await isIntact(data, file))) throw new TypeError(`${file.url} is not the file of this build.`);
  await cache.put(file.url, guarded(new Response(data, response), headers));
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
  // The body is not compressed any more.
  for (const name of ["Content-Encoding", "Content-Length", "Vary"]) all.delete(name);
  return new Response(body, { status, statusText, headers: all });
}
