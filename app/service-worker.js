/**
 * Serves the site from the caches, so that it works without a network. Responses from the host get the headers that the
 * page needs, since the host may not send them.
 *
 * Page and code of one build are kept and served together. A new build waits until the page starts it.
 */

import {
  guarded,
  isRuntime,
  isShell,
  keep,
  RUNTIME,
  SHARE_TARGET,
  SHARED,
  SHARED_NAME,
  SHELL,
} from "./site/caches.js";
import { digestOf, readManifest } from "./site/manifest.js";
import { pictureType } from "./ui/picture-types.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
const { scope } = worker.registration;
const CACHE = SHELL + BUILD_ID;
const PAGE = absolute("index.html");
const MANIFEST = absolute("manifest.json");
/** Files that the manifest does not list. @type {Map<string, string>} SHA-256 by URL */
const PINNED = new Map([
  [PAGE, BUILD_ID],
  [MANIFEST, MANIFEST_SHA256],
]);

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", ({ data }) => {
  if (data === "skip-waiting") worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { method, url, cache } = event.request;
  // Requests for the HTTP cache alone are not answered here.
  if (cache === "only-if-cached") return;
  if (method === "GET" && url.startsWith(scope)) event.respondWith(answer(event));
  if (method === "POST" && url === absolute(SHARE_TARGET.url)) event.respondWith(share(event.request));
});

/** @param {string} url relative to the site */
function absolute(url) {
  return new URL(url, scope).href;
}

/** Stores the shell. It fails when the host has files of more than one build; the browser then tries again later. */
async function install() {
  const [page, list] = await Promise.all([...PINNED].map(pinned));
  const cache = await caches.open(CACHE);
  const { files, headers } = await readManifest(list.clone(), scope);
  await cache.put(PAGE, guarded(page, headers));
  await cache.put(MANIFEST, guarded(list, headers));
  await Promise.all(
    Object.values(files)
      .filter(isShell)
      .map(async (file) => {
        await keep(cache, file, await fetch(file.url, { cache: "no-cache" }), headers);
      }),
  );
}

/**
 * @param {[string, string]} file URL and SHA-256
 * @throws {TypeError} when the host has another build's file
 */
async function pinned([url, sha256]) {
  const response = await fetch(url, { cache: "no-cache" });
  const data = await response.arrayBuffer();
  if ((await digestOf(data)) !== sha256) throw new TypeError(`The host has another build's ${url}.`);
  return new Response(data, response);
}

/** Deletes past builds except the last one: its pages may still be open, and start its workers again. */
async function activate() {
  const past = await pastShells();
  await Promise.all(past.slice(0, -1).map((name) => caches.delete(name)));
  const manifests = await Promise.all([CACHE, ...past.slice(-1)].map(manifestOf));
  const urls = new Set(manifests.flatMap(({ files }) => Object.values(files).map((file) => file.url)));
  const runtime = await caches.open(RUNTIME);
  for (const request of await runtime.keys()) {
    if (request.url.startsWith(scope) && !urls.has(request.url)) await runtime.delete(request);
  }
  // Pages of the last build are told of the new one. A first visit is not claimed: its engine is half loaded.
  if (past.length) await worker.clients.claim();
}

/** The shells of this site's past builds. Another copy of it may be on the same origin, with shells of its own. */
async function pastShells() {
  const names = (await caches.keys()).filter((name) => name.startsWith(SHELL) && name !== CACHE);
  const isOurs = await Promise.all(names.map((cacheName) => caches.match(MANIFEST, { cacheName })));
  return names.filter((_, index) => isOurs[index]);
}

/** @param {string} cacheName of a shell */
async function manifestOf(cacheName) {
  const response = await caches.match(MANIFEST, { cacheName });
  return readManifest(response ?? new Response('{"files":{},"headers":{}}'), scope);
}

/** @param {FetchEvent} event */
async function answer(event) {
  const { request } = event;
  const isNavigation = request.mode === "navigate";
  const { origin, pathname } = new URL(request.url);
  // Also with a query: such an address opens the page, too.
  const isPage = isNavigation && [scope, PAGE].includes(origin + pathname);
  const url = isPage ? PAGE : request.url;
  const kept = await (isNavigation || PINNED.has(url) ? keptPage(url) : keptFile(url));
  if (kept) return kept;

  const response = await fetch(request);
  if (!response.ok) return response;
  const { files, headers } = await manifestOf(CACHE);
  const file = Object.values(files).find((file) => file.url === url);
  if (file && isRuntime(file)) {
    const copy = response.clone();
    const keeping = caches.open(RUNTIME).then((cache) => keep(cache, file, copy, headers));
    // If it cannot be stored now, the next use tries again. The page says when there is no room.
    event.waitUntil(keeping.catch(() => undefined));
  }
  return guarded(response, headers);
}

/**
 * The page, or the manifest, as stored: of this build, even if other code wrote into the caches.
 *
 * @param {string} url
 * @returns {Promise<Response | undefined>}
 */
async function keptPage(url) {
  const response = await caches.match(url, { cacheName: CACHE });
  if (!response) return undefined;
  const digest = await digestOf(await response.clone().arrayBuffer());
  if (PINNED.has(url)) return digest === PINNED.get(url) ? response : undefined;
  // The manifest that lists it must be ours as well.
  if (!(await keptPage(MANIFEST))) return undefined;
  const { files } = await manifestOf(CACHE);
  return Object.values(files).some((file) => file.url === url && file.sha256 === digest)
    ? response
    : undefined;
}

/**
 * A file from the site's own caches. Other caches, such as that of shared pictures, never answer a request.
 *
 * @param {string} url
 */
async function keptFile(url) {
  for (const cacheName of [CACHE, RUNTIME, ...(await pastShells())]) {
    const response = await caches.match(url, { cacheName });
    if (response) return response;
  }
  return undefined;
}

/**
 * Answers the form that the system posts when another app shares pictures with this one.
 *
 * Other sites can post a form here, too. When the system shares pictures, Chromium sends the Origin "null" or none, and
 * the Sec-Fetch-Site "none" or none. So any Origin except "null" and our own is refused. But a site can make its Origin
 * "null", too. So the files are never served, must begin like a picture, and get their type from us. A share replaces
 * the one before, so that nobody can fill the disk.
 *
 * @param {Request} request
 */
async function share(request) {
  const site = request.headers.get("Sec-Fetch-Site") ?? "none";
  const origin = request.headers.get("Origin") ?? "null";
  const isOurs =
    request.mode === "navigate" &&
    request.destination === "document" &&
    ["none", "same-origin"].includes(site) &&
    ["null", new URL(scope).origin].includes(origin);
  if (!isOurs) {
    const headers = { "Content-Type": "text/plain; charset=utf-8" };
    return new Response("Hushmark takes no pictures from other sites.\n", { status: 403, headers });
  }
  await keepShared(await request.formData());
  return Response.redirect(absolute("#read"), 303);
}

/**
 * Stores the pictures for the page, and the names of other files: the page says that these are no pictures.
 *
 * @param {FormData} form
 */
async function keepShared(form) {
  const files = form.getAll(SHARE_TARGET.field).filter((value) => value instanceof File);
  await caches.delete(SHARED);
  const cache = await caches.open(SHARED);
  for (const [index, file] of files.entries()) {
    const type = await pictureType(file);
    const headers = {
      "Content-Type": type ?? "application/octet-stream",
      [SHARED_NAME]: encodeURIComponent(file.name),
    };
    await cache.put(absolute(`${SHARE_TARGET.url}/${index}`), new Response(type ? file : null, { headers }));
  }
}
