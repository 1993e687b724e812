/** Pictures from the system: shared by another app, or opened with this one. */

import { pictureType } from "../ui/picture-types.js";
import { SHARED, SHARED_NAME } from "./caches.js";

/**
 * @returns {Promise<{ pictures: File[], refused: string[] }>} the pictures shared since the last time, and the
 *   names of shared files that are no pictures
 */
export async function takeShared() {
  /** @type {File[]} */
  const pictures = [];
  /** @type {string[]} */
  const refused = [];
  // Where people have switched storage off, the caches refuse all calls.
  const isShared = "caches" in globalThis && (await caches.has(SHARED).catch(() => false));
  if (!isShared) return { pictures, refused };
  try {
    const cache = await caches.open(SHARED);
    for (const response of await cache.matchAll()) {
      const name = decodeURIComponent(response.headers.get(SHARED_NAME) ?? "");
      const data = await response.blob();
      // The type that was stored is not trusted: other code may have written into that cache.
      const type = await pictureType(data);
      if (type) pictures.push(new File([data], name, { type }));
      else refused.push(name);
    }
  } finally {
    await caches.delete(SHARED);
  }
  return { pictures, refused };
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
