import assert from "node:assert/strict";
import { test } from "node:test";

import "./browser.mjs";

const { factsOf } = await import("../../../app/read/manifest.js");

/** @import { PictureManifest } from "../../../app/engine/protocol.js" */

/** @type {PictureManifest} */
const MANIFEST = {
  verdict: "valid",
  picture: "same",
  signature: "holds",
  signer: "Ann Lee",
  issuer: "Harbour Office",
  certificate: "current",
  trusted: null,
  time: null,
  generator: "",
  title: "",
  actions: [],
  author: "",
  note: "",
  bindings: [],
  ingredients: [],
  identifier: "urn:c2pa:1",
  reason: "",
};

/** @param {Partial<PictureManifest>} said */
const told = (said) => factsOf({ ...MANIFEST, ...said }).map(([term, text]) => `${term()}: ${text()}`);

test("who signed is told as what it is: a name that nobody here has vouched for", () => {
  assert.deepEqual(told({}), [
    "Signed by: Ann Lee, as a certificate of Harbour Office says; nobody here has vouched for it",
  ]);
  assert.match(told({ signer: "", issuer: "" })[0] ?? "", /^Signed by: no name, as a certificate of no name/);
  assert.deepEqual(told({ verdict: "damaged" }), []);
});

test("a certificate that has expired, or is not valid yet, has a sentence", () => {
  assert.match(told({ certificate: "expired" })[1] ?? "", /expired: nothing shows that it was valid when/);
  assert.equal(told({ certificate: "early" })[1], "Certificate: It is not valid yet.");
});
