import { h } from "./dom.js";
import { field } from "./field.js";
import { m } from "./language.js";
import { follow } from "./preferences.js";

/** @import { LiveText } from "./dom.js" */

/** A field for a passphrase. It starts with the key that Settings keeps, if any. */
export class KeyField {
  #input;
  element;

  /**
   * @param {string} id
   * @param {LiveText} [hint]
   */
  constructor(id, hint) {
    this.#input = h("input", { type: "password", id, name: "key", autocomplete: "off" });
    this.element = field(() => m.key, this.#input, hint);
    follow("key", (key) => (this.#input.value = key ?? ""));
  }

  /** Null when it is empty. */
  get value() {
    return this.#input.value || null;
  }

  focus() {
    this.#input.focus();
  }
}

/**
 * Opens the part with the key field when Settings keeps a key, so that people see that a key is used.
 *
 * @param {HTMLDetailsElement} details
 */
export function openForKey(details) {
  follow("key", (key) => (details.open ||= Boolean(key)));
  return details;
}
