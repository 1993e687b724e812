/** The screen that marks pictures. */

import { inBytes, inNumber, inPercent, m } from "../language.js";
import { h, ObjectUrls, setText } from "./dom.js";
import { JobLines } from "./job.js";
import { Picker } from "./picker.js";
import { screenHead } from "./shell.js";
import { payloadInWords, timeInWords } from "./words.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { Marked, PayloadKind } from "../engine/protocol.js"
 */

/** @type {PayloadKind[]} */
const KINDS = ["text", "hex", "random"];

export class MarkView {
  #engine;
  #urls = new ObjectUrls();
  #lines = new JobLines();
  #picker = new Picker(() => this.#clear());
  #kinds = KINDS.map((kind) =>
    h("input", { type: "radio", name: "kind", value: kind, checked: kind === "text" }),
  );
  #value = h("input", { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  #valueHint = h("p", { class: "hint", id: "value-hint" });
  #strength = h("input", { type: "range", id: "strength", min: 34, max: 46, step: 1, value: 42 });
  #strengthWords = h("output", { for: "strength" });
  #form = h(
    "form",
    { novalidate: true },
    this.#picker.element,
    h(
      "div",
      { class: "options" },
      h(
        "fieldset",
        {},
        h("legend", {}, () => m.payload),
        h(
          "div",
          { class: "choices" },
          ...this.#kinds.map((input, index) => h("label", {}, input, () => m.kinds[KINDS[index]])),
        ),
        this.#value,
        this.#valueHint,
      ),
      h(
        "div",
        { class: "field" },
        h(
          "div",
          { class: "field-head" },
          h("label", { for: "strength" }, () => m.strength),
          this.#strengthWords,
        ),
        this.#strength,
        h(
          "div",
          { class: "scale hint", "aria-hidden": "true" },
          h("span", {}, () => m.stronger),
          h("span", {}, () => m.fainter),
        ),
      ),
      h("button", { class: "primary" }, () => m.markPicture),
    ),
    this.#lines.element,
  );
  #marked = h("img", { alt: () => m.markedPicture });
  #cover = h("img", { alt: () => m.originalPicture });
  #difference = h("img", { alt: () => m.differencePicture });
  #facts = h("dl");
  #download = h("a", { class: "button primary" });
  #result = h(
    "div",
    { class: "result", hidden: true },
    h(
      "div",
      { class: "pictures" },
      h(
        "figure",
        { class: "marked" },
        this.#marked,
        h("figcaption", {}, () => m.marked),
      ),
      h(
        "figure",
        {},
        this.#cover,
        h("figcaption", {}, () => m.original),
      ),
      h(
        "figure",
        {},
        this.#difference,
        h("figcaption", {}, () => m.difference),
      ),
    ),
    h("div", { class: "outcome" }, this.#facts, this.#download),
  );
  element = h(
    "section",
    {},
    screenHead("mark", () => m.markLead),
    this.#form,
    this.#result,
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("input", () => this.#showChoices());
    this.#value.setAttribute("aria-describedby", "value-hint");
    this.#showChoices();
  }

  /** @param {File[]} files */
  take([file]) {
    this.#picker.take(file);
  }

  #showChoices() {
    const kind = this.#kind();
    this.#value.hidden = kind === "random";
    this.#value.placeholder = kind === "text" ? "pipe" : "70697065";
    this.#value.setAttribute("aria-label", m.kinds[kind]);
    setText(this.#valueHint, () => m.kindHints[kind]);
    const db = this.#strength.valueAsNumber;
    setText(this.#strengthWords, () =>
      m.strengthWords(db, m.strengths.find(([from]) => db >= from)?.[1] ?? ""),
    );
  }

  /** @returns {PayloadKind} */
  #kind() {
    return KINDS[this.#kinds.findIndex((input) => input.checked)];
  }

  /** A result does not stand beside another picture than its own. */
  #clear() {
    this.#lines.cancel();
    this.#lines.fail("");
    this.#result.hidden = true;
  }

  #submit() {
    const { file } = this.#picker;
    if (this.#lines.isRunning) return;
    if (!file) {
      this.#lines.fail(() => m.choosePictureFirst);
      return;
    }
    this.#result.hidden = true;
    const request = {
      file,
      kind: this.#kind(),
      value: this.#value.value,
      strengthDb: this.#strength.valueAsNumber,
      again: true,
    };
    this.#lines.run(
      (options) => this.#engine.embed(request, options),
      (marked) => this.#show(marked, file),
    );
  }

  /**
   * @param {Marked} marked
   * @param {File} cover
   */
  #show(marked, cover) {
    const file = new Blob([marked.data], { type: marked.type });
    this.#urls.show(this.#marked, file);
    this.#urls.show(this.#cover, cover);
    this.#urls.show(this.#difference, new Blob([marked.difference], { type: "image/png" }));
    this.#urls.show(this.#download, file);
    this.#download.download = marked.name;
    setText(this.#download, () => m.download(marked.name));

    const { payload } = marked;
    /** @type {[term: () => string, text: () => string][]} */
    const facts = [
      [
        () => m.payload,
        () => (payload.kind === "text" ? m.list([payloadInWords(payload), payload.hex]) : payload.hex),
      ],
      [() => m.readBack, () => checkInWords(marked)],
      [() => m.psnr, () => m.decibels(inNumber(marked.psnr, 1))],
      [() => m.picture, () => m.pixels(String(marked.width), String(marked.height))],
      [() => m.file, () => m.fileSizes(inBytes(cover.size), inBytes(file.size))],
      [() => m.time, () => timeInWords(marked.phases)],
    ];
    this.#facts.replaceChildren(
      ...facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    );
    this.#result.hidden = false;
    return () => m.markedWith(payloadInWords(payload), timeInWords(marked.phases));
  }
}

/** @param {Marked} marked */
function checkInWords({ payload, check }) {
  if (check.payload?.hex !== payload.hex) return m.notReadable;
  return m.readBackAs(payloadInWords(check.payload), inPercent(Math.min(...check.confidences)));
}
