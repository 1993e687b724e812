/** The part of the form that says who signs the marked pictures, if anybody. */

import { EngineError } from "../engine/errors.js";
import { DATABASE } from "../signing/store.js";
import { h, setText } from "../ui/dom.js";
import { field } from "../ui/field.js";
import { inCalendar, m } from "../ui/language.js";
import { takeFiles } from "../ui/picker.js";
import { follow, prefer } from "../ui/preferences.js";
import { errorInWords } from "../ui/words.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { Helpers, SigningCertificate } from "../engine/protocol.js"
 * @import { Identity } from "../signing/store.js"
 * @import { LiveText } from "../ui/dom.js"
 * @import { MarkOptions } from "./batch.js"
 *
 * @typedef {typeof import("../signing/signing.js")} Signing
 */

/** Larger files are not read as PEM. */
const MOST_BYTES = 1 << 20;
/** Most characters of author and note. */
const MOST_TEXT = 1000;

export class SigningPart {
  #engine;
  /** Who signs. @type {Identity | null} */
  #identity = null;
  /** All who have signed in this visit: pictures may still wait for them. @type {Map<string, CryptoKey>} */
  #keys = new Map();
  /** Resolves when what this browser keeps has been loaded. */
  restored;
  /** @type {Promise<Signing> | null} */
  #loaded = null;
  /** Counts what was chosen: the result of an earlier choice is ignored. */
  #choices = 0;

  #chain = new PemField("sign-chain", {
    name: () => m.signing.chain,
    hint: () => m.signing.chainHint,
    onChoose: () => void this.#choose(),
  });
  #key = new PemField("sign-key", {
    name: () => m.signing.key,
    hint: () => m.signing.keyHint,
    onChoose: () => void this.#choose(),
  });
  #makeTest = h(
    "button",
    { type: "button", "aria-describedby": "sign-test-hint", onclick: () => void this.#test() },
    () => m.signing.makeTest,
  );
  #error = h("p", { class: "error", role: "alert" });
  #status = h("p", { role: "status", tabindex: -1 });
  #isWanted = h("input", { type: "checkbox", onchange: () => this.#showHead() });
  #author = h("input", { type: "text", id: "sign-author", maxlength: MOST_TEXT, autocomplete: "name" });
  #note = h("input", { type: "text", id: "sign-note", maxlength: MOST_TEXT, autocomplete: "off" });
  #isKept = h("input", {
    type: "checkbox",
    "aria-describedby": "sign-keep-hint",
    onchange: () => void this.#keep(),
  });
  #forget = h("button", { type: "button", onclick: () => void this.#drop() }, () => m.signing.forget);
  #ready = h(
    "div",
    { class: "signer", hidden: true },
    h("label", {}, this.#isWanted, () => m.signing.wanted),
    field(() => m.signing.author, this.#author),
    field(
      () => m.signing.note,
      this.#note,
      () => m.signing.noteHint,
    ),
    h(
      "div",
      {},
      h("label", {}, this.#isKept, () => m.signing.keep),
      h("p", { class: "hint", id: "sign-keep-hint" }, () => m.signing.keepHint),
    ),
    this.#forget,
  );
  #head = h("summary");
  element = h(
    "details",
    { class: "more signing" },
    this.#head,
    h("p", { class: "hint" }, () => m.signing.lead),
    this.#chain.element,
    this.#key.element,
    h(
      "div",
      {},
      this.#makeTest,
      h("p", { class: "hint", id: "sign-test-hint" }, () => m.signing.makeTestHint),
    ),
    this.#error,
    this.#status,
    this.#ready,
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    follow("author", (author) => (this.#author.value = author ?? ""));
    this.#author.addEventListener("change", () => this.#isKept.checked && this.#noteAuthor());
    this.#showHead();
    this.restored = this.#restore();
  }

  /** @returns {Pick<MarkOptions, "chain" | "author" | "manifest_note">} */
  get options() {
    return {
      chain: this.#signer?.chain ?? null,
      author: this.#author.value.trim(),
      manifest_note: this.#note.value.trim(),
    };
  }

  /**
   * Who signs with these certificates.
   *
   * @param {string} chain
   * @returns {Promise<Helpers["sign"] | null>} null where their key is not here
   */
  async signerOf(chain) {
    await this.restored;
    const key = this.#keys.get(chain);
    if (!key) return null;
    const { sign } = await this.#load();
    return (data) => sign(key, data);
  }

  /** Reads again what this browser keeps: it may have been deleted in Settings. */
  restore() {
    this.restored = this.restored.then(() => this.#restore());
    return this.restored;
  }

  /** Who signs, null for nobody. */
  get #signer() {
    return this.#isWanted.checked ? this.#identity : null;
  }

  /** @returns {Promise<Signing>} the code for signing, which few visits need */
  #load() {
    const loaded = this.#loaded ?? /** @type {Promise<Signing>} */ (this.#engine.load("signing.js"));
    this.#loaded = loaded;
    // After a failure the next use tries again.
    loaded.catch(() => (this.#loaded = null));
    return loaded;
  }

  async #restore() {
    const names = await indexedDB.databases().catch(() => []);
    if (!names.some(({ name }) => name === DATABASE)) return;
    let identity;
    try {
      const { kept } = await this.#load();
      identity = await kept();
    } catch {
      return; // The next time may succeed.
    }
    if (identity && identity.chain !== this.#identity?.chain) {
      this.element.open = true;
      this.#isKept.checked = true;
      this.#use(identity);
      void this.#check(identity);
    } else if (!identity && this.#isKept.checked) {
      this.#unset();
    }
  }

  /** Takes what both fields have; the former certificate stays in use until the new one has been checked. */
  async #choose() {
    const [chain, key] = [this.#chain.file, this.#key.file];
    if (!chain || !key) {
      const hint = chain ? () => m.signing.keyNext : key ? () => m.signing.chainNext : "";
      this.#say(hint);
      return;
    }
    await this.#attempt(async ({ certificatesIn, fits, importKey }) => {
      const certificates = certificatesIn(await textOf(chain));
      const told = await this.#engine.run("certificate", null, { chain: certificates, name: chain.name });
      const imported = await importKey(await textOf(key));
      if (typeof imported === "string") throw new EngineError(imported, key.name);
      if (!(await fits(imported, told.key))) throw new EngineError("key-other", key.name);
      return { identity: { chain: certificates, key: imported }, told };
    });
  }

  async #test() {
    await this.#attempt(async ({ makeTestCertificate }) => {
      const identity = await makeTestCertificate();
      this.#clearFiles();
      const told = await this.#engine.run("certificate", null, { chain: identity.chain, name: "" });
      return { identity, told };
    });
  }

  /** @param {(signing: Signing) => Promise<{ identity: Identity, told: SigningCertificate }>} make */
  async #attempt(make) {
    this.#choices += 1;
    const choice = this.#choices;
    this.#say(() => m.waiting);
    try {
      const { identity, told } = await make(await this.#load());
      if (choice !== this.#choices) return;
      this.#use(identity);
      this.#show(told);
      if (this.#isKept.checked) await this.#keep();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (choice === this.#choices) this.#say("", () => errorInWords(error));
    }
  }

  /** Whether what was kept may still sign. @param {Identity} identity */
  async #check(identity) {
    try {
      const name = m.signing.thisBrowser;
      const told = await this.#engine.run("certificate", null, { chain: identity.chain, name });
      if (identity === this.#identity) this.#show(told);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // The engine's own line says so if it does not start.
      if (identity !== this.#identity || !error.code.startsWith("certificate-")) return;
      this.#isWanted.checked = false;
      this.#isWanted.disabled = true;
      this.#showHead();
      this.#say("", () => errorInWords(error));
    }
  }

  /** @param {Identity} identity */
  #use(identity) {
    this.#identity = identity;
    this.#keys.set(identity.chain, identity.key);
    this.#isWanted.checked = true;
    this.#isWanted.disabled = false;
    this.#ready.hidden = false;
  }

  /** @param {SigningCertificate} told */
  #show({ subject, issuer, end }) {
    const [name, by] = [() => subject || m.manifest.unnamed, () => issuer || m.manifest.unnamed];
    this.#name = name;
    this.#say(() => m.signing.ready(name(), by(), inCalendar(end)));
    this.#showHead();
  }

  /** Whom the certificate names. @type {LiveText} */
  #name = () => "";

  #showHead() {
    setText(this.#head, () => m.signing.head(this.#signer ? this.#name() : ""));
  }

  /**
   * @param {LiveText | ""} status
   * @param {LiveText | ""} error
   */
  #say(status, error = "") {
    setText(this.#status, status);
    setText(this.#error, error);
  }

  /** Keeps or forgets who signs, as the checkbox says. */
  async #keep() {
    try {
      const { keep, forget } = await this.#load();
      if (this.#isKept.checked && this.#identity) await keep(this.#identity);
      else await forget();
      this.#noteAuthor();
    } catch (error) {
      this.#isKept.checked = false;
      const reason = error instanceof EngineError ? errorInWords(error) : String(error);
      setText(this.#error, () => m.signing.notKept(reason));
    }
  }

  #noteAuthor() {
    prefer("author", (this.#isKept.checked && this.#author.value.trim()) || null);
  }

  async #drop() {
    const wasKept = this.#isKept.checked;
    this.#unset();
    if (wasKept) await this.#keep();
    this.#say(() => m.signing.forgotten);
    this.#status.focus();
  }

  #clearFiles() {
    for (const each of [this.#chain, this.#key]) each.show(null);
  }

  #unset() {
    this.#choices += 1;
    this.#identity = null;
    this.#keys.clear();
    this.#name = () => "";
    this.#isWanted.checked = this.#isKept.checked = false;
    this.#ready.hidden = true;
    this.#clearFiles();
    this.#say("");
    this.#showHead();
  }
}

/** A button that takes a PEM file, and then shows its name. */
class PemField {
  /** @type {File | null} */
  file = null;
  #name;
  #label = h("span");
  element;

  /**
   * @param {string} id
   * @param {{ name: LiveText, hint: LiveText, onChoose: () => void }} field
   */
  constructor(id, { name, hint, onChoose }) {
    this.#name = name;
    const described = { "aria-describedby": `${id}-hint` };
    const input = h("input", { class: "visually-hidden", type: "file", id, ...described });
    input.addEventListener("change", () => {
      const [file] = takeFiles(input);
      if (!file) return;
      this.show(file);
      onChoose();
    });
    this.element = h(
      "div",
      {},
      h("label", { class: "button" }, input, this.#label),
      h("p", { class: "hint", id: `${id}-hint` }, hint),
    );
    this.show(null);
  }

  /** @param {File | null} file */
  show(file) {
    this.file = file;
    setText(this.#label, () => (file ? m.signing.chosen(this.#name(), file.name) : this.#name()));
  }
}

/**
 * @param {File} file
 * @throws {EngineError} file-unreadable
 */
async function textOf(file) {
  try {
    return await file.slice(0, MOST_BYTES).text();
  } catch {
    throw new EngineError("file-unreadable", file.name);
  }
}
