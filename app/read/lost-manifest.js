/** Where a picture has no manifest, its mark may lead to a published one. Nothing is fetched before people say so. */

import { EngineError } from "../engine/errors.js";
import { h, setText } from "../ui/dom.js";
import { field } from "../ui/field.js";
import { m } from "../ui/language.js";
import { takeFiles } from "../ui/picker.js";
import { follow, prefer } from "../ui/preferences.js";
import { errorInWords } from "../ui/words.js";
import { addressOf, fromFolder, fromWeb, isPermitted } from "./published.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { Helpers, Message, PictureManifest } from "../engine/protocol.js"
 * @import { LiveText } from "../ui/dom.js"
 */

export class LostManifest {
  #engine;
  #onFound;
  /** What was read. @type {{ message: Message, key: string | null } | null} */
  #read = null;
  #address = h("input", {
    type: "text",
    id: "manifests-address",
    inputmode: "url",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
  });
  #folder = h("input", { class: "visually-hidden", type: "file", webkitdirectory: true, multiple: true });
  #status = h("p", { role: "status" });
  #error = h("p", { class: "error", role: "alert" });
  element = h(
    "section",
    { class: "manifest", hidden: true },
    h("h2", {}, () => m.manifest.head),
    h("p", {}, () => m.lost.lead),
    h(
      "form",
      { class: "lost", novalidate: true, onsubmit: (/** @type {Event} */ event) => this.#onSubmit(event) },
      field(
        () => m.lost.address,
        this.#address,
        () => m.lost.addressHint,
      ),
      h(
        "div",
        { class: "buttons" },
        h("button", {}, () => m.lost.look),
        h("label", { class: "button" }, this.#folder, () => m.lost.folder),
      ),
    ),
    this.#status,
    this.#error,
  );

  /**
   * @param {EngineClient} engine
   * @param {(manifest: PictureManifest) => void} onFound
   */
  constructor(engine, onFound) {
    this.#engine = engine;
    this.#onFound = onFound;
    const own = new URL("manifests/", document.baseURI).href;
    follow("manifests", (address) => (this.#address.value = address ?? own));
    this.#address.addEventListener("change", () => {
      const { value } = this.#address;
      prefer("manifests", value.trim() && value !== own ? value : null);
    });
    this.#folder.addEventListener("change", () => {
      const files = takeFiles(this.#folder);
      const [first] = files;
      if (first) void this.#look(first.webkitRelativePath.split("/")[0] || first.name, fromFolder(files));
    });
  }

  /** @param {{ message: Message, key: string | null } | null} read null: there is nothing to look for */
  show(read) {
    this.#read = read;
    this.element.hidden = !read;
    this.#say("");
  }

  /** @param {Event} event */
  #onSubmit(event) {
    event.preventDefault();
    const url = addressOf(this.#address.value, document.baseURI);
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]');
    if (!url) {
      this.#say("", () => m.lost.noAddress);
    } else if (!isPermitted(url, policy?.getAttribute("content") ?? "", location.origin)) {
      this.#say("", () => m.lost.notPermitted(url.host));
    } else {
      void this.#look(url.href, fromWeb(url));
    }
  }

  /**
   * @param {string} place
   * @param {Required<Helpers>["fetch"]} fetch
   */
  async #look(place, fetch) {
    const read = this.#read;
    if (!read) return;
    const { message, key } = read;
    this.#say(() => m.lost.looking(place));
    try {
      const options = { ...message, key, place };
      const { manifest } = await this.#engine.run("recover", null, options, { helpers: { fetch } });
      if (read !== this.#read) return;
      this.#say(manifest ? "" : () => m.lost.none(place));
      if (manifest) this.#onFound(manifest);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (read === this.#read) this.#say("", () => errorInWords(error));
    }
  }

  /**
   * @param {LiveText | ""} status
   * @param {LiveText | ""} error
   */
  #say(status, error = "") {
    setText(this.#status, status);
    setText(this.#error, error);
  }
}
