/** Names of the marked pictures' files. */

/** What people may write in a pattern. */
export const PLACES = ["{name}", "{number}", "{message}", "{date}"];
export const DEFAULT_PATTERN = "{name}-marked";
/** What {message} was called when a pattern was kept by an older build. */
const OLDER_MESSAGE = "{payload}";

/**
 * @param {string} pattern
 * @param {object} facts
 * @param {string} facts.cover name of the cover's file
 * @param {string} facts.marked name that carries the ending
 * @param {number} facts.number in the list, from 1
 * @param {string} facts.message
 */
export function fileName(pattern, { cover, marked, number, message }) {
  const values = [
    cover.replace(/\.[^.]*$/, ""),
    String(number).padStart(3, "0"),
    message,
    new Date().toISOString().slice(0, 10),
  ];
  const name = PLACES.reduce(
    (text, place, index) => text.replaceAll(place, () => values[index]),
    pattern.trim().replaceAll(OLDER_MESSAGE, "{message}") || DEFAULT_PATTERN,
  );
  // Characters that some systems do not allow in a name.
  const allowed = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_").replace(/^\.+/, "");
  return (allowed || "marked") + marked.slice(marked.lastIndexOf("."));
}

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
