/**
 * Hands a file made here to the browser's downloads.
 *
 * @param {Blob} file
 * @param {string} name
 */
export function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it a moment later, and there is no event that says when it has.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
