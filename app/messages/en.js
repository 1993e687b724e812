/** What the page says in English. The sentences of Python's errors are in py/hushmark/errors.py. */

/** @param {number} count */
const pictures = (count) => (count === 1 ? "1 picture" : `${count} pictures`);

export const en = {
  // The shell
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
    `This browser lacks ${missing}, and Hushmark cannot work without it. Use Chrome, Edge, Firefox or Safari of the last two years.`,
  styleDamaged:
    "The page's style sheet did not arrive whole, or was altered: nothing was started. Reload the page.",

  // The engine
  engineStarting: "Starting Python and opening the networks…",
  engineStartingPython: "Starting Python…",
  engineOpening: "Opening the networks…",
  /** @param {string} seconds */
  engineLastTime: (seconds) => `Last time it took ${seconds}.`,
  engineReady: "Ready. Your pictures stay on this device.",
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
  offline: "No network: whatever is loaded still works.",
  tryAgain: "Try again",
  /** @type {Record<"webgpu-missing" | "webgpu-failed" | "webgpu-wrong" | "storage-full" | "storage-failed", (detail: string) => string>} */
  notes: {
    "webgpu-missing": () => "There is no WebGPU here; wasm is used.",
    "webgpu-failed": (detail) => `WebGPU could not be used (${detail}); wasm is used.`,
    "webgpu-wrong": (detail) =>
      `WebGPU computes wrong results here (relative error ${detail}); wasm is used.`,
    "storage-full": () =>
      "This browser does not keep the weights (there is no storage left); they will be loaded again next time.",
    "storage-failed": (detail) =>
      `This browser does not keep the weights (${detail}); they will be loaded again next time.`,
  },

  // Errors of the engine, by code
  /** @type {Record<string, (detail: string) => string>} */
  errors: {
    cancelled: () => "Cancelled.",
    "site-incomplete": (key) => `This copy of Hushmark is incomplete: ${key} is missing. Reload the page.`,
    "site-changed": () =>
      "The site has another version by now, or its list of files was altered: nothing of it was run. Reload the page.",
    "load-failed": (url) =>
      `${url.slice(url.lastIndexOf("/") + 1)} could not be loaded. Check the connection and try again.`,
    "load-damaged": (url) =>
      `${url.slice(url.lastIndexOf("/") + 1)} arrived damaged or altered, twice, and was not used. Reload the page, or try again later.`,
    "cover-not-kept": (name) =>
      `${name} was not kept when the page was left, since there was no room for it. Choose it again.`,
    "file-unreadable": (name) => `${name} could not be read. If it was moved or changed, choose it again.`,
    "camera-refused": () =>
      "This page may not use the camera. Allow it in the browser's settings for this site, or take a photo and choose it.",
    "camera-missing": () =>
      "No camera was found, or this browser gives none to this page. Choose a picture or a photo instead.",
    "camera-busy": () =>
      "The camera gives no picture: another app may be using it, or it was unplugged. Close that app and try again.",
    "engine-start": (detail) => `The engine could not start (${detail}). Try again, or reload the page.`,
    "engine-stopped": (detail) =>
      `The engine stopped twice in the middle of this picture (${detail}) and was started again. ` +
      "Try a smaller picture.",
    "key-damaged": (name) =>
      `${name} holds no private key that can be read. Choose the PEM file of the key, which begins with “BEGIN PRIVATE KEY” or “BEGIN EC PRIVATE KEY”.`,
    "key-encrypted": (name) =>
      `The key in ${name} is locked with a passphrase. Save it without one (openssl pkey -in key.pem -out open.pem) and choose that file.`,
    "key-kind": (name) =>
      `The key in ${name} is of another kind, such as RSA, and C2PA is signed here by ES256 only. Get a key of the curve P-256 and a certificate for it.`,
    "key-other": (name) =>
      `The key in ${name} does not fit the first certificate. Choose the two that were made together.`,
    "signer-missing": () =>
      "These pictures are to be signed, but the key is not here any more: it is not kept with a list. Choose certificate and key again under “Sign: C2PA manifest”, then mark them.",
    "register-full": () =>
      "This browser has no storage left for the register. Export it, or free some space, and try again.",
    "register-failed": (detail) =>
      `The register could not be opened (${detail}). Try again, or reload the page.`,
    "register-newer": () =>
      "The register on this device was written by a newer Hushmark. Reload the page to get that one; nothing was changed.",
    "import-json": () =>
      "This file is damaged, or not an exported register: it is no JSON. Nothing was changed.",
    "import-format": () =>
      "This file is no exported register. It has to be JSON or CSV as Hushmark writes it. Nothing was changed.",
    "import-version": (version) =>
      `This register has the version ${version}, which this Hushmark does not know. Reload the page to get a newer one. Nothing was changed.`,
  },
  /**
   * Sentences for Python's errors, from their facts. Without one, Python's own sentence is shown, as always in English.
   *
   * @type {Record<string, (facts: import("../engine/protocol.js").Facts) => string>}
   */
  pythonErrors: {},

  // Pictures, messages and jobs
  pictures,
  choosePicture: "Choose a picture",
  dropHint: "or drop or paste it here: JPEG, PNG, WebP and others",
  /** @param {string} size */
  chosenHint: (size) => `${size}. Choose, drop or paste another one.`,
  waiting: "Waiting for the engine…",
  progress: "Progress",
  cancel: "Cancel",
  /** The pipeline's phases. @type {Record<string, string>} */
  phases: {
    open: "Opening the picture",
    prepare: "Scaling the picture for the network",
    forward: "Running the network",
    refine: "Making the mark more reliable",
    apply: "Adding the mark",
    save: "Saving",
    check: "Reading it back",
    search: "Looking for a mark",
    change: "Changing the picture",
  },
  /** @param {string} text */
  quoted: (text) => `“${text}”`,
  /** @param {string} value */
  numbered: (value) => `number ${value}`,
  /** @param {string} outOf */
  chance: (outOf) => `about 1 in ${outOf}`,
  chanceTiny: "less than 1 in a billion",
  chanceLarge: "more likely than not",
  /** @param {string} a @param {string} b */
  and: (a, b) => `${a} and ${b}`,
  /** @param {string[]} sentences */
  sentences: (sentences) => sentences.join(" "),
  /** @param {string[]} parts */
  list: (parts) => parts.join(", "),

  // Mark
  markLead:
    "Put an invisible mark into your pictures, and tell later whose picture it is and where a copy came from. Your pictures stay on this device.",
  choosePictures: "Choose pictures",
  chooseFolder: "Choose a folder",
  trySample: "Try it with a sample picture",
  dropPictures: "or drop or paste them here, folders too: JPEG, PNG, WebP and others",
  choosePictureFirst: "Choose a picture first.",
  beingMarked: "The pictures are being marked. Wait for them, or cancel them.",
  answerFirst: "Answer at the picture whether to mark it again.",
  onlyMarkedKept: "Of these pictures only the marked ones were kept. Choose the originals again.",
  message: "Message",
  kind: "Kind",
  kinds: {
    text: "Text",
    id: "Id",
    number: "Number",
    random: "New id",
  },
  kindHints: {
    text: "A few characters, the same for each picture",
    id: "16 hex digits, the same for each picture",
    number: "0 to 18446744073709551615, the same for each picture",
    random:
      "Each picture gets an id of its own when it is marked. The register says later which picture it is.",
  },
  /** @param {number} used @param {number} most */
  bytesUsed: (used, most) => `${used} of ${most} bytes`,
  /** @param {number} used @param {number} most */
  bytesTooMany: (used, most) =>
    `${used} bytes, and ${most} fit: a letter with an accent takes 2, a Chinese character 3, an emoji 4.`,
  blank: "White space alone is no message.",
  noteForRegister: "Note",
  noteHint: "Kept in the register, on this device only. It shows when the picture is read here.",
  registerOff: "The register is off, so what you mark is not recorded. Switch it on under Register.",
  strength: "Strength",
  stronger: "stronger",
  fainter: "fainter",
  /** From this strength on. @type {[from: number, words: string][]} */
  strengths: [
    [2.5, "strongest: will show"],
    [1.8, "very strong: will show on smooth areas"],
    [1.2, "strong: survives more, may show on smooth areas"],
    [0.8, "balanced"],
    [0.6, "faint: survives less"],
    [0, "very faint: for pictures that will hardly be changed"],
  ],
  /** @param {string} strength @param {string} words */
  strengthWords: (strength, words) => `${strength}, ${words}`,
  moreOptions: "Key, format, file names",
  changeDefaults: "Change what this form starts with",
  key: "Key",
  keyHint: "A passphrase: only people who have it can read the message. Leave it empty for none.",
  format: "Format",
  sameFormat: "The picture's own",
  formats: { JPEG: "JPEG", PNG: "PNG", WEBP: "WebP", AVIF: "AVIF", TIFF: "TIFF" },
  quality: "Quality",
  qualityHint: "1 to 100. Empty: the picture's own, or a good one.",
  several: "Several pages or frames",
  everyPage: "Mark all of them",
  firstPage: "Take the first alone",
  pattern: "Name of the marked file",
  /** @param {string} places */
  patternHint: (places) => `Put ${places} where you want them. The ending stays.`,
  signing: {
    /** @param {string} signer who signs, or nothing */
    head: (signer) => (signer ? `Signs as ${signer}` : "Sign: C2PA manifest"),
    lead: "A manifest in the file says who signed it and what was done, and others can check that. It takes a certificate for ES256 and its private key.",
    /** @param {string} what @param {string} name of the file */
    chosen: (what, name) => `${what}: ${name}`,
    chain: "Certificates (PEM)",
    chainHint: "Your own first, those of its issuers behind it",
    key: "Private key (PEM)",
    keyHint: "Without a passphrase. It does not leave this device, and is not kept unless you say so.",
    keyNext: "Now choose the private key of this certificate.",
    chainNext: "Now choose the certificate of this key.",
    makeTest: "Make a test certificate",
    makeTestHint: "To try it out. By its name, it is not trusted.",
    /** @param {string} signer @param {string} issuer @param {string} day */
    ready: (signer, issuer, day) =>
      `Signs as “${signer}” until ${day}. Others trust the certificate if they trust its issuer, “${issuer}”.`,
    wanted: "Sign the pictures that I mark",
    author: "Author",
    note: "Note for everybody",
    noteHint: "Anyone who has the file can read both. The other note stays in Hushmark's register.",
    keep: "Keep certificate and key in this browser",
    keepHint: "Anyone who uses this browser can then sign as you. The key cannot be exported from it.",
    forget: "Forget certificate and key",
    forgotten: "Forgotten.",
    /** Where a kept certificate is, for sentences about it. */
    thisBrowser: "this browser",
    /** @param {string} reason */
    notKept: (reason) =>
      `This browser did not keep them (${reason}). They can be used until you leave the page.`,
    signed: "signed",
  },
  /** @param {number} count */
  markPictures: (count) => (count > 1 ? `Mark ${count} pictures` : "Mark picture"),
  /** @param {number} count */
  markAllAgain: (count) => (count > 1 ? `Mark all ${count} again, like this` : "Mark it again, like this"),
  pictureList: "Pictures",
  /** @param {{ all: number, marked: number, failed: number, cancelled: number, asking: number, isRunning: boolean, isPaused: boolean }} state */
  batchSummary: ({ all, marked, failed, cancelled, asking, isRunning, isPaused }) =>
    [
      isRunning && isPaused && "Paused",
      `${marked} of ${pictures(all)} marked`,
      failed > 0 && `${failed} failed`,
      cancelled > 0 && `${cancelled} cancelled`,
      asking > 0 && (asking === 1 ? "1 needs an answer" : `${asking} need an answer`),
    ]
      .filter(Boolean)
      .join(", ") + ".",
  pause: "Pause",
  resume: "Go on",
  cancelAll: "Cancel all",
  /** @param {number} failed @param {number} cancelled @returns {string} */
  retryThese: (failed, cancelled) =>
    failed === 0 ? "Retry cancelled" : cancelled === 0 ? "Retry failed" : "Retry failed and cancelled",
  saveZip: "Save all as ZIP",
  saveFolder: "Save all into a folder",
  clearList: "Empty the list",
  /** @param {string} files @param {string} name */
  savedAs: (files, name) => `${files} saved as ${name}.`,
  /** @param {string} files @param {string} folder */
  savedTo: (files, folder) => `${files} saved into the folder ${folder}.`,
  /** @param {string} reason */
  notSaved: (reason) =>
    `It could not be saved (${reason}). Choose another place, or save the pictures one by one.`,
  storageFull:
    "This browser's storage is full: marked pictures are in memory, and are lost when the page is left. Save them and empty the list.",
  /** @param {string} reason */
  notKept: (reason) =>
    `This browser keeps no pictures for the next visit (${reason}). Save them before you leave the page.`,
  listsNewer:
    "The lists on this device were written by a newer Hushmark. Pictures are in memory until you load that one: save them before you leave the page.",
  /** @param {string} files */
  emptied: (files) => `The list was emptied: ${files}. They are deleted when you leave the page.`,
  undo: "Undo",
  keptLists: "Lists that were not finished",
  /** @param {number} marked @param {number} waiting @param {string} day */
  keptList: (marked, waiting, day) =>
    [
      marked !== 0 && `${pictures(marked)} of ${day}, not saved`,
      waiting !== 0 && `${pictures(waiting)}${marked ? "" : ` of ${day}`}, not marked yet`,
    ]
      .filter(Boolean)
      .join("; "),
  /** @param {string} day */
  newerList: (day) => `A list of ${day}, of a newer Hushmark: reload the page to get that one`,
  showKept: "Show",
  deleteKept: "Delete",
  listElsewhere: "Another tab has this list.",
  keyNotKept:
    "A key is not kept with a list. Type the key of these pictures under “Key, format, file names”, then mark them.",
  states: {
    new: "Not marked yet",
    waiting: "Waits",
    working: "Is being marked",
    marked: "Marked",
    asking: "Marked already",
    failed: "Failed",
    cancelled: "Cancelled",
  },
  actions: {
    see: "Compare",
    save: "Save",
    again: "Mark again",
    anew: "Mark again",
    retry: "Retry",
    cancel: "Cancel",
    remove: "Remove",
  },
  /** For a screen reader. @param {string} action @param {string} name */
  actionOn: (action, name) => `${action}: ${name}`,
  /** @param {string} name */
  progressOf: (name) => `Progress of ${name}`,
  /** @param {string} message what it reads as, or nothing */
  askAgain: (message) =>
    `It is marked already${message && `: it reads as ${message}`}. Mark it again? Usually the new mark is the one that is read afterwards.`,
  /** @param {string} warning one of those below */
  beware: (warning) => `Beware: ${warning}.`,
  warnings: {
    unreadable: () => "cannot be read back: choose a greater strength",
    weak: () => "can only just be read back: choose a greater strength",
    /** @param {string} share of pictures of this size that are read after JPEG of quality 80 */
    small: (share) => `so few pixels that the mark may not last: ${share} are read after JPEG 80`,
    /** @param {string} share */
    shape: (share) => `so narrow that the mark may not last: ${share} are read after JPEG 80`,
    "maker-note": () => "its EXIF has a large maker note, which may show the unmarked picture",
    metadata: () => "the browser opened it, so its metadata and colour profile stayed behind",
    "manifest-picture": () => "the C2PA manifest of its cover, which is kept, may show the unmarked picture",
  },
  previewsLeftOut: "Left out, as it shows the unmarked picture",
  removed: {
    exif: "EXIF thumbnail",
    "maker-note": "preview in EXIF",
    jfif: "JFIF thumbnail",
    photoshop: "Photoshop thumbnail",
    iptc: "IPTC preview",
    xmp: "picture in XMP",
    text: "picture in a text",
    segment: "application segment",
    pictures: "further pictures",
    manifest: "C2PA manifest",
  },
  share: "Share",
  /** @param {string} id */
  identified: (id) => `the id ${id}`,
  /** @param {string} message */
  carries: (message) => `It carries ${message}.`,
  /** @param {string} before @param {string} after */
  sizes: (before, after) => `${before} → ${after}`,

  // A marked picture beside its cover
  markedPicture: "The marked picture",
  originalPicture: "The original picture",
  drawnPicture: "The marked picture at the strength of the slider",
  copyNote:
    "This browser cannot show such a file. You see a copy that Hushmark made; the file that you save is whole.",
  residualPicture: "The difference between the two, amplified, on grey",
  marked: "Marked",
  original: "Original",
  divider: "Divider: the original to its left, the marked picture to its right",
  viewHelp: "Picture: plus and minus zoom, 0 fits, arrow keys move",
  view: "View",
  modes: { compare: "Before and after", residual: "Residual" },
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit",
  /** @param {string} factor */
  times: (factor) => `${factor}×`,
  gain: "Amplified",
  tryStrength: "See another strength",
  /** @param {string} strength */
  asIfAt: (strength) => `As if marked at ${strength}`,
  /** @param {string} strength */
  markAgainAt: (strength) => `Mark at strength ${strength}`,
  readBack: "Read back",
  /** @param {string} message @param {string} chance */
  readBackAs: (message, chance) => `${message} (by accident: ${chance})`,
  psnr: "PSNR",
  ssim: "SSIM",
  /** @param {string} number */
  decibels: (number) => `${number} dB`,
  picture: "Picture",
  /** @param {string} width @param {string} height */
  pixels: (width, height) => `${width} × ${height}`,
  file: "File",
  time: "Time",
  asTable: "As a table",

  // Settings
  settingsLead: "Defaults for marking, how Hushmark computes, and what it keeps on this device.",

  // A new version
  updateWaiting: "A new version is ready. Save your results before you load it.",
  updateReplaced: "A new version was started in another tab. Save your results, then load it here, too.",
  updateHeld: "Pictures are being worked on. The new version can be loaded when they are done.",
  updateLoad: "Load it",
  updateLater: "Later",

  // Settings
  defaults: "How marking starts",
  defaultsHint: "What you change on the other screens holds until the page is closed.",
  keepKey: "Keep a key in this browser",
  keepKeyHint:
    "Mark, Read, Page overlay and Try to break it then start with it. Anyone who uses this browser can find it, and can read and forge your marks with it.",
  computing: "Computing",
  provider: "Execution provider",
  providers: { auto: "Automatic", webgpu: "WebGPU", wasm: "wasm" },
  threads: "Threads of wasm",
  threadsAuto: "Automatic",
  oneThread: "Here wasm has one thread. If this page was opened for the first time, load it once more.",
  /** @param {string} error */
  selfTestPassed: (error) =>
    `The self-test found WebGPU's results right: relative error ${error} against wasm.`,
  /** @param {string} error */
  selfTestFailed: (error) =>
    `The self-test found WebGPU's results wrong: relative error ${error} against wasm.`,
  selfTestNone: "There was no self-test, since WebGPU is not used.",
  offlineUse: "Without a network",
  offlineReady: "Hushmark works on this device without a network.",
  offlineWait: "The engine is still being loaded.",
  offlineImpossible: "This browser window cannot keep sites for use without a network.",
  offlineNoRoom: "There is not enough room on this device.",
  offlineFailed: "It could not be loaded. Check the connection and try again.",
  /** @param {string} size */
  offlineMake: (size) => `Make available offline (${size})`,
  storage: "What this browser keeps",
  /** @param {string} question */
  resultsSure: (question) =>
    `${question} The lists of pages that are open are emptied, and marked pictures that you have not saved are lost.`,
  /** @type {Record<string, string>} */
  stored: {
    shell: "Page",
    runtime: "Python and onnxruntime",
    weights: "Weights",
    register: "Register",
    signing: "Certificate and key to sign with",
    results: "Marked pictures, until you save or delete them",
    preferences: "Settings",
  },
  /** @param {string} size */
  storedInAll: (size) => `About ${size} on disk, as estimated by the browser.`,
  storedNothing: "Nothing.",
  remove: "Delete",
  /** @param {string} part */
  removePart: (part) => `Delete: ${part}`,
  /** @param {string} part */
  removeSure: (part) => `Delete from this device: ${part}?`,

  // Read
  readLead:
    "Drop, paste or choose a picture or a screenshot. The answer says what is hidden in it, and how sure that is.",
  takePhoto: "Take a photo",
  camera: "Read by camera",
  cameraPicture: "What the camera sees",
  cameraTake: "Take this picture",
  cameraStop: "Turn the camera off",
  cameraHidden: "The camera was turned off while you were away.",
  cameraFile: "camera.jpg",
  cameraSays: {
    read: "Read",
    unreadable: "There is a mark. Come closer, hold still, avoid glare.",
    none: "Fill the view with the picture. The answer appears here.",
  },
  /** @param {string} names */
  sharedRefused: (names) =>
    `${names} was shared with Hushmark, but is not a picture. Share a JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP file.`,
  readKeyHint: "The passphrase, if it was marked with one. Without it the message cannot be read.",
  compareRegister: "Compare with the register",
  readAgain: "Read again",
  /** The three answers. */
  outcomes: {
    read: "Read",
    unreadable: "Marked, but not readable",
    none: "No mark found",
  },
  /** @param {string} answer @param {string} note */
  answerNoted: (answer, note) => `${answer}: ${note}`,
  readLine: "The message passed its check.",
  noneLine: "It was never marked, or too much of the mark is lost.",
  /** Why a mark cannot be read. other-key: a key was given. */
  reasons: {
    damaged:
      "There is a mark, but its message did not pass its check. Too much of it is lost, or it needs a key.",
    key: "It was marked with a key. Type that key and read it again.",
    "other-key": "It was marked with another key than the one given.",
    "no-key": "It was marked without a key. Empty the key field and read it again.",
    later: "It was marked by a later version of Hushmark. Reload the page to get that one.",
  },
  shortReasons: {
    damaged: "damaged, or needs a key",
    key: "needs its key",
    "no-key": "has no key",
    later: "by a later version",
  },
  whatHelps: "What may help",
  helps: {
    copy: "A larger copy, or one that is less cropped",
    key: "The key that it was marked with",
    anyKey: "Its key, if it was marked with one",
    register: "A comparison with the register: it names the likeliest of your entries",
  },
  likeliestHead: "Likeliest in the register, not verified",
  /** @param {string} what @param {string} certainty */
  likeliest: (what, certainty) => `Perhaps ${what} (${certainty} sure, if it is one of the register)`,
  /** @param {string} agreeing @param {string} chance */
  likeliestLine: (agreeing, chance) =>
    `${agreeing} raw bits agree with it. The chance that so many do by accident: ${chance}.`,
  /** @param {string} name */
  inRegister: (name) => `It is in the register: ${name}.`,
  /** @param {string} name */
  inRegisterUnlike: (name) =>
    `The register has this message, but for a picture that looks different: ${name}.`,
  /** @param {number} count */
  inRegisterTimes: (count) =>
    `${count} entries of the register have this message. Pictures that look like this one come first.`,
  /** @param {number} count */
  inRegisterLatest: (count) => `${count} entries of the register have this message. The latest come first.`,
  notInRegister: "It is not in the register of this device.",
  looksAlike: "looks like this picture",
  looksUnlike: "looks different",
  /** @param {number} count */
  moreEntries: (count) => `${count} more in the register`,
  /** @param {number} count */
  entries: (count) => `${count} entries`,
  details: "Details",
  /** @param {{ count: string, sure: string, guesses: string, weakest: string }} figures */
  bitsCaption: ({ count, sure, guesses, weakest }) =>
    `How sure each of the ${count} raw bits is: ${sure} at least 99%, ${guesses} are guesses below 75%; the weakest ${weakest}. These figures are too high where the mark does not lie exactly where it was read.`,
  pictureRead: "The picture that was read",
  placeCaption: "The outline is the marked picture; its thick side is the top.",
  placeNoneCaption: "The whole picture was searched.",
  bitsRead: "Raw bits as read, in hex digits:",
  corrected: "Raw bits corrected",
  place: "Place",
  signal: "Signal",
  /** @param {string} signal @param {string} threshold */
  signalLine: (signal, threshold) => `${signal}; a mark from ${threshold}`,
  falseAlarm: "Such a signal without a mark",
  tried: "Tried",
  /** @param {number} count */
  places: (count) => (count === 1 ? "1 place" : `${count} places`),
  /** @param {string} tried @param {string} most */
  placesTried: (tried, most) => `${tried} of at most ${most} places`,
  /** @param {string} name @param {string} answer @param {string} time */
  readDone: (name, answer, time) => `${name}: ${answer} (${time}).`,
  manifest: {
    head: "C2PA manifest",
    verdicts: {
      valid: "It holds.",
      found: "Found by the mark.",
      changed: "It does not belong to this picture.",
      broken: "It does not hold.",
      unchecked: "Not wholly checked.",
      damaged: "It is damaged.",
    },
    meanings: {
      valid:
        "The picture is, to the byte, the one that was signed. Whether to trust the signer is not checked.",
      found:
        "It names this very mark, and its signature holds. The picture is another file by now, and marks can be copied: compare it with what is said here. Whether to trust the signer is not checked.",
      changed: "The picture was changed after it was signed, or another one was signed.",
      broken: "The manifest was changed after it was signed, or the signature is of another key.",
      unchecked: "What follows is what the manifest says. This browser cannot check all of it.",
      damaged: "It cannot be read. The mark does not depend on it.",
    },
    signer: "Signed by",
    /** @param {string} signer @param {string} issuer */
    signedBy: (signer, issuer) =>
      `${signer}, as a certificate of ${issuer} says; nobody here has vouched for it`,
    unnamed: "no name",
    certificate: "Certificate",
    certificates: {
      expired: "It has expired: nothing shows that it was valid when this was signed.",
      early: "It is not valid yet.",
    },
    time: "Signed on",
    author: "Author",
    note: "Note",
    /** @param {string} said */
    asSigned: (said) => `${said} (as the signer says)`,
    title: "Title",
    done: "What was done",
    actions: {
      created: "created",
      opened: "opened",
      edited: "edited",
      cropped: "cropped",
      resized: "resized",
      converted: "saved in another format",
      published: "published",
      "watermarked.bound": "watermarked, to find this manifest by",
      "watermarked.unbound": "watermarked",
      watermarked: "watermarked",
    },
    ingredients: "Made of",
    /** @param {string} title */
    withManifest: (title) => `${title} (its own manifest is kept)`,
    generator: "Made with",
  },
  lost: {
    lead: "This picture has none. It is a signed record of who made a picture and how. If one was published, the mark finds it again.",
    address: "Address of published manifests",
    addressHint: "Looking there sends the value of the mark to that address, and nothing else.",
    look: "Look there",
    folder: "Look in a folder",
    /** @param {string} place */
    looking: (place) => `Looking in ${place}…`,
    /** @param {string} place */
    none: (place) => `In ${place} there is no manifest of this mark.`,
    noAddress: "This is no address. It begins with https://, and leads to the folder that was published.",
    /** @param {string} host */
    notPermitted: (host) =>
      `This copy of Hushmark may connect to its own site only, not to ${host}. Get the folder from there and look in it, or ask whoever runs this site to permit that address.`,
  },
  readings: "Readings",
  columns: {
    picture: "Picture",
    answer: "Answer",
    chance: "False with a chance of",
    more: "More",
    register: "Register",
  },
  waits: "Waits",
  /** @param {{ all: number, read: number, unreadable: number, none: number, failed: number }} counts */
  readSummary: ({ all, read, unreadable, none, failed }) =>
    [
      `${pictures(all)}: ${read} read`,
      unreadable > 0 && `${unreadable} marked, but not readable`,
      none > 0 && `${none} without a mark`,
      failed > 0 && `${failed} failed`,
      read + unreadable + none + failed < all && `${all - read - unreadable - none - failed} to go`,
    ]
      .filter(Boolean)
      .join("; ") + ".",
  allRead: "All pictures were looked at.",
  /** @param {string} tried */
  noneIn: (tried) => `none in ${tried} places`,
  exportCsv: "Export as CSV",
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

  // The browser extension
  extensionLead: "The picture is read on this device. Nothing is uploaded.",
  extensionFetching: "Getting the picture…",
  /** @param {string} host */
  extensionAsk: (host) =>
    `${host} gives this picture only to its own pages. Allow Hushmark to get it once, or save the picture and choose it below.`,
  /** @param {string} host */
  extensionAllow: (host) => `Get it from ${host}`,
  extensionLost: "The picture could not be fetched from its page. Save it, and choose it below.",

  // Try to break it
  labLead: "Change a marked picture until the mark breaks, and see how much it takes.",
  trialsHead: "Trials",
  trialsHint:
    "Move a slider. Several are done one after the other, in the order in which you switch them on.",
  /** @type {Record<string, string>} */
  trials: {
    jpeg: "JPEG quality",
    webp: "WebP quality",
    avif: "AVIF quality",
    chat: "Saved twice at",
    palette: "Palette colours",
    resize: "Resize",
    aspect: "Width",
    crop: "Random crop",
    rotate: "Rotate",
    turn: "Rotate, uncut",
    mirror: "Mirror",
    skew: "Perspective",
    brightness: "Brightness",
    contrast: "Contrast",
    gamma: "Gamma",
    saturation: "Colour",
    hue: "Hue",
    sepia: "Sepia",
    vintage: "Vintage filter",
    posterise: "Posterise",
    blur: "Blur",
    sharpen: "Sharpen",
    median: "Median filter",
    noise: "Noise",
    erase: "Painted over",
    caption: "Caption over",
    bars: "Bars",
    collage: "Collage of four",
    screenshot: "Page screenshot",
    scroll: "Scrolled out",
    camera: "Photo, askew",
    screen: "Photo of a screen",
    print: "Photo of a print",
  },
  trialGroups: {
    file: "Saving",
    frame: "Size and frame",
    colour: "Light and colour",
    detail: "Sharpness",
    covered: "Covered",
    scene: "Screenshots and photos",
  },
  /** @param {string} count */
  trialsOn: (count) => `(${count} on)`,
  cropHead: "Crop",
  cropHint: "Drag the frame or its corners. It comes before all trials.",
  cropShapes: "Shape of the crop",
  cropShape: { whole: "Whole", square: "1:1", portrait: "4:5", wide: "16:9" },
  cropSides: { left: "Cut off left", top: "Cut off top", right: "Cut off right", bottom: "Cut off bottom" },
  /** @param {string} width @param {string} height */
  cropLeft: (width, height) => `${width} × ${height}`,
  /** @param {string} number */
  amountInPixels: (number) => `${number} px`,
  /** @param {string} trial */
  amountOf: (trial) => `Amount: ${trial}`,
  /** @param {string} number */
  factor: (number) => `× ${number}`,
  startOver: "Start over",
  howFar: "How far?",
  /** @param {string} trial */
  howFarOf: (trial) => `How far? ${trial}`,
  changedPicture: "The changed picture",
  labCopy: "Tried on a copy of at most 1000 pixels a side, so that the answer comes at once.",
  lookingFurther: "Looking further…",
  labUnmarked: "This picture has no mark that could break. Mark it first.",
  /** @param {string} right @param {string} all */
  bitsRight: (right, all) => `${right} of ${all} raw bits are right.`,
  /** @param {string} trial */
  survivalTitle: (trial) => `What survives: ${trial}`,
  survivalCaption:
    "Raw bits that are right, by amount. Full dots: read; triangles: marked, but not readable; rings: no mark found.",
  /** @param {string} amount @param {string} answer @param {string} accuracy */
  survivalPoint: (amount, answer, accuracy) => `${amount}: ${answer}, ${accuracy}`,
  survivalAlone: "The other trials are off.",
  /** @param {string} trials */
  survivalWith: (trials) => `The picture also goes through: ${trials}.`,
  /** @param {string} trial @param {string} amount */
  trialAt: (trial, amount) => `${trial} ${amount}`,
  /** @param {string} trial @param {string} read @param {string} unreadable @param {string} all */
  survived: (trial, read, unreadable, all) =>
    `${trial}: read at ${read} of ${all} amounts, marked but not readable at ${unreadable}.`,
  amount: "Amount",
  bitAccuracy: "Raw bits right",

  // Page overlay
  overlayLead:
    "Make a transparent tile that marks a web page, so that screenshots and cut-outs of it can be read.",
  overlayKeyHint: "A passphrase: only people who have it can read the message.",
  tileHints: {
    text: "A few characters",
    id: "16 hex digits",
    number: "0 to 18446744073709551615",
    random: "A new id, drawn when the tile is made.",
  },
  tileShows:
    "It is repeated over the whole page, so that cut-outs can be read. At strength 1 it is hardly seen; on large plain areas a stronger one shows as a faint pattern. Look at your own page with it, light and dark.",
  makeTile: "Make the tile",
  /** @param {string} message */
  tileMade: (message) => `The tile carries ${message}.`,
  overSample: "Over a sample page",
  showTile: "Show the tile",
  darkPage: "Dark page",
  useTile: "On your page",
  /** @param {string} name */
  useTileHint: (name) => `Put ${name} beside your page, and this rule into its style sheet.`,
  cssRule: "CSS rule",
  saveTile: "Save the tile",
  copyCss: "Copy the CSS",
  copied: "Copied.",
  notCopied: "This browser did not let it be copied. It is selected: press Ctrl+C or ⌘C.",
  teamHead: "A tile for each person",
  teamNames: "Names, one a line",
  teamHint:
    "Each name gets a tile with an id of its own, at the strength and with the key above. A screenshot then tells whose page it shows.",
  teamMake: "Make one for each name",
  teamEmpty: "Write at least one name.",
  /** @param {number} count */
  teamMade: (count) =>
    `${count === 1 ? "1 tile is" : `${count} tiles are`} made. The ZIP has each with its CSS rule, and a table of the ids.`,
  /** @param {string} reason */
  teamNotRegistered: (reason) => `The tiles are made, but not all are in the register. ${reason}`,
  teamSave: "Save all as ZIP",
  readScreenshot: "Read a screenshot",
  readScreenshotHint: "Take a screenshot of a page with the tile and paste it here.",
  sample: {
    name: "The Harbour Post",
    menu: "News  Weather  Tides",
    title: "Two ferries a day, and a third when the sea is calm",
    text: "The island has four hundred people, one school and a bakery that opens at five. Whoever wants bread with seeds comes early; the others get what is left, and nobody has complained so far.",
    box: "Today: north-west, fresh. Water 14 °C.",
    more: "In autumn the third ferry stays in port. Letters wait then, and so do the spare parts for the lighthouse, whose lamp has been turned by hand since Tuesday.",
  },

  // Register
  registerLead: "What was marked on this device. It leaves it only when you export it.",
  keepRegister: "Keep a register of what I mark",
  registerEmpty: "Nothing is written down yet. Mark a picture, or import a register.",
  registerNothing: "Nothing fits. Try other words.",
  search: "Search",
  exportJson: "Export",
  exportTable: "Export as CSV",
  importJson: "Import",
  deleteAll: "Delete everything",
  /** @param {number} count */
  deleteAllAsk: (count) =>
    `Delete ${count === 1 ? "the only entry" : `all ${count} entries`}? This cannot be undone. The pictures stay as they are.`,
  keepThem: "Keep them",
  /** @param {number} count */
  allDeleted: (count) => (count === 1 ? "1 entry deleted." : `${count} entries deleted.`),
  /** @param {number} added @param {number} present */
  imported: (added, present) =>
    `${added === 1 ? "1 entry" : `${added} entries`} added${present ? `, ${present} were here already` : ""}.`,
  /** @param {string[]} named the first ones @param {number} count of all that are damaged */
  leftOut: (named, count) =>
    `Left out, because they are damaged: ${named.join(", ")}${count > named.length ? ` and ${count - named.length} more` : ""}.`,
  /** @param {number} number place in the file @param {string} part */
  leftEntry: (number, part) => `entry ${number} (${part})`,
  entryParts: {
    id: "its id",
    time: "its date",
    message: "its message",
    note: "its note",
    cover: "the original's file",
    marked: "the marked picture's file",
    thumbnail: "its small picture",
    hash: "its perceptual hash",
    all: "all of it",
  },
  /** @param {string} part */
  damagedEntry: (part) => `This entry is damaged (${part}). Readings are not compared with it. Remove it.`,
  damagedName: "a damaged entry",
  entryGone: "This entry is no longer in the register.",
  damagedRemoved: "A damaged entry was removed.",
  note: "Note",
  /** @param {string} entry */
  noteOn: (entry) => `Note: ${entry}`,
  noteKept: "Note kept.",
  /** @param {string} message @param {string} name */
  entryName: (message, name) => `${message}, ${name}`,
  olderEntry: "Marked by an earlier version of Hushmark. This one does not read that mark.",
  /** @param {string} before @param {string} after */
  sizeChange: (before, after) => `${before} → ${after}`,
  sums: "SHA-256",
  shaOfOriginal: "of the original",
  shaOfMarked: "of the marked picture",
  removeThis: "Remove",
  /** @param {string} entry */
  removeEntry: (entry) => `Remove ${entry}`,
  /** @param {string} message @param {string} name */
  entryRemoved: (message, name) => `${message}, ${name}: removed.`,
  showMore: "Show more",
  /** @param {string} reason */
  notRegistered: (reason) => `The picture is marked, but not in the register. ${reason}`,
};
