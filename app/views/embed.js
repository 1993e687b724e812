/** The screen that marks a picture. */

import { ObjectUrls, part } from "./dom.js";
import { JobLines } from "./job.js";
import { Picker } from "./picker.js";
import { bytesInWords, payloadInWords, percent, timeInWords } from "./words.js";

/**
 * @import { EmbedRequest, JobOptions } from "../engine/client.js"
 * @import { Marked, PayloadKind } from "../engine/protocol.js"
 */

/** @type {[fromDb: number, words: string][]} */
const STRENGTH_WORDS = [
  [43, "very faint: for pictures that will hardly be changed"],
  [40, "faint"],
  [37, "balanced"],
  [35, "strong: survives more, may show on smooth areas"],
  [0, "very strong: will show on smooth areas"],
];

export class EmbedView {
  #embed;
  #picker;
  #lines;
  #form;
  #root;
  #urls = new ObjectUrls();

  /**
   * @param {HTMLElement} root
   * @param {(request: EmbedRequest, options: JobOptions) => Promise<Marked>} embed
   */
  constructor(root, embed) {
    this.#root = root;
    this.#embed = embed;
    this.#lines = new JobLines(root);
    this.#picker = new Picker(root, () => this.#clear());
    this.#form = part(root, "form", HTMLFormElement);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("input", () => this.#showChoices());
    this.#showChoices();
  }

  /**
   * A picture that was dropped or pasted on the page.
   *
   * @param {File} file
   */
  take(file) {
    this.#picker.take(file);
  }

  #showChoices() {
    const kind = this.#kind();
    for (const name of ["text", "hex", "random"]) {
      part(this.#root, `${name}-field`, HTMLElement).hidden = name !== kind;
    }
    const db = part(this.#root, "strength", HTMLInputElement).valueAsNumber;
    const words = STRENGTH_WORDS.find(([from]) => db >= from)?.[1];
    part(this.#root, "strength-words", HTMLOutputElement).value = `${db} dB, ${words}`;
  }

  /** @returns {PayloadKind} */
  #kind() {
    const kind = new FormData(this.#form).get("kind");
    return kind === "hex" || kind === "random" ? kind : "text";
  }

  /** A result does not stand beside another picture than its own. */
  #clear() {
    this.#lines.cancel();
    this.#lines.fail("");
    part(this.#root, "result", HTMLElement).hidden = true;
  }

  #submit() {
    const { file } = this.#picker;
    if (this.#lines.isRunning) return;
    if (!file) {
      this.#lines.fail("Choose a picture first.");
      return;
    }
    part(this.#root, "result", HTMLElement).hidden = true;
    const kind = this.#kind();
    const value = kind === "random" ? "" : part(this.#root, kind, HTMLInputElement).value;
    const strengthDb = part(this.#root, "strength", HTMLInputElement).valueAsNumber;
    this.#lines.run(
      (options) => this.#embed({ file, kind, value, strengthDb }, options),
      (marked) => this.#show(marked, file),
    );
  }

  /**
   * @param {Marked} marked
   * @param {File} cover
   */
  #show(marked, cover) {
    const file = new Blob([marked.data], { type: marked.type });
    this.#urls.show(part(this.#root, "marked", HTMLImageElement), file);
    this.#urls.show(part(this.#root, "cover", HTMLImageElement), cover);
    const difference = new Blob([marked.difference], { type: "image/png" });
    this.#urls.show(part(this.#root, "difference", HTMLImageElement), difference);

    const download = part(this.#root, "download", HTMLAnchorElement);
    this.#urls.show(download, file);
    download.download = marked.name;
    download.textContent = `Download ${marked.name}`;

    const facts = {
      Payload:
        marked.payload.kind === "text"
          ? `${payloadInWords(marked.payload)}, ${marked.payload.hex}`
          : marked.payload.hex,
      "Read back": checkInWords(marked),
      PSNR: `${marked.psnr.toFixed(1)} dB`,
      Picture: `${marked.width} × ${marked.height}`,
      File: `${bytesInWords(cover.size)}, marked ${bytesInWords(file.size)}`,
      Time: timeInWords(marked.phases),
    };
    part(this.#root, "facts", HTMLElement).replaceChildren(
      ...Object.entries(facts).map(([term, text]) => {
        const row = document.createElement("div");
        row.append(document.createElement("dt"), document.createElement("dd"));
        row.children[0].textContent = term;
        row.children[1].textContent = text;
        return row;
      }),
    );
    part(this.#root, "result", HTMLElement).hidden = false;
    return `Marked with ${payloadInWords(marked.payload)} in ${timeInWords(marked.phases)}.`;
  }
}

/** @param {Marked} marked */
function checkInWords({ payload, check }) {
  if (check.payload?.hex !== payload.hex) return "not readable: choose a greater strength";
  return `${payloadInWords(check.payload)}, each bit at least ${percent(Math.min(...check.confidences))} sure`;
}
