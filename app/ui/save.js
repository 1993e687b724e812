/**
 * Saves a file with the browser's downloads.
 *
 * @param {Blob} file
 * @param {string} name
 */
export function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it a moment later, and no event says when.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
