"""The pins of lock.json: one entry per wheel, with its accepted hashes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("lock.json")


class WheelError(Exception):
    """A wheel is missing, or not what it should be. The message is for the user."""


@dataclass(frozen=True)
class Artifact:
    """One wheel file as published or as built here."""

    version: str
    file: str
    sha256: tuple[str, ...]


@dataclass(frozen=True)
class Pin:
    """A package: Pyodide's own wheel of it, ours from source, and the sdist ours is made of.

    `official`: None where Pyodide's wheel is too old, or does not exist; `is_optional`: whether the page
    works without it.
    """

    name: str
    version: str
    official: Artifact | None
    source: Artifact
    sdist: str | None
    is_optional: bool = False

    def accepted(self, file: str) -> set[str]:
        """The SHA-256 values that a file of this name may have."""
        return {digest for a in self.artifacts if a.file == file for digest in a.sha256}

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The accepted wheels, ours first."""
        return (self.source,) if self.official is None else (self.source, self.official)


@dataclass(frozen=True)
class Lock:
    """The whole of lock.json."""

    pyodide: str
    pins: tuple[Pin, ...]


def read_lock(path: Path = LOCK_FILE) -> Lock:
    """Read the lock file.

    Raises OSError, ValueError, KeyError or TypeError if it is missing or malformed: it is part of
    the repository, so that is not the user's mistake.
    """

    def artifact(entry: dict[str, object]) -> Artifact:
        digests = entry["sha256"]
        assert isinstance(digests, list)
        return Artifact(str(entry["version"]), str(entry["file"]), tuple(digests))

    data = json.loads(path.read_text(encoding="utf-8"))
    pins = tuple(
        Pin(
            name=entry["name"],
            version=entry["version"],
            official=None if entry["official"] is None else artifact(entry["official"]),
            source=artifact(entry["source"]),
            sdist=entry["sdist"],
            is_optional=bool(entry.get("optional")),
        )
        for entry in data["wheels"]
    )
    return Lock(data["pyodide"], pins)


def sha256(path: Path) -> str:
    """The file's SHA-256 in hex. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
