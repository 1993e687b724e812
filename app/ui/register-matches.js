/** Which entries of the register a reading may be of, each with its picture and a link to it. */

import { h } from "./dom.js";
import { pathOf } from "./folders.js";
import { inDate, m } from "./language.js";
import { keptThumbnail } from "./thumbnails.js";

/**
 * @import { FoundEntry, Entry } from "../register/entries.js"
 */

/** Most entries that are shown. */
const MOST = 6;

/**
 * The entry that is meant: the only one, or the first that looks like the picture that was read.
 *
 * @param {FoundEntry[]} entries the likeliest first
 * @returns {Entry | undefined} undefined where that is not clear
 */
export function meant([first, ...others]) {
  if (!first || first.isAlike === false) return undefined;
  return first.isAlike || others.length === 0 ? first.entry : undefined;
}

/** The path of an original. @param {Entry} entry */
export const nameOf = ({ cover }) => pathOf(cover);

/**
 * @param {FoundEntry[]} entries at least one
 * @param {boolean} isRead whether their message was read, not only likely
 */
export function registerMatches(entries, isRead) {
  const more = entries.length - MOST;
  return h(
    "div",
    { class: "matches" },
    isRead ? h("p", {}, () => inWords(entries)) : "",
    h("ul", {}, ...entries.slice(0, MOST).map(card)),
    more > 0
      ? h(
          "p",
          {},
          h("a", { href: "#register" }, () => m.moreEntries(more)),
        )
      : "",
  );
}

/** @param {FoundEntry[]} entries */
function inWords(entries) {
  const [{ entry, isAlike }, ...others] = entries;
  if (others.length) {
    const areCompared = entries.some((found) => found.isAlike !== null);
    return areCompared ? m.inRegisterTimes(entries.length) : m.inRegisterLatest(entries.length);
  }
  return isAlike === false ? m.inRegisterUnlike(nameOf(entry)) : m.inRegister(nameOf(entry));
}

/** @param {FoundEntry} found */
function card({ entry, isAlike }) {
  const { id, note, time, thumbnail } = entry;
  const image = h("img", { class: "thumbnail", alt: "" });
  if (thumbnail) {
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    image.src = keptThumbnail(thumbnail);
  }
  return h(
    "li",
    {},
    image,
    h(
      "div",
      {},
      h("a", { href: `#register/${id}` }, nameOf(entry)),
      note ? h("p", {}, note) : "",
      h("p", { class: "hint" }, () =>
        m.list([inDate(time), ...(isAlike === null ? [] : [isAlike ? m.looksAlike : m.looksUnlike])]),
      ),
    ),
  );
}
