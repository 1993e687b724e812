/** Saves marked pictures as a ZIP file or into a folder. */

import { makeZip } from "client-zip";
import { toCsv } from "../ui/csv.js";
import { distinct, distinctPaths, foldersOf } from "../ui/file-names.js";
import { save } from "../ui/save.js";

/**
 * @import { Outcome } from "./batch.js"
 * @import { Lists } from "./lists.js"
 *
 * @typedef {object} Pickers dialogues that some browsers have
 * @property {(options: object) => Promise<FileSystemDirectoryHandle>} [showDirectoryPicker]
 * @property {(options: object) => Promise<FileSystemFileHandle>} [showSaveFilePicker]
 */

/** A further file in the ZIP file: which picture carries which message. */
const LIST = "marks.csv";
const ZIP = { name: "hushmark.zip", type: "application/zip" };

/** Whether people can share a marked picture from here: on phones and tablets, and where the browser has it. @param {Outcome} outcome */
export const canShare = (outcome) =>
  matchMedia("(pointer: coarse)").matches && (navigator.canShare?.({ files: [fileOf(outcome)] }) ?? false);

/**
 * Shares a marked picture with another app.
 *
 * @param {Outcome} outcome
 * @returns {Promise<boolean>} whether people have chosen one
 */
export async function share(outcome) {
  const done = navigator.share({ files: [fileOf(outcome)] }).then(() => true);
  return (await unlessAborted(done)) ?? false;
}

/** @param {Outcome} outcome */
const fileOf = ({ file, name, type }) => new File([file], name, { type });

/** Whether this browser lets a page write into a folder. */
export const canSaveToFolder = () => "showDirectoryPicker" in window;

/**
 * Saves all as one ZIP file. It is written one picture at a time: into the file that people choose, or, where the
 * browser has no such dialogue, into a stored file that is then downloaded.
 *
 * @param {Outcome[]} outcomes
 * @param {Lists} lists
 * @returns {Promise<{ name: string | null } | null>} the chosen file's name, or none where the browser shows a
 *   download; null when nothing was saved
 */
export async function saveZip(outcomes, lists) {
  const paths = distinctPaths(outcomes);
  const table = listOf(outcomes, paths);
  const inputs = [
    ...outcomes.map(({ file }, index) => ({ input: file, name: paths[index], size: file.size })),
    { input: table, name: LIST, size: table.size },
  ];
  const { showSaveFilePicker } = /** @type {Pickers} */ (window);
  if (showSaveFilePicker) {
    const types = [{ accept: { [ZIP.type]: [".zip"] } }];
    const chosen = await unlessAborted(
      showSaveFilePicker({ suggestedName: ZIP.name, types, id: "hushmark" }),
    );
    if (chosen) await makeZip(inputs).pipeTo(await chosen.createWritable());
    return chosen && { name: chosen.name };
  }
  const headers = { "Content-Type": ZIP.type };
  const list = await lists.own();
  const file = await list?.put(ZIP.name, makeZip(inputs), ZIP.type).catch(() => undefined);
  save(file ?? (await new Response(makeZip(inputs), { headers }).blob()), ZIP.name);
  return { name: null };
}

/**
 * Asks for a folder and writes all into it, in the same folders as the covers. Existing files are not replaced: the new
 * ones get a number.
 *
 * @param {Outcome[]} outcomes
 * @returns {Promise<string | null>} the folder's name; null if none was chosen
 */
export async function saveToFolder(outcomes) {
  const { showDirectoryPicker } = /** @type {Pickers} */ (window);
  const chosen = await unlessAborted(showDirectoryPicker?.({ mode: "readwrite", id: "hushmark" }));
  if (!chosen) return null;
  for (const folder of new Set(outcomes.map((outcome) => outcome.folder))) {
    let target = chosen;
    for (const name of foldersOf(folder)) target = await target.getDirectoryHandle(name, { create: true });
    await saveInto(
      target,
      outcomes.filter((outcome) => outcome.folder === folder),
    );
  }
  return chosen.name;
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {Outcome[]} outcomes
 */
async function saveInto(folder, outcomes) {
  const present = [];
  for await (const name of folder.keys()) present.push(name);
  const names = distinct([...present, ...outcomes.map(({ name }) => name)]).slice(present.length);
  for (const [index, { file }] of outcomes.entries()) {
    const handle = await folder.getFileHandle(names[index], { create: true });
    await file.stream().pipeTo(await handle.createWritable());
  }
}

/**
 * @param {Outcome[]} outcomes
 * @param {string[]} paths
 */
function listOf(outcomes, paths) {
  const rows = outcomes.map(({ message, note }, index) => [paths[index], message.value, message.kind, note]);
  return new Blob([toCsv([["file", "message", "kind", "note"], ...rows])], { type: "text/csv" });
}

/**
 * @template T
 * @param {Promise<T> | undefined} choice of a dialogue
 * @returns {Promise<T | null>} null when it was closed without one
 */
async function unlessAborted(choice) {
  try {
    return (await choice) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}
