/**
 * What this thread (page or worker) has taken over the network, as the browser itself counted it.
 *
 * @returns {{ loadedBytes: number, cachedBytes: number }} bytes on the wire, and bytes that the HTTP cache had
 */
export function transferred() {
  let loadedBytes = 0;
  let cachedBytes = 0;
  for (const entry of [
    ...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource"),
  ]) {
    const { transferSize, encodedBodySize } = /** @type {PerformanceResourceTiming} */ (entry);
    loadedBytes += transferSize;
    if (transferSize === 0) cachedBytes += encodedBodySize;
  }
  return { loadedBytes, cachedBytes };
}
