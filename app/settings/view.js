/** The screen with defaults, how the engine computes, and what this browser keeps. */

import { canKeepFiles, keepFiles, missingFiles, sizeOnWire } from "../site/offline.js";
import { estimatedUsage, storedParts } from "../site/storage.js";
import { h, setText } from "../ui/dom.js";
import { field } from "../ui/field.js";
import { KeyField } from "../ui/key-field.js";
import { inBytes, m } from "../ui/language.js";
import { MarkFields } from "../ui/mark-fields.js";
import { chosenCompute, follow, prefer, preference } from "../ui/preferences.js";
import { screenHead } from "../ui/screen-head.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { SiteFile } from "../site/manifest.js"
 * @import { EngineInfo } from "../engine/protocol.js"
 * @import { StoredPart, Stores } from "../site/storage.js"
 * @import { LiveText } from "../ui/dom.js"
 */

const THREADS = [1, 2, 4, 8];
const HAS_THREADS = typeof SharedArrayBuffer === "function";
/** @type {(keyof typeof m.providers)[]} */
const PROVIDERS = ["auto", "webgpu", "wasm"];

export class SettingsView {
  #engine;
  #stores;
  #fields = new MarkFields("default");
  #keepsKey = h("input", { type: "checkbox", "aria-describedby": "keep-key-hint" });
  #key = new KeyField("default-key");
  #defaults = group(
    () => m.defaults,
    h("p", { class: "hint" }, () => m.defaultsHint),
    ...this.#fields.mark,
    ...this.#fields.file,
    h(
      "div",
      {},
      h("label", {}, this.#keepsKey, () => m.keepKey),
      h("p", { class: "hint", id: "keep-key-hint" }, () => m.keepKeyHint),
    ),
    this.#key.element,
  );
  #provider = choice("provider", PROVIDERS, (name) => m.providers[name], "auto");
  #threads = choice(
    "threads",
    ["auto", ...THREADS.filter((count) => count <= navigator.hardwareConcurrency).map(String)],
    (count) => (count === "auto" ? m.threadsAuto : count),
    "auto",
  );
  #selfTest = h("p", { class: "hint", role: "status" });
  #offlineStatus = h("p", { role: "status", tabindex: -1 });
  /** Why the last try to keep the site failed. @type {LiveText | null} */
  #failure = null;
  #make = h("button", { type: "button" });
  #loading = h("progress", { max: 1, hidden: true, "aria-label": () => m.progress });
  #parts = h("tbody");
  #usage = h("p", { class: "hint", role: "status", tabindex: -1 });
  element = h(
    "section",
    { class: "settings" },
    screenHead("settings", () => m.settingsLead),
    this.#defaults,
    h(
      "div",
      { class: "groups" },
      group(
        () => m.computing,
        field(() => m.provider, this.#provider),
        field(() => m.threads, this.#threads),
        this.#selfTest,
      ),
      group(() => m.offlineUse, this.#offlineStatus, this.#make, this.#loading),
      group(() => m.storage, h("table", {}, this.#parts), this.#usage),
    ),
  );

  /**
   * @param {EngineClient} engine
   * @param {Stores} stores what the other screens keep
   */
  constructor(engine, stores) {
    this.#engine = engine;
    this.#stores = stores;
    for (const select of [this.#provider, this.#threads]) {
      select.addEventListener("change", () => engine.computeWith(chosenCompute()));
    }
    this.#defaults.addEventListener("change", ({ target }) => {
      if (target === this.#keepsKey) this.#keepKey(this.#keepsKey.checked);
      else if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
        prefer(target.name, target.value || null);
      }
    });
    follow("key", (key) => this.#showKey(key !== null));
    this.#threads.disabled = !HAS_THREADS;
    this.#make.addEventListener("click", () => this.#makeAvailable());
    for (const event of ["state", "rest"]) engine.addEventListener(event, () => this.refresh());
  }

  /** Shows what has changed, if the screen is in view. */
  refresh() {
    if (!this.element.hidden) this.enter();
  }

  enter() {
    this.#showSelfTest();
    this.#showOffline();
    this.#showStorage();
  }

  /** A key is kept as soon as it is typed. @param {boolean} isWanted */
  #keepKey(isWanted) {
    if (!isWanted) prefer("key", null);
    this.#showKey(isWanted);
    if (isWanted) this.#key.focus();
  }

  /** @param {boolean} isWanted */
  #showKey(isWanted) {
    this.#keepsKey.checked = isWanted;
    this.#key.element.hidden = !isWanted;
  }

  /** @returns {EngineInfo | null} */
  get #info() {
    const { state } = this.#engine;
    return state.name === "ready" ? state.info : null;
  }

  #showSelfTest() {
    const info = this.#info;
    setText(this.#selfTest, () => {
      const threads = HAS_THREADS ? "" : m.oneThread;
      if (!info) return threads;
      const error = info.selfTest?.toPrecision(1) ?? "";
      const test =
        info.provider === "webgpu"
          ? m.selfTestPassed(error)
          : error
            ? m.selfTestFailed(error)
            : m.selfTestNone;
      const notes = info.notes
        .filter(({ code }) => code.startsWith("webgpu"))
        .map(({ code, detail }) => m.notes[code](detail));
      return m.sentences([...notes, test, threads].filter(Boolean));
    });
  }

  async #showOffline() {
    const isPossible = await canKeepFiles();
    const files = isPossible ? await this.#missing() : null;
    const size = sizeOnWire(files ?? []);
    if (!this.#loading.hidden) return;
    this.#make.hidden = !size || !isPossible;
    setText(this.#make, () => m.offlineMake(inBytes(size)));
    setText(this.#offlineStatus, () => {
      if (!isPossible) return m.offlineImpossible;
      if (!files) return m.offlineWait;
      if (!size) return m.offlineReady;
      return this.#failure?.() ?? (this.#info?.weightsFrom === "memory" ? m.offlineNoRoom : "");
    });
  }

  /** @returns {Promise<SiteFile[] | null>} null before the engine has started */
  async #missing() {
    const { manifest } = this.#engine;
    return this.#info && manifest ? missingFiles(manifest, this.#info.build) : null;
  }

  async #makeAvailable() {
    const { manifest } = this.#engine;
    const files = await this.#missing();
    if (!manifest || !files) return;
    const size = sizeOnWire(files);
    this.#failure = null;
    this.#offlineStatus.focus();
    this.#make.hidden = true;
    this.#loading.hidden = false;
    // If people agree, the browser does not delete this site's files when it needs room.
    navigator.storage.persist?.();
    try {
      await keepFiles(manifest, files, (loaded) => (this.#loading.value = loaded / size));
    } catch (error) {
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      this.#failure = () => (isFull ? m.offlineNoRoom : m.offlineFailed);
    }
    this.#loading.hidden = true;
    this.enter();
  }

  async #showStorage() {
    const [parts, usage] = await Promise.all([storedParts(this.#stores), estimatedUsage()]);
    const buttons = this.#parts.getElementsByTagName("button");
    const focused = [...buttons].findIndex((button) => button === document.activeElement);
    this.#parts.replaceChildren(...parts.map((part) => this.#row(part)));
    // With the keyboard, the focus stays at the same place in the list.
    if (focused >= 0) (buttons[Math.min(focused, buttons.length - 1)] ?? this.#usage).focus();
    setText(this.#usage, () =>
      parts.length ? (usage ? m.storedInAll(inBytes(usage)) : "") : m.storedNothing,
    );
  }

  /** @param {StoredPart} part */
  #row(part) {
    const name = () => m.stored[part.kind === "store" ? part.name : part.kind] ?? part.name;
    const remove = h("button", { type: "button", "aria-label": () => m.removePart(name()) }, () => m.remove);
    remove.addEventListener("click", async () => {
      const question = m.removeSure(name());
      if (!confirm(part.isWork ? m.resultsSure(question) : question)) return;
      await part.clear();
      this.#failure = null;
      this.enter();
    });
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", {}, () => inBytes(part.size)),
      h("td", {}, remove),
    );
  }
}

/**
 * @template {string} Name
 * @param {string} key of the preference
 * @param {Name[]} names
 * @param {(name: Name) => string} inWords
 * @param {Name} fallback
 */
function choice(key, names, inWords, fallback) {
  const chosen = preference(key) ?? fallback;
  const options = names.map((name) =>
    h("option", { value: name, selected: name === chosen }, () => inWords(name)),
  );
  const select = h("select", { id: `setting-${key}` }, ...options);
  select.addEventListener("change", () => prefer(key, select.value));
  return select;
}

/**
 * @param {LiveText} title
 * @param {...Node} children
 */
function group(title, ...children) {
  return h("div", { class: "group" }, h("h2", {}, title), ...children);
}
