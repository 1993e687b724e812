/**
 * The only place where an address becomes code, with or without Trusted Types: only the service worker and verified
 * scripts (engine/verified.js) may run.
 */

/** @type {Set<string>} */
const allowed = new Set(["service-worker.js"]);

/** @param {string} url */
function check(url) {
  if (!allowed.has(url)) throw new TypeError(`${url} is no code of this build.`);
  return url;
}

const policy = globalThis.trustedTypes?.createPolicy("hushmark", { createScriptURL: check });

/** @param {string} url of code that was verified */
export const allow = (url) => void allowed.add(url);

/**
 * @param {string} url
 * @returns {string} for Worker and the like; in a browser with Trusted Types an object that these take
 * @throws {TypeError} for any other code
 */
export const trusted = (url) => (policy ? policy.createScriptURL(url) : check(url));

/** Lets libraries start workers from verified scripts, too. */
export function trustWorkers() {
  globalThis.Worker = class extends Worker {
    /**
     * @param {string | URL} url
     * @param {WorkerOptions} [options]
     */
    constructor(url, options) {
      super(trusted(String(url)), options);
    }
  };
}
