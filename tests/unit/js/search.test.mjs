import "./browser.mjs";

import assert from "node:assert/strict";
import { test } from "node:test";

/** @import { Entry } from "../../../app/register/entries.js" */

const { found } = await import("../../../app/register/search.js");

/**
 * @param {string} id
 * @param {Partial<Entry>} [changes]
 * @returns {Entry}
 */
const entry = (id, changes) => ({
  id,
  time: Date.UTC(2026, 10, 21),
  message: { kind: "text", value: "pipe" },
  note: "",
  cover: { name: `${id}.png`, folder: "", size: 1, sha256: "4200".repeat(16) },
  marked: { name: `${id}-marked.png`, folder: "", size: 2, sha256: "0142".repeat(16) },
  thumbnail: null,
  perceptualHash: null,
  ...changes,
});

/** @param {string} value */
const number = (value) =>
  entry(`n${value}`, {
    message: { kind: "number", value },
    cover: { ...entry("a").cover },
    marked: entry("a").marked,
  });

/**
 * @param {Entry[]} list
 * @param {string} query
 */
const ids = (list, query) => found(list, query).map(({ id }) => id);

test("number 42 is found, and no other number", () => {
  const list = [number("1427"), entry("a"), number("42"), number("420")];
  assert.deepEqual(ids(list, "number 42"), ["n42"]);
  assert.deepEqual(ids(list, "  NUMBER  42 "), ["n42"]);
});

test("a bare number is one, or stands in a name; digits inside of sums are nothing", () => {
  const list = [entry("IMG_0042"), entry("a"), number("42"), number("4200")];
  assert.deepEqual(ids(list, "42"), ["n42", "IMG_0042"]);
});

test("the beginning of a sum is found from eight digits on", () => {
  const list = [entry("a"), entry("b", { cover: { ...entry("b").cover, sha256: "f".repeat(64) } })];
  assert.deepEqual(ids(list, "42004200"), ["a"]);
  assert.deepEqual(ids(list, "4200420"), []);
});

test("all words count: notes, names, folders, messages; whole messages come first", () => {
  const list = [
    entry("pipe organ", { message: { kind: "id", value: "0123456789abcdef" } }),
    entry("a", { note: "© Herald, Jane" }),
    entry("b", { cover: { ...entry("b").cover, folder: "Trip/Day 1" } }),
  ];
  assert.deepEqual(ids(list, "jane herald"), ["a"]);
  assert.deepEqual(ids(list, "trip"), ["b"]);
  assert.deepEqual(ids(list, "0123"), ["pipe organ"]);
  assert.deepEqual(ids(list, "pipe"), ["a", "b", "pipe organ"]);
  assert.deepEqual(ids(list, ""), ["pipe organ", "a", "b"]);
});
