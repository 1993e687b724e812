import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, nameOf, pictureOf } from "../../../app/extension/address.js";

const PICTURES = [
  ["https://example.com/a/cat%20one.jpg?size=2#x", "cat one.jpg"],
  ["https://example.com/100%.png", "100%.png"],
  ["https://example.com/", "picture"],
  ["data:image/png;base64,AA/BB==", "picture"],
  ["blob:https://example.com/1-2", "picture"],
];

test("the address of a picture comes to the page as it is, and names the file", () => {
  for (const [picture, name] of PICTURES) {
    const { hash, pathname } = new URL(addressOf(picture), "chrome-extension://id/");
    assert.equal(pathname, "/read.html");
    assert.equal(pictureOf(hash), picture);
    assert.equal(nameOf(picture), name);
  }
});
