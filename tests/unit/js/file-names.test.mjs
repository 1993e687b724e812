import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct, fileName } from "../../../app/ui/file-names.js";

const FACTS = { cover: "photo.of.us.heif", marked: "photo.of.us-marked.jpg", number: 7, message: "pipe" };

test("a pattern's places are filled in, and the ending is the marked file's", () => {
  assert.equal(fileName("{number}_{name}_{message}", FACTS), "007_photo.of.us_pipe.jpg");
  assert.match(fileName("{date}", FACTS), /^\d{4}-\d\d-\d\d\.jpg$/);
});

test("a pattern that an older build kept goes on working", () => {
  assert.equal(fileName("{name}-{payload}", FACTS), "photo.of.us-pipe.jpg");
});

test("an empty pattern is the default one", () => {
  assert.equal(fileName("  ", FACTS), "photo.of.us-marked.jpg");
});

test("what some systems do not allow in names is replaced", () => {
  assert.equal(fileName("{message}", { ...FACTS, message: 'a/b\\c:*?"<>|\n' }), "a_b_c________.jpg");
  assert.equal(fileName("..{message}", { ...FACTS, message: "../x" }), "_x.jpg");
  assert.equal(fileName("{message}", { ...FACTS, message: "" }), "marked.jpg");
});

test("a message that looks like a place or a replacement stays as it is", () => {
  assert.equal(fileName("{name}", { ...FACTS, cover: "$&.png" }), "$&.jpg");
});

test("equal names get numbers, whatever their case", () => {
  assert.deepEqual(distinct(["a.jpg", "A.jpg", "a.jpg", "b.jpg"]), [
    "a.jpg",
    "A (2).jpg",
    "a (3).jpg",
    "b.jpg",
  ]);
  assert.deepEqual(distinct(["a (2).jpg", "a.jpg", "a.jpg"]), ["a (2).jpg", "a.jpg", "a (3).jpg"]);
});
