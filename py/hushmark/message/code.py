"""The error-correcting code: a polar code, decoded from soft values with a list.

A word is u F, where F is the m-th Kronecker power of [[1, 0], [1, 1]] over GF(2) and u holds the information
in its most reliable places, zeros elsewhere (Arikan, "Channel polarization", 2009). Places are ranked by
their polarization weight (He et al., "Beta-expansion", 2017), which needs no table and no assumption about
the noise. A length that is no power of two is made by shortening. Decoding is successive cancellation with a
list (Tal and Vardy, "List decoding of polar codes", 2015) in the min-sum form, so the scale of the logits
does not matter.

All arithmetic after `quantise` is on integers, so every runtime gives the same answer. `tests.bench.codes`
has the figures that this code was chosen by.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Value = TypeVar("_Value", bound=np.generic)

_BETA = 2**0.25
"""Base of the polarization weight; 1.15 and 1.25 measured worse."""
_LEVELS = 127
"""Largest quantised logit: the sum of 256 of them still fits into int16."""
SOFT, HARD = 3.0, 1.0
"""Clips for `quantise`. The soft one loses nothing where the noise is even; the hard one reads marks in which
a tenth of the bits is wrong with larger logits than the rest, and loses some 0.4 dB elsewhere."""


def quantise(logits: NDArray[np.floating], clip: float = SOFT) -> NDArray[np.int16]:
    """Finite logits [w, n] of any scale -> int16 [w, n], -127..127 a row; a row of zeros stays one.

    Logits are clipped at `clip` times the median magnitude of those of their row that are not 0.
    """
    exact = logits.astype(np.float64)
    # Logits of 0, as where a part of the picture is gone, do not count for the scale.
    magnitudes = np.sort(np.abs(exact), axis=1)
    silent = (magnitudes == 0).sum(axis=1)
    middle = np.minimum((silent + exact.shape[1]) // 2, exact.shape[1] - 1)
    median = np.take_along_axis(magnitudes, middle[:, np.newaxis], axis=1)
    most = clip * np.where(median == 0, 1.0, median)
    return np.rint(np.clip(exact / most, -1, 1) * _LEVELS).astype(np.int16)


class PolarCode:
    """The code of `length` raw bits, 2..256, for `size` bits of information, below `length`."""

    def __init__(self, length: int, size: int) -> None:
        self.length, self.size = length, size
        self._order = (length - 1).bit_length()
        full = 1 << self._order
        reversed_places = np.array([int(f"{place:0{self._order}b}"[::-1], 2) for place in range(full)])
        # Shortening: these places of the word are always 0 because none of the rows below reaches them.
        self._gone = reversed_places[length:]
        self._kept = np.setdiff1d(np.arange(full), self._gone)
        weights = self._weights()
        weights[self._gone] = -1
        self._rows = np.sort(np.argsort(-weights, kind="stable")[:size])
        self._frozen = np.ones(full, np.bool_)
        self._frozen[self._rows] = False

    def encode(self, bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Information uint8 [..., size] of 0 and 1 -> words uint8 [..., length] of 0 and 1."""
        inputs = np.zeros((*bits.shape[:-1], 1 << self._order), np.uint8)
        inputs[..., self._rows] = bits
        word: NDArray[np.uint8] = _transform(inputs)[..., self._kept]
        return word

    def decode(
        self, quantised: NDArray[np.int16], paths: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int32]]:
        """The likeliest words for `quantised` [w, length], where a positive value means 1.

        `paths`: how many are followed and returned, the likeliest first.
        Returns their information uint8 [w, paths, size], the words uint8 [w, paths, length], and their
        distances int32 [w, paths]: the sum of the magnitudes of the values that a word contradicts.
        """
        start = np.zeros((len(quantised), 1, 1 << self._order), np.int16)
        start[:, 0, self._gone] = _LEVELS
        start[:, 0, self._kept] = -quantised
        search = _Search(self._frozen, paths, len(quantised))
        signs = search.walk(start, 0)[0]
        order = np.argsort(search.distances, axis=1, kind="stable")
        words = _of_paths(signs < 0, order).astype(np.uint8)
        distances = _of_paths(search.distances, order)
        return _transform(words)[..., self._rows], words[..., self._kept], distances

    def _weights(self) -> NDArray[np.float64]:
        """float64 [full length]: the higher, the more reliable a place of u is."""
        places = np.arange(1 << self._order)
        bits = places[:, np.newaxis] >> np.arange(self._order) & 1
        weights: NDArray[np.float64] = (bits * _BETA ** np.arange(self._order)).sum(axis=1)
        return weights


class _Search:
    """Successive cancellation of `words` words at once, each with at most `paths` paths.

    Here a positive value means 0, and bits are signs: 1 for 0 and -1 for 1. `distances` int32 [words, paths
    so far] grow as paths contradict the values.
    """

    def __init__(self, frozen: NDArray[np.bool_], paths: int, words: int) -> None:
        self._frozen, self._paths = frozen, paths
        self.distances = np.zeros((words, 1), np.int32)

    def walk(self, values: NDArray[np.int16], at: int) -> tuple[NDArray[np.int16], NDArray[np.int64] | None]:
        """Decide the part of u that starts at `at`, for values [words, paths, n] of its part of the word.

        Returns the signs [words, new paths, n], and of each new path the number of the old one that it goes
        on, or None where the paths are the old ones.
        """
        size = values.shape[-1]
        frozen = self._frozen[at : at + size]
        if frozen.all():
            self.distances = self.distances - np.minimum(values, 0).sum(axis=-1, dtype=np.int32)
            return np.ones_like(values), None
        if frozen[:-1].all():
            return self._split(values)
        half = size // 2
        left, right = values[..., :half], values[..., half:]
        weaker = np.minimum(np.abs(left), np.abs(right))
        first, order = self.walk(np.where(left ^ right < 0, -weaker, weaker), at)
        if order is not None:
            left, right = _of_paths(left, order), _of_paths(right, order)
        second, later = self.walk(right + left * first, at + half)
        if later is not None:
            first = _of_paths(first, later)
            order = later if order is None else _of_paths(order, later)
        return np.concatenate((first * second, second), axis=-1), order

    def _split(self, values: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Extend each path by 0 and by 1, repeated over all n places, and keep the likeliest paths."""
        zeros = np.minimum(values, 0).sum(axis=-1, dtype=np.int64)
        ones = np.maximum(values, 0).sum(axis=-1, dtype=np.int64)
        both = np.concatenate((self.distances - zeros, self.distances + ones), axis=1)
        count = both.shape[1]
        # The path's number makes keys of equal distance differ, so any sorting gives the same order.
        keys = np.sort(both * count + np.arange(count), axis=1)[:, : self._paths]
        self.distances, chosen = (keys // count).astype(np.int32), keys % count
        signs = np.where(chosen < count // 2, 1, -1).astype(np.int16)[..., np.newaxis]
        return np.repeat(signs, values.shape[-1], axis=-1), chosen % (count // 2)


def _of_paths(values: NDArray[_Value], paths: NDArray[np.int64]) -> NDArray[_Value]:
    """Values [words, paths, ...] of some paths [words, new paths]."""
    return values[np.arange(len(paths))[:, np.newaxis], paths]


def _transform(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [..., 2^m] times F over GF(2), which is its own inverse."""
    word = bits.copy()
    for step in range(word.shape[-1].bit_length() - 1):
        pairs = word.reshape(*word.shape[:-1], -1, 2, 1 << step)
        pairs[..., 0, :] ^= pairs[..., 1, :]
    return word
