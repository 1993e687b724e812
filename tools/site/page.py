"""index.html and the service worker, which know the hashes of what the build made."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.compress import write_compressed
from tools.serve import CONTENT_SECURITY_POLICY
from tools.site.files import BuildError, SiteFile, read_input

PAGE_LINKS = {
    "main.js": "app/main.js",
    "style.css": "app/style.css",
    "app.webmanifest": "app/app.webmanifest",
    "icon.svg": "app/icons/icon.svg",
    "apple-180.png": "app/icons/apple-180.png",
}
"""The files that index.html refers to: the key in the manifest by source."""
PAGE_VALUES = (
    "build.py: policy",
    "build.py: manifest.json",
    "build.py: main.js",
    "build.py: style.css",
)
"""Placeholders in index.html for values that are known at the end of the build."""
SERVICE_WORKER = "service-worker.js"
SERVICE_WORKER_VALUES = {"BUILD_ID": "build.py: index.html", "MANIFEST_SHA256": "build.py: manifest.json"}
"""The same in the service worker, by the names of its constants."""


def read_page(root: Path) -> str:
    """index.html of `root`. Raises BuildError unless it has each link and placeholder once."""
    page = read_input(root / "index.html").decode()
    for source in (*PAGE_LINKS.values(), *PAGE_VALUES):
        if page.count(f'"{source}"') != 1:
            raise BuildError(f'index.html has to refer once to "{source}".')
    return page


def write_page(
    folder: Path, files: Mapping[str, SiteFile], page: str, manifest: str, say: Callable[[str], None]
) -> str:
    """Write index.html with the names and hashes of its files in the site -> its own SHA-256.

    `page`: as `read_page` returns it; `manifest`: the manifest's SHA-256.
    """
    # Browsers ignore frame-ancestors there, with a warning.
    rules = [rule for rule in CONTENT_SECURITY_POLICY.split("; ") if not rule.startswith("frame-ancestors")]
    digests = [
        base64.b64encode(bytes.fromhex(files[key].sha256)).decode() for key in ("main.js", "style.css")
    ]
    written = ("; ".join(rules), manifest, *(f"sha256-{digest}" for digest in digests))
    values = {source: files[key].url for key, source in PAGE_LINKS.items()}
    values |= zip(PAGE_VALUES, written, strict=True)
    for source, value in values.items():
        page = page.replace(f'"{source}"', f'"{value}"')
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8", newline="")
    page_hash = hashlib.sha256(path.read_bytes()).hexdigest()
    write_compressed({path: page_hash}, say)
    return page_hash


def write_service_worker(folder: Path, bundles: Path, page: str, manifest: str) -> None:
    """Write the bundled service worker, with the SHA-256 of index.html and of the manifest in it."""
    script = (bundles / SERVICE_WORKER).read_text("utf-8")
    for source, value in zip(SERVICE_WORKER_VALUES.values(), (page, manifest), strict=True):
        script = script.replace(f'"{source}"', f'"{value}"')
    (folder / SERVICE_WORKER).write_text(script, encoding="utf-8", newline="")
