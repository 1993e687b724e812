/** The screen that reads pictures: one with all details, several in a table. */

import { EngineError } from "../engine/errors.js";
import { entriesWith, knownIds, RegisterError } from "../register/entries.js";
import { entries } from "../register/store.js";
import { Answer, answerNoted } from "../ui/answer.js";
import { h, ObjectUrls, setText } from "../ui/dom.js";
import { JobLines } from "../ui/job.js";
import { KeyField } from "../ui/key-field.js";
import { m } from "../ui/language.js";
import { Picker } from "../ui/picker.js";
import { ReadingDetails } from "../ui/reading-details.js";
import { meant } from "../ui/register-matches.js";
import { screenHead } from "../ui/screen-head.js";
import { timeInWords } from "../ui/words.js";
import { Camera } from "./camera.js";
import { ManifestPart } from "./manifest.js";
import { LostManifest } from "./lost-manifest.js";
import { placeFigure } from "./place.js";
import { ReadingsTable } from "./table.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { TimedReading } from "../engine/protocol.js"
 * @import { Entry } from "../register/entries.js"
 */

export class ReadView {
  #engine;
  #urls = new ObjectUrls();
  #lines = new JobLines();
  /** @type {File[]} */
  #files = [];
  #picker = new Picker((files) => this.#read(files), { isMultiple: true, hasCamera: true });
  #key = new KeyField("read-key", () => m.readKeyHint);
  #again = h("button", { type: "submit" }, () => m.readAgain);
  #compare = h("input", { type: "checkbox", checked: true });
  #options = h(
    "form",
    { class: "options card", novalidate: true },
    this.#key.element,
    h("label", {}, this.#compare, () => m.compareRegister),
    this.#again,
  );
  /** The register's entries. @type {Entry[]} */
  #entries = [];

  #answer = new Answer();
  #place = h("div");
  #details = new ReadingDetails();
  #manifest = new ManifestPart();
  #lost;
  #result;

  #camera = new Camera({
    onStart: () => {
      this.#lines.cancel();
      this.#result.hidden = true;
      this.#table.element.hidden = true;
      this.#cameraKnown = this.#known();
    },
    read: async (picture, signal) => {
      const known = await this.#cameraKnown;
      const options = { key: this.#key.value, known, glance: true };
      return this.#engine.run("read", picture, options, { signal });
    },
    onTake: (picture, read) => {
      this.#isRead = read;
      this.#picker.take([picture]);
    },
    entryOf: (read) => meant(this.#entriesOf(read)),
  });
  /** The register's list while the camera is on. @type {Promise<string | null>} */
  #cameraKnown = Promise.resolve(null);
  /** The reading that the camera's picture already has. @type {TimedReading | null} */
  #isRead = null;

  #table = new ReadingsTable((read) => this.#entriesOf(read));
  element;

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#lost = new LostManifest(engine, (manifest) => {
      this.#lost.show(null);
      this.#manifest.show(manifest);
      this.#manifest.focus();
    });
    this.#result = h(
      "div",
      { class: "result", hidden: true },
      this.#answer.element,
      h("div", { class: "reading" }, this.#place, this.#details.element),
      this.#manifest.element,
      this.#lost.element,
    );
    this.element = h(
      "section",
      { class: "read" },
      screenHead("read", () => m.readLead),
      h(
        "div",
        { class: "columns" },
        this.#picker.element,
        h(
          "div",
          { class: "rest" },
          this.#camera.element,
          this.#lines.element,
          this.#result,
          this.#table.element,
        ),
        this.#options,
      ),
    );
    this.#again.hidden = true;
    this.#options.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#files.length) this.#read(this.#files);
    });
  }

  /** @param {File[]} files */
  take(files) {
    this.#picker.take(files);
  }

  /** The camera must not stay on behind another screen. */
  leave() {
    this.#camera.stop();
  }

  /** @param {string[]} names of files that another app has shared and that are no pictures */
  refuse(names) {
    this.#lines.fail(() => m.sharedRefused(m.list(names)));
  }

  /** @param {File[]} files */
  async #read(files) {
    this.#camera.stop();
    const isRead = this.#isRead;
    this.#isRead = null;
    this.#files = files;
    this.#again.hidden = false;
    this.#result.hidden = true;
    this.#table.element.hidden = true;
    if (files.length > 1) {
      await this.#readAll(files);
    } else {
      await this.#lines.run(
        async (options) => {
          const [key, mayCompare, known] = [this.#key.value, !this.#compare.checked, await this.#known()];
          const read = isRead ?? (await this.#engine.run("read", files[0], { key, known }, options));
          return { ...read, key, mayCompare, isCompared: known !== null };
        },
        (read) => this.#show(read, files[0]),
      );
    }
  }

  /** If the register cannot be read, pictures are read without it. */
  async #known() {
    if (!this.#compare.checked) return null;
    try {
      const { whole } = await entries();
      this.#entries = whole;
      return knownIds(whole);
    } catch (error) {
      if (error instanceof RegisterError) return null;
      throw error;
    }
  }

  /** The entries of the register that a reading may be of. @param {TimedReading} read */
  #entriesOf({ reading: { match }, perceptual_hash: hash }) {
    return match ? entriesWith(this.#entries, match.message, hash) : [];
  }

  /**
   * @param {TimedReading & { key: string | null, mayCompare: boolean, isCompared: boolean }} read
   * @param {File} file
   */
  #show(read, file) {
    const { reading, manifest, phases, key, mayCompare, isCompared } = read;
    const found = this.#entriesOf(read);
    this.#answer.show(reading, { entries: found, isCompared, hasKey: key !== null, mayCompare });
    this.#details.show(reading);
    this.#manifest.show(manifest);
    const { message } = reading;
    this.#lost.show(message && !manifest ? { message, key } : null);
    const image = h("img", { alt: () => m.pictureRead });
    this.#place.replaceChildren();
    this.#urls.clear();
    this.#urls.show(image, file);
    image.decode().then(
      () => this.#place.replaceChildren(placeFigure(image, reading)),
      () => undefined, // Python can open some files that the browser cannot show.
    );
    this.#result.hidden = false;
    return () => m.readDone(file.name, answerNoted(reading, meant(found)), timeInWords(phases));
  }

  /** @param {File[]} files */
  async #readAll(files) {
    const rows = this.#table.start(files);
    await this.#lines.run(
      async ({ signal, onProgress }) => {
        const known = await this.#known();
        for (const [index, row] of rows.entries()) {
          try {
            row.read = await this.#engine.run(
              "read",
              row.file,
              { key: this.#key.value, known },
              {
                signal,
                inBackground: true,
                onProgress: (progress) =>
                  onProgress?.({ ...progress, share: (index + progress.share) / rows.length }),
              },
            );
          } catch (error) {
            if (!(error instanceof EngineError)) throw error;
            if (error.code === "cancelled") {
              for (const { element } of rows.slice(index)) {
                setText(element.children[1], () => m.states.cancelled);
              }
              throw error;
            }
            row.error = error;
          }
          if (!this.#table.shows(rows)) break;
          this.#table.fill(row);
        }
      },
      () => () => m.allRead,
    );
  }
}
