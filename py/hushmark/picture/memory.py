"""Whether there is memory for a large picture, asked before anything of it is decoded."""

import sys
from pathlib import Path

ASKED_FROM = 500_000_000
"""Bytes below which nobody is asked."""

_GROUP = Path("/sys/fs/cgroup")


def may_take(size: int) -> bool:
    """Whether so many bytes can be had; True where nobody knows."""
    if size < ASKED_FROM:
        return True
    if sys.platform == "emscripten":
        # What a page may have nobody tells. It is only ever got, so that this costs nothing later.
        try:
            return len(bytearray(size)) == size
        except (MemoryError, OverflowError):
            return False
    available = _available()
    return available is None or size <= available


def _available() -> int | None:
    """Bytes that the system can give without swapping, as Linux tells; None elsewhere."""
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
