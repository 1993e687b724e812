"""Where a marked picture lies, from the waves that all marks have in common.

The networks put the same few waves into every mark. Cropping, scaling and turning move them in the spectrum
of a window. Their places give the linear part of the map from the window to the marked picture, and their
phases the shift, up to a period that the waves share. This is registration by a template in the spectrum
(Pereira and Pun, "Robust template matching for affine resistant image watermarks", 2000), with a template
that the networks have learnt.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..card import PERIOD, Wave
from ..picture.colour import TO_YCC
from .frame import Frame, inverse

Floats = NDArray[np.float64]
Planes = NDArray[np.float32]
Value = TypeVar("Value", np.float64, np.complex128)

SIDE = 320
"""Side of a window, in samples."""

_SMOOTH, _AROUND, _LEAST_DEVIATION, _EDGE = 9, 25, 0.6 / 255, 2.0
"""The mean of 9x9 is subtracted; the rest is divided by its deviation in 25x25 and clipped at twice that."""
_FINER = 2
"""Samples of the spectrum per cycle."""
_SPAN = SIDE * _FINER
_MARGIN = 5
"""Samples at the ends of the spectrum that are ignored."""
_NOISE = 41
"""Side, in samples of the spectrum, of the square whose mean power is the noise of a wave."""
_MOST_POWER, _MOST_AMPLITUDE = 8.0, 4.0
"""Power and amplitude over noise are clipped at these, so that a single strong line of the cover is not taken
for all waves."""

_SCALES = np.exp(np.arange(math.log(0.4), math.log(2.5), 0.016))
"""Widths and heights of windows that are tried, relative to the marked picture's."""
_KEPT = 16
"""How many sizes of each kind of window are compared by their phases."""
_LEAST_SIDE, _MOST_SIDE, _LEAST_SINE = 0.35, 2.6, 0.5
"""Limits of the sides of turned windows, relative to the marked picture's, and of the sine between them."""
_ACROSS, _DOWN = 0.0125, 0.04
"""Steps between the sides of turned windows: waves have many cycles across, and few down."""
_LEADING, _SECOND, _TURNED = 12, 60, 6
"""How many first sides, second sides for each, and turned windows at the end are kept."""
_UPRIGHT = 1.5
"""Added to the score of an upright window: fewer of these are tried than of turned ones."""
_CELL, _COARSE_CELL = 32, 16
"""How many shifts are tried along a side of a period: for one window, and for many at once."""
_SAME = 0.03
"""Places whose coefficients differ by less than this are one: the decoder reads the same in both."""

_CHUNK = 1024
"""How many points are compared at once, the strongest first."""

_BLOCKS = 16
"""Blocks along a side of a window; the waves are looked for in each block."""
_BESIDE = 0.03
"""Share of a side by which a window may seem to reach beyond the marked picture, or the picture beyond it."""
_LEAST_SHARED = 0.7
"""Least share of the window that is in the marked picture, or of the picture that is in the window."""
_SEEN, _WHOLLY = 3.0, 4.0
"""Scores of a frame in which all waves are seen, and of one that lies wholly in the window or contains it; a
distance of one side between their middles costs 1."""
_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5)])
"""Top left, top right and bottom left corner, in sides from the middle."""
_TURNS = np.array([[(1, 0), (0, 1)], [(-1, 0), (0, 1)], [(0, 1), (1, 0)], [(0, -1), (1, 0)]], np.float64)
"""Upright, mirrored, and both turned by a quarter. Their opposites have the same power."""


class Carrier:
    """The waves of all marks; empty for networks without any."""

    def __init__(self, waves: Sequence[Wave]) -> None:
        # Waves of one frequency, in several channels, are adjacent.
        ordered = sorted(waves, key=lambda wave: (wave.across, wave.down))
        self.channels = np.array([wave.channel for wave in ordered], np.intp)
        self.amplitudes = np.array([wave.amplitude * np.exp(1j * wave.phase) for wave in ordered])
        self.weights = np.abs(self.amplitudes)
        each = np.array([(wave.across, wave.down) for wave in ordered], np.float64).reshape(-1, 2)
        # The frequencies [m,2], the first wave of each [m], and the frequency that each wave has [k].
        self.frequencies, self.starts, self.which = np.unique(
            each, axis=0, return_index=True, return_inverse=True
        )
        # Factors by which a shift across and down the period turns the waves, by cell: real parts, then
        # negated imaginary parts [2m,cell*cell].
        self.shifts = {cell: self._turned_back(cell) for cell in (_CELL, _COARSE_CELL)}

    def _turned_back(self, cell: int) -> Floats:
        shifts = np.arange(cell) * (PERIOD / cell)
        across, down = np.exp(-2j * np.pi * self.frequencies.T[..., np.newaxis] * shifts)
        turns = (across[:, :, np.newaxis] * down[:, np.newaxis]).reshape(-1, cell * cell)
        return np.concatenate([turns.real, -turns.imag])

    def by_frequency(self, values: NDArray[Value]) -> NDArray[Value]:
        """The sums [...,m] of values [...,k] over the waves of each frequency."""
        return np.add.reduceat(values, self.starts, axis=-1)

    def places(self, window: Planes) -> list["Place"]:
        """Where a window float32 [3,SIDE,SIDE], RGB in 0..1, may lie in a picture, the likeliest first."""
        if not len(self.weights):
            return []
        spectrum = _Spectrum(window, self)
        found = itertools.chain(*map(spectrum.shifted, (*_upright(spectrum), *_turned(spectrum))))
        places: list[Place] = []
        for place in sorted(found, key=lambda place: place.score, reverse=True):
            if not any(place.is_like(other) for other in places):
                places.append(place)
        return places


@dataclass(frozen=True)
class Place:
    """Where a window lies in a marked picture.

    A point (x, y) of the window is the point `matrix` @ (x, y) + `shift` of the picture, or that moved by
    whole PERIODs; both are in sides from the middle. `score`: how well the waves fit, in standard deviations
    of noise; the best place of an unmarked window has about 5. `spectrum`: of the window.
    """

    matrix: Floats
    shift: Floats
    score: float
    spectrum: "_Spectrum"

    def is_like(self, other: "Place") -> bool:
        """Whether the decoder would read the same at both places."""
        beside = np.abs((self.shift - other.shift + PERIOD / 2) % PERIOD - PERIOD / 2).max()
        return bool(beside < _SAME / 2 and np.abs(self.matrix - other.matrix).max() < _SAME)

    def frames(self, window: Frame) -> list[Frame]:
        """The frames that the marked picture may have, if the window's is `window`; the likeliest first.

        They are a PERIOD apart. A frame is likely if the window is in the picture or the picture in the
        window, if the waves are seen in it, and if the middles are near each other.
        """
        back = inverse(self.matrix)
        reach = math.ceil((0.5 + np.abs(self.matrix).sum(axis=1).max() / 2) / PERIOD)
        steps = np.arange(-reach, reach + 1) * PERIOD
        shifts = self.shift + np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        most = 0.5 + _BESIDE
        in_picture = _inside(_middles() @ self.matrix.T, shifts, most)
        in_window = _inside(_middles() @ back.T, -shifts @ back.T, most)
        shared = np.maximum(in_picture.mean(axis=1), in_window.mean(axis=1))
        seen = self.spectrum.seen(self.matrix, self.shift).ravel()
        inside = (in_picture * (seen - seen.mean() / 2)).sum(axis=1)
        worth = _SEEN * inside / max(float(inside.max()), 1e-9) + _WHOLLY * shared - np.hypot(*shifts.T)
        middle = window.moved(0.5, 0.5).corner
        frames = []
        for at in worth.argsort()[::-1]:
            if shared[at] >= _LEAST_SHARED:
                corner, right, bottom = (
                    complex(middle + x * window.across + y * window.down)
                    for x, y in (_CORNERS - shifts[at]) @ back.T
                )
                frames.append(Frame(corner, right - corner, bottom - corner))
        return frames


class _Spectrum:
    """The spectrum of a window, relative to the noise of its content."""

    def __init__(self, window: Planes, carrier: Carrier) -> None:
        self.carrier = carrier
        self._flat = _flattened(np.tensordot(TO_YCC, window, 1))
        spectrum = np.fft.rfft2((self._flat * _taper()).astype(np.float32), (_SPAN, _SPAN), axes=(1, 2))
        spectrum = np.fft.fftshift(spectrum, axes=1)
        spectrum *= _from_middle()
        power = np.square(spectrum.real, dtype=np.float64)
        power += np.square(spectrum.imag, dtype=np.float64)
        # The noise is usually thousands; at least 1, since a window of one colour has none.
        noise = np.maximum(_mean(np.minimum(power, 4 * _mean(power, _NOISE)), _NOISE), 1)
        self._waves = spectrum / np.sqrt(noise)
        self._power = power / noise
        half = np.minimum(self._power, _MOST_POWER).astype(np.float32)
        half[:, :_MARGIN] = half[:, -_MARGIN:] = 0
        half[:, :, -_MARGIN:] = 0
        # The power that the waves of each frequency have at each place of the spectrum, down and across from
        # the middle: [m,_SPAN,_SPAN]. The outermost places are 0.
        weights = np.zeros((len(carrier.frequencies), len(half)), np.float32)
        weights[carrier.which, carrier.channels] = carrier.weights
        middle_at = _SPAN // 2
        self._power_at = np.zeros((len(weights), _SPAN, _SPAN), np.float32)
        for whole, of_channels in zip(self._power_at, weights, strict=True):
            for plane, weight in zip(half, of_channels, strict=True):
                if weight:
                    whole[:, middle_at:] += weight * plane[:, :-1]
            whole[1:, 1:middle_at] = whole[:0:-1, :middle_at:-1]

    def powers(self, matrices: Floats, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """Approximate power at the places of the waves: matrices [n,2,2] -> [n].

        `which`: the frequencies that count, [m]; None for all.
        """
        total = np.zeros(len(matrices), np.float32)
        middle = _SPAN // 2
        (xx, xy), (yx, yy) = matrices.transpose(1, 2, 0).astype(np.float32) * _FINER
        for number, (across, down) in enumerate(self.carrier.frequencies.astype(np.float32)):
            if which is None or which[number]:
                x = np.clip(np.rint(across * xx + down * yx), -middle, middle - 1).astype(np.intp)
                y = np.clip(np.rint(across * xy + down * yy), -middle, middle - 1).astype(np.intp)
                total += self._power_at[number].ravel()[(y + middle) * _SPAN + (x + middle)]
        return total

    def amplitudes(self, matrices: Floats) -> Floats:
        """Exact amplitudes of the waves, added up: matrices [n,2,2] -> [n]."""
        power, _ = self._between(self._power, matrices)
        total: Floats = np.sqrt(power) @ self.carrier.weights
        return total

    def fits(self, matrices: Floats) -> Floats:
        """How well the phases fit at the best of all shifts: matrices [n,2,2] -> scores [n]."""
        best: Floats = self._scores(matrices, _COARSE_CELL).max(axis=(0, 2, 3))
        return best

    def shifted(self, matrix: Floats) -> list[Place]:
        """The places with a matrix [2,2] and with its opposite, each at the shift that fits best."""
        extra = _UPRIGHT if (matrix == 0).any() else 0.0
        places = []
        for sign, scores in zip((1, -1), self._scores(matrix[np.newaxis], _CELL)[:, 0], strict=True):
            shift = (
                PERIOD / _CELL * np.array(np.unravel_index(int(scores.argmax()), scores.shape), np.float64)
            )
            places.append(Place(sign * matrix, shift, float(scores.max()) + extra, self))
        return places

    def seen(self, matrix: Floats, shift: Floats) -> Floats:
        """How much of the waves of a place is in each block: [_BLOCKS,_BLOCKS], of any scale."""
        carrier, side = self.carrier, SIDE // _BLOCKS
        line = (np.arange(SIDE) + 0.5) / SIDE - 0.5
        across, down = np.exp(-2j * np.pi * (carrier.frequencies @ matrix).T[..., np.newaxis] * line)
        # First along the columns of each block, in all channels at once: [blocks,2m,channels,SIDE].
        rows = down.reshape(-1, _BLOCKS, side).transpose(1, 0, 2)
        flat = self._flat.reshape(-1, _BLOCKS, side, SIDE).transpose(1, 2, 0, 3).reshape(_BLOCKS, side, -1)
        sums = np.concatenate([rows.real, rows.imag], axis=1) @ flat
        real, imaginary = sums.reshape(_BLOCKS, 2, len(down), -1, SIDE).transpose(1, 0, 2, 3, 4)
        shifted = np.exp(-2j * np.pi * (carrier.frequencies @ shift))
        weights = np.zeros((len(down), real.shape[2]), np.complex128)
        weights[carrier.which, carrier.channels] = carrier.amplitudes.conj() * shifted[carrier.which]
        total = np.zeros((_BLOCKS, SIDE))
        for number, of_channels in enumerate(weights):
            for channel in np.flatnonzero(of_channels):
                wave = of_channels[channel] * across[number]
                total += real[:, number, channel] * wave.real - imaginary[:, number, channel] * wave.imag
        blocks: Floats = total.reshape(_BLOCKS, _BLOCKS, side).sum(axis=2)
        return blocks

    def _scores(self, matrices: Floats, cell: int) -> Floats:
        """Matrices [n,2,2] -> scores [2,n,cell,cell] of them and of their opposites, by shift in x and y."""
        carrier = self.carrier
        seen, opposite = self._between(self._waves, matrices)
        seen = np.where(opposite, seen.conj(), seen)
        seen = seen * np.minimum(1, _MOST_AMPLITUDE / np.maximum(np.abs(seen), 1e-9))
        both = carrier.by_frequency(np.stack([seen, seen.conj()]) * carrier.amplitudes.conj())
        parts = np.concatenate([both.real, both.imag], axis=-1)
        fit = parts @ carrier.shifts[cell] / math.sqrt(np.square(carrier.weights).sum() / 2)
        scores: Floats = fit.reshape(2, len(matrices), cell, cell)
        return scores

    def _between(self, table: NDArray[Value], matrices: Floats) -> tuple[NDArray[Value], NDArray[np.bool_]]:
        """Values of a table of the half-plane at each wave, interpolated: matrices [n,2,2] -> [n,k], and
        whether each is that of the opposite frequency, so conjugate."""
        carrier = self.carrier
        # By frequency, since there are more waves: [n,m,2].
        frequencies = np.einsum("ki,nij->nkj", carrier.frequencies, matrices)
        opposite = frequencies[..., 0] < 0
        frequencies = np.where(opposite[..., np.newaxis], -frequencies, frequencies) * _FINER
        x, y = frequencies[..., 0], frequencies[..., 1] + _SPAN // 2
        inside = (x < _SPAN // 2 - _MARGIN) & (y > _MARGIN) & (y < _SPAN - _MARGIN)
        left = np.clip(np.floor(x).astype(np.intp), 0, _SPAN // 2 - 1)
        top = np.clip(np.floor(y).astype(np.intp), 0, _SPAN - 2)
        which, width = carrier.which, table.shape[2]
        at = (top * width + left)[:, which] + carrier.channels * (table.shape[1] * width)
        x, y = np.where(inside, x - left, 0)[:, which], np.where(inside, y - top, 0)[:, which]
        flat = table.ravel()
        above = flat[at] * (1 - x) + flat[at + 1] * x
        below = flat[at + width] * (1 - x) + flat[at + width + 1] * x
        values: NDArray[Value] = np.where(inside[:, which], above * (1 - y) + below * y, 0)
        return values, opposite[:, which]


@lru_cache(maxsize=1)
def _taper() -> Floats:
    """1 in the middle of a window and 0 at its borders: [SIDE,SIDE]."""
    line = np.hanning(SIDE + 2)[1:-1]
    return np.outer(line, line)


@lru_cache(maxsize=1)
def _from_middle() -> NDArray[np.complex64]:
    """Factors [_SPAN,_SPAN//2+1] with which the phases of a spectrum count from the middle of the window.

    The taper is centred there, so phases change little between samples.
    """
    middle = (0.5 - 0.5 / SIDE) / _FINER
    down = np.arange(-_SPAN // 2, _SPAN // 2)[:, np.newaxis]
    turns = np.exp(2j * np.pi * middle * (down + np.arange(_SPAN // 2 + 1)))
    from_middle: NDArray[np.complex64] = turns.astype(np.complex64)
    return from_middle


def _upright(spectrum: _Spectrum) -> list[Floats]:
    """Matrices of windows with sides parallel to the picture's, also mirrored and turned by quarters.

    One of each kind: of the picture's shape, as high, as wide, and of any shape.
    """
    found = []
    for turn, (sizes, moves) in itertools.product(_TURNS, _kinds()):
        matrices = sizes[..., np.newaxis] * turn
        strongest = matrices[np.argpartition(spectrum.powers(matrices), -_KEPT)[-_KEPT:]]
        best = strongest[spectrum.fits(strongest).argmax()]
        for step in (0.006, 0.003, 0.0015):
            near = best * (1 + step * moves[..., np.newaxis])
            best = near[spectrum.amplitudes(near).argmax()]
        found.append(best)
    return found


def _turned(spectrum: _Spectrum) -> list[Floats]:
    """Matrices of windows of any shape, turned by any angle.

    One side is found by the waves that run straight across, then the other side by all waves.
    """
    just_across = spectrum.carrier.frequencies[:, 1] == 0
    sides = _sides(_ACROSS)
    powers = spectrum.powers(np.stack([sides, np.zeros_like(sides)], axis=1), just_across)
    others = _sides(_DOWN)
    lengths = np.hypot(*others.T)
    guesses = []
    for at in _apart(sides, powers, _LEADING, 0.06):
        side = sides[at]
        area = np.abs(side[0] * others[:, 1] - side[1] * others[:, 0])
        second = others[area > _LEAST_SINE * lengths * np.hypot(*side)]
        matrices = np.stack([np.broadcast_to(side, second.shape), second], axis=1)
        guesses.append(matrices[np.argpartition(spectrum.powers(matrices), -_SECOND)[-_SECOND:]])
    matrices = np.concatenate(guesses)
    best = _apart(matrices.reshape(-1, 4), spectrum.fits(matrices), _TURNED, 0.1)
    return [_climbed(spectrum, matrices[at]) for at in best]


def _climbed(spectrum: _Spectrum, matrix: Floats) -> Floats:
    """The matrix near this one where the waves are strongest."""
    for step in (0.02, 0.01, 0.005, 0.0025, 0.001):
        for _ in range(4):
            near = matrix + step * _changes()
            best = int(spectrum.amplitudes(near).argmax())
            if best == 0:
                break
            matrix = near[best]
    return matrix


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[Floats, Floats], ...]:
    """Widths and heights [n,2] of each kind of upright window, and the steps [m,2] that keep the kind."""
    one = np.ones_like(_SCALES)
    steps = np.arange(-3.0, 4)
    any_size = np.stack(np.meshgrid(_SCALES, _SCALES), axis=-1).reshape(-1, 2)
    any_steps = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return (
        (np.stack([_SCALES, _SCALES], axis=1), np.stack([steps, steps], axis=1)),
        (np.stack([_SCALES, one], axis=1), any_steps),
        (np.stack([one, _SCALES], axis=1), any_steps),
        (any_size, any_steps),
    )


@lru_cache(maxsize=2)
def _sides(step: float) -> Floats:
    """Sides [n,2] of windows in any direction, `step` apart."""
    line = np.arange(-_MOST_SIDE, _MOST_SIDE, step)
    sides = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    lengths = np.hypot(*sides.T)
    some: Floats = sides[(lengths > _LEAST_SIDE) & (lengths < _MOST_SIDE)]
    return some


@lru_cache(maxsize=1)
def _changes() -> Floats:
    """Changes [33,2,2]: none first, then one or two of the four coefficients up or down."""
    units = np.concatenate([np.eye(4), -np.eye(4)])
    pairs = [a + b for a, b in itertools.combinations(units, 2) if (a + b).any()]
    return np.concatenate([np.zeros((1, 4)), units, pairs]).reshape(-1, 2, 2)


@lru_cache(maxsize=1)
def _middles() -> Floats:
    """The middles [n,2] of the blocks of a window, in sides from its middle."""
    line = (np.arange(_BLOCKS) + 0.5) / _BLOCKS - 0.5
    middles: Floats = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return middles


def _inside(points: Floats, shifts: Floats, most: float) -> NDArray[np.bool_]:
    """Which points [k,2], moved by each shift [n,2], are at most `most` from the middle in x and y: [n,k]."""
    across, down = np.ascontiguousarray(points.T)
    inside: NDArray[np.bool_] = np.abs(across + shifts[:, :1]) <= most
    inside &= np.abs(down + shifts[:, 1:]) <= most
    return inside


def _apart(points: Floats, strength: NDArray[np.floating], count: int, distance: float) -> list[int]:
    """The strongest of the points [n,k], by number, `distance` apart, also from each other's opposites."""
    found: list[int] = []
    order = strength.argsort()[::-1]
    for start in range(0, len(order), _CHUNK):
        some = order[start : start + _CHUNK]
        for at in found:
            some = _far(points, some, at, distance)
        while len(some):
            found.append(int(some[0]))
            if len(found) == count:
                return found
            some = _far(points, some, found[-1], distance)
    return found


def _far(points: Floats, some: NDArray[np.intp], one: int, distance: float) -> NDArray[np.intp]:
    """Those of `some` points that are farther than `distance` from point `one` and from its opposite."""
    near = np.minimum(
        np.abs(points[some] - points[one]).max(axis=1), np.abs(points[some] + points[one]).max(axis=1)
    )
    far: NDArray[np.intp] = some[near > distance]
    return far


def _flattened(planes: Planes) -> Floats:
    """Planes [c,S,S] without smooth parts, scaled to even strength."""
    fine = planes - _mean(planes, _SMOOTH)
    deviation = np.sqrt(_mean(np.square(fine), _AROUND) + _LEAST_DEVIATION**2)
    flat: Floats = np.clip(fine / deviation, -_EDGE, _EDGE)
    return flat


def _mean(planes: NDArray[np.floating], side: int) -> Floats:
    """The mean of side x side neighbours along the last two axes; borders repeat the outermost values."""
    mean: Floats = planes.astype(np.float64)
    for axis in (-1, -2):
        margin = [(0, 0)] * mean.ndim
        margin[axis] = (side // 2 + 1, side // 2)
        total = np.moveaxis(np.cumsum(np.pad(mean, margin, mode="edge"), axis=axis), axis, 0)
        mean = np.moveaxis((total[side:] - total[:-side]) / side, 0, axis)
    return mean
