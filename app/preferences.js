/** Small choices that outlast a visit. A browser that keeps nothing for us keeps the defaults. */

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
