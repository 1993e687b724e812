import assert from "node:assert/strict";
import { test } from "node:test";

import { SHARED, SHARED_NAME } from "../../../app/site/caches.js";
import { takeShared } from "../../../app/site/incoming.js";

const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);

/**
 * As if this was shared: names, percent-encoded, and what is in the files, said to be pages.
 *
 * @param {[string, BodyInit][]} files
 * @returns {Set<string>} the names of the caches that there are
 */
function share(files) {
  const names = new Set([SHARED, "other"]);
  const headers = (/** @type {string} */ name) => ({ "Content-Type": "text/html", [SHARED_NAME]: name });
  const matchAll = async () => files.map(([name, data]) => new Response(data, { headers: headers(name) }));
  const caches = {
    has: async (/** @type {string} */ name) => names.has(name),
    open: async () => ({ matchAll }),
    delete: async (/** @type {string} */ name) => names.delete(name),
  };
  Object.defineProperty(globalThis, "caches", { value: caches, configurable: true });
  return names;
}

test("shared pictures are taken once, by what they are", async () => {
  const names = share([
    ["a%20b.html", JPEG],
    ["page.jpg", "<script></script>"],
  ]);
  const { pictures, refused } = await takeShared();
  assert.deepEqual(
    pictures.map(({ name, type }) => [name, type]),
    [["a b.html", "image/jpeg"]],
  );
  assert.deepEqual(refused, ["page.jpg"]);
  assert.deepEqual([...names], ["other"]);
  assert.deepEqual(await takeShared(), { pictures: [], refused: [] });
});

test("what cannot be taken does not stay", async () => {
  const names = share([["%", JPEG]]);
  await assert.rejects(takeShared(), URIError);
  assert.deepEqual([...names], ["other"]);
});
