/** Small choices that are kept for later visits. If the browser stores nothing, they last as long as the page. */

/** @import { Compute } from "../engine/protocol.js" */

const PREFIX = "hushmark-";

/** What the browser did not store. @type {Map<string, string>} */
const ofThisVisit = new Map();
/** Sends an event with a preference's name when that has changed. */
const changes = new EventTarget();

/**
 * @param {string} name
 * @returns {string | null}
 */
export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? ofThisVisit.get(name) ?? null;
  } catch {
    return ofThisVisit.get(name) ?? null;
  }
}

/**
 * @param {string} name
 * @param {string | null} value null forgets it
 */
export function prefer(name, value) {
  ofThisVisit.delete(name);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    if (value !== null) ofThisVisit.set(name, value);
  }
  changes.dispatchEvent(new Event(name));
}

/**
 * @param {string} name
 * @param {(value: string | null) => void} apply called now, and whenever this page changes the preference
 */
export function follow(name, apply) {
  apply(preference(name));
  changes.addEventListener(name, () => apply(preference(name)));
}

/** @returns {Compute} */
export function chosenCompute() {
  const provider = preference("provider");
  const threads = Number(preference("threads"));
  return {
    provider: provider === "webgpu" || provider === "wasm" ? provider : "auto",
    threads: threads >= 1 ? threads : null,
  };
}

/** Deletes all of them. */
export function clearPreferences() {
  for (const name of storedNames()) prefer(name.slice(PREFIX.length), null);
}

/** @returns {number} bytes */
export function preferencesSize() {
  return storedNames().reduce(
    (sum, name) => sum + name.length + (localStorage.getItem(name) ?? "").length,
    0,
  );
}

function storedNames() {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}
