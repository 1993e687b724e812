/** Entries of the register, for the tests. */

/** @import { Entry } from "../../../app/register/entries.js" */

/** @type {Entry} */
export const ENTRY = {
  id: "0b5c",
  time: Date.UTC(2026, 10, 21),
  message: { kind: "text", value: "pipe" },
  note: "",
  cover: { name: "a.png", folder: "", size: 1, sha256: "0".repeat(64) },
  marked: { name: "a-marked.png", folder: "", size: 2, sha256: "1".repeat(64) },
  thumbnail: Uint8Array.of(1, 2, 255).buffer,
  perceptualHash: "00ff00ff00ff00ff",
};

/** Those of builds that marked 32 bits. @type {Entry["message"][]} */
export const OLDER = [
  { kind: "text", value: "pipe", hex: "70697065" },
  { kind: "hex", value: "0badcafe", hex: "0badcafe" },
  { kind: "number", value: "7", hex: "00000007" },
  { kind: "protected", value: "4711", hex: "12345678" },
];
