import { h, setAttribute, setText } from "../ui/dom.js";
import { pathOf } from "../ui/folders.js";
import { inAmount, inBytes, m } from "../ui/language.js";
import { showThumbnail } from "../ui/thumbnails.js";
import { errorInWords, messageInWords } from "../ui/words.js";

/**
 * @import { Item, ItemState } from "./batch.js"
 *
 * @typedef {"see" | "save" | "again" | "anew" | "retry" | "cancel" | "remove"} RowAction
 */

/** What can be done with a picture, by its state. @type {Record<ItemState, RowAction[]>} */
const ACTIONS = {
  new: ["remove"],
  waiting: ["cancel"],
  working: ["cancel"],
  marked: ["save", "see", "anew", "remove"],
  asking: ["again", "remove"],
  failed: ["retry", "remove"],
  cancelled: ["retry", "remove"],
};

/** A picture in the list: its name, its state, and what can be done with it. */
export class MarkRow {
  #item;
  #onAction;
  #state = h("p", { class: "row-state" });
  #bar = h("progress", { max: 1 });
  #actions = h("div", { class: "row-actions" });
  /** The state that the buttons are for. @type {ItemState | null} */
  #shown = null;
  element;

  /**
   * @param {Item} item
   * @param {(action: RowAction, item: Item) => void} onAction
   */
  constructor(item, onAction) {
    this.#item = item;
    this.#onAction = onAction;
    const thumbnail = h("img", { alt: "" });
    const picture = item.hasCover ? item.file : item.outcome?.file;
    if (picture) showThumbnail(thumbnail, picture);
    const { folder } = item;
    const { name } = item.file;
    setAttribute(this.#bar, "aria-label", () => m.progressOf(pathOf({ folder, name })));
    this.element = h(
      "li",
      { class: "row" },
      h("div", { class: "thumbnail" }, thumbnail),
      h(
        "div",
        { class: "row-text" },
        h(
          "p",
          { class: "row-name" },
          h("span", { class: "hint" }, folder && `${folder}/`),
          h("span", {}, name),
        ),
        this.#state,
        this.#bar,
      ),
      this.#actions,
    );
    this.update();
  }

  update() {
    const { state, progress } = this.#item;
    // A screen reader says errors and questions only. The line above the list sums up the rest.
    this.#state.ariaLive = state === "failed" || state === "asking" ? "polite" : "off";
    setText(this.#state, () => this.#stateInWords());
    this.#bar.hidden = state !== "working";
    if (progress) this.#bar.value = progress.share;
    else this.#bar.removeAttribute("value");
    if (state === this.#shown) return;
    this.#shown = state;
    this.element.dataset.state = state;
    // Keep the focus in the row when its button is replaced.
    const hadFocus = this.#actions.contains(document.activeElement);
    // Without its cover a picture can neither be compared nor marked.
    const actions = ACTIONS[state].filter(
      (action) => this.#item.hasCover || !["see", "retry", "again", "anew"].includes(action),
    );
    this.#actions.replaceChildren(...actions.map((action) => this.#button(action)));
    if (hadFocus) this.#actions.querySelector("button")?.focus();
  }

  focus() {
    this.#actions.querySelector("button")?.focus();
  }

  #stateInWords() {
    const { state, progress, error, outcome, file } = this.#item;
    if (state === "working") return progress ? `${m.phases[progress.phase]}…` : m.waiting;
    if (state === "failed" && error) return errorInWords(error);
    if (state === "asking") {
      const { kind, value } = error?.facts ?? {};
      return m.askAgain(kind ? messageInWords({ kind: String(kind), value: String(value) }) : "");
    }
    if (state === "marked" && outcome) {
      const figures = [
        messageInWords(outcome.message),
        ...(outcome.note ? [outcome.note] : []),
        ...(outcome.manifest ? [m.signing.signed] : []),
        m.sizes(inBytes(outcome.sizeBefore), inBytes(outcome.file.size)),
        ...outcome.warnings.map((warning) => m.warnings[warning](inAmount(outcome.expected, "share"))),
        // It could not be marked again: the earlier marked picture is still there.
        ...(error && error.code !== "cancelled" ? [errorInWords(error)] : []),
      ];
      return figures.join(" · ");
    }
    return state === "new" ? inBytes(file.size) : m.states[state];
  }

  /** @param {RowAction} action */
  #button(action) {
    const path = pathOf({ folder: this.#item.folder, name: this.#item.file.name });
    return h(
      "button",
      {
        type: "button",
        class: action === "remove" ? "plain" : "",
        "aria-label": () => m.actionOn(m.actions[action], path),
        onclick: () => this.#onAction(action, this.#item),
      },
      () => m.actions[action],
    );
  }
}
