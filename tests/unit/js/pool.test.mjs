/// <reference types="node" />
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { EnginePool } from "../../../app/engine/pool.js";
import { EngineError } from "../../../app/engine/errors.js";

/** @import { EngineClient } from "../../../app/engine/client.js" */

/** @param {object} device what the browser says of it */
const on = (device) => Object.defineProperty(globalThis, "navigator", { value: device, configurable: true });
beforeEach(() => on({ deviceMemory: 8, hardwareConcurrency: 2 }));

/** An engine that says who it is, or why not. */
class Engine {
  state = { name: "ready", info: { provider: "wasm", threads: 2 } };
  /** @type {Engine[]} */
  others = [];
  /** @type {string | null} what a job fails by */
  failure = null;
  isClosed = false;

  /** @param {string} name @param {object} [compute] */
  constructor(name, compute) {
    this.name = name;
    this.compute = compute;
  }

  /** @param {object} compute */
  another(compute) {
    this.others.push(new Engine(`helper ${this.others.length + 1}`, compute));
    return this.others[this.others.length - 1];
  }

  async run() {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.failure) throw new EngineError(this.failure);
    return this.name;
  }

  close() {
    this.isClosed = true;
    this.failure = "cancelled";
  }
}

/** @param {number} waiting pictures */
function poolFor(waiting) {
  const main = new Engine("main");
  const pool = new EnginePool(/** @type {EngineClient} */ (/** @type {unknown} */ (main)));
  pool.expect(waiting);
  const run = (size = 1000, signal = new AbortController().signal) =>
    pool.run("embed", /** @type {File} */ ({ size }), { kind: "random", value: "" }, { signal });
  return { main, pool, run };
}

test("a short list has no helpers, nor a device without room, nor one whose GPU computes", async () => {
  const { main, run } = poolFor(29);
  assert.deepEqual(await Promise.all([run(), run()]), ["main", "main"]);
  assert.deepEqual(main.others, []);
  for (const device of [{ hardwareConcurrency: 2 }, { deviceMemory: 4, hardwareConcurrency: 2 }]) {
    on(device);
    assert.deepEqual(poolFor(1000).main.others, []);
  }
  on({ deviceMemory: 8, hardwareConcurrency: 1 });
  assert.deepEqual(poolFor(1000).main.others, []);
  on({ deviceMemory: 8, hardwareConcurrency: 2 });
  const { main: withGpu, pool } = poolFor(0);
  withGpu.state.info.provider = "webgpu";
  pool.expect(1000);
  assert.deepEqual(withGpu.others, []);
});

test("of a long list each helper marks one, with its share of the processors, once it is ready", async () => {
  const { main, pool, run } = poolFor(30);
  pool.expect(29);
  const [one, two] = main.others;
  assert.equal(main.others.length, 2);
  assert.deepEqual(one.compute, { provider: "wasm", threads: 1 });
  two.state.name = "starting";
  assert.deepEqual(await Promise.all([run(), run()]), ["helper 1", "main"]);
  two.state.name = "ready";
  assert.deepEqual(await Promise.all([run(), run()]), ["helper 1", "helper 2"]);
  assert.equal(await run(17e6), "main");
  pool.dismiss();
  assert.ok(one.isClosed && two.isClosed);
  assert.equal(await run(), "main");
});

test("what a helper stops at is done by the page's own engine, and there are no helpers any more", async () => {
  const { main, pool, run } = poolFor(30);
  main.others[0].failure = "engine-stopped";
  assert.deepEqual(await Promise.all([run(), run()]), ["main", "main"]);
  assert.ok(main.others.every(({ isClosed }) => isClosed));
  pool.expect(1000);
  assert.equal(main.others.length, 2);
});

test("a picture that fails, or that people cancel, fails", async () => {
  const { main, run } = poolFor(30);
  main.others[0].failure = "picture-truncated";
  await assert.rejects(run(), { code: "picture-truncated" });
  main.others[0].failure = "cancelled";
  await assert.rejects(run(1000, AbortSignal.abort()), { code: "cancelled" });
  assert.ok(main.others.every(({ isClosed }) => !isClosed));
});
