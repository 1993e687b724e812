import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv } from "../../../app/ui/csv.js";

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
