import { h } from "../ui/dom.js";
import { m } from "../ui/language.js";

/** A common web page, to look at a tile on it: a headline, columns of text, a coloured box. */
export function samplePage() {
  return h(
    "div",
    { class: "sample-page", "aria-hidden": "true" },
    h(
      "div",
      { class: "sample-bar" },
      h("b", {}, () => m.sample.name),
      h("span", {}, () => m.sample.menu),
    ),
    h("p", { class: "sample-title" }, () => m.sample.title),
    h(
      "div",
      { class: "sample-columns" },
      h("p", {}, () => m.sample.text),
      h("div", { class: "sample-box" }, () => m.sample.box),
      h("p", {}, () => m.sample.more),
    ),
  );
}
