import { ObjectUrls, part } from "./dom.js";
import { bytesInWords } from "./words.js";

/** The place where a picture is chosen. Drops and pastes on the whole page come in through `take`. */
export class Picker {
  /** @type {File | null} */
  file = null;
  #urls = new ObjectUrls();
  #onPick;
  #preview;
  #title;
  #hint;

  /**
   * @param {ParentNode} root
   * @param {(file: File) => void} onPick
   */
  constructor(root, onPick) {
    this.#onPick = onPick;
    this.#preview = part(root, "preview", HTMLImageElement);
    this.#title = part(root, "title", HTMLElement);
    this.#hint = part(root, "hint", HTMLElement);
    const input = part(root, "file", HTMLInputElement);
    input.addEventListener("change", () => {
      const file = input.files?.item(0);
      if (file) this.take(file);
      // So that choosing the same file again is a change as well.
      input.value = "";
    });
    // A file the browser cannot show is no error here: the engine says what it is.
    this.#preview.addEventListener("error", () => (this.#preview.hidden = true));
  }

  /** @param {File} file */
  take(file) {
    this.file = file;
    this.#urls.show(this.#preview, file);
    this.#preview.hidden = false;
    this.#title.textContent = file.name;
    this.#hint.textContent = `${bytesInWords(file.size)}. Choose, drop or paste another one.`;
    this.#onPick(file);
  }
}
