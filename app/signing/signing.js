/** What signing needs, as a file of the site by itself: it is loaded when people sign. */

export { certificatesIn, fits, importKey, sign } from "./keys.js";
export { forget, keep, kept } from "./store.js";
export { makeTestCertificate } from "./test-certificate.js";
