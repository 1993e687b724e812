/** The benchmark's page: the app's engine without its screens, on `globalThis.bench`. */

import { EngineClient } from "../../app/engine/client.js";
import { EnginePool } from "../../app/engine/pool.js";
import { loadManifest } from "../../app/site/manifest.js";
import { pageManifest } from "../../app/site/pin.js";
import { allow, trusted } from "../../app/site/trusted.js";

/** @import { EngineInfo, Marked, TimedReading } from "../../app/engine/protocol.js" */

const manifest = await loadManifest(pageManifest());
/** @type {EngineClient | undefined} */
let engine;

/** @param {string} url */
async function bytes(url) {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

/** @returns {Promise<EngineInfo>} */
function startEngine() {
  engine ??= new EngineClient(pageManifest());
  return engine.ready;
}

/**
 * Marks a picture of this server, reads the result, and looks for a mark in the picture itself.
 *
 * @param {string} url
 */
async function markAndRead(url) {
  if (!engine) throw new Error("The engine was not started.");
  const file = new File([await bytes(url)], "photo.jpg", { type: "image/jpeg" });
  const startEmbed = performance.now();
  /** @type {Marked} */
  const marked = await engine.run("embed", file, { kind: "text", value: "pipe" });
  const startRead = performance.now();
  /** @type {TimedReading} */
  const { reading, phases } = await engine.run("read", new File([marked.data], marked.name), {});
  const startSearch = performance.now();
  /** @type {TimedReading} */
  const unmarked = await engine.run("read", file, {});
  return {
    mark: { ...marked.phases, "in all": startRead - startEmbed },
    "read what is marked": { ...phases, "in all": startSearch - startRead },
    "read what is not": { ...unmarked.phases, "in all": performance.now() - startSearch },
    messages: [reading.message?.value, unmarked.reading.message?.value],
  };
}

/**
 * Marks one picture again and again, one after the other or as a long list of the page.
 *
 * @param {string} url
 * @param {number} count
 * @param {boolean} isList
 * @returns {Promise<number>} milliseconds a picture, the start of the list's helpers not counted
 */
async function many(url, count, isList) {
  if (!engine) throw new Error("The engine was not started.");
  const data = await bytes(url);
  const pool = new EnginePool(engine);
  const runs = isList ? [60, count] : [count];
  let start = 0;
  for (const run of runs) {
    if (isList) pool.expect(1000);
    let left = run;
    start = performance.now();
    const mark = async () => {
      for (; left > 0; left--) {
        const file = new File([data], "photo.jpg", { type: "image/jpeg" });
        await pool.run("embed", file, { kind: "text", value: "pipe" }, { inBackground: isList });
      }
    };
    await Promise.all(isList ? [mark(), mark()] : [mark()]);
  }
  pool.dismiss();
  return (performance.now() - start) / count;
}

/**
 * Milliseconds of each forward pass of one network in a worker of its own.
 *
 * @param {string} graph URL
 * @param {string | null} weights URL of the file that the graph points into
 * @param {Record<string, number>} inputs sizes by name
 * @param {number} runs
 * @returns {Promise<{ provider: string, threads: number, times: number[] }>}
 */
async function forward(graph, weights, inputs, runs) {
  const model = {
    graph: await bytes(graph),
    externalData: weights
      ? [{ path: weights.slice(weights.lastIndexOf("/") + 1), data: await bytes(weights) }]
      : [],
  };
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, size]) => [
      name,
      Float32Array.from({ length: size }, (_, i) => (i % 97) / 96),
    ]),
  );
  allow("forward-worker.js");
  const worker = new Worker(trusted("forward-worker.js"), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ manifest, model, feeds, runs });
    });
  } finally {
    worker.terminate();
  }
}

Object.assign(globalThis, { bench: { startEngine, markAndRead, many, forward } });
document.documentElement.dataset.ready = "";
