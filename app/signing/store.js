/** Keeps the certificates and the key that people sign with in this browser, when they say so. */

import { inDatabase } from "../site/database.js";

/**
 * @import { IDBPDatabase } from "idb"
 *
 * @typedef {object} Identity who signs
 * @property {string} chain certificates (PEM), that of the key first
 * @property {CryptoKey} key private, and cannot be exported
 */

export const DATABASE = "hushmark-signing";
const STORE = "signing";
const ONLY = 1;

/**
 * @template T
 * @param {(database: IDBPDatabase) => T} action
 */
const inStore = (action) => inDatabase(DATABASE, 1, (database) => database.createObjectStore(STORE), action);

/** @param {Identity} identity @throws {DOMException} where the browser stores nothing */
export async function keep({ chain, key }) {
  await inStore((database) => database.put(STORE, { chain, key }, ONLY));
}

/** @returns {Promise<Identity | null>} what is kept @throws {DOMException} */
export async function kept() {
  return (await inStore((database) => database.get(STORE, ONLY))) ?? null;
}

/** @throws {DOMException} */
export async function forget() {
  await inStore((database) => database.clear(STORE));
}
