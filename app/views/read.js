/** The screen that reads a picture. */

import { part } from "./dom.js";
import { JobLines } from "./job.js";
import { Picker } from "./picker.js";
import { chanceInWords, payloadInWords, percent, placeInWords, timeInWords } from "./words.js";

/**
 * @import { JobOptions, ReadRequest } from "../engine/client.js"
 * @import { TimedReading } from "../engine/protocol.js"
 */

const NOT_FOUND = "No watermark found";

export class ReadView {
  #root;
  #lines;
  #picker;

  /**
   * @param {HTMLElement} root
   * @param {(request: ReadRequest, options: JobOptions) => Promise<TimedReading>} read
   */
  constructor(root, read) {
    this.#root = root;
    this.#lines = new JobLines(root);
    this.#picker = new Picker(root, (file) => {
      part(root, "result", HTMLElement).hidden = true;
      this.#lines.run(
        (options) => read({ file }, options),
        (reading) => this.#show(reading, file.name),
      );
    });
  }

  /**
   * A picture that was dropped or pasted on the page.
   *
   * @param {File} file
   */
  take(file) {
    this.#picker.take(file);
  }

  /**
   * @param {TimedReading} reading
   * @param {string} name
   */
  #show(reading, name) {
    const { found, payload, statistic, threshold, falseAlarm, confidences, tried } = reading;
    const result = part(this.#root, "result", HTMLElement);
    result.classList.toggle("found", found);
    part(this.#root, "answer", HTMLElement).textContent = payload ? payloadInWords(payload) : NOT_FOUND;
    part(this.#root, "explanation", HTMLElement).textContent = payload
      ? `${payload.kind === "text" ? `Id ${payload.hex}. ` : ""}` +
        `${placeInWords(reading.corners)} ` +
        `An unmarked picture gives a reading like this with a chance of ${chanceInWords(falseAlarm)} ` +
        `(signal ${statistic.toFixed(2)}; a watermark counts as found from ${threshold.toFixed(2)}).`
      : `The signal is ${statistic.toFixed(2)} in the best of ${tried} places; ` +
        `a watermark counts as found from ${threshold.toFixed(2)}.`;

    const weakest = percent(Math.min(...confidences));
    const caption = `How sure each of the ${confidences.length} bits is; the weakest ${weakest}.`;
    const strip = part(this.#root, "strip", HTMLElement);
    strip.setAttribute("aria-label", caption);
    strip.replaceChildren(
      ...Array.from(confidences, (confidence) => {
        const bar = document.createElement("span");
        // A guess (0.5) is an empty bar.
        bar.style.setProperty("--sureness", `${(confidence - 0.5) * 200}%`);
        return bar;
      }),
    );
    part(this.#root, "strip-caption", HTMLElement).textContent = caption;
    result.hidden = false;
    const answer = payload ? payloadInWords(payload) : NOT_FOUND;
    return `${name}: ${answer} (${timeInWords(reading.phases)}).`;
  }
}
