"""How far a job is: its phases are reported and timed here."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    `phase`: the current one; `done`: steps of the phase that are done; `total`: steps of the phase, at most;
    `share`: of the whole job that is done, 0..1.
    """

    phase: str
    done: int
    total: int
    share: float


OnProgress = Callable[[Progress], None]
"""Called as each phase starts, and after each of its steps where it has any.

Marking: open, prepare, forward, refine, apply, save, check. Reading: open, search, whose steps are windows.
"""


class Phases:
    """Reports the phases of a job, times them, and lets the event loop run between them."""

    def __init__(self, names: Sequence[str], on_progress: OnProgress | None) -> None:
        """`names`: all phases in their order."""
        self._names = names
        self._on_progress = on_progress
        self._starts: list[tuple[str, float]] = []
        self._phase = names[0]

    async def enter(self, phase: str) -> None:
        """Start the next phase."""
        self._phase = phase
        self.step(0, 1)
        await asyncio.sleep(0)
        self._starts.append((phase, time.perf_counter()))

    def step(self, done: int, total: int) -> None:
        """Report that so many of the phase's steps are done."""
        if self._on_progress is not None:
            share = (self._names.index(self._phase) + done / total) / len(self._names)
            self._on_progress(Progress(self._phase, done, total, share))

    def finish(self) -> dict[str, float]:
        """Milliseconds by phase."""
        ends = [start for _, start in self._starts[1:]] + [time.perf_counter()]
        return {phase: 1000 * (end - start) for (phase, start), end in zip(self._starts, ends, strict=True)}
