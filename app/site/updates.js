/** The page's side of the service worker: registers it, and says when it has a new build. */

import { trusted } from "./trusted.js";
import { doUnlessWorking } from "./update-holds.js";

/** Sends the event "state" when a new build waits, or has taken over. */
export class Updates extends EventTarget {
  /** "replaced": another page has started a new build, and this one is out of date. @type {"none" | "waiting" | "replaced"} */
  state = "none";
  /** @type {ServiceWorker | null} */
  #waiting = null;
  #isReplacing = false;

  /** Does nothing where there are no service workers, as in some private windows. */
  async start() {
    const container = navigator.serviceWorker;
    if (!container) return;
    let isControlled = container.controller !== null;
    container.addEventListener("controllerchange", () => {
      if (isControlled && !this.#isReplacing) {
        this.#waiting = null;
        this.#become("replaced");
      }
      isControlled = true;
    });

    const options = /** @type {const} */ ({ updateViaCache: "none" });
    const registration = await container
      .register(trusted("service-worker.js"), options)
      .catch(() => undefined);
    if (!registration) return;
    if (registration.waiting) this.#offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && registration.active) this.#offer(worker);
      });
    });
    // Browsers look for a new build when a page is opened, and this one may stay open for days.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") registration.update().catch(() => undefined);
    });
  }

  /**
   * Starts the build that waits and reloads this page.
   *
   * @returns {Promise<boolean>} false, and nothing was done, when a page works
   */
  async apply() {
    const done = await doUnlessWorking(async () => {
      if (this.#waiting) await this.#activate(this.#waiting);
    });
    if (done) location.reload();
    return done;
  }

  /** @param {ServiceWorker} worker */
  #activate(worker) {
    this.#isReplacing = true;
    return new Promise((resolve) => {
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve(undefined);
      });
      worker.postMessage("skip-waiting");
    });
  }

  /** @param {ServiceWorker} worker */
  #offer(worker) {
    this.#waiting = worker;
    this.#become("waiting");
  }

  /** @param {Updates["state"]} state */
  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
