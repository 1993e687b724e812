import { h } from "../ui/dom.js";
import { m } from "../ui/language.js";
import { dropIcon, takeFiles } from "../ui/picker.js";
import { isPictureName } from "../ui/picture-types.js";

/** Where pictures and folders are chosen. */
export class PicturesPicker {
  #files = h("input", { class: "visually-hidden", type: "file", accept: "image/*", multiple: true });
  #folder = h("input", { type: "file", webkitdirectory: true, hidden: true });
  #pickFolder = h("button", { type: "button", onclick: () => this.#folder.click() }, () => m.chooseFolder);
  #sample = h("button", { type: "button", class: "sample-picture" }, () => m.trySample);
  element = h(
    "div",
    { class: "picker" },
    h(
      "label",
      { class: "drop" },
      this.#files,
      dropIcon(),
      h("span", { class: "drop-title" }, () => m.choosePictures),
      h("span", { class: "hint" }, () => m.dropPictures),
    ),
    h("div", { class: "buttons" }, this.#pickFolder, this.#sample),
    this.#folder,
  );

  /**
   * @param {(files: File[]) => void} onPick
   * @param {() => void} onSample called when people want to try it with a sample picture
   */
  constructor(onPick, onSample) {
    this.#sample.addEventListener("click", onSample);
    for (const input of [this.#files, this.#folder]) {
      input.addEventListener("change", () => {
        const files = takeFiles(input);
        // People who choose a single file that is no picture are told so; other files in a folder are left out.
        onPick(input === this.#folder ? files.filter(({ name }) => isPictureName(name)) : files);
      });
    }
    this.#pickFolder.hidden = !("webkitdirectory" in this.#folder);
  }

  focus() {
    this.#files.focus();
  }
}
