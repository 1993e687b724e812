/** Names of the marked pictures' files. */

import { pathOf } from "./folders.js";

/** The placeholders of a pattern. */
export const PLACES = ["{name}", "{folder}", "{number}", "{message}", "{date}"];
export const DEFAULT_PATTERN = "{name}-marked";
/** The name of {message} in patterns that an older build stored. */
const OLDER_MESSAGE = "{payload}";

/**
 * @param {string} pattern
 * @param {object} facts
 * @param {string} facts.cover name of the cover's file
 * @param {string} facts.folder path of the folders that it was in
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
    // Without a folder, the separator behind it is left out, too.
    folder ? wanted : wanted.replace(/\{folder\}[-_ .]*/g, ""),
  );
  return (allowed(name) || "marked") + marked.slice(marked.lastIndexOf("."));
}

/**
 * Without the text that the pattern adds behind {name}, if the name ends with it already: photo-marked must not become
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
 * The folders of a file, with names that every system allows.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export const foldersOf = (folder) => folder.split("/").map(allowed).filter(Boolean);

/**
 * Distinct paths of files, in folders with allowed names.
 *
 * @param {{ folder: string, name: string }[]} files
 */
export const distinctPaths = (files) =>
  distinct(files.map(({ folder, name }) => pathOf({ folder: foldersOf(folder).join("/"), name })));

/**
 * The same names, with a number added to repeated ones.
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
