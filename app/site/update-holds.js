/**
 * While a page of this site is working, no new build takes over. All pages share a lock for that.
 */

const LOCK = "hushmark-work";

/** @param {Promise<unknown>} work that must not be interrupted */
export function holdUpdates(work) {
  const ended = work.catch(() => undefined);
  // Where locks are refused, there is no service worker either, and so no update.
  navigator.locks.request(LOCK, { mode: "shared" }, () => ended).catch(() => undefined);
}

/**
 * Does something, unless a page is working.
 *
 * @param {() => Promise<unknown>} action
 * @returns {Promise<boolean>} false, and nothing was done, when a page works
 */
export function doUnlessWorking(action) {
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await action();
    return lock !== null;
  });
}

/** Resolves when no page is working any more. */
export async function workDone() {
  await navigator.locks.request(LOCK, () => undefined);
}
