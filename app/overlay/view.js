/** The screen that makes tiles for web pages, and reads screenshots of pages with a tile. */

import { RegisterError } from "../register/entries.js";
import { registerTile } from "../register/store.js";
import { Answer, answerOf } from "../ui/answer.js";
import { h, setText } from "../ui/dom.js";
import { JobLines } from "../ui/job.js";
import { KeyField, openForKey } from "../ui/key-field.js";
import { m } from "../ui/language.js";
import { MessageField } from "../ui/message-field.js";
import { Picker } from "../ui/picker.js";
import { ReadingDetails } from "../ui/reading-details.js";
import { save } from "../ui/save.js";
import { screenHead } from "../ui/screen-head.js";
import { StrengthField } from "../ui/strength-field.js";
import { errorInWords, messageInWords, timeInWords } from "../ui/words.js";
import { samplePage } from "./sample-page.js";
import { Team } from "./team.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { Overlay, KindOption, TimedReading } from "../engine/protocol.js"
 */

export class OverlayView {
  #engine;
  #message = new MessageField("overlay", () => m.tileHints);
  #key = new KeyField("overlay-key", () => m.overlayKeyHint);
  #strength = new StrengthField("overlay-strength");
  #form = h(
    "form",
    { class: "options card", novalidate: true },
    this.#message.element,
    this.#strength.element,
    h("p", { class: "hint" }, () => m.tileShows),
    openForKey(
      h(
        "details",
        {},
        h("summary", {}, () => m.key),
        this.#key.element,
      ),
    ),
    h("button", { class: "primary" }, () => m.makeTile),
  );
  #lines = new JobLines();

  #tile = h("div", { class: "tile", hidden: true });
  #tileUrl = "";
  #sample = h("div", { class: "sample" }, samplePage(), this.#tile);
  #isShown = h("input", { type: "checkbox", checked: true });
  #isDark = h("input", { type: "checkbox" });
  #useHint = h("p");
  #css = h("code");
  #copied = h("p", { class: "hint", role: "status" });
  /** @type {Overlay | null} */
  #made = null;
  /** The tile that was entered into the register last. @type {Overlay | null} */
  #registered = null;
  #choices = h(
    "div",
    { class: "choices", hidden: true },
    h("label", {}, this.#isShown, () => m.showTile),
    h("label", {}, this.#isDark, () => m.darkPage),
  );
  #use = h(
    "div",
    { class: "board", hidden: true },
    h("h2", {}, () => m.useTile),
    this.#useHint,
    h("pre", { tabindex: 0, "aria-label": () => m.cssRule }, this.#css),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: () => void this.#save() }, () => m.saveTile),
      h("button", { type: "button", onclick: () => void this.#copy() }, () => m.copyCss),
    ),
    this.#copied,
  );

  #team;
  #readLines = new JobLines();
  #picker = new Picker(([file]) => this.#read(file));
  #answer = new Answer();
  #details = new ReadingDetails();
  #reading = h("div", { class: "result", hidden: true }, this.#answer.element, this.#details.element);
  element = h(
    "section",
    { class: "overlay" },
    screenHead("overlay", () => m.overlayLead),
    h(
      "div",
      { class: "halves" },
      this.#form,
      h(
        "div",
        { class: "board" },
        h("h2", {}, () => m.overSample),
        this.#lines.element,
        this.#choices,
        this.#sample,
        this.#use,
      ),
    ),
    h(
      "div",
      { class: "screenshot" },
      h("h2", {}, () => m.readScreenshot),
      h("p", { class: "hint" }, () => m.readScreenshotHint),
      this.#picker.element,
      this.#readLines.element,
      this.#reading,
    ),
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#team = new Team(engine, () => ({ key: this.#key.value, strength: this.#strength.strength }));
    this.element.querySelector(".screenshot")?.before(this.#team.element);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make(this.#message);
    });
    // Moving the slider makes the tile again, with the same message.
    this.#strength.element.addEventListener("change", () => {
      if (this.#made) this.#make(this.#made.message);
    });
    for (const control of [this.#isShown, this.#isDark]) {
      control.addEventListener("change", () => this.#showSample());
    }
  }

  /** @param {File[]} files */
  take(files) {
    this.#picker.take(files);
  }

  /** @param {{ kind: KindOption, value: string }} message */
  #make({ kind, value }) {
    const request = {
      kind,
      value,
      key: this.#key.value,
      strength: this.#strength.strength,
    };
    return this.#lines.run(
      (options) => this.#engine.run("overlay", null, request, options),
      (made) => this.#show(made),
    );
  }

  /** @param {Overlay} made */
  #show(made) {
    this.#made = made;
    URL.revokeObjectURL(this.#tileUrl);
    this.#tileUrl = URL.createObjectURL(this.#png(made));
    this.#tile.style.backgroundImage = `url("${this.#tileUrl}")`;
    setText(this.#css, made.css);
    setText(this.#useHint, () => m.useTileHint(made.name));
    this.#choices.hidden = false;
    this.#use.hidden = false;
    setText(this.#copied, "");
    this.#showSample();
    return () => m.tileMade(messageInWords(made.message));
  }

  /** @param {Overlay} made */
  #png({ data }) {
    return new Blob([data], { type: "image/png" });
  }

  #showSample() {
    this.#sample.classList.toggle("dark", this.#isDark.checked);
    this.#tile.hidden = !this.#isShown.checked;
  }

  /** A tile is entered into the register when people save it: they may make several before. */
  async #save() {
    const made = this.#made;
    if (!made) return;
    const file = this.#png(made);
    save(file, made.name);
    if (this.#registered === made) return;
    this.#registered = made;
    try {
      await registerTile({ file, name: made.name, message: made.message, note: "" });
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      this.#lines.fail(() => m.notRegistered(errorInWords(error)));
    }
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#made?.css ?? "");
      setText(this.#copied, () => m.copied);
    } catch {
      getSelection()?.selectAllChildren(this.#css);
      setText(this.#copied, () => m.notCopied);
    }
  }

  /** @param {File} file */
  #read(file) {
    this.#reading.hidden = true;
    const key = this.#key.value;
    return this.#readLines.run(
      (options) => this.#engine.run("read", file, { key }, options),
      (read) => this.#showReading(read, file.name, key !== null),
    );
  }

  /**
   * @param {TimedReading} read
   * @param {string} name
   * @param {boolean} hasKey whether a key was given
   */
  #showReading({ reading, phases }, name, hasKey) {
    this.#answer.show(reading, { hasKey });
    this.#details.show(reading);
    this.#reading.hidden = false;
    return () => m.readDone(name, answerOf(reading), timeInWords(phases));
  }
}
