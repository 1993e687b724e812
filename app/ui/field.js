import { h } from "./dom.js";

/** @import { LiveText } from "./dom.js" */

/**
 * A control under its label, with a hint below where it needs one.
 *
 * @param {LiveText} label
 * @param {HTMLElement} control with an id
 * @param {LiveText} [hint]
 */
export function field(label, control, hint) {
  const element = h("div", { class: "field" }, h("label", { for: control.id }, label), control);
  if (hint) {
    const id = `${control.id}-hint`;
    control.setAttribute("aria-describedby", id);
    element.append(h("p", { class: "hint", id }, hint));
  }
  return element;
}
