/** Small choices that outlast a visit. A browser that keeps nothing for us keeps the defaults. */

/** @import { Compute } from "./engine/protocol.js" */

const PREFIX = "hushmark-";

/**
 * @param {string} name
 * @returns {string | null}
 */
export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Then it lasts for this visit.
  }
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

/** Forgets all of them. */
export function clearPreferences() {
  for (const name of storedNames()) localStorage.removeItem(name);
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
