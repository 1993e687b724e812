/** Loads the published Pyodide, and nothing else, to compare the site's start with. */

const address = new URL("bare/pyodide.mjs", document.baseURI).href;
/** @type {typeof import("pyodide")} */
const { loadPyodide } = await import(address);
await loadPyodide();
document.body.append("Python is ready.");
export {};
