/**
 * The networks in onnxruntime-web: chooses the execution provider, opens the sessions, runs them.
 *
 * The wasm build is bundled. WebGPU has other builds, which are loaded only where there is a GPU. It is used only
 * after a test with known answers: on some devices, and in some graphs, it computes wrong results and reports no error.
 *
 * The wasm build has only those functions that the networks were seen to call. Should one call another, that is a trap,
 * and the whole build does the work: see `isTrap`.
 */

import * as wasmBuild from "onnxruntime-web/wasm";
import { trustWorkers } from "../site/trusted.js";
import { EngineError, lastLine } from "./errors.js";
import { siteFile } from "../site/manifest.js";
import { fetchSoon, verifiedScript } from "./verified.js";

/**
 * @import { InferenceSession } from "onnxruntime-common"
 * @import { Manifest } from "../site/manifest.js"
 * @import { Compute, EngineInfo, Note } from "./protocol.js"
 *
 * @typedef {typeof wasmBuild} Ort
 *
 * @typedef {object} Model
 * @property {Uint8Array} graph an .onnx file; inputs and outputs are float32 of fixed shapes
 * @property {{ path: string, data: Uint8Array }[]} externalData files that hold its weights
 * @property {boolean} [isLater] on wasm it is opened after all others, while these may be run already
 *
 * @typedef {Pick<EngineInfo, "provider" | "threads" | "build" | "selfTest" | "notes">} Choice
 * @typedef {Choice & { sessions: Session[], open: (model: Model) => Promise<Session> }} Networks with the sessions in
 *   the order of the models; open: opens another one, while none of them is run
 */

/** More threads do not make networks this small faster. */
const MAX_THREADS = 4;
/** Relative RMS error up to which WebGPU agrees with wasm: rounding stays far below, a wrong kernel far above. */
const TOLERANCE = 1e-2;

// onnxruntime starts its threads itself.
trustWorkers();

/**
 * @param {Model[] | Promise<Model[]>} models
 * @param {Manifest} manifest
 * @param {Compute} compute
 * @param {{ softwareAdapter?: boolean, isWhole?: boolean }} [options] softwareAdapter: take a WebGPU that runs on the CPU,
 *   too; isWhole: take the whole wasm build
 * @returns {Promise<Networks>}
 */
export async function openSessions(
  models,
  manifest,
  compute,
  { softwareAdapter = false, isWhole = false } = {},
) {
  /** @type {Note[]} */
  const notes = [];
  if (!isWhole && compute.provider !== "wasm" && (await hasGpu(softwareAdapter))) {
    try {
      const build = "Suspending" in WebAssembly ? "jspi" : "asyncify";
      /** @type {Ort} */
      const ort = await import(await verifiedScript(siteFile(manifest, `ort/${build}.js`)));
      const threads = await configure(ort, manifest, build, compute.threads);
      const reference = await openAll(ort, await models, "wasm");
      const { sessions, selfTest } = await openOnGpu(ort, await models, reference, notes);
      if (!sessions) {
        return { provider: "wasm", threads, build, selfTest, sessions: reference, notes, open: opener(ort) };
      }
      /** @param {Model} model */
      const open = async (model) => {
        const [onWasm] = await openAll(ort, [model], "wasm");
        return (await openOnGpu(ort, [model], [onWasm], [])).sessions?.[0] ?? onWasm;
      };
      return { provider: "webgpu", threads, build, selfTest, sessions, notes, open };
    } catch (error) {
      // A file of the site is missing or altered.
      if (error instanceof EngineError) throw error;
      notes.push({ code: "webgpu-failed", detail: lastLine(error) });
    }
  } else if (compute.provider === "webgpu") {
    notes.push({ code: "webgpu-missing", detail: "" });
  }
  const build = isWhole ? "whole" : "wasm";
  /** @type {Ort} */
  const ort = isWhole ? await import(await verifiedScript(siteFile(manifest, "ort/whole.js"))) : wasmBuild;
  const threads = await configure(ort, manifest, build, compute.threads);
  const sessions = await openFirst(ort, await models);
  return { provider: "wasm", threads, build, selfTest: null, sessions, notes, open: opener(ort) };
}

/** @param {Ort} ort @returns {Networks["open"]} on wasm */
function opener(ort) {
  return async (model) => (await openAll(ort, [model], "wasm"))[0];
}

/** @param {unknown} error of opening or running a session @returns {boolean} whether the wasm build lacks a function */
export function isTrap(error) {
  return /unreachable/i.test(String(error));
}

/** A session of onnxruntime-web that runs one thing at a time: with two at once, WebGPU fails and reports no error. */
export class Session {
  #ort;
  #session;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * @param {Ort} ort
   * @param {Promise<InferenceSession>} session whoever runs it learns when it cannot be opened
   */
  constructor(ort, session) {
    this.#ort = ort;
    this.#session = session;
    session.catch(() => undefined);
  }

  /** Names and shapes of the inputs, as soon as it is open. */
  async inputs() {
    return (await this.#session).inputMetadata.map((input) => {
      if (!input.isTensor) throw new TypeError(`The input ${input.name} is no tensor.`);
      return { name: input.name, shape: input.shape.map(Number) };
    });
  }

  /**
   * @param {Record<string, Float32Array>} feeds values of each input, flat
   * @returns {Promise<Float32Array[]>} values of each output, flat
   */
  run(feeds) {
    const result = this.#last.then(() => this.#run(feeds));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async release() {
    await (await this.#session).release();
  }

  /** @param {Record<string, Float32Array>} feeds */
  async #run(feeds) {
    const session = await this.#session;
    const tensors = Object.fromEntries(
      (await this.inputs()).map(({ name, shape }) => [
        name,
        new this.#ort.Tensor("float32", feeds[name], shape),
      ]),
    );
    const outputs = await session.run(tensors);
    return Promise.all(
      session.outputNames.map(async (name) => {
        const values = await outputs[name].getData(true);
        if (!(values instanceof Float32Array)) throw new TypeError("The network's output is not float32.");
        return values;
      }),
    );
  }
}

/** @param {boolean} softwareAdapter */
async function hasGpu(softwareAdapter) {
  try {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    return Boolean(adapter) && (softwareAdapter || !adapter?.info.isFallbackAdapter);
  } catch {
    return false;
  }
}

/**
 * @param {Ort} ort
 * @param {Manifest} manifest
 * @param {EngineInfo["build"]} name
 * @param {number | null} wanted threads
 * @returns {Promise<number>} threads
 */
async function configure(ort, manifest, name, wanted) {
  // It is missing where the page is not cross-origin isolated, and in some versions of WebKit.
  const hasThreads = typeof SharedArrayBuffer === "function";
  const threads = hasThreads ? Math.min(wanted ?? MAX_THREADS, navigator.hardwareConcurrency) : 1;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  // The glue has an address even where it could be bundled: onnxruntime's thread workers load it again.
  ort.env.wasm.wasmPaths = {
    mjs: String(await verifiedScript(siteFile(manifest, `ort/${name}.mjs`))),
    wasm: siteFile(manifest, `ort/${name}.wasm`).url,
  };
  // While the weights are still loaded.
  fetchSoon(siteFile(manifest, `ort/${name}.wasm`));
  return threads;
}

/**
 * @param {Ort} ort
 * @param {Model[]} models
 * @param {"webgpu" | "wasm"} provider
 */
async function openAll(ort, models, provider) {
  const sessions = openInTurn(ort, models, provider);
  for (const session of sessions) await session.inputs();
  return sessions;
}

/**
 * @param {Ort} ort
 * @param {Model[]} models
 * @returns {Promise<Session[]>} in the order of the models; those that are later may still be opened
 */
async function openFirst(ort, models) {
  const inTurn = [...models.filter(({ isLater }) => !isLater), ...models.filter(({ isLater }) => isLater)];
  const opened = openInTurn(ort, inTurn, "wasm");
  for (const [index, { isLater }] of inTurn.entries()) if (!isLater) await opened[index].inputs();
  return models.map((model) => opened[inTurn.indexOf(model)]);
}

/**
 * @param {Ort} ort
 * @param {Model[]} models
 * @param {"webgpu" | "wasm"} provider
 * @returns {Session[]} one is opened after the other
 */
function openInTurn(ort, models, provider) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return models.map(({ graph, externalData }) => {
    const opening = last.then(() =>
      ort.InferenceSession.create(graph, {
        executionProviders: [provider],
        externalData,
        // Threads that do not spin while they wait would leave processor time to others. The build that we have shows no
        // difference yet (docs/measured.md), but its functions were recorded with this option: see tools/trimming.
        extra: { session: { intra_op: { allow_spinning: "0" } } },
      }),
    );
    last = opening;
    return new Session(ort, opening);
  });
}

/**
 * @param {Ort} ort
 * @param {Model[]} models
 * @param {Session[]} reference the same models on wasm; released when WebGPU is taken
 * @param {Note[]} notes
 * @returns {Promise<{ sessions: Session[] | null, selfTest: number | null }>} no sessions when WebGPU fails or
 *   computes something else
 */
async function openOnGpu(ort, models, reference, notes) {
  try {
    const sessions = await openAll(ort, models, "webgpu");
    let selfTest = 0;
    for (const [index, session] of sessions.entries()) {
      const error = await disagreement(session, reference[index]);
      // Not `error > TOLERANCE`: NaN must fail as well.
      if (!(error <= TOLERANCE)) {
        notes.push({ code: "webgpu-wrong", detail: error.toPrecision(2) });
        await Promise.all(sessions.map((opened) => opened.release()));
        return { sessions: null, selfTest: error };
      }
      selfTest = Math.max(selfTest, error);
    }
    await Promise.all(reference.map((opened) => opened.release()));
    return { sessions, selfTest };
  } catch (error) {
    notes.push({ code: "webgpu-failed", detail: lastLine(error) });
    return { sessions: null, selfTest: null };
  }
}

/**
 * @param {Session} session
 * @param {Session} reference
 * @returns {Promise<number>} RMS of the difference of the two answers to one input, over the RMS of the
 *   reference's; of the output where that is largest
 */
async function disagreement(session, reference) {
  const feeds = Object.fromEntries(
    (await reference.inputs()).map(({ name, shape }) => [
      name,
      testPattern(shape.reduce((size, side) => size * side, 1)),
    ]),
  );
  const [answers, expected] = [await session.run(feeds), await reference.run(feeds)];
  return Math.max(...expected.map((values, index) => relativeError(answers[index], values)));
}

/**
 * @param {Float32Array} answer
 * @param {Float32Array} expected
 */
function relativeError(answer, expected) {
  let difference = 0;
  let signal = 0;
  for (const [index, value] of expected.entries()) {
    difference += (answer[index] - value) ** 2;
    signal += value ** 2;
  }
  return Math.sqrt(difference / signal);
}

/**
 * The same noise every time (a linear congruential generator), because a kernel can be right on smooth input.
 *
 * @param {number} size
 * @returns {Float32Array} values in 0..1
 */
function testPattern(size) {
  let state = 1;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}
