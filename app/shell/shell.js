/** The frame of the screens: the head with its links, and the engine's line at the foot. */

import { h, relabel, setText, svg } from "../ui/dom.js";
import { LANGUAGES, isLanguage, language, m, setLanguage } from "../ui/language.js";
import { filesOf } from "./dropped-files.js";

/**
 * @import { LiveText } from "../ui/dom.js"
 *
 * @typedef {object} View a screen
 * @property {HTMLElement} element its section
 * @property {(files: File[]) => void} [take] called with files that are dropped or pasted anywhere on the page
 * @property {(part: string) => void} [enter] called each time the screen comes to the front, with the part of it that
 *   the address names after a slash, or nothing
 * @property {() => void} [leave] called when another one comes to the front
 *
 * @typedef {object} Screen
 * @property {string} name in the address (#name, or #name/part) and in the messages
 * @property {View} view
 */

/** An icon for each screen: strokes in a square of 24. @type {Record<string, string>} */
const ICONS = {
  mark: "M4 20h16M6 16l1-4 9-9 3 3-9 9z",
  read: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10",
  lab: "M9 3h6M10 3v6L4 19a1 1 0 0 0 1 2h14a1 1 0 0 0 1-2L14 9V3M7 15h10",
  overlay: "M12 3l9 5-9 5-9-5zM3 13l9 5 9-5",
  register: "M6 3h13v18H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM8 8h7M8 12h7",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
};

export class Shell {
  #screens;
  /** @type {Map<Screen, HTMLElement>} */
  #links = new Map();
  /** @type {Screen} */
  #front;

  /**
   * Builds the page, and shows the screen that its address names.
   *
   * @param {Screen[]} screens the first is shown at the start of a visit
   * @param {HTMLElement} engineLine
   */
  constructor(screens, engineLine) {
    this.#screens = screens;
    this.#front = screens[0];
    for (const screen of screens) {
      screen.view.element.id = `screen-${screen.name}`;
      screen.view.element.hidden = true;
      this.#links.set(screen, linkTo(screen));
    }
    const main = h("main", { id: "main", tabindex: -1 }, ...screens.map(({ view }) => view.element));
    document.body.append(
      h(
        "a",
        { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => skip(event, main) },
        () => m.skip,
      ),
      h(
        "header",
        { class: "masthead" },
        h("p", { class: "brand" }, logo(), "Hushmark"),
        h("nav", { "aria-label": () => m.screens }, ...this.#links.values()),
        languageChoice(() => this.#label()),
      ),
      main,
      engineLine,
    );
    addEventListener("hashchange", () => this.#turn(true));
    this.#turn(false);
    this.#takeTransfers();
  }

  /**
   * Turns to a screen and hands it files.
   *
   * @param {string} name
   * @param {File[]} files
   */
  open(name, files) {
    location.hash = name;
    const screen = this.#screens.find((other) => other.name === name);
    screen?.view.take?.(files);
  }

  /** @param {boolean} byPerson false when the page starts */
  #turn(byPerson) {
    const [name, part = ""] = location.hash.slice(1).split("/", 2);
    const next = this.#screens.find((screen) => screen.name === name) ?? this.#screens[0];
    if (next !== this.#front) this.#front.view.leave?.();
    this.#front.view.element.hidden = true;
    this.#links.get(this.#front)?.removeAttribute("aria-current");
    this.#front = next;
    next.view.element.hidden = false;
    this.#links.get(next)?.setAttribute("aria-current", "page");
    this.#label();
    if (byPerson) scrollTo(0, 0);
    next.view.enter?.(part);
    if (byPerson) {
      // The focus moves here, and a screen reader says the heading.
      const heading = next.view.element.querySelector("h1");
      heading?.setAttribute("tabindex", "-1");
      heading?.focus({ preventScroll: true });
    }
  }

  #label() {
    document.documentElement.lang = LANGUAGES[language].tag;
    document.title = m.title(m.screenNames[this.#front.name]);
  }

  /** Passes pictures that are dropped or pasted anywhere on the page to the current screen. */
  #takeTransfers() {
    document.addEventListener("paste", (event) => this.#take(event.clipboardData));
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      document.body.classList.add("dragging");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) document.body.classList.remove("dragging");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      document.body.classList.remove("dragging");
      this.#take(event.dataTransfer);
    });
  }

  /** @param {DataTransfer | null} transfer */
  async #take(transfer) {
    const screen = this.#front;
    const files = transfer ? await filesOf(transfer) : [];
    if (files.length) screen.view.take?.(files);
  }
}

/** @param {Screen} screen */
function linkTo({ name }) {
  const icon = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
  return h(
    "a",
    { href: `#${name}`, "aria-label": () => m.screenNames[name] },
    icon,
    h("span", { class: "long" }, () => m.screenNames[name]),
    h("span", { class: "short" }, () => m.screenShortNames[name]),
  );
}

function logo() {
  const strokes = svg("path", { d: "M5 3.5v9M11 3.5v9M5 8h6" });
  const ground = svg("rect", { width: 16, height: 16, rx: 4 });
  return svg("svg", { viewBox: "0 0 16 16", class: "logo", "aria-hidden": "true" }, ground, strokes);
}

/** @param {() => void} onChange */
function languageChoice(onChange) {
  const options = Object.entries(LANGUAGES).map(([code, { name, tag }]) =>
    h("option", { value: code, lang: tag, selected: code === language }, name),
  );
  const select = h("select", { class: "language", "aria-label": () => m.language }, ...options);
  select.addEventListener("change", () => {
    if (!isLanguage(select.value)) return;
    setLanguage(select.value);
    relabel();
    onChange();
  });
  return select;
}

/**
 * Skips to the screen, and leaves the address as it is.
 *
 * @param {Event} event
 * @param {HTMLElement} main
 */
function skip(event, main) {
  event.preventDefault();
  main.focus();
}

/** The first feature that the page needs and this browser lacks; null if there is none. */
export function missingFeature() {
  if (typeof WebAssembly !== "object") return "WebAssembly";
  if (!("instantiateStreaming" in WebAssembly)) return "WebAssembly.instantiateStreaming";
  if (typeof Worker !== "function") return "Worker";
  return "subtle" in crypto ? null : "crypto.subtle (https)";
}

/**
 * Shows a sentence in place of the page, which cannot run here.
 *
 * @param {LiveText} why
 */
export function showUnsupported(why) {
  const sentence = h("p", { role: "alert" });
  document.body.append(h("main", { class: "unsupported" }, h("h1", {}, "Hushmark"), sentence));
  setText(sentence, why);
}
