import assert from "node:assert/strict";
import { test } from "node:test";

import { damagedPart, fromJson, knownIds, toJson } from "../../../app/register/entries.js";

/** @import { Entry } from "../../../app/register/entries.js" */

/** @type {Entry} */
const ENTRY = {
  id: "0b5c",
  time: Date.UTC(2026, 10, 21),
  payload: { kind: "text", value: "pipe", hex: "70697065" },
  note: "",
  cover: { name: "a.png", size: 1, sha256: "0".repeat(64) },
  marked: { name: "a-marked.png", size: 2, sha256: "1".repeat(64) },
  thumbnail: Uint8Array.of(1, 2, 255).buffer,
};

/** @param {string} text */
const errorOf = (text) => {
  try {
    fromJson(text);
  } catch (error) {
    return error instanceof Error && error.message;
  }
  return null;
};

test("a register is read as it was written", () => {
  const { read, left } = fromJson(toJson([ENTRY, { ...ENTRY, id: "1", thumbnail: null }]));
  assert.deepEqual(left, []);
  assert.deepEqual(read, [ENTRY, { ...ENTRY, id: "1", thumbnail: null }]);
});

test("what is no register is refused", () => {
  assert.equal(errorOf("{"), "import-json: ");
  assert.equal(errorOf("null"), "import-format: ");
  assert.equal(errorOf('{"format": "hushmark-register", "entries": {}}'), "import-format: ");
  assert.equal(errorOf(toJson([]).replace('"version": 1', '"version": 2')), "import-version: 2");
});

test("damaged entries are left out and named by their place; the others are read", () => {
  const text = toJson([ENTRY, { ...ENTRY, id: "a\nb" }, { ...ENTRY, id: "2" }]);
  const { read, left } = fromJson(text);
  assert.deepEqual(
    read.map(({ id }) => id),
    ["0b5c", "2"],
  );
  assert.deepEqual(left, [{ number: 2, part: "id" }]);
});

/** @type {[string, unknown][]} */
const DAMAGED = [
  ["all", 7],
  ["id", { ...ENTRY, id: "a\tb" }],
  ["time", { ...ENTRY, time: NaN }],
  ["payload", { ...ENTRY, payload: { kind: "text", value: "pipes", hex: "70697065" } }],
  ["payload", { ...ENTRY, payload: { kind: "hex", value: "706970", hex: "706970" } }],
  ["payload", { ...ENTRY, payload: { kind: "number", value: "4294967296", hex: "00000000" } }],
  ["note", { ...ENTRY, note: null }],
  ["cover", { ...ENTRY, cover: { ...ENTRY.cover, size: -1 } }],
  ["marked", { ...ENTRY, marked: { ...ENTRY.marked, sha256: "0".repeat(63) } }],
  ["thumbnail", { ...ENTRY, thumbnail: "" }],
];

test("what damages an entry is named", () => {
  assert.equal(damagedPart(ENTRY), null);
  for (const [part, value] of DAMAGED) assert.equal(damagedPart(value), part);
});

test("known ids are a line each, with the entry's id for a label", () => {
  assert.equal(knownIds([ENTRY, { ...ENTRY, id: "1" }]), "hex:70697065\t0b5c\nhex:70697065\t1");
  assert.equal(knownIds([]), null);
});
