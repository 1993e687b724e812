import { loadedBytes } from "../engine/loads.js";
import { h, setText } from "../ui/dom.js";
import { inBytes, inSeconds, m } from "../ui/language.js";
import { errorInWords } from "../ui/words.js";
import { StartClock } from "./start-progress.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { EngineInfo, StartProgress } from "../engine/protocol.js"
 */

/** Milliseconds between two moves of the bar. */
const TICK = 100;

/** The line at the foot: the progress of the engine's start; then, under "Details", what runs and how much was loaded. */
export class EngineLine {
  #engine;
  /** Bytes that the workers have loaded over the network so far. */
  #workerBytes = 0;
  /** Of the current start. @type {StartClock | null} */
  #clock = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;
  #bar = h("progress", { max: 1, "aria-label": () => m.progress });
  #status = h("p", { role: "status", tabindex: -1 });
  #offline = h("p", { class: "hint", role: "status" });
  #notes = h("ul", { "aria-live": "polite" });
  #facts = h("p");
  #computing = h("ul");
  #details = h(
    "details",
    { hidden: true },
    h("summary", {}, () => m.details),
    this.#facts,
    this.#computing,
  );
  #retry = h("button", { type: "button" }, () => m.tryAgain);
  element = h(
    "footer",
    { id: "engine" },
    this.#bar,
    this.#status,
    this.#offline,
    this.#notes,
    this.#details,
    this.#retry,
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#retry.addEventListener("click", () => {
      this.#status.focus();
      engine.start();
    });
    engine.addEventListener("state", () => this.#show());
    for (const event of ["online", "offline"]) addEventListener(event, () => this.#showNetwork());
    this.#show();
    this.#showNetwork();
  }

  #showNetwork() {
    setText(this.#offline, navigator.onLine ? "" : () => m.offline);
  }

  #show() {
    const { state } = this.#engine;
    this.#bar.hidden = state.name !== "starting";
    this.#retry.hidden = state.name !== "failed";
    this.#notes.hidden = this.#details.hidden = state.name !== "ready";
    this.#status.classList.toggle("error", state.name === "failed");
    if (state.name !== "starting") this.#endClock(state.name === "ready" ? state.info : null);
    if (state.name === "starting") this.#showStart(state.progress);
    else if (state.name === "ready") this.#showReady(state.info);
    else setText(this.#status, () => errorInWords(state.error));
  }

  /** @param {StartProgress | null} progress null before anything is loaded */
  #showStart(progress) {
    if (!progress) this.#endClock(null);
    if (!this.#clock) {
      const clock = new StartClock();
      this.#clock = clock;
      this.#bar.value = 0;
      this.#ticking = setInterval(() => (this.#bar.value = clock.share), TICK);
    }
    if (progress) this.#clock.note(progress);
    const { lastTime } = this.#clock;
    setText(this.#status, () => {
      const before = lastTime === null ? [] : [m.engineLastTime(inSeconds(lastTime))];
      return m.sentences([whatGoesOn(progress), ...before]);
    });
  }

  /** @param {EngineInfo | null} info null for a start that failed */
  #endClock(info) {
    clearInterval(this.#ticking);
    if (info) this.#clock?.finish(info.weightsFrom !== "storage");
    this.#clock = null;
  }

  /** @param {EngineInfo} info */
  #showReady({ provider, threads, loadedBytes: workerBytes, weightsFrom, notes }) {
    this.#workerBytes += workerBytes;
    const loaded = loadedBytes() + this.#workerBytes;
    setText(this.#status, () => m.engineReady);
    setText(this.#facts, () => {
      const parts = [
        m.engineProvider(provider, threads),
        m.engineLoaded(inBytes(loaded)),
        m.weightsFrom[weightsFrom],
      ];
      return m.list(parts);
    });
    /** @param {boolean} isComputing */
    const lines = (isComputing) =>
      notes
        .filter(({ code }) => code.startsWith("webgpu") === isComputing)
        .map(({ code, detail }) => h("li", {}, () => m.notes[code](detail)));
    this.#notes.replaceChildren(...lines(false));
    this.#computing.replaceChildren(...lines(true));
  }
}

/** @param {StartProgress | null} progress */
function whatGoesOn(progress) {
  if (!progress) return m.engineStarting;
  const { loaded, total, python, networks } = progress;
  if (loaded < total) return m.engineLoading(inBytes(loaded), inBytes(total));
  if (python) return m.engineOpening;
  return networks ? m.engineStartingPython : m.engineStarting;
}
