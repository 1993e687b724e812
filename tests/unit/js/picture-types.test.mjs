import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { isPictureName, PICTURE_TYPES, pictureType } from "../../../app/ui/picture-types.js";

/** @type {[string, string][]} */
const BEGINNINGS = [
  ["image/jpeg", "\xff\xd8\xff\xe0"],
  ["image/png", "\x89PNG\r\n\x1a\n"],
  ["image/gif", "GIF89a"],
  ["image/webp", "RIFF\x10\n\r\0WEBPVP8 "],
  ["image/tiff", "MM\0*"],
  ["image/bmp", "BM\n\0\0\0\0\0\0\0"],
  ["image/avif", "\0\0\0\x1cftypavif"],
  ["image/heic", "\0\0\0\x18ftypheic"],
];

/** @param {string} text */
const file = (text) => new Blob([Uint8Array.from(text, (character) => character.charCodeAt(0))]);

test("a picture is known by its first bytes", async () => {
  assert.deepEqual(
    BEGINNINGS.map(([type]) => type),
    Object.keys(PICTURE_TYPES),
  );
  for (const [type, text] of BEGINNINGS) assert.equal(await pictureType(file(text)), type);
  assert.equal(await pictureType(file("<!doctype html>")), null);
  assert.equal(await pictureType(file("")), null);
});

test("of a folder's files those with a picture's ending are taken, HEIC among them", () => {
  for (const name of ["a.JPG", "b.c.jpe", "d.tiff", "IMG_1.HEIC", "e.heif"])
    assert.ok(isPictureName(name), name);
  for (const name of ["notes.txt", "jpg", "a.jpg.txt", ""]) assert.ok(!isPictureName(name), name);
});

test("the installed app opens the same endings", () => {
  const {
    file_handlers: [{ accept }],
  } = JSON.parse(readFileSync(new URL("../../../app/app.webmanifest", import.meta.url), "utf-8"));
  const endings = Object.entries(PICTURE_TYPES).map(([type, { endings }]) => [type, endings]);
  assert.deepEqual(accept, Object.fromEntries(endings));
});
