/** Loads Pyodide as it is published, and nothing else: what the site's start is compared with. */

const address = new URL("bare/pyodide.mjs", document.baseURI).href;
/** @type {typeof import("pyodide")} */
const { loadPyodide } = await import(address);
await loadPyodide();
document.body.append("Python is ready.");
export {};
