import { h } from "./dom.js";
import { m } from "./language.js";

/**
 * The head of a screen.
 *
 * @param {string} name of the screen
 * @param {() => string} lead what it is for
 */
export function screenHead(name, lead) {
  return h(
    "header",
    { class: "head" },
    h("h1", {}, () => m.screenNames[name]),
    h("p", { class: "hint" }, lead),
  );
}
