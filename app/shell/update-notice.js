import { workDone } from "../site/update-holds.js";
import { h, setText } from "../ui/dom.js";
import { m } from "../ui/language.js";

/** @import { Updates } from "../site/updates.js" */

/** The line that offers a new version. It never starts by itself, so that results are not lost. */
export class UpdateNotice {
  #updates;
  #text = h("p", { role: "status", tabindex: -1 });
  #load = h("button", { type: "button" }, () => m.updateLoad);
  #later = h("button", { type: "button", class: "plain" }, () => m.updateLater);
  element = h("div", { class: "notice", hidden: true }, this.#text, this.#load, this.#later);

  /** @param {Updates} updates */
  constructor(updates) {
    this.#updates = updates;
    updates.addEventListener("state", () => this.#show());
    this.#later.addEventListener("click", () => this.#putOff());
    this.#load.addEventListener("click", () => this.#apply());
  }

  #show() {
    const { state } = this.#updates;
    this.element.hidden = state === "none";
    this.#load.hidden = false;
    // Set the text when the line shows: a screen reader does not say text that was there before.
    setText(this.#text, () => (state === "replaced" ? m.updateReplaced : m.updateWaiting));
  }

  /** Hides the line; the focus goes to the screen. */
  #putOff() {
    this.element.hidden = true;
    document.querySelector("main")?.focus();
  }

  async #apply() {
    if (await this.#updates.apply()) return;
    this.#text.focus();
    this.#load.hidden = true;
    setText(this.#text, () => m.updateHeld);
    await workDone();
    this.#show();
  }
}
