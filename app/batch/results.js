/**
 * Where marked pictures are until they are saved: files of the browser's private file system, so that memory
 * does not grow with their number. Each page has a folder of its own there, which goes with the first visit after
 * the page was closed. Where there is no such file system, or no room in it, they are in memory.
 */

/** With our name: a host of many sites may have them all on one origin. */
const ROOT = "hushmark-marked-pictures";
/** On which every page hears that all of it was deleted. */
const DELETED = "hushmark-results-deleted";

export class Results {
  /** Whether the disk was full. */
  isFull = false;
  /** @type {Promise<FileSystemDirectoryHandle | null>} */
  #folder = openFolder().catch((error) => this.#note(error));

  /** @param {() => void} onDeleted called when some page has deleted what lay here */
  constructor(onDeleted) {
    new BroadcastChannel(DELETED).addEventListener("message", onDeleted);
  }

  /**
   * @param {string} name that nothing else here has
   * @param {Uint8Array<ArrayBuffer>} data
   * @param {string} type MIME type
   * @returns {Promise<Blob>}
   */
  async keep(name, data, type) {
    const blob = new Blob([data], { type });
    return (await this.write(name, blob.stream(), type)) ?? blob;
  }

  /**
   * Writes a file here, in place of one of the same name.
   *
   * @param {string} name
   * @param {ReadableStream<Uint8Array>} stream
   * @param {string} type MIME type
   * @returns {Promise<Blob | null>} null where there is no such file system, or no room in it
   */
  async write(name, stream, type) {
    try {
      const handle = await (await this.#folder)?.getFileHandle(name, { create: true });
      if (!handle) return null;
      await stream.pipeTo(await handle.createWritable());
      const file = await handle.getFile();
      return file.slice(0, file.size, type);
    } catch (error) {
      return this.#note(error);
    }
  }

  /** @param {unknown} error for which a picture is kept in memory instead */
  #note(error) {
    this.isFull ||= error instanceof DOMException && error.name === "QuotaExceededError";
    return null;
  }

  /** @param {string} name */
  async drop(name) {
    try {
      await (await this.#folder)?.removeEntry(name);
    } catch {
      // It was in memory.
    }
  }
}

/**
 * What lies there of all pages.
 *
 * @returns {Promise<{ size: number, isInUse: boolean }>} bytes, and whether some of it is in the list of an open page
 */
export async function keptResults() {
  const alive = await openPages();
  let size = 0;
  let isInUse = false;
  for await (const [name, folder] of await folders()) {
    for await (const file of folder.values()) {
      if (file.kind === "file") size += (await file.getFile()).size;
      isInUse ||= alive.has(name);
    }
  }
  return { size, isInUse };
}

/** Deletes it; open pages empty their lists. */
export async function deleteResults() {
  const channel = new BroadcastChannel(DELETED);
  channel.postMessage(null);
  channel.close();
  for await (const [, folder] of await folders()) {
    for await (const name of folder.keys()) {
      // What is gone already or still being written its page deletes.
      await folder.removeEntry(name).catch(() => undefined);
    }
  }
}

/** @returns {Promise<AsyncIterable<[string, FileSystemDirectoryHandle]>>} of each page, by its name */
async function folders() {
  const root = await rootFolder();
  return /** @type {AsyncIterable<[string, FileSystemDirectoryHandle]>} */ (root.entries());
}

async function rootFolder() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
}

/** The names of the folders of pages that are open. */
async function openPages() {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name = "" }) => name.slice(`${ROOT}/`.length)));
}

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function openFolder() {
  const root = await rootFolder();
  const name = crypto.randomUUID();
  // Held as long as this page lives: that is how other pages know.
  await new Promise((held) => {
    navigator.locks.request(`${ROOT}/${name}`, () => new Promise(() => held(undefined)));
  });
  const alive = await openPages();
  for await (const other of root.keys()) {
    if (!alive.has(other)) await root.removeEntry(other, { recursive: true });
  }
  return root.getDirectoryHandle(name, { create: true });
}
