import "./browser.mjs";
import assert from "node:assert/strict";
import test from "node:test";
import { amountsOf } from "../../../app/lab/trials.js";

const KIND = /** @type {const} */ ({ name: "any", group: "file", start: 1 });

test("a chart has its amounts evenly over the range", () => {
  const amounts = amountsOf({ ...KIND, least: -180, most: 180, unit: "degrees" }, 9);
  assert.deepEqual(amounts, [-180, -135, -90, -45, 0, 45, 90, 135, 180]);
});

test("what is counted has no fractions, and no amount twice", () => {
  assert.deepEqual(amountsOf({ ...KIND, least: 0, most: 4, unit: "pixels" }, 9), [0, 1, 2, 3, 4]);
});
