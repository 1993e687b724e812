/** A frame with two pictures and a divider between them, or with a third one; zoom and pan of all in step. */

import { h, setText } from "../ui/dom.js";
import { inNumber, m } from "../ui/language.js";

/** @import { LiveText } from "../ui/dom.js" */

const MOST_ZOOM = 16;

export class Viewer {
  #zoom = 1;
  #x = 0;
  #y = 0;
  /** Fingers and buttons that are down. @type {Map<number, PointerEvent>} */
  #pointers = new Map();

  #divider = h("div", {
    class: "divider",
    role: "slider",
    tabindex: 0,
    "aria-label": () => m.divider,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  #pair;
  #third;
  element;
  #zoomWords = h("output", { class: "hint" });
  /** The buttons that zoom. */
  zoomBar = h(
    "div",
    { class: "zoom" },
    this.#zoomButton("−", () => m.zoomOut, 1 / 1.5),
    this.#zoomWords,
    this.#zoomButton("+", () => m.zoomIn, 1.5),
    h("button", { type: "button", onclick: () => this.#fit() }, () => m.fit),
  );

  /**
   * @param {Element[]} cover to the left of the divider
   * @param {Element[]} marked to its right
   * @param {Element} third in place of both, when wanted
   */
  constructor(cover, marked, third) {
    this.#pair = h(
      "div",
      { class: "panes" },
      h("div", { class: "pane" }, ...cover),
      h("div", { class: "pane after" }, ...marked),
      h("span", { class: "corner left" }, () => m.original),
      h("span", { class: "corner right" }, () => m.marked),
      this.#divider,
    );
    this.#third = h("div", { class: "pane" }, third);
    this.element = h(
      "div",
      { class: "view", role: "group", tabindex: 0, "aria-label": () => m.viewHelp },
      this.#pair,
      this.#third,
    );
    this.#listenToDivider();
    this.#listen();
    this.#divide(50);
  }

  /** Takes the shape of another picture, and shows it whole. @param {{ width: number, height: number }} size */
  start({ width, height }) {
    this.element.style.setProperty("--ratio", `${width} / ${height}`);
    this.#fit();
  }

  /** @param {boolean} isWanted whether the third picture shows, or the pair */
  showThird(isWanted) {
    this.#pair.hidden = isWanted;
    this.#third.hidden = !isWanted;
  }

  #listenToDivider() {
    this.#divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, Home: -100, End: 100 }[
        event.key
      ];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.#divide(Number(this.#divider.ariaValueNow) + step);
    });
    this.#divider.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      this.#divider.setPointerCapture(event.pointerId);
    });
    this.#divider.addEventListener("pointermove", (event) => {
      if (!this.#divider.hasPointerCapture(event.pointerId)) return;
      const { left, width } = this.element.getBoundingClientRect();
      this.#divide(((event.clientX - left) / width) * 100);
    });
  }

  #listen() {
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener(
      "wheel",
      (event) => {
        // Without Ctrl (a pinch on a touchpad has it, too) the wheel scrolls the page.
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#zoomBy(1.01 ** -event.deltaY, event);
      },
      { passive: false },
    );
    this.element.addEventListener("pointerdown", (event) => {
      this.#pointers.set(event.pointerId, event);
      this.element.setPointerCapture(event.pointerId);
    });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      this.element.addEventListener(name, (event) => this.#pointers.delete(event.pointerId));
    }
    this.element.addEventListener("pointermove", (event) => this.#onMove(event));
    this.element.addEventListener("dblclick", (event) => {
      if (this.#zoom > 1) this.#fit();
      else this.#zoomBy(4, event);
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const step = 40;
    /** @type {Record<string, () => void>} */
    const moves = {
      "+": () => this.#zoomBy(1.5),
      "=": () => this.#zoomBy(1.5),
      "-": () => this.#zoomBy(1 / 1.5),
      0: () => this.#fit(),
      ArrowLeft: () => this.#moveBy(step, 0),
      ArrowRight: () => this.#moveBy(-step, 0),
      ArrowUp: () => this.#moveBy(0, step),
      ArrowDown: () => this.#moveBy(0, -step),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || (event.key.startsWith("Arrow") && this.#zoom === 1))
      return;
    event.preventDefault();
    move();
  }

  /** One pointer moves the picture, two zoom it. @param {PointerEvent} event */
  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const [other] = [...this.#pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    if (other) {
      this.#zoomBy(distance(event, other) / Math.max(1, distance(before, other)), event);
    } else {
      this.#moveBy(event.clientX - before.clientX, event.clientY - before.clientY);
    }
    this.#pointers.set(event.pointerId, event);
  }

  /**
   * @param {number} factor
   * @param {{ clientX: number, clientY: number }} [around] the point that stays where it is, else the middle
   */
  #zoomBy(factor, around) {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    const [x, y] = around ? [around.clientX - left, around.clientY - top] : [width / 2, height / 2];
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.#zoom * factor));
    this.#x = x - ((x - this.#x) * zoom) / this.#zoom;
    this.#y = y - ((y - this.#y) * zoom) / this.#zoom;
    this.#zoom = zoom;
    this.#moveBy(0, 0);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #moveBy(x, y) {
    const { clientWidth, clientHeight, style } = this.element;
    this.#x = Math.min(0, Math.max(clientWidth * (1 - this.#zoom), this.#x + x));
    this.#y = Math.min(0, Math.max(clientHeight * (1 - this.#zoom), this.#y + y));
    style.setProperty("--zoom", String(this.#zoom));
    style.setProperty("--x", `${this.#x}px`);
    style.setProperty("--y", `${this.#y}px`);
    this.element.classList.toggle("zoomed", this.#zoom > 1);
    const zoom = this.#zoom;
    setText(this.#zoomWords, () => m.times(inNumber(zoom, 1)));
  }

  #fit() {
    [this.#zoom, this.#x, this.#y] = [1, 0, 0];
    this.#moveBy(0, 0);
  }

  /** @param {number} percent of the view that shows the cover */
  #divide(percent) {
    const place = Math.round(Math.min(100, Math.max(0, percent)));
    this.#divider.ariaValueNow = String(place);
    this.element.style.setProperty("--divider", `${place}%`);
  }

  /**
   * @param {string} sign
   * @param {LiveText} label
   * @param {number} factor
   */
  #zoomButton(sign, label, factor) {
    return h("button", { type: "button", "aria-label": label, onclick: () => this.#zoomBy(factor) }, sign);
  }
}

/**
 * @param {PointerEvent} one
 * @param {PointerEvent} other
 */
const distance = (one, other) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
