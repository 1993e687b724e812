"""The site while it is built, and the size limits of its parts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from tools.compress import write_compressed
from tools.serve import SECURITY_HEADERS
from tools.site.files import BuildError, SiteFile, short_hash

Part = Literal["app", "python", "onnxruntime", "weights", "locator", "wheels", "codecs", "page"]
Say = Callable[[str], None]

LIMITS: dict[Part, int] = {
    "app": 120_000,
    "page": 70_000,
    "python": 3_900_000,
    "wheels": 1_960_000,
    "codecs": 1_500_000,
    "onnxruntime": 10_200_000,
    "weights": 2_150_000,
    "locator": 760_000,
}
"""Most bytes of each part on the wire: people wait for them, and browsers store them."""
FIRST_VISIT_LIMIT = 9_280_000
"""The same for all that a first visit without a GPU loads until it is ready to mark and read."""
LOADED_LATER: tuple[Part, ...] = ("locator", "codecs")
"""The parts that are loaded on demand; the locator also when the engine is idle."""


class Site:
    """The site while it is built in a folder that is not dist/ yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, SiteFile] = {}

    def add(self, key: str, part: Part, url: str, data: bytes) -> SiteFile:
        """Write a file at this URL, which is relative to the manifest."""
        path = self.folder / url
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.files[key] = SiteFile(url, len(data), hashlib.sha256(data).hexdigest(), part)
        return self.files[key]

    def add_hashed(self, key: str, part: Part, name: str, data: bytes) -> SiteFile:
        """Write a file to assets/ under a name that contains its hash, so that it can be cached for ever."""
        stem, dot, ending = name.rpartition(".")
        return self.add(key, part, f"assets/{stem}-{short_hash(data)}{dot}{ending}", data)

    def write_manifest(self, say: Say) -> str:
        """Write the compressed forms and the manifest -> the manifest's SHA-256.

        Raises BuildError if a part, or a first visit, is larger than its limit.
        """
        write_compressed({self.folder / file.url: file.sha256 for file in self.files.values()}, say)

        def compressed_size(file: SiteFile, ending: str) -> int | None:
            path = self.folder / (file.url + ending)
            return path.stat().st_size if path.is_file() else None

        def sent(files: Iterable[SiteFile]) -> int:
            return sum(compressed_size(file, ".br") or file.size for file in files)

        first_visit = sent(
            file
            for key, file in self.files.items()
            if file.part not in LOADED_LATER and (not key.startswith("ort/") or key.startswith("ort/wasm."))
        )
        if first_visit > FIRST_VISIT_LIMIT:
            raise BuildError(
                f"A first visit takes {first_visit / 1e3:.1f} kB on the wire, and"
                f" {FIRST_VISIT_LIMIT / 1e3:.1f} kB are allowed: make a part smaller, or raise the limit in"
                " tools/site/site.py."
            )
        for part, limit in LIMITS.items():
            size = sent(file for file in self.files.values() if file.part == part)
            if size > limit:
                raise BuildError(
                    f'The part "{part}" of the site takes {size / 1e3:.1f} kB on the wire, and'
                    f" {limit / 1e3:.1f} kB are allowed: make it smaller, or raise the limit in"
                    " tools/site/site.py."
                )

        entries = {
            key: {
                "url": file.url,
                "size": file.size,
                "sha256": file.sha256,
                "br": compressed_size(file, ".br"),
                "gz": compressed_size(file, ".gz"),
                "part": file.part,
            }
            for key, file in self.files.items()
        }
        manifest = {"version": 1, "headers": SECURITY_HEADERS, "files": entries}
        data = (json.dumps(manifest, indent=1) + "\n").encode()
        (self.folder / "manifest.json").write_bytes(data)
        return hashlib.sha256(data).hexdigest()
