/**
 * The manifest that the page belongs to. index.html says which one it is, so that nothing of another build runs in it.
 *
 * @returns {{ url: string, sha256: string }}
 */
export function pageManifest() {
  const pin = document.querySelector("meta[name=manifest-sha256]");
  return {
    url: new URL("manifest.json", document.baseURI).href,
    sha256: pin?.getAttribute("content") ?? "",
  };
}
