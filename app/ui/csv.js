/**
 * A table as comma-separated values (RFC 4180). It begins with the byte order mark, so that spreadsheets read UTF-8.
 *
 * @param {string[][]} rows
 */
export const toCsv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

/** @param {string} text */
function cell(text) {
  // File names come from anywhere, and a spreadsheet runs what looks like a formula.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
