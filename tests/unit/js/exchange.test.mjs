import "./browser.mjs";

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromFile, toJson, toTable } from "../../../app/register/exchange.js";
import { ENTRY, OLDER } from "./register.mjs";

/** @import { Entry } from "../../../app/register/entries.js" */

/** @param {string} text */
const errorOf = (text) => {
  try {
    fromFile(text);
  } catch (error) {
    return error instanceof Error && error.message;
  }
  return null;
};

test("a register is read as it was written", () => {
  const { read, left } = fromFile(toJson([ENTRY, { ...ENTRY, id: "1", thumbnail: null }]));
  assert.deepEqual(left, []);
  assert.deepEqual(read, [ENTRY, { ...ENTRY, id: "1", thumbnail: null }]);
});

test("what is no register is refused", () => {
  assert.equal(errorOf("{"), "import-json: ");
  assert.equal(errorOf("null"), "import-format: ");
  assert.equal(errorOf('{"format": "hushmark-register", "entries": {}}'), "import-format: ");
  assert.equal(errorOf(toJson([]).replace('"version": 3', '"version": 4')), "import-version: 4");
});

test("a register of an older build is read, its messages as they are", () => {
  const entries = OLDER.map((message, index) => ({ ...ENTRY, id: `old-${index}`, message }));
  const text = toJson(entries).replace('"version": 3', '"version": 1').replaceAll('"message"', '"payload"');
  assert.deepEqual(fromFile(text), { read: entries, left: [] });
});

test("damaged entries are left out and named by their place; the others are read", () => {
  const text = toJson([ENTRY, { ...ENTRY, id: "a\nb" }, { ...ENTRY, id: "2" }]);
  const { read, left } = fromFile(text);
  assert.deepEqual(
    read.map(({ id }) => id),
    ["0b5c", "2"],
  );
  assert.deepEqual(left, [{ number: 2, part: "id" }]);
});

test("a register of version 2 had no perceptual hash and no folder", () => {
  const { perceptualHash: _, ...rest } = ENTRY;
  const plain = JSON.parse(toJson([ENTRY]));
  const [entry] = plain.entries;
  delete entry.perceptualHash;
  delete entry.cover.folder;
  delete entry.marked.folder;
  const { read, left } = fromFile(JSON.stringify({ ...plain, version: 2 }));
  assert.deepEqual(left, []);
  assert.deepEqual(read, [{ ...rest, perceptualHash: null }]);
});

test("a table has all of an entry but its small picture", () => {
  /** @type {Entry["message"]} */
  const number = { kind: "number", value: "18446744073709551615" };
  /** @type {Entry["message"]} */
  const formula = { kind: "text", value: "-1" };
  /** @type {Entry[]} */
  const entries = [
    { ...ENTRY, note: '=HYPERLINK("x"), "quoted"\nline', thumbnail: null },
    { ...ENTRY, id: "2", message: number, thumbnail: null },
    { ...ENTRY, id: "3", message: formula, perceptualHash: null, thumbnail: null },
    {
      ...ENTRY,
      id: "4",
      message: OLDER[1],
      thumbnail: null,
      cover: { ...ENTRY.cover, folder: "trip/day 1" },
    },
  ].map((entry) => ({ ...entry, marked: { ...entry.marked, folder: entry.cover.folder } }));
  const table = toTable(entries);
  assert.ok(!/(^|,|")[=+\-@]/m.test(table.replace(/\d{4}-\d\d-\d\dT/g, "")));
  assert.deepEqual(fromFile(table), { read: entries, left: [] });
});

test("a table that a spreadsheet has written with semicolons is read, what it has damaged is named", () => {
  const rows = [
    "kind;message;id;time;note;original;original_bytes;original_sha256;marked;marked_bytes;marked_sha256",
    `text;pipe;1;2026-11-21;mine;a.png;1;${"0".repeat(64)};b.png;2;${"1".repeat(64)}`,
    `id;1,23E+15;2;2026-11-21;;a.png;1;${"0".repeat(64)};b.png;2;${"1".repeat(64)}`,
    `text;pipe;3;2026-11-21;;a.png;;${"0".repeat(64)};b.png;2;${"1".repeat(64)}`,
  ];
  const { read, left } = fromFile(rows.join("\n"));
  assert.deepEqual(
    read.map(({ id, note }) => [id, note]),
    [["1", "mine"]],
  );
  assert.deepEqual(left, [
    { number: 2, part: "message" },
    { number: 3, part: "cover" },
  ]);
});

test("a table of something else is refused", () => {
  assert.equal(errorOf("file,message\r\na.png,pipe\r\n"), "import-format: ");
  assert.equal(errorOf(""), "import-format: ");
});
