"""The user's cache folder, in which files are whole or missing, never in part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder(part: str) -> Path:
    """The folder in which `part` ("wheels", "compressed") is cached; it may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hushmark" / part


def put(folder: Path, file: str, write: Callable[[Path], object]) -> Path:
    """Let `write` make the file under a temporary name; it gets its own name only when complete -> its path.

    Raises OSError, and what `write` raises; then nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file}.", dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        return temporary.replace(folder / file)
    finally:
        temporary.unlink(missing_ok=True)


def put_bytes(folder: Path, file: str, data: bytes) -> Path:
    """`put` for data in memory."""
    return put(folder, file, lambda path: path.write_bytes(data))
