/** What this thread (page or worker) loads over the network, by the browser's count. */

/** @returns {number} bytes on the wire so far, without what came from the HTTP cache */
export function loadedBytes() {
  return [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce(
    (sum, entry) => sum + /** @type {PerformanceResourceTiming} */ (entry).transferSize,
    0,
  );
}

/** @param {(urls: string[]) => void} onFetched called with the files that have been loaded, from the first on */
export function watchLoads(onFetched) {
  const observer = new PerformanceObserver((list) => onFetched(list.getEntries().map(({ name }) => name)));
  observer.observe({ type: "resource", buffered: true });
}
