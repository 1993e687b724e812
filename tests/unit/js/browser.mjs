/** What modules of the page expect of a browser when they are loaded: its languages. */

Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] } });
