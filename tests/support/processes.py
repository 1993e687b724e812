"""The descendants of this process."""

import os
from contextlib import suppress
from pathlib import Path


def descendants() -> set[int]:
    """Their numbers, by /proc."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    inside = {os.getpid()}
    while found := {each for each, parent in parents.items() if parent in inside} - inside:
        inside |= found
    return inside - {os.getpid()}
