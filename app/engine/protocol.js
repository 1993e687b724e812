/**
 * What the page and the worker say to each other, as types only.
 *
 * The page sends one `start`, then jobs, each with an id, and says which one's `turn` it is. One that comes before
 * its turn is prepared while the networks work for the other, and then waits. The worker answers each job with any
 * number of `progress` messages and one `result` or `error`. Pictures are transferred, not copied, in both
 * directions.
 *
 * @import { Manifest } from "../site/manifest.js"
 *
 * @typedef {"text" | "hex" | "number" | "protected" | "random"} PayloadKind
 *
 * @typedef {object} PayloadOptions
 * @property {PayloadKind} kind
 * @property {string} value text or digits as typed; unused for random
 * @property {string | null} key passphrase; who reads needs the same
 * @property {number} strength how visible the mark may be; 1 is the default, 2 is twice as visible
 *
 * @typedef {"JPEG" | "PNG" | "WEBP" | "TIFF"} OutputFormat
 *
 * @typedef {PayloadOptions & { again: boolean, format: OutputFormat | null, quality: number | null }} EmbedOptions
 * again: mark it even if it is marked already; format: null keeps that of the cover; quality: 1..100 of a lossy
 * format, null keeps that of the cover, or takes a good one in another format
 *
 * @typedef {object} ReadOptions
 * @property {string | null} key passphrase that it was marked with
 * @property {string | null} known list of payloads, one a line, to tell whose mark it is
 *
 * @typedef {object} LabOptions
 * @property {LabStep[]} steps
 * @property {string | null} key
 * @property {boolean} thorough search for the mark; else one look at the whole picture
 *
 * @typedef {object} LabStep
 * @property {string} kind name of a LabKind
 * @property {number} amount
 *
 * @typedef {{
 *   embed: { options: EmbedOptions, result: Marked },
 *   read: { options: ReadOptions, result: TimedReading },
 *   overlay: { options: PayloadOptions, result: Overlay },
 *   lab: { options: LabOptions, result: LabResult },
 *   labKinds: { options: object, result: LabKind[] },
 * }} Tasks what the engine does: what it is told besides the picture, and what it answers
 *
 * @typedef {keyof Tasks} Task
 *
 * @typedef {{ [T in Task]: { task: T, name: string, options: Tasks[T]["options"] } }[Task]} Job
 * name: that of the file, used in sentences and for the marked picture's name; "" without a file
 *
 * @typedef {Tasks[Task]["result"]} Result
 *
 * @typedef {object} Payload
 * @property {Exclude<PayloadKind, "random">} kind
 * @property {string} value
 * @property {string} hex
 *
 * @typedef {object} Reading
 * @property {boolean} found
 * @property {Payload | undefined} payload undefined when nothing was found
 * @property {number[]} bits 0 and 1, as read
 * @property {Float32Array} confidences probability (0.5..1) of each bit
 * @property {number} statistic
 * @property {number} threshold of the statistic, from which a watermark counts as found
 * @property {number} falseAlarm probability of such a statistic in an unmarked picture, all windows counted
 * @property {[number, number][]} corners where the marked picture's top left, top right, bottom right and bottom
 *   left corner lie, in shares of the width and height
 * @property {number} tried windows that were read
 * @property {Protected | null} protected the bits taken for a protected number, also where they are another payload
 * @property {Match | null} match the known id that fits
 *
 * @typedef {object} Protected
 * @property {number} value 0..65535
 * @property {string} hex
 * @property {number} corrected bits that were flipped
 * @property {number} margin
 * @property {number} certainty
 *
 * @typedef {object} Match
 * @property {string | null} label
 * @property {Payload} payload
 * @property {number} agreeing bits
 * @property {number} certainty its probability among all known ids, if one of these was marked
 * @property {number} chance that other bits agree as well
 *
 * @typedef {Reading & Timed} TimedReading
 *
 * @typedef {object} Timed
 * @property {Record<string, number>} phases milliseconds of each phase
 *
 * @typedef {"exif" | "maker-note" | "jfif" | "photoshop" | "iptc" | "xmp" | "text" | "segment" | "pictures"} Removed
 *
 * @typedef {object} Marked
 * @property {Uint8Array<ArrayBuffer>} data the marked picture's file
 * @property {string} name
 * @property {string} type MIME type
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {number} sizeBefore bytes of the cover's file
 * @property {number} strength that was asked for
 * @property {number} psnr dB
 * @property {Payload} payload
 * @property {Reading} check the marked picture, read back
 * @property {("unreadable" | "weak" | "small" | "shape" | "maker-note")[]} warnings what the check means, and the size
 * @property {number} expected the measured chance, 0..1, that a mark in a picture of this size lasts
 * @property {Removed[]} removed what showed the unmarked picture, and so was left out
 * @property {Uint8Array<ArrayBuffer>} difference PNG file: mid-grey + 16 times the difference
 * @property {Record<string, number>} phases milliseconds of each phase
 *
 * @typedef {object} Overlay
 * @property {Uint8Array<ArrayBuffer>} data the tile, a PNG file
 * @property {string} css the rule that lays it over a page
 * @property {Payload} payload
 *
 * @typedef {object} LabKind a way to change a picture
 * @property {string} name
 * @property {number} least amount
 * @property {number} most
 * @property {number} start where its slider stands at first
 * @property {"quality" | "share" | "degrees" | "factor" | "amount"} unit
 *
 * @typedef {object} LabResult
 * @property {Uint8Array<ArrayBuffer>} preview the changed picture, a JPEG file
 * @property {Reading} reading of the changed picture
 * @property {boolean} sure whether a search would look no further
 *
 * @typedef {object} Progress
 * @property {string} phase of the pipeline
 * @property {number} done steps of the phase
 * @property {number} total steps of the phase
 * @property {number} share of the whole job that is done
 *
 * @typedef {object} StartProgress
 * @property {number} loaded bytes of Python, packages, weights and onnxruntime that are here, as they are sent
 * @property {number} total the same when all of it is here
 *
 * @typedef {object} Compute what people chose
 * @property {"auto" | "webgpu" | "wasm"} provider auto: WebGPU where there is a GPU that computes right
 * @property {number | null} threads of wasm; null for as many as help
 *
 * @typedef {object} Note
 * @property {"webgpu-missing" | "webgpu-failed" | "webgpu-wrong" | "storage-full" | "storage-failed"} code
 * @property {string} detail an error's text, or the relative error of a wrong result
 *
 * @typedef {object} EngineInfo
 * @property {"webgpu" | "wasm"} provider execution provider of both networks
 * @property {number} threads
 * @property {"wasm" | "jspi" | "asyncify"} build of onnxruntime-web
 * @property {number | null} selfTest relative error of WebGPU's answers, wasm's taken for right; null where it was
 *   not asked
 * @property {number} loadedBytes taken from the network by the engine's workers
 * @property {"network" | "storage" | "memory"} weightsFrom memory: from the network, and could not be kept
 * @property {Note[]} notes what did not work; something else was done instead
 *
 * @typedef {Record<string, string | number | boolean | undefined>} Facts by the names of py/hushmark/errors.py;
 *   undefined where something is not known
 *
 * @typedef {object} ErrorFacts
 * @property {string} code
 * @property {string} [message] an English sentence, of errors from Python
 * @property {Facts} [facts] what the sentence names, of errors from Python
 * @property {string} [detail] what it is about, of the engine's own errors
 * @property {Payload | null} [payload] of "already-marked": what the picture reads as
 *
 * @typedef {{ type: "start", manifest: Manifest, compute: Compute }
 *   | { type: "job", id: number, job: Job, data: ArrayBuffer | null }
 *   | { type: "turn", id: number }
 *   | { type: "cancel", id: number }} ToWorker
 * `turn` may come before its job. A job that is cancelled ends with an error, or with its result if that was quicker.
 *
 * @typedef {{ type: "loading", progress: StartProgress }
 *   | { type: "ready", info: EngineInfo }
 *   | { type: "progress", id: number, progress: Progress }
 *   | { type: "result", id: number, result: Result }
 *   | { type: "error", id: number, error: ErrorFacts }
 *   | { type: "stopped", id: number | null, error: ErrorFacts }} FromWorker
 * `error` ends a job, `stopped` the worker: it is of no more use. Its id is that of the job that broke it; null when
 * it could not start, or its networks ended. How it shows that it lives: see life.js.
 */

export {};
