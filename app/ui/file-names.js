/** Names of the marked pictures' files. */

import { pathOf } from "./folders.js";

/** What people may write in a pattern. */
export const PLACES = ["{name}", "{folder}", "{number}", "{message}", "{date}"];
export const DEFAULT_PATTERN = "{name}-marked";
/** What {message} was called when a pattern was kept by an older build. */
const OLDER_MESSAGE = "{payload}";

/**
 * @param {string} pattern
 * @param {object} facts
 * @param {string} facts.cover name of the cover's file
 * @param {string} facts.folder the way that led to it
 * @param {string} facts.marked name that carries the ending
 * @param {number} facts.number in the list, from 1
 * @param {string} facts.message
 */
export function fileName(pattern, { cover, folder, marked, number, message }) {
  const wanted = pattern.trim().replaceAll(OLDER_MESSAGE, "{message}") || DEFAULT_PATTERN;
  const values = [
    unmarked(cover.replace(/\.[^.]*$/, ""), wanted),
    folder,
    String(number).padStart(3, "0"),
    message,
    new Date().toISOString().slice(0, 10),
  ];
  const name = PLACES.reduce(
    (text, place, index) => text.replaceAll(place, () => values[index]),
    // Without a folder, what would part it from the rest goes, too.
    folder ? wanted : wanted.replace(/\{folder\}[-_ .]*/g, ""),
  );
  return (allowed(name) || "marked") + marked.slice(marked.lastIndexOf("."));
}

/**
 * Without what the pattern puts behind {name}, where it is there already: photo-marked is not to become
 * photo-marked-marked.
 *
 * @param {string} name
 * @param {string} pattern
 */
function unmarked(name, pattern) {
  const [, suffix = ""] = /\{name\}([^{]+)/.exec(pattern) ?? [];
  let rest = name;
  while (/\p{L}/u.test(suffix) && rest.endsWith(suffix) && rest !== suffix)
    rest = rest.slice(0, -suffix.length);
  return rest;
}

/** Without characters that some systems do not allow in a name. @param {string} name */
const allowed = (name) => name.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_").replace(/^\.+/, "");

/**
 * The folders that a file goes into, as names that every system allows.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export const foldersOf = (folder) => folder.split("/").map(allowed).filter(Boolean);

/**
 * Ways of files that all differ, in folders of allowed names.
 *
 * @param {{ folder: string, name: string }[]} files
 */
export const distinctPaths = (files) =>
  distinct(files.map(({ folder, name }) => pathOf({ folder: foldersOf(folder).join("/"), name })));

/**
 * The same names, with a number added to each that came before.
 *
 * @param {string[]} names
 */
export function distinct(names) {
  /** @type {Set<string>} */
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    let free = name;
    // Some systems ignore case.
    for (let copy = 2; taken.has(free.toLowerCase()); copy++) {
      free = `${name.slice(0, dot)} (${copy})${name.slice(dot)}`;
    }
    taken.add(free.toLowerCase());
    return free;
  });
}
