import assert from "node:assert/strict";
import { test } from "node:test";

import { Hold } from "../../../app/read/hold.js";

/**
 * @param {string} outcome
 * @param {string} [value]
 */
const reading = (outcome, value) =>
  /** @type {import("../../../app/engine/protocol.js").Reading} */ (
    /** @type {unknown} */ ({ outcome, message: value ? { kind: "text", value } : null })
  );

/** @param {...[outcome: string, value?: string]} answers */
const held = (...answers) => {
  const hold = new Hold();
  return answers.map((answer) => [hold.add(reading(...answer)), hold.outcome]);
};

test("an answer holds when two pictures on end give it", () => {
  assert.deepEqual(held(["read", "pipe"], ["read", "pipe"], ["unreadable"], ["unreadable"]), [
    [false, "none"],
    [true, "read"],
    [false, "read"],
    [true, "unreadable"],
  ]);
});

test("a picture between two breaks no answer, and makes none", () => {
  assert.deepEqual(
    held(["read", "pipe"], ["none"], ["read", "pipe"], ["read", "pipe"], ["none"], ["read", "pipe"]),
    [
      [false, "none"],
      [true, "none"],
      [false, "none"],
      [true, "read"],
      [false, "read"],
      [true, "read"],
    ],
  );
});

test("another message is another answer", () => {
  assert.deepEqual(held(["read", "pipe"], ["read", "pipe"], ["read", "cork"]), [
    [false, "none"],
    [true, "read"],
    [false, "read"],
  ]);
});
