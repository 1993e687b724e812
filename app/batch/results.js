/**
 * Where marked pictures are until they are saved: files of the browser's private file system, so that memory
 * does not grow with their number. Each page has a folder of its own there, which goes with the first visit after
 * the page was closed. Where there is no such file system, or no room in it, they are in memory.
 */

const ROOT = "marked-pictures";

export class Results {
  /** Whether the disk was full. */
  isFull = false;
  /** @type {Promise<FileSystemDirectoryHandle | null>} */
  #folder = openFolder().catch(() => null);

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
      this.isFull ||= error instanceof DOMException && error.name === "QuotaExceededError";
      return null;
    }
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

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function openFolder() {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
  const name = crypto.randomUUID();
  // Held as long as this page lives: that is how other pages know.
  await new Promise((held) => {
    navigator.locks.request(`${ROOT}/${name}`, () => new Promise(() => held(undefined)));
  });
  const { held = [] } = await navigator.locks.query();
  const alive = held.map((lock) => lock.name);
  for await (const other of root.keys()) {
    if (!alive.includes(`${ROOT}/${other}`)) await root.removeEntry(other, { recursive: true });
  }
  return root.getDirectoryHandle(name, { create: true });
}
