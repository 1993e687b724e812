import assert from "node:assert/strict";
import { test } from "node:test";

import { completed, damagedPart, entriesWith, knownIds, renamed } from "../../../app/register/entries.js";
import { ENTRY, OLDER } from "./register.mjs";

/** @import { Entry } from "../../../app/register/entries.js" */

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

/** @type {[string, unknown][]} */
const DAMAGED = [
  ["all", 7],
  ["id", { ...ENTRY, id: "a\tb" }],
  ["time", { ...ENTRY, time: NaN }],
  ["time", { ...ENTRY, time: 8.65e15 }], // no date tells it
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
  ["cover", { ...ENTRY, cover: { ...ENTRY.cover, folder: 7 } }],
  ["thumbnail", { ...ENTRY, thumbnail: "" }],
  ["hash", { ...ENTRY, perceptualHash: "00ff" }],
  ["hash", { ...ENTRY, perceptualHash: 7 }],
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

test("an entry of a build that kept less is whole", () => {
  const { perceptualHash: _, ...rest } = ENTRY;
  const older = { ...rest, cover: { name: "a.png", size: 1, sha256: "0".repeat(64) } };
  assert.equal(damagedPart(older), null);
  assert.deepEqual(completed(/** @type {Entry} */ (older)), { ...ENTRY, perceptualHash: null });
});

test("of entries with a message, the picture that looks like the one read comes first, then the latest", () => {
  const read = "00ff00ff00ff00ff";
  /** @type {[string, string | null, number][]} */
  const facts = [
    ["unlike", "ff00ff00ff00ff00", 9],
    ["old", null, 1],
    ["alike", "00ff00ff00ff0000", 1],
    ["new", null, 9],
    ["same", read, 1],
  ];
  const list = facts.map(([id, perceptualHash, time]) => ({ ...ENTRY, id, perceptualHash, time }));
  /** @type {Entry["message"]} */
  const number = { kind: "number", value: "7" };
  const others = [
    { ...ENTRY, id: "other", message: number },
    { ...ENTRY, id: "older", message: OLDER[0] },
  ];
  assert.deepEqual(
    entriesWith([...others, ...list], ENTRY.message, read).map(({ entry, isAlike }) => [entry.id, isAlike]),
    [
      ["same", true],
      ["alike", true],
      ["new", null],
      ["old", null],
      ["unlike", false],
    ],
  );
  assert.ok(entriesWith(list, ENTRY.message, null).every(({ isAlike }) => isAlike === null));
});
