import { workDone } from "../site/update-holds.js";
import { h, setText } from "../ui/dom.js";
import { m } from "../ui/language.js";

/** @import { Updates } from "../site/updates.js" */

/** The line that offers a new version. It never takes over by itself: results that were not saved would be lost. */
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
    // Once it shows: of a text that was there before, a screen reader says nothing.
    setText(this.#text, () => (state === "replaced" ? m.updateReplaced : m.updateWaiting));
  }

  /** The focus goes on to the screen. */
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
