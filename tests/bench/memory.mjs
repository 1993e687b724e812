/// <reference types="node" />
/**
 * node memory.mjs REPO TASK FILE RESIDUAL WHEEL...: runs tests/bench/embed_once.py in Pyodide on a picture and a
 * residual; TASK is memory or ratios. Prints the result.
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";

import { loadPyodide } from "pyodide";

const [repo, task, file, residual, ...wheels] = process.argv.slice(2);
const pyodide = await loadPyodide();
for (const wheel of wheels) pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel");
pyodide.mountNodeFS("/repo", repo);
pyodide.runPython("import sys; sys.path[:0] = ['/repo/py', '/repo']");
const once = pyodide.pyimport("tests.bench.embed_once");
/** @param {string} path */
const bytes = (path) => pyodide.toPy(new Uint8Array(readFileSync(path))).tobytes();
const [data, added] = [bytes(file), bytes(residual)];
// The heap never shrinks, so its size is the peak.
const heap = () => /** @type {{ HEAP8: Int8Array }} */ (Reflect.get(pyodide, "_module")).HEAP8.length;
process.stdout.write(
  String(task === "memory" ? once.memory(data, basename(file), added, heap, heap) : once.ratios(data, added)),
);
