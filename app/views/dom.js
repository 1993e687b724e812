/** How the views find and fill their parts of index.html. */

/**
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} name of the part: its data-part attribute
 * @param {new () => E} type
 * @returns {E}
 */
export function part(root, name, type) {
  const element = root.querySelector(`[data-part="${name}"]`);
  if (!(element instanceof type)) throw new TypeError(`The page has no ${type.name} named ${name}.`);
  return element;
}

/** Pictures and downloads shown from memory. Each gives its memory back when the next one takes its place. */
export class ObjectUrls {
  /** @type {Map<Element, string>} */
  #urls = new Map();

  /**
   * @param {HTMLImageElement | HTMLAnchorElement} element
   * @param {Blob} blob
   */
  show(element, blob) {
    const old = this.#urls.get(element);
    const url = URL.createObjectURL(blob);
    this.#urls.set(element, url);
    if (element instanceof HTMLImageElement) element.src = url;
    else element.href = url;
    if (old) URL.revokeObjectURL(old);
  }
}
