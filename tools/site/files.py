"""The files that the site is made of, and is made from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


class BuildError(Exception):
    """The site cannot be built. The message tells the user what is wrong and what to do."""


@dataclass(frozen=True)
class SiteFile:
    """A file of the site: its URL relative to the manifest, and its other facts in the manifest."""

    url: str
    size: int
    sha256: str
    part: str


def read_input(path: Path) -> bytes:
    """A file that the build needs. Raises BuildError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BuildError(f"{path} cannot be read ({error.strerror}): the build needs it.") from error


def short_hash(*data: bytes) -> str:
    """A hash for names of files and folders."""
    whole = hashlib.sha256()
    for piece in data:
        whole.update(hashlib.sha256(piece).digest())
    return whole.hexdigest()[:10]
