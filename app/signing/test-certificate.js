/** A certificate (X.509, RFC 5280) to try signing with. By its name, it is not trusted. */

import { BITS, BOOLEAN, der, integer, OCTETS, oid, SEQUENCE, SET, UTC_TIME, UTF8 } from "./der.js";
import { CURVE, sign } from "./keys.js";

/** @import { Bytes } from "./der.js" */

const NAME = "Hushmark test certificate, not trusted";
const DAYS = 30;
const DAY = 86_400_000;
const YES = der(BOOLEAN, [0xff]);
const NO_PATH = integer(new Uint8Array([0]));
const SIGNS_DATA = [7, 0x80];
const SIGNS_CERTIFICATES = [2, 0x04];
const VERSION_3 = der(0xa0, integer(new Uint8Array([2])));
const BY_ECDSA = der(SEQUENCE, oid("1.2.840.10045.4.3.2"));

/**
 * A new key that cannot be exported, with a certificate of an authority whose own key is thrown away.
 *
 * @returns {Promise<{ chain: string, key: CryptoKey }>} chain: PEM
 */
export async function makeTestCertificate() {
  const [own, authority] = await Promise.all([newKey(), newKey()]);
  const id = await idOf(authority);
  const root = [
    extension("2.5.29.19", der(SEQUENCE, YES, NO_PATH), YES),
    extension("2.5.29.15", der(BITS, SIGNS_CERTIFICATES), YES),
    extension("2.5.29.14", der(OCTETS, id)),
  ];
  const leaf = [
    extension("2.5.29.19", der(SEQUENCE), YES),
    extension("2.5.29.15", der(BITS, SIGNS_DATA), YES),
    extension("2.5.29.37", der(SEQUENCE, oid("1.3.6.1.5.5.7.3.4"))), // mail, which C2PA accepts
    extension("2.5.29.14", der(OCTETS, await idOf(own))),
    extension("2.5.29.35", der(SEQUENCE, der(0x80, id))),
  ];
  const issuer = `${NAME}, authority`;
  const certificates = [
    await certificate(NAME, issuer, own, leaf, authority.privateKey),
    await certificate(issuer, issuer, authority, root, authority.privateKey),
  ];
  return { chain: certificates.map(pem).join(""), key: own.privateKey };
}

/** @returns {Promise<CryptoKeyPair>} */
const newKey = () => crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);

/** @param {CryptoKeyPair} pair @returns {Promise<Bytes>} SubjectPublicKeyInfo */
const publicKeyOf = async ({ publicKey }) => new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));

/** @param {CryptoKeyPair} pair @returns {Promise<Bytes>} what certificates call the key */
async function idOf(pair) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await publicKeyOf(pair))).slice(0, 20);
}

/**
 * @param {string} subject
 * @param {string} issuer
 * @param {CryptoKeyPair} pair
 * @param {Bytes[]} extensions
 * @param {CryptoKey} issuerKey
 * @returns {Promise<Bytes>}
 */
async function certificate(subject, issuer, pair, extensions, issuerKey) {
  const now = Date.now();
  const facts = der(
    SEQUENCE,
    VERSION_3,
    integer(crypto.getRandomValues(new Uint8Array(16))),
    BY_ECDSA,
    name(issuer),
    der(SEQUENCE, time(now - DAY), time(now + DAYS * DAY)),
    name(subject),
    await publicKeyOf(pair),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = await sign(issuerKey, facts);
  const numbers = der(SEQUENCE, integer(signature.slice(0, 32)), integer(signature.slice(32)));
  return der(SEQUENCE, facts, BY_ECDSA, der(BITS, [0], numbers));
}

/**
 * @param {string} numbers its object identifier
 * @param {Bytes} value
 * @param {Bytes | never[]} critical
 */
function extension(numbers, value, critical = []) {
  return der(SEQUENCE, oid(numbers), critical, der(OCTETS, value));
}

/** @param {string} text a common name */
function name(text) {
  const value = der(UTF8, new TextEncoder().encode(text));
  return der(SEQUENCE, der(SET, der(SEQUENCE, oid("2.5.4.3"), value)));
}

/** @param {number} milliseconds since 1970 */
function time(milliseconds) {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(UTC_TIME, new TextEncoder().encode(`${digits}Z`));
}

/** @param {Bytes} data a certificate */
function pem(data) {
  const lines = btoa(String.fromCharCode(...data)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
