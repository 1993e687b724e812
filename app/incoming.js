/** Pictures that the system brings: shared by another app, or opened with this one. */

import { SHARED } from "./kept.js";

/** @returns {Promise<File[]>} what was shared since the last time */
export async function takeShared() {
  if (!("caches" in globalThis) || !(await caches.has(SHARED))) return [];
  const cache = await caches.open(SHARED);
  const files = await Promise.all(
    (await cache.keys()).map(async ({ url }) => {
      const response = await cache.match(url);
      const name = decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
      const data = (await response?.blob()) ?? new Blob();
      return new File([data], name, { type: data.type });
    }),
  );
  await caches.delete(SHARED);
  return files;
}

/**
 * @param {(files: File[]) => void} take called each time pictures are opened with the installed app
 */
export function takeLaunches(take) {
  globalThis.launchQueue?.setConsumer(async ({ files }) => {
    const opened = await Promise.all(files.map((handle) => handle.getFile()));
    if (opened.length) take(opened);
  });
}
