/** Tiles for a team: one for each name of a list, so that a screenshot shows whose page it is of. */

import { makeZip } from "client-zip";
import { RegisterError } from "../register/entries.js";
import { registerTile } from "../register/store.js";
import { toCsv } from "../ui/csv.js";
import { h, setText } from "../ui/dom.js";
import { field } from "../ui/field.js";
import { distinct, fileName } from "../ui/file-names.js";
import { JobLines } from "../ui/job.js";
import { m } from "../ui/language.js";
import { save } from "../ui/save.js";
import { errorInWords } from "../ui/words.js";

/**
 * @import { EngineClient, JobOptions } from "../engine/client.js"
 * @import { Message } from "../engine/protocol.js"
 *
 * @typedef {{ name: string, file: string, tile: Blob, css: string, message: Message }} Member
 */

const ZIP = "hushmark-overlays.zip";

export class Team {
  #engine;
  #choices;
  #names = h("textarea", { id: "overlay-names", rows: 6, autocomplete: "off", spellcheck: "false" });
  #lines = new JobLines();
  #unkept = h("p", { class: "error", role: "alert" });
  #save = h(
    "button",
    { type: "button", class: "primary", hidden: true, onclick: () => void this.#saveAll() },
    () => m.teamSave,
  );
  /** @type {Member[]} */
  #made = [];
  element = h(
    "form",
    { class: "team", novalidate: true },
    h("h2", {}, () => m.teamHead),
    field(
      () => m.teamNames,
      this.#names,
      () => m.teamHint,
    ),
    h("button", {}, () => m.teamMake),
    this.#lines.element,
    this.#unkept,
    this.#save,
  );

  /**
   * @param {EngineClient} engine
   * @param {() => { key: string | null, strength: number }} choices of the form above
   */
  constructor(engine, choices) {
    this.#engine = engine;
    this.#choices = choices;
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#make();
    });
  }

  async #make() {
    const names = this.#names.value
      .split("\n")
      .map((name) => name.trim())
      .filter(Boolean);
    this.#save.hidden = true;
    setText(this.#unkept, "");
    if (!names.length) {
      this.#lines.fail(() => m.teamEmpty);
      this.#names.focus();
      return;
    }
    await this.#lines.run(
      (options) => this.#makeAll(names, options),
      (made) => {
        this.#made = made;
        this.#save.hidden = false;
        return () => m.teamMade(made.length);
      },
    );
  }

  /**
   * @param {string[]} names
   * @param {JobOptions} options
   * @returns {Promise<Member[]>}
   */
  async #makeAll(names, { signal, onProgress }) {
    const files = distinct(
      names.map((name) =>
        fileName("{message}", { cover: "", folder: "", marked: ".png", number: 1, message: name }),
      ),
    );
    const how = { kind: /** @type {const} */ ("random"), value: "", ...this.#choices() };
    /** @type {Member[]} */
    const made = [];
    for (const [index, name] of names.entries()) {
      const [done, total] = [index, names.length];
      onProgress?.({ phase: "forward", done, total, share: done / total });
      const { data, css, message } = await this.#engine.run("overlay", null, how, {
        signal,
        inBackground: true,
      });
      const tile = new Blob([data], { type: "image/png" });
      const file = files[index];
      made.push({ name, file, tile, css: css.replace(/url\("[^"]*"\)/, () => `url("${file}")`), message });
    }
    // All or none: half a list in the register would look complete.
    await this.#register(made);
    return made;
  }

  /** @param {Member[]} made */
  async #register(made) {
    try {
      for (const { name, file, tile, message } of made) {
        await registerTile({ file: tile, name: file, message, note: name });
      }
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      setText(this.#unkept, () => m.teamNotRegistered(errorInWords(error)));
    }
  }

  async #saveAll() {
    const rows = this.#made.map(({ name, file, message }) => [
      name,
      file,
      styleOf(file),
      message.kind,
      message.value,
    ]);
    const csv = toCsv([["name", "tile", "css", "kind", "message"], ...rows]);
    const inputs = [
      ...this.#made.flatMap(({ file, tile, css }) => [
        { name: file, input: tile },
        { name: styleOf(file), input: `${css}\n` },
      ]),
      { name: "overlays.csv", input: csv },
    ];
    const zip = await new Response(makeZip(inputs), {
      headers: { "Content-Type": "application/zip" },
    }).blob();
    save(zip, ZIP);
  }
}

/** @param {string} file of a tile */
const styleOf = (file) => file.replace(/png$/, "css");
