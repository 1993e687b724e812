/** The certificates and the private key that people sign with, taken from their PEM files. */

import { der, integer, OCTETS, oid, SEQUENCE } from "./der.js";

/**
 * @import { Bytes } from "./der.js"
 *
 * @typedef {"key-damaged" | "key-encrypted" | "key-kind"} KeyProblem no private key that can be read; it needs a
 *   passphrase; it is not one for ES256
 */

export const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
export const EC_KEY = "1.2.840.10045.2.1";
const P256 = "1.2.840.10045.3.1.7";

/**
 * The certificates in a file, and nothing else: it may hold the private key, too.
 *
 * @param {string} text
 * @returns {string} PEM, empty where there are none
 */
export function certificatesIn(text) {
  return blocksOf(text)
    .filter(({ label }) => label === "CERTIFICATE")
    .map(({ whole }) => `${whole}\n`)
    .join("");
}

/**
 * The first private key in a file, as one that cannot be exported.
 *
 * @param {string} text PEM, of PKCS #8 or SEC 1
 * @returns {Promise<CryptoKey | KeyProblem>}
 */
export async function importKey(text) {
  const block = blocksOf(text).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (!block) return "key-damaged";
  if (block.label.startsWith("ENCRYPTED") || block.body.includes("ENCRYPTED")) return "key-encrypted";
  // The older forms of other kinds of keys have labels of their own: RSA, DSA, OPENSSH.
  if (!["PRIVATE KEY", "EC PRIVATE KEY"].includes(block.label)) return "key-kind";
  const data = bytesOf(block.body);
  if (!data || data[0] !== SEQUENCE) return "key-damaged";
  if (!includes(data, oid(P256))) return "key-kind";
  try {
    const pkcs8 = block.label === "PRIVATE KEY" ? data : wrapped(data);
    return await crypto.subtle.importKey("pkcs8", pkcs8, CURVE, false, ["sign"]);
  } catch {
    return "key-damaged";
  }
}

/**
 * Whether a private key belongs to a public one.
 *
 * @param {CryptoKey} key
 * @param {Bytes} publicKey SubjectPublicKeyInfo
 */
export async function fits(key, publicKey) {
  const data = crypto.getRandomValues(new Uint8Array(32));
  const imported = await crypto.subtle.importKey("spki", publicKey, CURVE, false, ["verify"]);
  return crypto.subtle.verify(ES256, imported, await sign(key, data), data);
}

/**
 * The signature by ES256.
 *
 * @param {CryptoKey} key
 * @param {Bytes} data
 * @returns {Promise<Bytes>} r and s of 32 bytes each
 */
export async function sign(key, data) {
  return new Uint8Array(await crypto.subtle.sign(ES256, key, data));
}

/**
 * @param {string} text
 * @returns {{ whole: string, label: string, body: string }[]} what is in a PEM file
 */
function blocksOf(text) {
  const found = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs);
  return [...found].map(([whole, label, body]) => ({ whole, label, body }));
}

/** @param {string} base64 @returns {Bytes | null} null where it is no base64 */
function bytesOf(base64) {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** PKCS #8 around a key of SEC 1. @param {Bytes} key */
function wrapped(key) {
  const zero = integer(new Uint8Array([0]));
  return der(SEQUENCE, zero, der(SEQUENCE, oid(EC_KEY), oid(P256)), der(OCTETS, key));
}

/**
 * @param {Bytes} data
 * @param {Bytes} part
 */
function includes(data, part) {
  return data.some((_, start) => part.every((byte, index) => data[start + index] === byte));
}
