"""The waves that an overlay's tile has besides its mark, which say where it begins."""

from typing import NamedTuple


class GuideWave(NamedTuple):
    """A wave of luma. `across`, `down`: cycles a tile; `phase`: in radians, at the tile's top left corner."""

    across: int
    down: int
    phase: float


GUIDE = (
    GuideWave(34, 3, 2.51),
    GuideWave(27, -3, -0.14),
    GuideWave(45, 9, -2.66),
    GuideWave(25, 13, 0.98),
    GuideWave(33, -3, -1.87),
    GuideWave(29, 3, -3.02),
    GuideWave(45, 4, -1.08),
    GuideWave(26, -5, 2.61),
    GuideWave(26, 13, 0.09),
    GuideWave(36, -6, 2.21),
    GuideWave(32, 5, -0.05),
    GuideWave(29, 15, -0.81),
)
"""Chosen by trial from many sets: these look least like themselves when moved by a multiple of the PERIOD."""
