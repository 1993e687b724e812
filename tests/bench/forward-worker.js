/** Times forward passes in a worker, with the app's own session code. */

import { openSessions } from "../../app/engine/sessions.js";

/** @import { Manifest } from "../../app/site/manifest.js" */
/** @import { Model } from "../../app/engine/sessions.js" */

/**
 * @typedef {object} Request
 * @property {Manifest} manifest
 * @property {Model} model
 * @property {Record<string, Float32Array>} feeds
 * @property {number} runs timed, after one that is not
 */

addEventListener("message", async (/** @type {MessageEvent<Request>} */ { data }) => {
  const { provider, threads, sessions } = await openSessions([data.model], data.manifest, {
    provider: "auto",
    threads: null,
  });
  const [session] = sessions;
  const times = [];
  for (let run = 0; run <= data.runs; run++) {
    const start = performance.now();
    await session.run(data.feeds);
    times.push(performance.now() - start);
  }
  postMessage({ provider, threads, times: times.slice(1) });
});
