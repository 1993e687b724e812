import assert from "node:assert/strict";
import { test } from "node:test";

import { ssim } from "../../../app/mark/pixels.js";

const SIDE = 32;
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/**
 * @param {(x: number, y: number) => number} grey
 * @returns {ImageData}
 */
function picture(grey) {
  const data = new Uint8ClampedArray(4 * SIDE * SIDE).fill(255);
  for (let at = 0; at < SIDE * SIDE; at++)
    data.fill(grey(at % SIDE, Math.floor(at / SIDE)), 4 * at, 4 * at + 3);
  return { data, width: SIDE, height: SIDE, colorSpace: "srgb" };
}

/**
 * @param {number} value
 * @param {number} expected
 */
const close = (value, expected) => assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`);

const noise = picture((x, y) => (x * 73 + y * 151 + x * y * 7) % 256);

test("a picture is like itself", () => close(ssim(noise, noise), 1));

test("of flat pictures only the brightness counts", () => {
  const [dark, light] = [100, 140];
  const expected = (2 * dark * light + C1) / (dark ** 2 + light ** 2 + C1);
  close(
    ssim(
      picture(() => dark),
      picture(() => light),
    ),
    expected,
  );
});

test("a pattern and its negative are as unlike as can be", () => {
  // So fine a pattern is even under the window: 0 and 255 have half of its weight each, to some digits.
  const variance = 127.5 ** 2;
  const board = picture((x, y) => ((x + y) % 2) * 255);
  const negative = picture((x, y) => ((x + y + 1) % 2) * 255);
  const expected = (-2 * variance + C2) / (2 * variance + C2);
  assert.ok(Math.abs(ssim(board, negative) - expected) < 1e-5);
});
