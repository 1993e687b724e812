/**
 * Work that must not be broken off: as long as any page of this site does some, no new build takes its place. All
 * pages share a lock for that.
 */

const LOCK = "hushmark-work";

/** @param {Promise<unknown>} work */
export function holdUpdates(work) {
  const ended = work.catch(() => undefined);
  navigator.locks.request(LOCK, { mode: "shared" }, () => ended);
}

/**
 * Does something while no page works.
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

/** Settles when no page works any more. */
export async function workDone() {
  await navigator.locks.request(LOCK, () => undefined);
}
