/**
 * What this thread (page or worker) has taken over the network, as the browser itself counted it.
 *
 * @returns {number} bytes on the wire; what the HTTP cache had is none
 */
export function loadedBytes() {
  return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce(
    (sum, entry) => sum + /** @type {PerformanceResourceTiming} */ (entry).transferSize,
    0,
  );
}
