/** The row of tabs: one screen shows at a time; arrow keys move along it. */
export class Tabs {
  /** @type {HTMLElement[]} */
  #tabs;

  /** @param {ParentNode} root */
  constructor(root) {
    this.#tabs = [...root.querySelectorAll('[role="tab"]')].filter((tab) => tab instanceof HTMLElement);
    for (const [index, tab] of this.#tabs.entries()) {
      tab.addEventListener("click", () => this.#select(tab));
      tab.addEventListener("keydown", ({ key }) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
        if (!step) return;
        const next = this.#tabs[(index + step + this.#tabs.length) % this.#tabs.length];
        this.#select(next);
        next.focus();
      });
    }
  }

  /** Id of the panel that shows. */
  get selected() {
    return this.#tabs.find((tab) => tab.ariaSelected === "true")?.getAttribute("aria-controls") ?? "";
  }

  /** @param {HTMLElement} selected */
  #select(selected) {
    for (const tab of this.#tabs) {
      const isSelected = tab === selected;
      tab.setAttribute("aria-selected", String(isSelected));
      tab.tabIndex = isSelected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isSelected;
    }
  }
}
