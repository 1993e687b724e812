import { h } from "../ui/dom.js";
import { inDay, m } from "../ui/language.js";

/**
 * @import { KeptList } from "./kept-list.js"
 * @import { Lists, Offer } from "./lists.js"
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {object} OfferActions
 * @property {(list: KeptList) => Promise<void>} open shows its pictures
 * @property {(list: KeptList) => Promise<void>} save saves its marked pictures
 * @property {() => void} onStart called before each of the actions
 * @property {() => void} onTaken called in place of an action when another page has the list
 * @property {() => Promise<void>} onEnd called after each
 */

/** The lists of earlier visits: each can be shown, saved or deleted. */
export class Offers {
  #lists;
  #actions;
  element = h("ul", { class: "list", "aria-label": () => m.keptLists, hidden: true });

  /**
   * @param {Lists} lists
   * @param {OfferActions} actions
   */
  constructor(lists, actions) {
    this.#lists = lists;
    this.#actions = actions;
  }

  /** Lists the current offers. */
  async show() {
    const offers = await this.#lists.offers();
    this.element.hidden = offers.length === 0;
    this.element.replaceChildren(...offers.map((offer) => this.#row(offer)));
  }

  /** @param {Offer} offer */
  #row(offer) {
    const { marked, waiting, time, isNewer } = offer;
    const name = () => (isNewer ? m.newerList(inDay(time)) : m.keptList(marked, waiting, inDay(time)));
    /**
     * @param {LiveText} label
     * @param {(list: KeptList) => Promise<void>} action
     */
    const button = (label, action) =>
      h(
        "button",
        {
          type: "button",
          "aria-label": () => m.actionOn(label(), name()),
          onclick: () => void this.#take(offer, action),
        },
        label,
      );
    return h(
      "li",
      { class: "offer" },
      h("p", {}, name),
      isNewer ? "" : button(() => m.showKept, this.#actions.open),
      marked
        ? button(
            () => m.saveZip,
            async (list) => {
              await this.#actions.save(list);
              this.#lists.forget(list);
              list.leave();
            },
          )
        : "",
      button(
        () => m.deleteKept,
        async (list) => {
          this.#lists.forget(list);
          if (confirm(m.removeSure(name()))) await list.destroy();
          else list.leave();
        },
      ),
    );
  }

  /**
   * @param {Offer} offer
   * @param {(list: KeptList) => Promise<void>} action
   */
  async #take(offer, action) {
    this.#actions.onStart();
    const list = await this.#lists.take(offer);
    if (list) await action(list);
    else this.#actions.onTaken();
    await this.#actions.onEnd();
  }
}
