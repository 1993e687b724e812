import assert from "node:assert/strict";
import { test } from "node:test";

import "./browser.mjs";

const { errorInWords, messageInWords, placeInWords, timeInWords } = await import("../../../app/ui/words.js");
const { inBytes, inChance, inPercent, m } = await import("../../../app/ui/language.js");
const { EngineError } = await import("../../../app/engine/errors.js");
const { RegisterError } = await import("../../../app/register/entries.js");

test("a message is told by its kind", () => {
  assert.equal(messageInWords({ kind: "text", value: "pipe" }), m.quoted("pipe"));
  assert.equal(messageInWords({ kind: "id", value: "0123456789abcdef" }), "0123456789abcdef");
  assert.equal(
    messageInWords({ kind: "number", value: "18446744073709551615" }),
    m.numbered("18446744073709551615"),
  );
  assert.equal(messageInWords({ kind: "hex", value: "70697065" }), "70697065");
  assert.equal(messageInWords({ kind: "protected", value: "7" }), m.numbered("7"));
});

test("errors of Python, of the engine and of the register have their sentences", () => {
  const facts = { name: "a.heic", found: "HEIC" };
  const python = EngineError.from({ code: "picture-format", message: "a.heic is of type HEIC.", facts });
  assert.equal(errorInWords(python), "a.heic is of type HEIC.");
  assert.equal(errorInWords(new EngineError("cancelled")), m.errors.cancelled(""));
  assert.match(errorInWords(new RegisterError("import-version", "9")), /9/);
});

/** @type {[string, [number, number][], string][]} */
const PLACES = [
  [
    "upright",
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    m.placeWhole(""),
  ],
  [
    "a quarter turned",
    [
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 0],
    ],
    m.placeWhole(m.turned("90")),
  ],
  [
    "mirrored",
    [
      [1, 0],
      [0, 0],
      [0, 1],
      [1, 1],
    ],
    m.placeWhole(m.mirrored),
  ],
  [
    "upside down in a mirror",
    [
      [0, 1],
      [1, 1],
      [1, 0],
      [0, 0],
    ],
    m.placeWhole(m.and(m.mirrored, m.turned("180"))),
  ],
  [
    "a part",
    [
      [0.1, 0.1],
      [0.6, 0.1],
      [0.6, 0.6],
      [0.1, 0.6],
    ],
    m.placePart(""),
  ],
  [
    "cut off",
    [
      [-0.2, 0],
      [1, 0],
      [1, 1],
      [-0.2, 1],
    ],
    m.placeCropped(""),
  ],
  [
    "tilted",
    [
      [0.1, 0],
      [1, 0.1],
      [0.9, 1],
      [0, 0.9],
    ],
    m.placePart(m.tilted),
  ],
];

for (const [name, corners, words] of PLACES) {
  test(`where a picture lies is told in words: ${name}`, () => {
    assert.equal(placeInWords(corners), words);
  });
}

test("figures are written for people", () => {
  assert.equal(inPercent(0.9996), "99.9%");
  assert.equal(inChance(1 / 5000), m.chance("5,000"));
  assert.equal(inChance(1e-12), m.chanceTiny);
  assert.equal(inChance(0.98), m.chanceLarge);
  assert.equal(inBytes(1_500_000), "1.5 MB");
  assert.equal(timeInWords({ open: 1200, save: 300 }), "1.5 sec");
  // Nothing takes no time.
  assert.equal(timeInWords({ open: 20 }), "0.1 sec");
});
