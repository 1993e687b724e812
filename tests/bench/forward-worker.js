/** Times forward passes in a worker, with the app's own session code. */

import { isTrap, openSessions } from "../../app/engine/sessions.js";

/** @import { Manifest } from "../../app/site/manifest.js" */
/** @import { Model } from "../../app/engine/sessions.js" */

/**
 * @typedef {object} Request
 * @property {Manifest} manifest
 * @property {Model} model
 * @property {Record<string, Float32Array>} feeds
 * @property {number} runs timed, after one that is not
 */

addEventListener("message", (/** @type {MessageEvent<Request>} */ { data }) => {
  measured(data, false)
    // The build of onnxruntime that visitors load has not what other networks call.
    .catch((error) => (isTrap(error) ? measured(data, true) : Promise.reject(error)))
    .then(postMessage, reportError);
});

/**
 * @param {Request} request
 * @param {boolean} isWhole
 */
async function measured({ manifest, model, feeds, runs }, isWhole) {
  const { provider, threads, sessions } = await openSessions(
    [model],
    manifest,
    { provider: "auto", threads: null },
    { isWhole },
  );
  const [session] = sessions;
  const times = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    await session.run(feeds);
    times.push(performance.now() - start);
  }
  return { provider, threads, times: times.slice(1) };
}
