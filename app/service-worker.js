/**
 * Serves the site from what is kept, so that it works without a network, and gives what comes from the host the
 * headers that the page needs and the host may not send.
 *
 * Page and code of one build are kept, and served, together. A new build waits until the page says so.
 */

import { digestOf, readManifest } from "./engine/manifest.js";
import { guarded, isRuntime, isShell, keep, RUNTIME, SHARE_TARGET, SHARED, SHELL } from "./kept.js";

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (globalThis));
const { scope } = worker.registration;
const CACHE = SHELL + BUILD_ID;
const MANIFEST = absolute("manifest.json");

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", ({ data }) => {
  if (data === "skip-waiting") worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(scope)) event.respondWith(answer(event));
  if (method === "POST" && url === absolute(SHARE_TARGET.url)) event.respondWith(takeShared(event.request));
});

/** @param {string} url relative to the site */
function absolute(url) {
  return new URL(url, scope).href;
}

/** Keeps the shell. Fails, to be tried again later, where the host has files of more than one build. */
async function install() {
  const response = await fetch(MANIFEST, { cache: "no-cache" });
  const data = await response.arrayBuffer();
  if ((await digestOf(data)) !== BUILD_ID) throw new TypeError("The host has another build's manifest.");
  const cache = await caches.open(CACHE);
  await cache.put(MANIFEST, new Response(data, response));
  const { files, headers } = await manifestOf(CACHE);
  await Promise.all(
    Object.values(files)
      .filter(isShell)
      .map(async (file) => {
        await keep(cache, file, await fetch(file.url, { cache: "no-cache" }), headers);
      }),
  );
}

/** Lets go of past builds, except the last one: pages of it may still be open, and start its worker anew. */
async function activate() {
  const past = (await caches.keys()).filter((name) => name.startsWith(SHELL) && name !== CACHE);
  await Promise.all(past.slice(0, -1).map((name) => caches.delete(name)));
  const manifests = await Promise.all([CACHE, ...past.slice(-1)].map(manifestOf));
  const urls = new Set(manifests.flatMap(({ files }) => Object.values(files).map((file) => file.url)));
  const runtime = await caches.open(RUNTIME);
  for (const request of await runtime.keys()) if (!urls.has(request.url)) await runtime.delete(request);
  // Pages of the last build learn of it. A first visit goes on as it began: its engine is half loaded.
  if (past.length) await worker.clients.claim();
}

/** @param {string} cacheName of a shell */
async function manifestOf(cacheName) {
  const response = await caches.match(MANIFEST, { cacheName });
  return readManifest(response ?? new Response('{"files":{},"headers":{}}'), scope);
}

/** @param {FetchEvent} event */
async function answer(event) {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isPage = request.mode === "navigate" && origin + pathname === scope;
  const url = isPage ? absolute("index.html") : request.url;
  const kept = (await caches.match(url, { cacheName: CACHE })) ?? (await caches.match(url));
  if (kept) return kept;

  const response = await fetch(request);
  if (!response.ok) return response;
  const { files, headers } = await manifestOf(CACHE);
  const file = Object.values(files).find((file) => file.url === url);
  if (file && isRuntime(file)) {
    const copy = response.clone();
    const keeping = caches.open(RUNTIME).then((cache) => keep(cache, file, copy, headers));
    // What cannot be kept now can be at its next use; the page tells when there is no room.
    event.waitUntil(keeping.catch(() => undefined));
  }
  return guarded(response, headers);
}

/**
 * Pictures shared by another app: kept for the page, which reads them.
 *
 * @param {Request} request
 */
async function takeShared(request) {
  const cache = await caches.open(SHARED);
  const form = await request.formData();
  for (const [index, picture] of form.getAll(SHARE_TARGET.field).entries()) {
    if (!(picture instanceof File)) continue;
    const headers = { "Content-Type": picture.type };
    await cache.put(
      absolute(`${SHARE_TARGET.url}/${index}/${encodeURIComponent(picture.name)}`),
      new Response(picture, { headers }),
    );
  }
  return Response.redirect(absolute("#read"), 303);
}
