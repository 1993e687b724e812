/** Which answer of a camera is stable: single pictures may be blurred, or show something else for a moment. */

/** @import { Reading } from "../engine/protocol.js" */

/** The answer of two successive pictures; it stays until two successive ones give another. */
export class Hold {
  /** The answer of the last picture. */
  #last = "";
  /** The stable answer. */
  #held = "none";
  /** The outcome of the stable answer. @type {Reading["outcome"]} */
  outcome = "none";

  /**
   * @param {Reading} reading of the next picture
   * @returns {boolean} whether it gives the stable answer
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
