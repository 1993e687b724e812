/**
 * Runs in_pyodide.py in Pyodide: node in_pyodide.mjs FOLDER STDLIB WHEEL...
 *
 * FOLDER has Pyodide's files and the archives. Each is packed into packed-NAME beside it. If the engine cannot be
 * imported, the status is 1 and the reason is printed, as JSON.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [folder, stdlib, ...wheels] = process.argv.slice(2);

const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")).href);
try {
  const pyodide = await loadPyodide({
    indexURL: folder,
    stdLibURL: join(folder, stdlib),
    // The order of sets must not change from run to run. Compiled code is smaller without the columns of each
    // instruction, which only the marks under lines of source in a traceback need.
    env: {
      HOME: "/home/pyodide",
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONHASHSEED: "0",
      PYTHONNODEBUGRANGES: "1",
    },
  });
  for (const wheel of wheels) {
    pyodide.unpackArchive(new Uint8Array(readFileSync(join(folder, wheel))), "zip");
  }
  pyodide.mountNodeFS("/packing", folder);
  pyodide.runPython(readFileSync(new URL("in_pyodide.py", import.meta.url), "utf8"));
  pyodide.globals.get("pack_all")("/packing", pyodide.toPy([stdlib, ...wheels]));
} catch (error) {
  process.stdout.write(JSON.stringify(error instanceof Error ? error.message.trim() : String(error)));
  process.exitCode = 1;
}
