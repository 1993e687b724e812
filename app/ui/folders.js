/** The path of the folders that a file was in, as in "trip/day 1": browsers give it in two ways. */

/** Of files that were dropped with their folder. @type {WeakMap<File, string>} */
const dropped = new WeakMap();

/**
 * @param {File} file
 * @param {string} folder
 */
export const keepFolder = (file, folder) => void dropped.set(file, folder);

/** @param {File} file @returns {string} empty where it was chosen by itself */
export const folderOf = (file) =>
  dropped.get(file) ?? (file.webkitRelativePath ?? "").split("/").slice(0, -1).join("/");

/** @param {{ folder: string, name: string }} file @returns {string} its folder and its name */
export const pathOf = ({ folder, name }) => (folder ? `${folder}/${name}` : name);

/**
 * Files in the order that people expect: by folder, then by name, where picture-10 comes after picture-9.
 *
 * @param {File[]} files
 * @returns {File[]}
 */
export function inOrder(files) {
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  return [...files].sort((a, b) => compare(folderOf(a), folderOf(b)) || compare(a.name, b.name));
}
