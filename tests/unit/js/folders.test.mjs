import assert from "node:assert/strict";
import { test } from "node:test";

import { folderOf, inOrder, keepFolder, pathOf } from "../../../app/ui/folders.js";

/**
 * @param {string} name
 * @param {string} [folder] where it was dropped with one
 */
function file(name, folder) {
  const made = new File([], name);
  if (folder !== undefined) keepFolder(made, folder);
  return made;
}

test("a file knows the folder that it was dropped or chosen with", () => {
  assert.equal(folderOf(file("a.jpg")), "");
  assert.equal(folderOf(file("a.jpg", "trip/day 1")), "trip/day 1");
  const chosen = Object.defineProperty(file("a.jpg"), "webkitRelativePath", { value: "trip/day 1/a.jpg" });
  assert.equal(folderOf(chosen), "trip/day 1");
  assert.equal(pathOf({ folder: "trip", name: "a.jpg" }), "trip/a.jpg");
  assert.equal(pathOf({ folder: "", name: "a.jpg" }), "a.jpg");
});

test("files stand by folder and name, and numbers count as numbers", () => {
  const files = [
    file("b.jpg", "trip"),
    file("10.jpg"),
    file("a.jpg", "trip"),
    file("9.jpg"),
    file("1.jpg", "Art"),
  ];
  const names = inOrder(files).map((each) => pathOf({ folder: folderOf(each), name: each.name }));
  assert.deepEqual(names, ["9.jpg", "10.jpg", "Art/1.jpg", "trip/a.jpg", "trip/b.jpg"]);
});
