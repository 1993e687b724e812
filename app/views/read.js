/** The screen that reads a picture. */

import { inChance, inNumber, inPercent, m } from "../language.js";
import { h, setAttribute, setText } from "./dom.js";
import { JobLines } from "./job.js";
import { Picker } from "./picker.js";
import { screenHead } from "./shell.js";
import { payloadInWords, placeInWords, timeInWords } from "./words.js";

/**
 * @import { EngineClient } from "../engine/client.js"
 * @import { TimedReading } from "../engine/protocol.js"
 */

export class ReadView {
  #engine;
  #lines = new JobLines();
  #picker = new Picker((file) => this.#read(file));
  #answer = h("p", { class: "answer" });
  #explanation = h("p", { class: "explanation" });
  #strip = h("div", { class: "strip", role: "img" });
  #caption = h("figcaption", { class: "hint" });
  #result = h(
    "div",
    { class: "result", hidden: true },
    this.#answer,
    this.#explanation,
    h("figure", { class: "bits" }, this.#strip, this.#caption),
  );
  element = h(
    "section",
    {},
    screenHead("read", () => m.readLead),
    this.#picker.element,
    this.#lines.element,
    this.#result,
  );

  /** @param {EngineClient} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /** @param {File[]} files */
  take([file]) {
    this.#picker.take(file);
  }

  /** @param {File} file */
  #read(file) {
    this.#result.hidden = true;
    this.#lines.run(
      (options) => this.#engine.read({ file }, options),
      (reading) => this.#show(reading, file.name),
    );
  }

  /**
   * @param {TimedReading} reading
   * @param {string} name
   */
  #show(reading, name) {
    const { found, payload, statistic, threshold, falseAlarm, confidences, tried } = reading;
    const answer = () => (payload ? payloadInWords(payload) : m.notFound);
    const [signal, needed] = [() => inNumber(statistic, 2), () => inNumber(threshold, 2)];
    this.#result.classList.toggle("found", found);
    setText(this.#answer, answer);
    setText(this.#explanation, () =>
      payload
        ? [
            ...(payload.kind === "text" ? [m.readId(payload.hex)] : []),
            placeInWords(reading.corners),
            m.readFound(inChance(falseAlarm), signal(), needed()),
          ].join(" ")
        : m.readNotFound(signal(), inNumber(tried), needed()),
    );

    const caption = () => m.bitsCaption(inNumber(confidences.length), inPercent(Math.min(...confidences)));
    setAttribute(this.#strip, "aria-label", caption);
    setText(this.#caption, caption);
    this.#strip.replaceChildren(
      ...Array.from(confidences, (confidence) => {
        const bar = h("span");
        // A guess (0.5) is an empty bar.
        bar.style.setProperty("--sureness", `${(confidence - 0.5) * 200}%`);
        return bar;
      }),
    );
    this.#result.hidden = false;
    return () => m.readDone(name, answer(), timeInWords(reading.phases));
  }
}
