// node names.mjs PYODIDE_DIR FILE: writes the names that Pyodide's main module and its JavaScript
// library offer to a side module, one a line.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export function offeredNames(pyodide) {
  const main = new WebAssembly.Module(readFileSync(`${pyodide}/pyodide.asm.wasm`));
  const names = new Set(WebAssembly.Module.exports(main).map(({ name }) => name));
  const script = readFileSync(`${pyodide}/pyodide.asm.mjs`, "utf8");
  const library = script.match(/wasmImports=\{(.*?)\}/s);
  if (!library) throw new Error(`${pyodide}/pyodide.asm.mjs: no wasmImports in it`);
  for (const [, name] of library[1].matchAll(/(?:^|,)\s*"?([\w$]+)"?\s*:/g)) names.add(name);
  return names;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [pyodide, file] = process.argv.slice(2);
  writeFileSync(file, [...offeredNames(pyodide)].join("\n"));
}
