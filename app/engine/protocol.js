/**
 * What the page and the worker say to each other, as types only.
 *
 * The page sends one `start`, then one job at a time; the worker answers each job with any number of
 * `progress` messages and one `result` or `error`. Pictures are transferred, not copied, in both directions.
 *
 * @import { Manifest } from "./manifest.js"
 *
 * @typedef {"text" | "hex" | "random"} PayloadKind
 *
 * @typedef {object} EmbedJob
 * @property {"embed"} task
 * @property {string} name of the file, used in sentences and for the marked picture's name
 * @property {PayloadKind} kind
 * @property {string} value text or hex digits as typed; unused for random
 * @property {number} strengthDb PSNR to aim at
 *
 * @typedef {object} ReadJob
 * @property {"read"} task
 * @property {string} name
 *
 * @typedef {EmbedJob | ReadJob} Job
 *
 * @typedef {object} Payload
 * @property {"text" | "hex"} kind
 * @property {string} value
 * @property {string} hex
 *
 * @typedef {object} Reading
 * @property {boolean} found
 * @property {Payload | undefined} payload undefined when nothing was found
 * @property {Float32Array} confidences probability (0.5..1) of each bit
 * @property {number} statistic
 * @property {number} threshold of the statistic, from which a watermark counts as found
 * @property {number} falseAlarm probability of such a statistic in an unmarked picture, all windows counted
 * @property {[number, number][]} corners where the marked picture's top left, top right, bottom right and bottom
 *   left corner lie, in shares of the width and height
 * @property {number} tried windows that were read
 *
 * @typedef {Reading & Timed} TimedReading
 *
 * @typedef {object} Timed
 * @property {Record<string, number>} phases milliseconds of each phase
 *
 * @typedef {object} Marked
 * @property {Uint8Array<ArrayBuffer>} data the marked picture's file
 * @property {string} name
 * @property {string} type MIME type
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {number} psnr dB
 * @property {Payload} payload
 * @property {Reading} check the marked picture, read back
 * @property {Uint8Array<ArrayBuffer>} difference PNG file: mid-grey + 16 times the difference
 * @property {Record<string, number>} phases milliseconds of each phase
 *
 * @typedef {object} Progress
 * @property {string} phase "runtime", "packages", "weights", "session" at the start; then the pipeline's
 * @property {number} loaded bytes at the start, phases done in a job
 * @property {number} total the same when complete
 *
 * @typedef {object} EngineInfo
 * @property {"webgpu" | "wasm"} provider execution provider of both networks
 * @property {number} threads
 * @property {number} loadedBytes taken from the network by the worker
 * @property {"network" | "storage" | "memory"} weightsFrom memory: from the network, and could not be kept
 * @property {string[]} notes sentences about what did not work and what was done instead
 *
 * @typedef {object} ErrorFacts
 * @property {string} code
 * @property {string} message
 *
 * @typedef {{ type: "start", manifest: Manifest } | { type: "job", job: Job, data: ArrayBuffer }} ToWorker
 *
 * @typedef {{ type: "progress", progress: Progress }
 *   | { type: "ready", info: EngineInfo }
 *   | { type: "result", result: Marked | TimedReading }
 *   | { type: "error", error: ErrorFacts }
 *   | { type: "stopped", error: ErrorFacts }} FromWorker
 * `error` ends a job, `stopped` the worker: it is of no more use.
 */

export {};
