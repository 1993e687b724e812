import { m } from "../language.js";
import { workDone } from "../work.js";
import { h, setText } from "./dom.js";

/** @import { Updates } from "../updates.js" */

/** The line that offers a new version. It never takes over by itself: results that were not saved would be lost. */
export class UpdateNotice {
  #updates;
  #text = h("p", { role: "status" });
  #load = h("button", { type: "button" }, () => m.updateLoad);
  #later = h("button", { type: "button", class: "plain" }, () => m.updateLater);
  element = h("div", { class: "notice", hidden: true }, this.#text, this.#load, this.#later);

  /** @param {Updates} updates */
  constructor(updates) {
    this.#updates = updates;
    updates.addEventListener("state", () => this.#show());
    this.#later.addEventListener("click", () => (this.element.hidden = true));
    this.#load.addEventListener("click", () => this.#apply());
  }

  #show() {
    const { state } = this.#updates;
    setText(this.#text, () => (state === "replaced" ? m.updateReplaced : m.updateWaiting));
    this.#load.hidden = false;
    this.element.hidden = state === "none";
  }

  async #apply() {
    if (await this.#updates.apply()) return;
    this.#load.hidden = true;
    setText(this.#text, () => m.updateHeld);
    await workDone();
    this.#show();
  }
}
