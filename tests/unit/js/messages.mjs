/**
 * Prints each language's messages by key, as JSON; parameters get placeholders. Of Python's errors, which are read from
 * the standard input as JSON ({code, facts}), it prints the Chinese sentences.
 */

import { readFileSync } from "node:fs";

import { en } from "../../../app/messages/en.js";
import { zh } from "../../../app/messages/zh.js";

/** @import { Facts } from "../../../app/engine/protocol.js" */

/**
 * @param {unknown} value
 * @param {string} key
 * @param {Record<string, string>} texts
 */
function collect(value, key, texts) {
  if (typeof value === "string") texts[key] = value;
  else if (typeof value === "number") texts[key] = String(value);
  else if (typeof value === "function")
    texts[key] = said(/** @type {(...values: unknown[]) => string} */ (value));
  else
    for (const [name, part] of Object.entries(value ?? {}))
      collect(part, key ? `${key}.${name}` : name, texts);
  return texts;
}

/** @param {(...values: unknown[]) => string} message */
function said(message) {
  const marks = Array.from({ length: message.length }, (_, index) => `<${index}>`);
  try {
    return message(...marks);
  } catch {
    return message(marks); // A list.
  }
}

/** @type {{ code: string, facts: Facts }[]} */
const errors = JSON.parse(readFileSync(0, "utf-8"));
const sentences = errors.map(({ code, facts }) => zh.pythonErrors[code]?.(facts) ?? null);
const { pythonErrors, ...rest } = zh;
const codes = Object.keys(pythonErrors);
console.log(JSON.stringify({ en: collect(en, "", {}), zh: collect(rest, "", {}), codes, sentences }));
