"""Checks whether there is memory for a large picture, before any of it is decoded."""

import sys
from pathlib import Path

ASKED_FROM = 500_000_000
"""Bytes below which memory is not checked."""

_GROUP = Path("/sys/fs/cgroup")


def may_take(size: int) -> bool:
    """Whether so many bytes are available; True where that is unknown."""
    if size < ASKED_FROM:
        return True
    if sys.platform == "emscripten":
        # A page cannot look up its limit, so try. A page's memory never shrinks, so this costs no more later.
        try:
            return len(bytearray(size)) == size
        except (MemoryError, OverflowError):
            return False
    available = _available()
    return available is None or size <= available


def _available() -> int | None:
    """Bytes that Linux can give without swapping; None elsewhere."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (line,) = [line for line in lines if line.startswith("MemAvailable:")]
        free = 1024 * int(line.split()[1])
    except (OSError, ValueError):
        return None
    try:
        most = int((_GROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_GROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):  # no limit of its own
        return free
    return min(free, most - used)
