/**
 * The messages between the page and the engine's worker, as types only.
 *
 * The page sends one `start`, then jobs, each with an id. The worker sends whose `turn` it is, and for each job any
 * number of `progress` and `partial` messages and one `result` or `error`. Pictures are transferred, not copied, in
 * both directions. When a job needs something of the page, such as a signature, the worker sends `ask`, and the page
 * replies by `answer`.
 *
 * @import { Manifest } from "../site/manifest.js"
 *
 * @typedef {keyof Tasks} Task
 *
 * @typedef {object} Job
 * @property {Task} task
 * @property {string} name that of the file, used in sentences and for the marked picture's name; "" without a file
 * @property {object} options
 * @property {boolean} in_background as for a batch: comes after all other jobs
 *
 * @typedef {object} StartProgress
 * @property {number} loaded bytes of Python, packages, weights and onnxruntime so far, as they are sent
 * @property {number} total the same when all of it is loaded
 * @property {boolean} python whether Python and its packages have started
 * @property {boolean} networks whether the networks are ready to run
 *
 * @typedef {object} Compute what people chose
 * @property {"auto" | "webgpu" | "wasm"} provider auto: WebGPU where a GPU computes correctly
 * @property {number | null} threads of wasm; null for as many as help
 *
 * @typedef {object} Note
 * @property {"webgpu-missing" | "webgpu-failed" | "webgpu-wrong" | "storage-full" | "storage-failed"} code
 * @property {string} detail an error's text, or the relative error of a wrong result
 *
 * @typedef {object} EngineInfo
 * @property {"webgpu" | "wasm"} provider execution provider of both networks
 * @property {number} threads
 * @property {"wasm" | "whole" | "jspi" | "asyncify"} build of onnxruntime-web
 * @property {number | null} selfTest relative error of WebGPU's outputs against wasm's; null where there was no
 *   test
 * @property {number} loadedBytes taken from the network by the engine's workers
 * @property {"network" | "storage" | "memory"} weightsFrom memory: from the network, but could not be stored
 * @property {Note[]} notes what did not work; something else was done instead
 *
 * @typedef {Record<string, string | number | boolean>} Facts by the names of py/hushmark/errors.py; unknown
 *   ones are missing
 *
 * @typedef {object} ErrorFacts
 * @property {string} code
 * @property {string} [message] an English sentence, of errors from Python
 * @property {Facts} [facts] what the sentence names, of errors from Python
 * @property {string} [detail] what it is about, of the engine's own errors
 *
 * @typedef {object} Helpers what the page does for a job; missing helpers are refused
 * @property {(data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>} [sign] the signature by ES256, of 64
 *   bytes, by the key of the job's chain
 * @property {(path: string) => Promise<Uint8Array<ArrayBuffer> | null>} [fetch] the file at this path among published
 *   manifests; null where there is none
 *
 * @typedef {{ [Name in keyof Helpers]-?: { helper: Name, argument: Parameters<Required<Helpers>[Name]>[0] } }[keyof Helpers]} Ask
 *
 * @typedef {{ type: "start", manifest: Manifest, compute: Compute }
 *   | { type: "job", id: number, job: Job, data: ArrayBuffer | null }
 *   | { type: "answer", call: number, data: Uint8Array<ArrayBuffer> | null, error: string | null }
 *   | { type: "cancel", id: number }
 *   | { type: "take-snapshot", manifest: Manifest }} ToWorker
 * A job that is cancelled ends with an error, or with its result if that was quicker. `take-snapshot` is for a worker
 * that does nothing else: it takes a snapshot of Python's memory, then answers "snapshot-taken".
 *
 * @typedef {{ type: "turn", id: number }
 *   | { type: "progress", id: number, progress: Progress }
 *   | { type: "partial", id: number, result: unknown }
 *   | { type: "ask", id: number, call: number } & Ask
 *   | { type: "result", id: number, result: unknown }
 *   | { type: "error", id: number, error: ErrorFacts }
 *   | { type: "stopped", id: number | null, error: ErrorFacts }} FromPython
 * `turn`: the job that runs now; `partial`: an answer before a better one; `error` ends a job, `stopped` the worker,
 * which cannot go on. Its id is that of the job that broke it; null when it could not start, or its networks ended. How
 * the page notices a worker that has ended: see life.js.
 *
 * @typedef {{ type: "loading", progress: StartProgress }
 *   | { type: "ready", info: EngineInfo }
 *   | { type: "rest-loaded" }
 *   | FromPython} FromWorker
 * `rest-loaded`: the files that only some pictures need are loaded, too.
 */

/**
 * Made by `python -m tools.protocol`:
 *
 * @typedef {"text" | "id" | "number"} Kind
 *
 * @typedef {"text" | "id" | "number" | "random"} KindOption
 *
 * @typedef {"read" | "unreadable" | "none"} Outcome
 *
 * @typedef {"damaged" | "key" | "no-key" | "later"} Reason
 *
 * @typedef {"JPEG" | "PNG" | "WEBP" | "TIFF" | "AVIF" | "GIF"} Format
 *
 * @typedef {"quality" | "share" | "degrees" | "factor" | "amount" | "count" | "pixels" | "switch"} Unit
 *
 * @typedef {"file" | "frame" | "colour" | "detail" | "covered" | "scene"} Group
 *
 * @typedef {"unreadable" | "weak" | "small" | "shape" | "maker-note" | "metadata" | "manifest-picture"} MarkWarning
 *
 * @typedef {"exif" | "maker-note" | "jfif" | "photoshop" | "iptc" | "xmp" | "text" | "segment" | "pictures" | "manifest"} Removed
 *
 * @typedef {"valid" | "changed" | "broken" | "unchecked" | "damaged"} Verdict
 *
 * @typedef {"same" | "changed" | "by-mark" | "unchecked"} PictureCheck
 *
 * @typedef {"holds" | "broken" | "unchecked"} SignatureCheck
 *
 * @typedef {"current" | "expired" | "early"} CertificateTime
 *
 * @typedef {object} EmbedOptions How to mark a picture.
 * @property {KindOption} kind of the message
 * @property {string} value text or digits as typed, unused for random
 * @property {string | null} [key] passphrase, which is needed for reading, too
 * @property {number} [strength] how visible the mark may be, 0.25 (faint) to 4 (strong), 2 is twice as visible
 *   as 1
 * @property {boolean} [again] mark it even if it is marked already
 * @property {Format | null} [output_format] GIF for animations only, null keeps that of the cover
 * @property {number | null} [quality] 1..100 of a lossy format, null keeps that of the cover, or takes a good
 *   one in another format
 * @property {boolean} [first] of several frames or pages mark the first alone, as a single picture
 * @property {string | null} [chain] certificates (PEM) of who signs it in a C2PA manifest, that of the key
 *   first, null for no manifest
 * @property {string} [author] who made the picture, as the manifest says, may be empty
 * @property {string} [manifest_note] what else the manifest says, may be empty
 *
 * @typedef {object} Message What a mark says.
 * @property {Kind} kind text, id or number
 * @property {string} value the text itself, 16 lower-case hex digits, or a number in decimal digits
 *
 * @typedef {object} Match The known message that is likeliest.
 * @property {Message} message as in the list
 * @property {string | null} label as in the list, null without one
 * @property {number} agreeing raw bits that are as read
 * @property {number} certainty its probability among all of the list, 0..1, if one of these was marked
 * @property {number} chance upper bound of the probability that random bits agree as well with any of the
 *   messages in any of the windows tried
 *
 * @typedef {object} Reading The result of a decode.
 * @property {Outcome} outcome read, where the check of a message holds, unreadable, where there is a mark, but
 *   no message in it passed, or none, where no mark was found
 * @property {Reason | null} reason why it is unreadable, which is damaged (nothing passed), key (it was made
 *   with a key that was not given, or with another one), no-key (a key was given, but it was made without one)
 *   or later (a later version of Hushmark made it), else null
 * @property {Message | null} message what was read, else null
 * @property {number | null} chance upper bound of the probability that a picture without such a mark reads as a
 *   message in any of all tries, null unless read
 * @property {Match | null} match the known message that was read, or that an unreadable mark is likeliest to
 *   hold, null when there is none or no list
 * @property {number | null} corrected bits that differ from those of the message, null unless read
 * @property {number[]} bits the raw bits, 0 or 1 each
 * @property {number[]} confidences probability of each bit, 0.5..1, too high if the mark lies elsewhere than
 *   assumed
 * @property {number} statistic mean strength of the decoder's output (the mean |logit|)
 * @property {number} threshold the least statistic that counts as a mark
 * @property {number} false_alarm probability that an unmarked picture reaches this statistic in any of the
 *   windows tried
 * @property {number} tried windows that were looked at
 * @property {number} milliseconds time that the search took
 * @property {[number, number][]} corners where the marked picture's top left, top right, bottom right and bottom
 *   left corner lie, in shares of width and height
 *
 * @typedef {object} Binding What a manifest that was lost is found by.
 * @property {string} alg name of the algorithm
 * @property {string} value hex digits
 *
 * @typedef {object} Ingredient A picture that this one was made of.
 * @property {string} title its name, empty where it has none
 * @property {string} relationship parentOf, componentOf or inputTo
 * @property {boolean} has_manifest whether its own manifest is kept
 *
 * @typedef {object} PictureManifest What the manifest of a picture says, and which checks it passed.
 * @property {Verdict} verdict valid, changed, broken, unchecked or damaged
 * @property {PictureCheck} picture whether it is the signed one
 * @property {SignatureCheck} signature whether it holds, or is broken
 * @property {string} signer the certificate's name, which may be made up
 * @property {string} issuer who issued the certificate
 * @property {CertificateTime | null} certificate current, expired or early, null where it cannot be read
 * @property {boolean | null} trusted whether it leads to an issuer that is trusted, null where that was not
 *   checked
 * @property {string | null} time when it was signed, as the signer says
 * @property {string} generator program that made it
 * @property {string} title of the picture
 * @property {string[]} actions what was done, in the words of C2PA
 * @property {string} author who made the picture, as the signer says
 * @property {string} note what else the signer says
 * @property {Binding[]} bindings what finds it by the mark
 * @property {Ingredient[]} ingredients what the picture was made of
 * @property {string} identifier of the manifest
 * @property {string} reason what is wrong, in English, empty when all is well
 *
 * @typedef {object} Marked A marked picture.
 * @property {Uint8Array<ArrayBuffer>} data the file
 * @property {string} name suggested file name
 * @property {Format} file_format JPEG, PNG, WEBP, TIFF, AVIF or GIF
 * @property {number} width pixels as displayed
 * @property {number} height pixels as displayed
 * @property {number} frames how many frames or pages were marked
 * @property {number} strength that was asked for
 * @property {number} psnr dB against the cover, before encoding
 * @property {Message} message that was marked
 * @property {Reading} check what reading the file back gave, of several frames or pages where that is worst
 * @property {MarkWarning[]} warnings what that means, empty when all is well
 * @property {number} expected the measured chance, 0..1, that a mark in a picture of this size is read after
 *   JPEG of quality 80
 * @property {Removed[]} removed what showed the unmarked picture, and so was left out, in alphabetical order
 * @property {string} perceptual_hash 64 bits in 16 hex digits, most of which pictures share that look alike
 * @property {PictureManifest | null} manifest that was signed and written, read back, null where none was
 * @property {Record<string, number>} phases milliseconds by phase
 * @property {string} type MIME type of the file
 * @property {Uint8Array<ArrayBuffer>} difference a PNG file: mid-grey + 16 times the change
 *
 * @typedef {object} ReadOptions How to read a picture.
 * @property {string | null} [key] passphrase that it was marked with
 * @property {string | null} [known] list of messages, one a line, to tell whose mark it is
 * @property {boolean} [glance] look only at the few likeliest places, for a camera whose next picture follows
 *   soon
 *
 * @typedef {object} TimedReading A picture that was read.
 * @property {Reading} reading what was read
 * @property {string | null} perceptual_hash 64 bits in 16 hex digits, most of which pictures share that look
 *   alike, of the place where a message was read, else of the whole picture, null where too little of that place
 *   is in the picture
 * @property {PictureManifest | null} manifest C2PA's, of the picture, null where it has none
 * @property {Record<string, number>} phases milliseconds by phase
 *
 * @typedef {object} RecoverOptions How to find the manifest of a picture that lost it.
 * @property {Kind} kind of the message that was read
 * @property {string} value its value
 * @property {string | null} [key] passphrase that it was marked with
 * @property {string} [place] where manifests are looked for, for sentences
 *
 * @typedef {object} Recovered What was found of a picture that lost its manifest.
 * @property {PictureManifest | null} manifest the one that the mark leads to, null where there is none
 *
 * @typedef {object} CertificateOptions A certificate to sign with.
 * @property {string} chain certificates (PEM), that of the key first
 * @property {string} name of their file, for sentences
 *
 * @typedef {object} SigningCertificate A certificate that may sign pictures now.
 * @property {string} subject whom it names
 * @property {string} issuer who issued it
 * @property {string} end its last day (ISO 8601)
 * @property {Uint8Array<ArrayBuffer>} key its public key (SubjectPublicKeyInfo, DER)
 *
 * @typedef {object} OverlayOptions How to make a tile that marks a page.
 * @property {KindOption} kind of the message
 * @property {string} value text or digits as typed, unused for random
 * @property {string | null} [key] passphrase, which is needed for reading, too
 * @property {number} [strength] how visible the mark may be, 2 is twice as visible as 1
 *
 * @typedef {object} Overlay A tile that marks a page.
 * @property {Uint8Array<ArrayBuffer>} data a PNG file
 * @property {string} name suggested file name
 * @property {string} css the rule that lays it over a page
 * @property {Message} message that it carries
 *
 * @typedef {object} LabStep A change of a picture.
 * @property {string} kind name of a LabKind
 * @property {number} amount of the change
 *
 * @typedef {object} LabOptions How to try a mark.
 * @property {LabStep[]} steps changes of the picture, taken in turn
 * @property {string | null} [key] passphrase that it was marked with
 * @property {[number, number, number, number]} [frame] left, top, right and bottom of what is left of the
 *   picture before the first change, in shares of its sides
 *
 * @typedef {object} Attempt What became of a picture that was changed.
 * @property {Uint8Array<ArrayBuffer>} preview a JPEG of it, to look at
 * @property {Reading} reading what is left of the mark, read before saving that JPEG
 *
 * @typedef {object} LabKind A way to change a picture.
 * @property {string} name of the change
 * @property {Group} group its kind
 * @property {number} least smallest amount
 * @property {number} most largest amount
 * @property {number} start the slider's first position
 * @property {Unit} unit of the amount, "switch" where there is none
 *
 * @typedef {object} Preview A picture to look at.
 * @property {Uint8Array<ArrayBuffer>} data a JPEG file, upright, of at most 1000 pixels a side
 *
 * @typedef {object} Progress How far a job is.
 * @property {string} phase the current one
 * @property {number} done steps of the phase that are done
 * @property {number} total steps of the phase, at most
 * @property {number} share of the whole job that is done, 0..1
 *
 * @typedef {{
 *   embed: { picture: File, options: EmbedOptions, result: Marked },
 *   read: { picture: File, options: ReadOptions, result: TimedReading },
 *   recover: { picture: null, options: RecoverOptions, result: Recovered },
 *   certificate: { picture: null, options: CertificateOptions, result: SigningCertificate },
 *   overlay: { picture: null, options: OverlayOptions, result: Overlay },
 *   lab: { picture: File, options: LabOptions, result: Attempt },
 *   lab_kinds: { picture: null, options: Record<string, never>, result: LabKind[] },
 *   preview: { picture: File, options: Record<string, never>, result: Preview },
 * }} Tasks by name: what each is given and answers
 */

export {};
