import assert from "node:assert/strict";
import { test } from "node:test";

import { damagedPart, fromJson, knownIds, renamed, toJson } from "../../../app/register/entries.js";

/** @import { Entry } from "../../../app/register/entries.js" */

/** @type {Entry} */
const ENTRY = {
  id: "0b5c",
  time: Date.UTC(2026, 10, 21),
  message: { kind: "text", value: "pipe" },
  note: "",
  cover: { name: "a.png", size: 1, sha256: "0".repeat(64) },
  marked: { name: "a-marked.png", size: 2, sha256: "1".repeat(64) },
  thumbnail: Uint8Array.of(1, 2, 255).buffer,
};

/** Those of builds that marked 32 bits. @type {Entry["message"][]} */
const OLDER = [
  { kind: "text", value: "pipe", hex: "70697065" },
  { kind: "hex", value: "0badcafe", hex: "0badcafe" },
  { kind: "number", value: "7", hex: "00000007" },
  { kind: "protected", value: "4711", hex: "12345678" },
];

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
  assert.equal(errorOf(toJson([]).replace('"version": 2', '"version": 3')), "import-version: 3");
});

test("a register of an older build is read, its messages as they are", () => {
  const entries = OLDER.map((message, index) => ({ ...ENTRY, id: `old-${index}`, message }));
  const text = toJson(entries).replace('"version": 2', '"version": 1').replaceAll('"message"', '"payload"');
  assert.deepEqual(fromJson(text), { read: entries, left: [] });
});

test("an entry that an older build stored keeps all that it has", () => {
  for (const payload of OLDER) {
    const { message: _, ...rest } = ENTRY;
    const entry = renamed({ ...rest, payload });
    assert.deepEqual(entry, { ...rest, message: payload });
    assert.equal(damagedPart(entry), null);
  }
  assert.equal(renamed(ENTRY), ENTRY);
  assert.equal(renamed(7), 7);
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
  ...[
    undefined,
    { kind: "text", value: "nine byte" },
    { kind: "text", value: "汉字汉" },
    { kind: "text", value: "a\tb" },
    { kind: "text", value: "a\u2028b" },
    { kind: "text", value: "  " },
    { kind: "id", value: "0123456789abcde" },
    { kind: "id", value: "0123456789ABCDEF" },
    { kind: "number", value: "18446744073709551616" },
    { kind: "number", value: "007" },
    { kind: "number", value: 7 },
    { kind: "random", value: "" },
    { kind: "hex", value: "70697065" },
    { kind: "text", value: "pipes", hex: "70697065" },
    { kind: "hex", value: "706970", hex: "706970" },
    { kind: "number", value: "4294967296", hex: "00000000" },
    { kind: "id", value: "70697065", hex: "70697065" },
  ].map((message) => /** @type {[string, unknown]} */ (["message", { ...ENTRY, message }])),
  ["note", { ...ENTRY, note: null }],
  ["cover", { ...ENTRY, cover: { ...ENTRY.cover, size: -1 } }],
  ["marked", { ...ENTRY, marked: { ...ENTRY.marked, sha256: "0".repeat(63) } }],
  ["thumbnail", { ...ENTRY, thumbnail: "" }],
];

test("what damages an entry is named", () => {
  assert.equal(damagedPart(ENTRY), null);
  for (const value of ["18446744073709551615", "0"]) {
    assert.equal(damagedPart({ ...ENTRY, message: { kind: "number", value } }), null);
  }
  for (const [part, value] of DAMAGED) assert.equal(damagedPart(value), part);
});

test("known ids are a line each, with the entry's id for a label", () => {
  /** @type {Entry["message"]} */
  const number = { kind: "number", value: "18446744073709551615" };
  assert.equal(
    knownIds([ENTRY, { ...ENTRY, id: "1", message: number }]),
    "text:pipe\t0b5c\nnumber:18446744073709551615\t1",
  );
  assert.equal(knownIds([]), null);
});

test("marks of older builds are not looked for", () => {
  const older = OLDER.map((message) => ({ ...ENTRY, message }));
  assert.equal(knownIds([...older, ENTRY]), "text:pipe\t0b5c");
  assert.equal(knownIds(older), null);
});
