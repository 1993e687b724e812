import { h, ObjectUrls, setText, svg } from "./dom.js";
import { inBytes, m } from "./language.js";

/** An arrow down into a tray, for places where pictures are dropped. */
export const dropIcon = () =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M12 3v11M7.5 9.5 12 14l4.5-4.5M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4" }),
  );

/**
 * The files that were chosen. The input is emptied: otherwise choosing the same ones again would fire no event.
 *
 * @param {HTMLInputElement} input
 */
export function takeFiles(input) {
  const files = [...(input.files ?? [])];
  input.value = "";
  return files;
}

/** Where pictures are chosen. Pictures that are dropped or pasted anywhere on the page come through `take`. */
export class Picker {
  #urls = new ObjectUrls();
  #onPick;
  #preview = h("img", { alt: "", hidden: true });
  #title = h("span", { class: "drop-title" }, () => m.choosePicture);
  #hint = h("span", { class: "hint" }, () => m.dropHint);
  #input = h("input", { class: "visually-hidden", type: "file", accept: "image/*" });
  #camera = h("input", {
    class: "visually-hidden",
    type: "file",
    accept: "image/jpeg",
    capture: "environment",
  });
  #photo = h("label", { class: "button photo" }, this.#camera, () => m.takePhoto);
  element = h(
    "div",
    { class: "picker" },
    h("label", { class: "drop" }, this.#input, dropIcon(), this.#preview, this.#title, this.#hint),
  );

  /**
   * @param {(files: File[]) => void} onPick
   * @param {{ isMultiple?: boolean, hasCamera?: boolean }} [options] the camera is offered on phones
   */
  constructor(onPick, { isMultiple = false, hasCamera = false } = {}) {
    this.#onPick = onPick;
    this.#input.multiple = isMultiple;
    if (hasCamera) this.element.append(this.#photo);
    for (const input of [this.#input, this.#camera]) {
      input.addEventListener("change", () => {
        const files = takeFiles(input);
        if (files.length) this.take(files);
      });
    }
    if (isMultiple) {
      setText(this.#title, () => m.choosePictures);
      setText(this.#hint, () => m.dropPictures);
    }
    // A file that the browser cannot show is no error: the engine says what it is.
    this.#preview.addEventListener("error", () => (this.#preview.hidden = true));
  }

  /** @param {File[]} files */
  take(files) {
    const [file] = files;
    const size = files.reduce((sum, { size: bytes }) => sum + bytes, 0);
    this.#urls.show(this.#preview, file);
    this.#preview.hidden = files.length > 1;
    setText(this.#title, files.length > 1 ? () => m.pictures(files.length) : file.name);
    setText(this.#hint, () => m.chosenHint(inBytes(size)));
    this.element.classList.add("chosen");
    this.#onPick(this.#input.multiple ? files : [file]);
  }
}
