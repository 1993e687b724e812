import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";

import { certificatesIn, fits, importKey, sign } from "../../../app/signing/keys.js";
import { makeTestCertificate } from "../../../app/signing/test-certificate.js";

/** @param {string} namedCurve */
const pairOf = (namedCurve) => generateKeyPairSync("ec", { namedCurve });
const { privateKey, publicKey } = pairOf("P-256");
const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const sec1 = privateKey.export({ type: "sec1", format: "pem" }).toString();
/** As `openssl ecparam -genkey` writes it. */
const withParameters = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`;

test("a key of each form is taken, signs, and cannot be taken out again", async () => {
  for (const text of [pkcs8, sec1, withParameters, pkcs8.replaceAll("\n", "\r\n")]) {
    const key = await importKey(text);
    assert(typeof key !== "string", String(key));
    assert.equal(key.extractable, false);
    assert.equal((await sign(key, new Uint8Array(3))).length, 64);
    assert(await fits(key, spki));
  }
});

test("a key of another certificate does not fit", async () => {
  const other = await importKey(
    pairOf("P-256").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  assert(typeof other !== "string");
  assert.equal(await fits(other, spki), false);
});

test("what cannot sign is refused with its reason", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const cipher = "aes-256-cbc";
  /** @type {[string, string | Buffer][]} */
  const cases = [
    ["key-damaged", ""],
    ["key-damaged", "no key"],
    ["key-damaged", pkcs8.replace(/MI.{20}/, "")],
    ["key-damaged", pkcs8.replace("MI", "M!")],
    ["key-damaged", sec1.replace("MH", "MI")],
    ["key-encrypted", privateKey.export({ type: "pkcs8", format: "pem", cipher, passphrase: "x" })],
    ["key-encrypted", privateKey.export({ type: "sec1", format: "pem", cipher, passphrase: "x" })],
    ["key-kind", rsa.export({ type: "pkcs8", format: "pem" })],
    ["key-kind", rsa.export({ type: "pkcs1", format: "pem" })],
    ["key-kind", pairOf("P-384").privateKey.export({ type: "pkcs8", format: "pem" })],
    ["key-kind", pairOf("P-384").privateKey.export({ type: "sec1", format: "pem" })],
    ["key-kind", pairOf("secp256k1").privateKey.export({ type: "sec1", format: "pem" })],
    ["key-kind", generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })],
  ];
  for (const [problem, text] of cases) assert.equal(await importKey(text.toString()), problem);
});

test("of a file with everything in it only the certificates are taken", async () => {
  const { chain } = await makeTestCertificate();
  assert.equal(certificatesIn(`Subject: somebody\n${pkcs8}${chain}${sec1}`), chain);
  assert.equal(certificatesIn(pkcs8), "");
});

test("a test certificate is of its key, of this month, and says that nobody trusts it", async () => {
  const { chain, key } = await makeTestCertificate();
  assert.equal(key.extractable, false);
  const [leaf, root, rest] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  assert.equal(rest, undefined);
  const [own, authority] = [new X509Certificate(leaf), new X509Certificate(root)];
  assert.equal(own.subject, "CN=Hushmark test certificate\\, not trusted");
  assert(
    own.checkIssued(authority) && own.verify(authority.publicKey) && authority.verify(authority.publicKey),
  );
  assert.deepEqual([own.ca, authority.ca], [false, true]);
  assert.deepEqual(own.keyUsage, ["1.3.6.1.5.5.7.3.4"]);
  const days = (Date.parse(own.validTo) - Date.parse(own.validFrom)) / 86_400_000;
  assert.equal(days, 31);
  assert(await fits(key, new Uint8Array(own.publicKey.export({ type: "spki", format: "der" }))));
  assert.throws(() => createPrivateKey(chain));
  assert.notEqual((await makeTestCertificate()).chain, chain);
});
