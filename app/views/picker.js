import { inBytes, m } from "../language.js";
import { h, ObjectUrls, setText } from "./dom.js";

/** The place where one picture is chosen. Drops and pastes on the whole page come in through `take`. */
export class Picker {
  /** @type {File | null} */
  file = null;
  #urls = new ObjectUrls();
  #onPick;
  #preview = h("img", { alt: "", hidden: true });
  #title = h("span", { class: "drop-title" }, () => m.choosePicture);
  #hint = h("span", { class: "hint" }, () => m.dropHint);
  #input = h("input", { class: "visually-hidden", type: "file", accept: "image/*" });
  element = h(
    "div",
    { class: "picker" },
    h("label", { class: "drop" }, this.#input, this.#preview, this.#title, this.#hint),
  );

  /** @param {(file: File) => void} onPick */
  constructor(onPick) {
    this.#onPick = onPick;
    this.#input.addEventListener("change", () => {
      const file = this.#input.files?.item(0);
      if (file) this.take(file);
      // So that choosing the same file again is a change as well.
      this.#input.value = "";
    });
    // A file the browser cannot show is no error here: the engine says what it is.
    this.#preview.addEventListener("error", () => (this.#preview.hidden = true));
  }

  /** @param {File} file */
  take(file) {
    this.file = file;
    this.#urls.show(this.#preview, file);
    this.#preview.hidden = false;
    setText(this.#title, file.name);
    setText(this.#hint, () => m.chosenHint(inBytes(file.size)));
    this.#onPick(file);
  }
}
