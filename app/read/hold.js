/** Which answer of a camera holds: a picture of it may be blurred, or show something else for a moment. */

/** @import { Reading } from "../engine/protocol.js" */

/** The answer that two pictures on end have given; it stays until two on end give another one. */
export class Hold {
  /** What the last picture said. */
  #last = "";
  /** What holds. */
  #held = "none";
  /** What kind of answer holds. @type {Reading["outcome"]} */
  outcome = "none";

  /**
   * @param {Reading} reading of the next picture
   * @returns {boolean} whether it says what holds
   */
  add({ outcome, message }) {
    const said = message ? `${message.kind}:${message.value}` : outcome;
    if (said === this.#last) {
      this.#held = said;
      this.outcome = outcome;
    }
    this.#last = said;
    return said === this.#held;
  }
}
