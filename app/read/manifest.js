/** What the C2PA manifest of a picture says, and which checks it passed. */

import { h } from "../ui/dom.js";
import { inDate, m } from "../ui/language.js";

/**
 * @import { PictureManifest } from "../engine/protocol.js"
 * @import { LiveText } from "../ui/dom.js"
 */

export class ManifestPart {
  #head = h("h2", { tabindex: -1 }, () => m.manifest.head);
  #verdict = h("p", { class: "verdict" });
  #facts = h("dl");
  element = h("section", { class: "manifest", hidden: true }, this.#head, this.#verdict, this.#facts);

  /** @param {PictureManifest | null} manifest null: the picture has none, and nothing is shown */
  show(manifest) {
    this.element.hidden = !manifest;
    if (!manifest) return;
    this.element.dataset.verdict = manifest.verdict;
    // A manifest that was found by the mark may be of another file than this picture.
    const verdict =
      manifest.picture === "by-mark" && manifest.verdict === "valid" ? "found" : manifest.verdict;
    this.#verdict.replaceChildren(
      h("strong", {}, () => m.manifest.verdicts[verdict]),
      " ",
      h("span", {}, () => m.manifest.meanings[verdict]),
    );
    this.#facts.replaceChildren(
      ...factsOf(manifest).map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    );
  }

  focus() {
    this.#head.focus();
  }
}

/**
 * Terms and what the manifest says of each.
 *
 * @param {PictureManifest} manifest
 * @returns {[LiveText, LiveText][]}
 */
export function factsOf(manifest) {
  if (manifest.verdict === "damaged") return [];
  const { signer, issuer, time, certificate } = manifest;
  const words = () => m.manifest;
  /** @type {[LiveText, LiveText][]} */
  const facts = [
    [() => words().signer, () => words().signedBy(signer || words().unnamed, issuer || words().unnamed)],
  ];
  if (certificate && certificate !== "current") {
    facts.push([() => words().certificate, () => words().certificates[certificate]]);
  }
  if (time) facts.push([() => words().time, () => words().asSigned(inDate(Date.parse(time)))]);
  if (manifest.author) facts.push([() => words().author, () => words().asSigned(manifest.author)]);
  if (manifest.note) facts.push([() => words().note, () => words().asSigned(manifest.note)]);
  if (manifest.title) facts.push([() => words().title, () => manifest.title]);
  if (manifest.actions.length) {
    facts.push([() => words().done, () => m.list(manifest.actions.map(actionInWords))]);
  }
  if (manifest.ingredients.length) {
    facts.push([
      () => words().ingredients,
      () =>
        m.list(
          manifest.ingredients.map(({ title, has_manifest }) =>
            has_manifest ? words().withManifest(title || words().unnamed) : title || words().unnamed,
          ),
        ),
    ]);
  }
  if (manifest.generator) facts.push([() => words().generator, () => manifest.generator]);
  return facts;
}

/** @param {string} action in the words of C2PA, which may be others than we know */
function actionInWords(action) {
  /** @type {Record<string, string>} */
  const known = m.manifest.actions;
  return known[action.replace("c2pa.", "")] ?? action;
}
