/** The context menu names the picture for the page in the address's fragment, which is never sent. */

/** @param {string} picture its address */
export const addressOf = (picture) => `read.html#${encodeURIComponent(picture)}`;

/** @param {string} hash of the page's address */
export const pictureOf = (hash) => decodeURIComponent(hash.slice(1));

/**
 * @param {string} picture its address
 * @returns {string} the name of its file
 */
export function nameOf(picture) {
  const { protocol, pathname } = new URL(picture);
  const last = protocol.startsWith("http") ? pathname.slice(pathname.lastIndexOf("/") + 1) : "";
  try {
    return decodeURIComponent(last) || "picture";
  } catch {
    return last; // a lone % in it
  }
}
