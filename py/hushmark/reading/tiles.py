"""Finds a tile that is repeated over a page: its size, where it begins, and the mean of its repetitions.

A tile is far fainter than the page beneath it. In the mean of all repetitions, with quiet places weighted
more, the page averages out and the tile remains. The spectrum shows the tile's size, by the waves of all
marks (see `carrier`) and those of the guide; the guide, which repeats only with the whole tile, shows where
it begins.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from ..card import Wave
from ..guide import GUIDE
from ..picture.colour import TO_RGB, TO_YCC

Floats = NDArray[np.float64]
Planes = NDArray[np.float32]

VIEW_SIDE = 1600
"""Most pixels a side at which a page is looked at: more than for pictures, since tiles are small."""
GRID = 160
"""Side of a tile as it is returned."""
_LEAST, _MOST = 96.0, 1000.0
"""Sides of tiles, in pixels, that are looked for."""
_FINE = 56
"""A tile's side over the reach of the local mean that is subtracted, which leaves only fine detail."""
_SCAN_REACH = 4
"""The same reach, in pixels, as long as the tile's side is not known."""
_LIMIT = 3
"""Stronger levels are clipped: they belong to the page."""
_LEAST_POWER = 0.5
"""In squared levels. Quieter places count no more than those with this power."""
_STEP = 0.3
"""Samples of the spectrum by which the finest wave moves from one side tried to the next."""
_TAPERED = 0.15
"""Share of a side of the page, at each end, where the spectrum's window falls to 0."""
_BESIDE = [(y, x) for y in range(-7, 8) for x in range(-7, 8) if max(abs(x), abs(y)) > 2 and (x + y) % 2 == 0]
"""Where the noise of a wave is measured, down and across, in samples of the spectrum."""
_MOST_OVER_NOISE = 30.0
"""The power of a wave is clipped at this multiple of the noise."""
_STANDS_OUT = 5.0
"""A side is looked at if it lies so many deviations above the median of all sides; tiles reach 8 or more."""
_SIDES, _APART, _NEIGHBOURS = 3, 0.02, 2
"""How many sides are looked at, the least share by which they differ, and how many are tried beside each."""
_MOST_AMPLITUDE = 12.0
"""Amplitudes are clipped at this multiple of the noise."""
_BEGINNINGS, _SAME = 2, 2
"""How many beginnings are looked at; two that are at most so many steps of the grid apart are one."""
MOST_TILES = _SIDES * _BEGINNINGS
_UNSEEN = 1.0
"""Weight of zeros added at each place, over the mean weight, so that places seen in few tiles count less."""
_SHOWN = 2.0 / 255
"""RMS of the network's input: about that of the marks in training."""
_CREST = 8.0


def tiles(page: Image.Image, waves: Sequence[Wave]) -> Iterator[Planes]:
    """Possible tiles of an RGB page, the likeliest first: planes [3,GRID,GRID].

    They are RGB in 0..1; `waves`: of the model's card. None where the page shows no sign of a tile.
    """
    if not waves or min(page.size) < _LEAST:
        return
    guide = [Wave(0, wave.across, wave.down, 1.0, wave.phase) for wave in GUIDE]
    for sides in _sides(page, [*waves, *guide]):
        quiet = _quiet(page, max(round(float(sides.mean()) / _FINE), 2))
        means = [_mean_tile(quiet, side) for side in sides.tolist()]
        fits = [_fits(mean, waves) for mean in means]
        best = max(range(len(means)), key=lambda number: float(fits[number].max()))
        for down, across in _beginnings(fits[best]):
            rgb = np.tensordot(TO_RGB, np.roll(means[best], (-down, -across), (1, 2)), 1)
            rgb *= _SHOWN / max(float(rgb.std()), 1e-9)
            yield (0.5 + np.clip(rgb, -_CREST * _SHOWN, _CREST * _SHOWN)).astype(np.float32)


def _quiet(page: Image.Image, reach: int) -> Planes:
    """The fine detail of a page: [H,6,W].

    First red, green and blue levels, -_LIMIT.._LIMIT, times the weight of each place, then these weights.
    """
    fine = ImageChops.subtract(page, page.filter(ImageFilter.BoxBlur(reach)), 1, 128)
    power = fine.point([min((level - 128) ** 2, 255) for level in range(256)] * 3)
    around = np.asarray(power.filter(ImageFilter.BoxBlur(max(reach // 2, 1))))
    limited = fine.point([min(max(level, 128 - _LIMIT), 128 + _LIMIT) for level in range(256)] * 3)
    quiet = np.empty((page.height, 6, page.width), np.float32)
    levels, counts = quiet[:, :3], quiet[:, 3:]
    np.add(around.transpose(0, 2, 1), np.float32(_LEAST_POWER), out=counts)
    np.reciprocal(counts, out=counts)
    np.subtract(np.asarray(limited).transpose(0, 2, 1), np.float32(128), out=levels)
    levels *= counts
    return quiet


def _sides(page: Image.Image, waves: Sequence[Wave]) -> list[Floats]:
    """Sides of a tile, in pixels, with which the waves stand out from the spectrum, the likeliest first.

    Each with neighbouring sides: only the mean of the tiles shows which one is exact.
    """
    red, green, blue = _quiet(page, _SCAN_REACH)[:, :3].transpose(1, 0, 2)
    height, width = red.shape
    taper = np.outer(_taper(height), _taper(width))
    spectra = {
        channel: _power(np.fft.rfft2((of_red * red + of_green * green + of_blue * blue) * taper))
        for channel, (of_red, of_green, of_blue) in enumerate(TO_YCC)
        if any(wave.channel == channel for wave in waves)
    }
    finest = max(math.hypot(wave.across, wave.down) for wave in waves)
    tried = [_LEAST]
    while tried[-1] < min(_MOST, max(page.size)):
        tried.append(tried[-1] * (1 + _STEP * tried[-1] / (finest * max(page.size))))
    sides = np.array(tried)
    scores = np.zeros(len(sides))
    for wave in waves:
        scores += wave.amplitude * _over_noise(spectra[wave.channel], width, wave, sides)
    middle = np.median(scores)
    # 1.4826 turns a median of distances into a standard deviation.
    least = middle + _STANDS_OUT * 1.4826 * np.median(np.abs(scores - middle))
    found: list[int] = []
    for at in scores.argsort()[::-1].tolist():
        if len(found) == _SIDES or scores[at] < least:
            break
        if all(abs(math.log(sides[at] / sides[other])) > _APART for other in found):
            found.append(at)
    return [sides[max(at - _NEIGHBOURS, 0) : at + _NEIGHBOURS + 1] for at in found]


def _power(spectrum: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """The squares of its absolute values."""
    power: NDArray[np.floating] = np.square(spectrum.real)
    power += np.square(spectrum.imag)
    return power


def _taper(length: int) -> Planes:
    """1 in the middle and 0 at the ends, so that the lines of the spectrum stay narrow."""
    to_end = np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5
    taper: Planes = np.square(np.sin(np.pi / 2 * np.minimum(to_end / (_TAPERED * length), 1)))
    return taper.astype(np.float32)


def _over_noise(spectrum: NDArray[np.floating], width: int, wave: Wave, sides: Floats) -> Floats:
    """Power of a wave over the noise beside it, for tiles of each of these sides.

    `spectrum`: of real values [H,width], so its columns are 0..width/2; `wave` runs to the right.
    """
    height, columns = spectrum.shape
    down = np.rint(wave.down * height / sides).astype(np.intp)
    across = np.rint(wave.across * width / sides).astype(np.intp)
    margin = max(map(max, _BESIDE))
    inside = (np.abs(down) < height // 2 - margin) & (across >= margin) & (across < columns - margin)
    places, which = _runs(np.stack([down[inside], across[inside]]))
    down, across = places
    beside = np.stack([spectrum[down + y, across + x] for y, x in _BESIDE])
    noise = np.exp(np.log(np.maximum(beside, 1e-9)).mean(axis=0))
    over = np.ones(len(sides))
    over[inside] = np.minimum(spectrum[down, across] / noise, _MOST_OVER_NOISE)[which]
    return over


def _runs(columns: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Columns [k,n] without those that repeat the one before, and the number of the one kept for each [n]."""
    first = np.ones(columns.shape[1], np.bool_)
    first[1:] = (columns[:, 1:] != columns[:, :-1]).any(axis=0)
    return columns[:, first], np.cumsum(first) - 1


def _mean_tile(quiet: Planes, side: float) -> Floats:
    """The mean of all tiles of this side, from the page's top left on: Y, Cb, Cr [3,GRID,GRID].

    `quiet`: from `_quiet`, [H,6,W].
    """
    # Rows at the same place of the tile are added up first, then columns: much faster than pixel by pixel.
    tile = _folded(_folded(quiet, side).transpose(2, 1, 0), side).astype(np.float64).transpose(1, 2, 0)
    total, counted = tile[:3], tile[3:]
    rgb = total / np.maximum(counted + _UNSEEN * counted.mean(axis=(1, 2), keepdims=True), 1e-9)
    ycc = np.tensordot(TO_YCC, rgb, 1)
    centred: Floats = ycc - ycc.mean(axis=(1, 2), keepdims=True)
    return centred


def _folded(lines: Planes, side: float) -> Planes:
    """The sums of the lines [n,...] of a page that are at the same place of the tile: [GRID,...]."""
    sums = np.zeros((GRID, *lines.shape[1:]), np.float32)
    places = (np.arange(len(lines)) / side % 1 * GRID).astype(np.intp).tolist()
    for place, line in zip(places, np.ascontiguousarray(lines), strict=True):
        sums[place] += line
    return sums


def _fits(mean: Floats, waves: Sequence[Wave]) -> Floats:
    """How well a mean of tiles fits tiles that begin at each of its places, down and across: [GRID,GRID]."""
    spectrum = np.fft.fft2(mean)
    fine = np.abs(spectrum[:, GRID // 8 : GRID * 3 // 8, GRID // 8 : GRID * 3 // 8])
    spectrum /= np.maximum(np.sqrt(np.median(np.square(fine), axis=(1, 2))), 1e-9)[:, np.newaxis, np.newaxis]
    spectrum *= np.minimum(1, _MOST_AMPLITUDE / np.maximum(np.abs(spectrum), 1e-9))
    fit = np.zeros((GRID, GRID), np.complex128)
    for wave in waves:
        # The card's phases are at the middle of the tile.
        phase = wave.phase - math.pi * (wave.across + wave.down)
        place = round(wave.down), round(wave.across)
        fit[place] += wave.amplitude * np.exp(-1j * phase) * spectrum[(wave.channel, *place)]
    for guide in GUIDE:
        fit[guide.down, guide.across] += np.exp(-1j * guide.phase) * spectrum[0, guide.down, guide.across]
    fits: Floats = np.fft.ifft2(fit).real
    return fits


def _beginnings(fits: Floats) -> list[tuple[int, int]]:
    """Where tiles begin, down and across, the likeliest first."""
    found: list[tuple[int, int]] = []
    for at in fits.ravel().argsort()[::-1].tolist():
        place = divmod(at, GRID)
        if all(max(map(_between, place, other)) > _SAME for other in found):
            found.append(place)
            if len(found) == _BEGINNINGS:
                break
    return found


def _between(one: int, other: int) -> int:
    """Steps from one place on a repeated line to another."""
    return min((one - other) % GRID, (other - one) % GRID)
