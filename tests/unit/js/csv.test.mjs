import assert from "node:assert/strict";
import { test } from "node:test";

import { fromCsv, toCsv } from "../../../app/ui/csv.js";

test("a table begins with the mark of UTF-8, and its lines end as RFC 4180 has it", () => {
  assert.equal(
    toCsv([
      ["file", "message"],
      ["a.png", "pipe"],
    ]),
    "\ufefffile,message\r\na.png,pipe\r\n",
  );
});

test("commas, quotes and line ends are quoted", () => {
  assert.equal(toCsv([["a,b", 'say "no"', "one\ntwo"]]), '\ufeff"a,b","say ""no""","one\ntwo"\r\n');
});

test("a spreadsheet runs no cell as a formula", () => {
  for (const begin of ["=", "+", "-", "@", "\t"]) {
    assert.equal(toCsv([[`${begin}1+1`]]), `\ufeff'${begin}1+1\r\n`);
  }
  assert.equal(toCsv([["\r=1"]]), `\ufeff"'\r=1"\r\n`);
});

test("a table is read as it was written", () => {
  const parts = ["a", "'", "=", "@", '"', ",", ";", "\t", "\n", "\r\n", "汉", ""];
  const cells = parts.flatMap((one) => parts.map((other) => one + other + one));
  const rows = cells.map((cell, index) => [cell, "x", cells[cells.length - 1 - index]]);
  assert.deepEqual(fromCsv(toCsv([["file", "b", "c"], ...rows])), [["file", "b", "c"], ...rows]);
});

test("tables of spreadsheets are read, too", () => {
  const rows = [
    ["a", "b"],
    ["1,5", ""],
  ];
  assert.deepEqual(fromCsv("a;b\r\n1,5;\r\n"), rows);
  assert.deepEqual(fromCsv("a\tb\n\n1,5\t"), rows);
  assert.deepEqual(fromCsv('"a",b\n"say ""no""",'), [
    ["a", "b"],
    ['say "no"', ""],
  ]);
  assert.deepEqual(fromCsv(""), []);
});
