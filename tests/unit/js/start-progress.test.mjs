/// <reference types="node" />
import assert from "node:assert/strict";
import { test } from "node:test";

import { StartClock } from "../../../app/shell/start-progress.js";

let now = 0;
performance.now = () => now;

/** @param {number} loaded @param {boolean} [python] @param {boolean} [networks] */
const told = (loaded, python = false, networks = false) => ({ loaded, total: 100, python, networks });

/**
 * Shares of a start, told every 100 ms.
 *
 * @param {StartClock} clock
 * @param {number} milliseconds
 */
function sharesOf(clock, milliseconds) {
  return Array.from({ length: milliseconds / 100 }, () => {
    now += 100;
    return clock.share;
  });
}

test("the bar moves on from moment to moment, whatever comes when, and never back", () => {
  const clock = new StartClock();
  assert.equal(clock.lastTime, null);
  const shares = sharesOf(clock, 500);
  clock.note(told(50));
  shares.push(...sharesOf(clock, 2000));
  clock.note(told(100, true));
  shares.push(...sharesOf(clock, 3000));
  clock.note(told(100, true, true));
  shares.push(...sharesOf(clock, 500));
  for (const [index, share] of shares.slice(1).entries()) {
    assert.ok(share > shares[index], `${shares[index]}, then ${share}`);
  }
  assert.ok(shares[0] > 0 && shares[shares.length - 1] < 1);
});

test("bytes count as they come, up to the share of time that loading takes", () => {
  const clock = new StartClock();
  clock.note(told(50));
  const half = clock.share;
  clock.note(told(100));
  assert.ok(half >= 0.2 && half < 0.5 && clock.share >= 2 * half);
});

test("the next start moves as the last one did, and says how long that took", () => {
  const first = new StartClock();
  now += 9000;
  first.note(told(100, true, true));
  now += 1000;
  first.finish(true);

  // The first one that finds all here has none of its kind to go by.
  const second = new StartClock();
  assert.equal(second.lastTime, null);
  now += 200;
  second.note(told(100));
  now += 600;
  second.note(told(100, true, true));
  now += 200;
  second.finish(false);

  const third = new StartClock();
  assert.equal(third.lastTime, 1000);
  third.note(told(100));
  assert.equal(third.share, 0.2);
  third.note(told(100, true));
  now += 10_000;
  assert.ok(third.share > 0.9 && third.share <= 1);
});
