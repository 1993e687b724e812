/**
 * Detects workers that have ended or hang. A worker that is closed, or ended by the browser, fires no event. So each
 * holds a lock while it lives, which its starter gets afterwards. One that hangs stops answering pings.
 */

/**
 * @typedef {{ type: "alive", lock: string } | { type: "pong" }} FromLife
 * alive: it holds this lock
 */

/** Milliseconds between two pings. */
const BEAT = 10_000;
/**
 * Pings without an answer after which a worker counts as stopped. Not a time, since a sleeping device sends no pings.
 * Saving the largest pictures can keep Python busy for minutes.
 */
const MOST_SILENT = 30;

/** A worker's side, called once at its start. */
export function showLife() {
  const lock = `hushmark-life/${crypto.randomUUID()}`;
  navigator.locks
    .request(lock, () => {
      postMessage({ type: "alive", lock });
      return new Promise(() => undefined);
    })
    // Where people have switched storage off, locks are refused. The pings remain.
    .catch(() => undefined);
  addEventListener("message", ({ data }) => {
    if (data.type === "ping") postMessage({ type: "pong" });
  });
}

/**
 * Calls `onEnd`, at most once, when a worker has ended or does not answer.
 *
 * @param {Worker} worker
 * @param {(detail: string) => void} onEnd
 */
export function watchLife(worker, onEnd) {
  let silent = 0;
  let isOver = false;
  /** @param {string} detail */
  const end = (detail) => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onEnd(detail);
  };
  const timer = setInterval(() => {
    if (silent === MOST_SILENT) end("a worker does not answer");
    silent += 1;
    worker.postMessage({ type: "ping" });
  }, BEAT);
  worker.addEventListener("message", ({ data }) => {
    silent = 0;
    if (data.type === "alive") navigator.locks.request(data.lock, () => end("a worker has ended"));
  });
  worker.addEventListener("messageerror", () => end("a worker's message could not be read"));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    end(event.message || "a worker could not be loaded");
  });
}
