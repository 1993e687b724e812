/** Live reading from a camera: its pictures are read one after the other, and a stable answer is shown over them. */

import { EngineError } from "../engine/errors.js";
import { answerNoted } from "../ui/answer.js";
import { h, setText, svg } from "../ui/dom.js";
import { m } from "../ui/language.js";
import { errorInWords } from "../ui/words.js";
import { Hold } from "./hold.js";

/**
 * @import { TimedReading, Reading } from "../engine/protocol.js"
 * @import { Entry } from "../register/entries.js"
 *
 * @typedef {object} Uses
 * @property {() => void} onStart called when the camera is on
 * @property {(picture: File, signal: AbortSignal) => Promise<TimedReading>} read takes a short look at a picture
 * @property {(picture: File, read: TimedReading | null) => void} onTake people take this picture; with what was read in it,
 *   null where it is still to be read
 * @property {(read: TimedReading) => Entry | undefined} entryOf the entry of the register that fits
 *
 * @typedef {{ picture: File, read: TimedReading }} Seen
 */

/** Milliseconds between an answer and the next picture, to keep the page quick and the device cool. */
const PAUSE = 150;
/** Of a JPEG: high enough for faint marks. */
const QUALITY = 0.95;
/** Our codes, by the browsers' names of errors. @type {Record<string, string>} */
const CODES = {
  NotAllowedError: "camera-refused",
  SecurityError: "camera-refused",
  NotFoundError: "camera-missing",
  OverconstrainedError: "camera-missing",
  NotReadableError: "camera-busy",
  AbortError: "camera-busy",
};

export class Camera {
  #uses;
  /** Ends all that runs; aborted when the camera is off. */
  #on = AbortSignal.abort();
  #off = () => {};
  /** The stable answer and its picture. @type {Seen | null} */
  #held = null;

  #start = h("button", { type: "button", onclick: () => void this.#open() }, cameraIcon(), () => m.camera);
  #error = h("p", { class: "error", role: "alert" });
  #video = h("video", { playsinline: true, "aria-label": () => m.cameraPicture });
  #outline = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
  #said = h("p", { class: "said", role: "status" });
  #view = h(
    "div",
    { class: "viewfinder", hidden: true },
    h("div", { class: "ground", onclick: () => void this.#take() }, this.#video, this.#outline),
    this.#said,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: () => void this.#take() }, () => m.cameraTake),
      h("button", { type: "button", onclick: () => this.#close() }, () => m.cameraStop),
    ),
  );
  element = h("div", { class: "camera" }, this.#start, this.#view, this.#error);

  /** @param {Uses} uses */
  constructor(uses) {
    this.#uses = uses;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && !this.#on.aborted) {
        this.stop();
        setText(this.#error, () => m.cameraHidden);
      }
    });
  }

  /** Turns the camera off. */
  stop() {
    this.#off();
    setText(this.#error, "");
  }

  /** The same by a button: the focus goes back to where it was. */
  #close() {
    this.stop();
    this.#start.focus();
  }

  async #open() {
    this.stop();
    const off = new AbortController();
    this.#on = off.signal;
    /** @type {MediaStreamTrack[]} */
    let tracks = [];
    const release = () => tracks.forEach((track) => track.stop());
    this.#off = () => {
      off.abort();
      release();
      this.#video.srcObject = null;
      this.#held = null;
      delete this.#view.dataset.said;
      this.#draw([]);
      this.#view.hidden = true;
      this.#start.hidden = false;
    };
    try {
      const stream = await openCamera();
      tracks = stream.getTracks();
      // The screen may have been left while people were asked.
      if (off.signal.aborted) {
        release();
        return;
      }
      tracks[0].addEventListener("ended", () => {
        if (!off.signal.aborted) this.#fail(new EngineError("camera-busy"));
      });
      this.#video.muted = true;
      this.#video.srcObject = stream;
      this.#say("none");
      this.#start.hidden = true;
      this.#view.hidden = false;
      this.#uses.onStart();
      await this.#video.play();
      this.#view.scrollIntoView({ block: "nearest" });
      this.#view.querySelector("button")?.focus({ preventScroll: true });
      await this.#watch(off.signal);
    } catch (error) {
      if (!off.signal.aborted) this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.stop();
    const known =
      error instanceof DOMException ? new EngineError(CODES[error.name] ?? "", error.message) : error;
    if (!(known instanceof EngineError) || !known.code) throw error;
    setText(this.#error, () => errorInWords(known));
  }

  /** @param {AbortSignal} signal */
  async #watch(signal) {
    const hold = new Hold();
    while (!signal.aborted) {
      const picture = await this.#picture();
      const read = await this.#uses.read(picture, signal);
      if (signal.aborted) return;
      const isHeld = hold.add(read.reading);
      const isRead = isHeld && hold.outcome === "read";
      if (isRead) this.#held = { picture, read };
      else if (hold.outcome !== "read") this.#held = null;
      this.#draw(isRead ? read.reading.corners : []);
      this.#say(hold.outcome);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** @param {Reading["outcome"]} outcome of the stable answer */
  #say(outcome) {
    const message = this.#held?.read.reading.message;
    const said = message ? `${message.kind}:${message.value}` : outcome;
    // Not for each picture: a screen reader would say it again.
    if (said === this.#view.dataset.said) return;
    this.#view.dataset.said = said;
    this.#view.dataset.outcome = outcome;
    const held = this.#held;
    const entry = held ? this.#uses.entryOf(held.read) : undefined;
    setText(this.#said, () => (held ? answerNoted(held.read.reading, entry) : m.cameraSays[outcome]));
  }

  /** @param {[number, number][]} corners in shares of the picture; none for no outline */
  #draw(corners) {
    const { videoWidth: width, videoHeight: height } = this.#video;
    this.#outline.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const points = corners.map(([x, y]) => [x * width, y * height]);
    this.#outline.replaceChildren(
      ...(points.length ? ["halo", "edge"] : []).map((name) =>
        svg("polygon", { class: name, points: points.join(" ") }),
      ),
    );
  }

  /** @returns {Promise<File>} what the camera shows now */
  async #picture() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    // A camera's picture has been scaled and compressed already, so slight changes by a canvas do no harm.
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d", { alpha: false })?.drawImage(this.#video, 0, 0);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!blob) throw new EngineError("camera-busy");
    return new File([blob], m.cameraFile, { type: blob.type });
  }

  /** Hands over the picture whose answer is shown, with its answer; else the current one. */
  async #take() {
    if (this.#on.aborted) return;
    const { picture, read } = this.#held ?? { picture: await this.#picture(), read: null };
    this.stop();
    this.#uses.onTake(picture, read);
  }
}

/** Opens the camera at the back. Rejects with the browser's error. */
function openCamera() {
  // Browsers give no camera to pages that were not loaded over https.
  if (!navigator.mediaDevices?.getUserMedia) throw new EngineError("camera-missing");
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 960 } },
  });
}

function cameraIcon() {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M4 7h3l2-2.5h6L17 7h3v12H4zM12 9.2a3.6 3.6 0 1 0 0 7.2a3.6 3.6 0 1 0 0-7.2z" }),
  );
}
