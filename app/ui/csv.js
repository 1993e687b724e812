/**
 * A table as comma-separated values (RFC 4180), with the mark that tells spreadsheets that it is UTF-8.
 *
 * @param {string[][]} rows
 */
export const toCsv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

/** @param {string} text */
function cell(text) {
  // A spreadsheet would run what looks like a formula, and file names come from anywhere.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
