/** IndexedDB, over a new connection for each action. */

import { openDB } from "idb";

/** @import { IDBPDatabase, IDBPTransaction } from "idb" */

/** Names of the errors of a lost or closed connection. */
const LOST = ["AbortError", "InvalidStateError", "UnknownError"];

/**
 * Does something in a database. Browsers lose the connection to their database process now and then, so the action is
 * then done once more over a new one.
 *
 * @template T
 * @param {string} name
 * @param {number} version
 * @param {(
 *   database: IDBPDatabase,
 *   before: number,
 *   change: IDBPTransaction<unknown, string[], "versionchange">,
 * ) => unknown} create makes the stores of a new database, or brings one of version `before` up to date
 * @param {(database: IDBPDatabase) => T} action doing it twice is the same as doing it once
 * @returns {Promise<Awaited<T>>}
 * @throws {DOMException} QuotaExceededError; VersionError where a newer build has written; and others
 */
export async function inDatabase(name, version, create, action) {
  /** @returns {Promise<Awaited<T>>} */
  const attempt = async () => {
    const database = await openDB(name, version, {
      upgrade: (opened, before, _after, change) => void create(opened, before, change),
    });
    try {
      return await action(database);
    } finally {
      database.close();
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof DOMException && LOST.includes(error.name)) return attempt();
    throw error;
  }
}
