/** Sets what the page's modules need of a browser when they are loaded: its languages. */

Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] } });
