/**
 * Watches whether people do something, so that the page does not scroll while they do.
 *
 * @returns {() => boolean} whether they have done nothing since
 */
export function watchHands() {
  let isStill = true;
  for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    addEventListener(type, () => (isStill = false), { once: true, passive: true });
  }
  return () => isStill;
}
