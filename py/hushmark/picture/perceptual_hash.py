"""The perceptual hash of a picture: pictures that look alike have hashes that differ in few bits."""

import numpy as np
from numpy.typing import NDArray

_SIDE = 32
_WAVES = 8
"""Frequencies per side that are used: 8 x 8 give 64 bits."""


def _cosines() -> NDArray[np.float64]:
    """The matrix [_WAVES, _SIDE] of the discrete cosine transform (DCT-II), its lowest rows."""
    places = (np.arange(_SIDE) + 0.5) / _SIDE
    rows = np.cos(np.pi * np.outer(np.arange(_WAVES), places))
    return rows * np.sqrt(np.where(np.arange(_WAVES) == 0, 1, 2) / _SIDE)[:, np.newaxis]


_COSINES = _cosines()


def perceptual_hash(seen: NDArray[np.float32]) -> str:
    """The hash of float32 [1,3,S,S] in 0..1, S a multiple of 32 -> 64 bits as 16 hex digits.

    A bit says whether a low frequency of the grey picture is above the median of these (Zauner, 2010). It
    changes little with size, compression, brightness and a mark, but not with crops and turns.
    """
    grey = seen[0].mean(axis=0, dtype=np.float64)
    times = grey.shape[0] // _SIDE
    small = grey.reshape(_SIDE, times, _SIDE, times).mean(axis=(1, 3))
    # Rounded, so that a flat picture has the same hash wherever it is computed.
    waves = (_COSINES @ small @ _COSINES.T).round(4)
    return np.packbits(waves > np.median(waves)).tobytes().hex()
