import { h } from "../ui/dom.js";
import { m } from "../ui/language.js";

/** A page as many are, to look at a tile over it: headline, columns of text, a coloured box, a table of figures. */
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
