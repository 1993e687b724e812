/** The code for signing, a separate file of the site, which is loaded when people sign. */

export { certificatesIn, fits, importKey, sign } from "./keys.js";
export { forget, keep, kept } from "./store.js";
export { makeTestCertificate } from "./test-certificate.js";
