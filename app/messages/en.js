/** What the page says in English. The sentences of Python's errors are in py/hushmark/errors.py. */

/** @param {number} count */
const pictures = (count) => (count === 1 ? "1 picture" : `${count} pictures`);

export const en = {
  // The shell
  tagline: "Invisible marks for your pictures. They never leave this browser.",
  skip: "Skip to the screen",
  screens: "Screens",
  language: "Language",
  /** @type {Record<string, string>} */
  screenNames: {
    mark: "Mark",
    read: "Read",
    lab: "Try to break it",
    overlay: "Page overlay",
    register: "Register",
    settings: "Settings",
  },
  /** For the narrow bar of a phone. @type {Record<string, string>} */
  screenShortNames: {
    mark: "Mark",
    read: "Read",
    lab: "Break",
    overlay: "Overlay",
    register: "Register",
    settings: "Settings",
  },
  /** @param {string} screen */
  title: (screen) => `${screen} – Hushmark`,
  /** @param {string} missing */
  unsupported: (missing) =>
    `This browser lacks ${missing}, and Hushmark cannot work without. Use Chrome, Edge, Firefox or Safari of the last two years.`,

  // The engine
  engineStarting: "Starting Python…",
  /** @param {string} loaded @param {string} total */
  engineLoading: (loaded, total) =>
    `Loading the engine: ${loaded} of ${total}. Pictures that you choose meanwhile wait for it.`,
  /** @param {"webgpu" | "wasm"} provider @param {number} threads */
  engineProvider: (provider, threads) =>
    provider === "webgpu"
      ? "Execution provider WebGPU"
      : `Execution provider wasm (${threads === 1 ? "1 thread" : `${threads} threads`})`,
  /** @param {string} size */
  engineLoaded: (size) => `${size} loaded`,
  weightsFrom: {
    network: "weights from the network, kept for the next visit",
    storage: "weights from this browser's storage",
    memory: "weights from the network, in memory only",
  },
  offline: "No network: what is loaded goes on working.",
  tryAgain: "Try again",
  /** @type {Record<"webgpu-missing" | "webgpu-failed" | "webgpu-wrong" | "storage-full" | "storage-failed", (detail: string) => string>} */
  notes: {
    "webgpu-missing": () => "There is no WebGPU here; wasm is used.",
    "webgpu-failed": (detail) => `WebGPU could not be used (${detail}); wasm is used.`,
    "webgpu-wrong": (detail) =>
      `WebGPU computes wrong results here (relative error ${detail}); wasm is used.`,
    "storage-full": () =>
      "This browser does not keep the weights (no storage is left for it); they will be loaded again next time.",
    "storage-failed": (detail) =>
      `This browser does not keep the weights (${detail}); they will be loaded again next time.`,
  },

  // Errors of the engine, by code
  /** @type {Record<string, (detail: string) => string>} */
  errors: {
    cancelled: () => "Cancelled.",
    "site-incomplete": (key) => `This copy of Hushmark is incomplete: ${key} is missing. Reload the page.`,
    "download-failed": (url) =>
      `${url.slice(url.lastIndexOf("/") + 1)} could not be loaded. Check the connection and try again.`,
    "download-damaged": (url) =>
      `${url.slice(url.lastIndexOf("/") + 1)} arrived damaged, twice. Reload the page, or try again later.`,
    "file-unreadable": (name) => `${name} could not be read. If it was moved or changed, choose it again.`,
    "engine-start": (detail) => `The engine could not start (${detail}). Try again, or reload the page.`,
    "engine-stopped": (detail) =>
      `The engine stopped in the middle of this picture (${detail}) and was started again. ` +
      "If it happens again, try a smaller picture.",
  },

  // Pictures, payloads and jobs
  pictures,
  choosePicture: "Choose a picture",
  choosePictures: "Choose pictures",
  dropHint: "or drop or paste it here: JPEG, PNG or WebP",
  /** @param {string} size */
  chosenHint: (size) => `${size}. Choose, drop or paste another one.`,
  choosePictureFirst: "Choose a picture first.",
  waiting: "Waiting for the engine…",
  progress: "Progress",
  cancel: "Cancel",
  /** The pipeline's phases. @type {Record<string, string>} */
  phases: {
    open: "Opening the picture",
    prepare: "Scaling the picture for the network",
    forward: "Running the network",
    refine: "Making the mark surer",
    apply: "Adding the mark",
    save: "Saving",
    check: "Reading it back",
    search: "Looking for a mark",
  },
  /** @param {string} text */
  quoted: (text) => `“${text}”`,
  /** @param {string} outOf */
  chance: (outOf) => `about 1 in ${outOf}`,
  chanceTiny: "less than 1 in a billion",
  /** @param {string} a @param {string} b */
  and: (a, b) => `${a} and ${b}`,
  /** @param {string[]} sentences */
  sentences: (sentences) => sentences.join(" "),
  /** @param {string[]} parts */
  list: (parts) => parts.join(", "),

  // Mark
  markLead: "Hide four characters or an id in a picture. You do not see it; Hushmark reads it back.",
  payload: "Payload",
  kinds: { text: "Text", hex: "Hex id", random: "Random id" },
  kindHints: {
    text: "1 to 4 characters",
    hex: "8 hex digits",
    random: "A new id, drawn when the picture is marked.",
  },
  strength: "Strength",
  stronger: "stronger",
  fainter: "fainter",
  /** From so many dB on. @type {[fromDb: number, words: string][]} */
  strengths: [
    [43, "very faint: for pictures that will hardly be changed"],
    [40, "faint"],
    [37, "balanced"],
    [35, "strong: survives more, may show on smooth areas"],
    [0, "very strong: will show on smooth areas"],
  ],
  /** @param {number} db @param {string} words */
  strengthWords: (db, words) => `${db} dB, ${words}`,
  markPicture: "Mark picture",
  /** @param {string} payload @param {string} time */
  markedWith: (payload, time) => `Marked with ${payload} in ${time}.`,
  markedPicture: "The marked picture",
  originalPicture: "The original picture",
  differencePicture: "The difference between the two, 16 times amplified, on grey",
  marked: "Marked",
  original: "Original",
  difference: "Difference, 16 times",
  readBack: "Read back",
  /** @param {string} payload @param {string} sureness */
  readBackAs: (payload, sureness) => `${payload}, each bit at least ${sureness} sure`,
  notReadable: "not readable: choose a greater strength",
  psnr: "PSNR",
  /** @param {string} number */
  decibels: (number) => `${number} dB`,
  picture: "Picture",
  /** @param {string} width @param {string} height */
  pixels: (width, height) => `${width} × ${height}`,
  file: "File",
  /** @param {string} before @param {string} after */
  fileSizes: (before, after) => `${before}, marked ${after}`,
  time: "Time",
  /** @param {string} name */
  download: (name) => `Download ${name}`,

  // The other screens
  labLead: "Change a marked picture until the mark breaks, and see how much it takes.",
  overlayLead: "Make a transparent tile that marks a web page, so that screenshots of it can be read.",
  registerLead: "What was marked on this device. It never leaves it.",
  settingsLead: "How Hushmark computes, and what it keeps on this device.",

  // A new version
  updateWaiting: "A new version is ready. Save your results before you load it.",
  updateReplaced: "A new version was started in another tab. Save your results, then load it here, too.",
  updateHeld: "Pictures are being worked on. The new version can be loaded when they are done.",
  updateLoad: "Load it",
  updateLater: "Later",

  // Settings
  computing: "Computing",
  provider: "Execution provider",
  providers: { auto: "Automatic", webgpu: "WebGPU", wasm: "wasm" },
  threads: "Threads of wasm",
  threadsAuto: "Automatic",
  oneThread: "Here wasm has one thread. If this page was opened for the first time, load it once more.",
  /** @param {string} error */
  selfTestPassed: (error) => `The self-test found WebGPU right: relative error ${error} against wasm.`,
  /** @param {string} error */
  selfTestFailed: (error) => `The self-test found WebGPU wrong: relative error ${error} against wasm.`,
  selfTestNone: "There was no self-test, since WebGPU is not used.",
  offlineUse: "Without a network",
  offlineReady: "Hushmark works on this device without a network.",
  offlineWait: "The engine is still being loaded.",
  offlineImpossible: "This browser window keeps no site for use without a network.",
  offlineNoRoom: "There is not enough room on this device.",
  offlineFailed: "It could not be loaded. Check the connection and try again.",
  /** @param {string} size */
  offlineMake: (size) => `Make available offline (${size})`,
  storage: "What this browser keeps",
  /** @type {Record<string, string>} */
  stored: {
    shell: "Page",
    runtime: "Python and onnxruntime",
    weights: "Weights",
    register: "Register",
    preferences: "Settings",
  },
  /** @param {string} size */
  storedInAll: (size) => `About ${size} on disk, by the browser's own reckoning.`,
  storedNothing: "Nothing.",
  remove: "Delete",
  /** @param {string} part */
  removePart: (part) => `Delete: ${part}`,
  /** @param {string} part */
  removeSure: (part) => `Delete from this device: ${part}?`,

  // Read
  readLead: "Drop a picture or a screenshot. The answer says what is hidden in it, and how sure that is.",
  notFound: "No watermark found",
  /** @param {string} hex */
  readId: (hex) => `Id ${hex}.`,
  /** @param {string} chance @param {string} signal @param {string} threshold */
  readFound: (chance, signal, threshold) =>
    `An unmarked picture gives a reading like this with a chance of ${chance} ` +
    `(signal ${signal}; a watermark counts as found from ${threshold}).`,
  /** @param {string} signal @param {string} tried @param {string} threshold */
  readNotFound: (signal, tried, threshold) =>
    `The signal is ${signal} in the best of ${tried} places; a watermark counts as found from ${threshold}.`,
  /** @param {string} count @param {string} weakest */
  bitsCaption: (count, weakest) => `How sure each of the ${count} bits is; the weakest ${weakest}.`,
  /** @param {string} name @param {string} answer @param {string} time */
  readDone: (name, answer, time) => `${name}: ${answer} (${time}).`,
  mirrored: "mirrored",
  /** @param {string} degrees */
  turned: (degrees) => `turned by ${degrees} degrees`,
  tilted: "tilted",
  /** @param {string} how */
  placeCropped: (how) => `This is a part of the marked picture${how && `, ${how}`}.`,
  /** @param {string} how */
  placePart: (how) => `The marked picture is a part of this one${how && `, ${how}`}.`,
  /** @param {string} how */
  placeWhole: (how) => `It was read in the whole picture${how && `, ${how}`}.`,
};
