/**
 * A table as comma-separated values (RFC 4180). It begins with the byte order mark, so that spreadsheets read UTF-8.
 *
 * @param {string[][]} rows
 */
export const toCsv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

/**
 * The rows of such a table. Semicolons or tabs, as some spreadsheets write them, separate cells, too.
 *
 * @param {string} text
 * @returns {string[][]} without empty lines
 */
export function fromCsv(text) {
  const table = text.replace(/^\ufeff/, "");
  const [comma = ","] = /[,;\t]/.exec(table.split(/[\r\n]/, 1)[0]) ?? [];
  const cells = new RegExp(`(?:"((?:[^"]|"")*)"|([^${comma}\\r\\n]*))(${comma}|\\r\\n|\\r|\\n|$)`, "gy");
  /** @type {string[][]} */
  const rows = [];
  /** @type {string[]} */
  let row = [];
  for (const [, quoted, plain, end] of table.matchAll(cells)) {
    row.push(unescaped(quoted?.replaceAll('""', '"') ?? plain));
    if (end === comma) continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}

/** Text that a spreadsheet would run, or that was escaped already. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** @param {string} text */
function cell(text) {
  // File names may come from strangers, and a spreadsheet runs text that looks like a formula.
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** @param {string} text */
const unescaped = (text) => (text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text);
