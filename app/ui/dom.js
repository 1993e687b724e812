/**
 * Makes elements. A text or attribute given as a function is live: it is written again when the language changes.
 */

/** @typedef {() => string} LiveText */
/** @typedef {string | number | boolean | LiveText | ((event: never) => void)} Attribute */

/** For each node, functions that write its live attributes, or its text (under ""). @type {WeakMap<Node, Map<string, () => void>>} */
const live = new WeakMap();

/**
 * Makes an element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes] by their names; true sets an empty one, false none; a function is
 *   a live text, or under a name that starts with "on" a listener
 * @param {...(Node | string | LiveText)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * The same for a drawing.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {...(Node | string | LiveText)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  fill(element, attributes, children);
  return element;
}

/**
 * @param {Element} element
 * @param {LiveText | string} text in place of all that is in it
 */
export function setText(element, text) {
  element.replaceChildren(typeof text === "string" ? text : liveText(text));
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {LiveText | string} value
 */
export function setAttribute(element, name, value) {
  const write = () => element.setAttribute(name, typeof value === "string" ? value : value());
  keepLive(element, name, write);
}

/** Writes every live text of the page in the current language. */
export function relabel() {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) live.get(walker.currentNode)?.forEach((write) => write());
}

/**
 * @param {Element} element
 * @param {Record<string, Attribute>} attributes
 * @param {(Node | string | LiveText)[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "function") {
      if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
    } else if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      setAttribute(element, name, /** @type {LiveText} */ (value));
    }
  }
  element.append(...children.map((child) => (typeof child === "function" ? liveText(child) : child)));
}

/** @param {LiveText} text */
function liveText(text) {
  const node = document.createTextNode("");
  keepLive(node, "", () => (node.data = text()));
  return node;
}

/**
 * @param {Node} node
 * @param {string} name
 * @param {() => void} write
 */
function keepLive(node, name, write) {
  write();
  live.set(node, (live.get(node) ?? new Map()).set(name, write));
}

/** Pictures shown from memory. A picture's memory is freed when another one takes its place. */
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

  /** Frees all of it. */
  clear() {
    for (const [element, url] of this.#urls) {
      element.removeAttribute(element instanceof HTMLImageElement ? "src" : "href");
      URL.revokeObjectURL(url);
    }
    this.#urls.clear();
  }
}
