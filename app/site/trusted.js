/**
 * The one way in which an address becomes code here, for browsers with Trusted Types and without: only the service
 * worker and what was verified (engine/verified.js) is let through.
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

/** Lets libraries start workers, too, of what was verified. */
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
