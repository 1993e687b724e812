/** How marked pictures leave the page: one by one, as a ZIP file, or straight into a folder. */

import { makeZip } from "client-zip";
import { download } from "../download.js";
import { distinct } from "./names.js";

/**
 * @import { Outcome } from "./batch.js"
 *
 * @typedef {{ showDirectoryPicker?: (options: object) => Promise<FileSystemDirectoryHandle> }} MayPickFolder
 */

/** Whether this browser lets a page write into a folder. */
export const canSaveToFolder = () => "showDirectoryPicker" in window;

/**
 * One ZIP file of all. It is put together as a stream, a picture at a time, into a file that the browser keeps.
 *
 * @param {Outcome[]} outcomes
 */
export async function downloadZip(outcomes) {
  const names = distinct(outcomes.map(({ name }) => name));
  const inputs = outcomes.map(({ file }, index) => ({ input: file, name: names[index], size: file.size }));
  const stream = makeZip(inputs);
  const headers = { "Content-Type": "application/zip" };
  download(await new Response(stream, { headers }).blob(), "hushmark.zip");
}

/**
 * Asks for a folder and writes all into it. A file that is there already keeps its place: the new one gets a
 * number.
 *
 * @param {Outcome[]} outcomes
 * @returns {Promise<string | null>} the folder's name; null if none was chosen
 */
export async function saveToFolder(outcomes) {
  const { showDirectoryPicker } = /** @type {MayPickFolder} */ (window);
  /** @type {FileSystemDirectoryHandle | undefined} */
  let folder;
  try {
    folder = await showDirectoryPicker?.({ mode: "readwrite", id: "hushmark" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
  if (!folder) return null;
  const present = [];
  for await (const name of folder.keys()) present.push(name);
  const names = distinct([...present, ...outcomes.map(({ name }) => name)]).slice(present.length);
  for (const [index, { file }] of outcomes.entries()) {
    const handle = await folder.getFileHandle(names[index], { create: true });
    await file.stream().pipeTo(await handle.createWritable());
  }
  return folder.name;
}
