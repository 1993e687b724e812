import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct, distinctPaths, fileName } from "../../../app/ui/file-names.js";

const FACTS = {
  cover: "photo.of.us.heif",
  folder: "",
  marked: "photo.of.us-marked.jpg",
  number: 7,
  message: "pipe",
};

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

test("a name that ends as the pattern would have it does not get that twice", () => {
  const marked = { ...FACTS, cover: "photo-marked.jpg" };
  assert.equal(fileName("{name}-marked", marked), "photo-marked.jpg");
  assert.equal(fileName("{name}-marked", { ...FACTS, cover: "photo-marked-marked.jpg" }), "photo-marked.jpg");
  assert.equal(fileName("{name}-{number}", marked), "photo-marked-007.jpg");
  assert.equal(fileName("{name}-marked", { ...FACTS, cover: "-marked.jpg" }), "-marked-marked.jpg");
});

test("a pattern has the way that led to the cover, and nothing in its place without one", () => {
  const trip = { ...FACTS, folder: "trip/day 1" };
  assert.equal(fileName("{folder}-{name}", trip), "trip_day 1-photo.of.us.jpg");
  assert.equal(fileName("{folder} - {name}", FACTS), "photo.of.us.jpg");
});

test("equal names may stand in different folders, whose names every system allows", () => {
  const files = [
    { folder: "trip", name: "a.jpg" },
    { folder: "trip/day: 2", name: "a.jpg" },
    { folder: "trip", name: "A.jpg" },
    { folder: "../x", name: "a.jpg" },
    { folder: "", name: "a.jpg" },
  ];
  assert.deepEqual(distinctPaths(files), [
    "trip/a.jpg",
    "trip/day_ 2/a.jpg",
    "trip/A (2).jpg",
    "x/a.jpg",
    "a.jpg",
  ]);
});
