"""Measures how visible a residual is, and shapes it to be as visible as its budget allows.

Visibility is measured on the working grid, 160x160: luma and two colours, each in four bands of frequency,
weighted by how well eyes see them and divided by what the cover's texture hides. Visibility 1 is a
3-norm of about 1 in libjxl's `butteraugli_main`. Luma and colour have budgets of their own: colour is less
visible, but a grey copy of the picture has only luma.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import StrengthError
from ..picture.colour import TO_RGB, TO_YCC

Planes = NDArray[np.float32]

DEFAULT_STRENGTH = 1.0
"""How visible a mark may be by default; 2 is twice as visible."""
MINIMUM_STRENGTH, MAXIMUM_STRENGTH = 0.25, 4.0
GRID = 160
"""Side of the working grid."""

_SEEN_AT_42_DB = np.array(
    [
        (1.15, 1.63, 1.75, 1.62),
        (1.5 * 0.17, 1.5 * 0.24, 2.0 * 0.34, 2.0 * 0.64),
        (0.58, 0.81, 0.96, 1.25),
    ]
)
# Butteraugli's 3-norm of noise at 42 dB in Y, Cb, Cr at 40-80, 20-40, 10-20 and under 10 cycles a picture.
# Eyes find yellow and violet fringes sooner than butteraugli does, hence 1.5 for Cb.
_RMS_OF_UNIT = np.sqrt(np.square(TO_RGB.astype(np.float64)).mean(axis=0))[:, np.newaxis]
WEIGHTS = (_SEEN_AT_42_DB * 10 ** (42 / 20) * _RMS_OF_UNIT).astype(np.float32)
"""[3,4]: visibility of a unit of Y, Cb, Cr in each band, finest first."""

TEXTURE_FLOOR, TEXTURE_UNIT = 0.35, 0.06
TEXTURE_MOST = np.array([2.5, 1.2, 1.2])
TEXTURE_POWER = np.array([0.4, 0.7, 0.7])
"""Texture divides visibility by (floor + min(most, local deviation of luma / unit)) ** power. `most` and
`power` are those of Y, Cb, Cr: texture hides colours better than luma. Flat places hide all three alike."""
TEXTURE_BEYOND = 1.0
"""Texture hides elsewhere, too: visibility in the whole picture is divided by the geometric mean of what its
places hide of luma, to this power. Without it, a mark on a smooth picture is 1.5 times as visible as on
others."""
PEAK = 1.25
"""No place is more visible than this multiple of the budget."""
SHAPE_ROUNDS = 4
"""Rounds in which visibility that PEAK takes from some places is given to the others."""
LUMA_SHARE, COLOUR_SHARE = 0.56, 0.37
"""How visible luma and colour may be at strength 1, each by itself; together that is 0.67."""

_HALVINGS = 3
_REACH = 4  # local deviation is that of 9x9 neighbours
_CENTRINGS = 3


class Budget:
    """The visibility of residuals in one cover."""

    def __init__(self, image: Planes, *more: Planes, grey: bool) -> None:
        """`image` [3,160,160], RGB in 0..1; `grey`: the picture has no colour to change.

        `more`: further covers of the same residual. At each place the one that hides least counts.
        """
        self._image = image
        self._grey = grey
        hidden = _texture(image)
        for cover in more:
            hidden = np.minimum(hidden, _texture(cover))
        self._hidden_power = (hidden * hidden).astype(np.float32)
        hidden = _halved(_halved(hidden))
        self._hidden_at_places = hidden * hidden

    def visibility(self, residual: Planes) -> float:
        """How visible a residual [3,160,160] is, in which 1 is the full range of 8 bits."""
        return _norm(np.sqrt(self._power_seen(_mixed(TO_YCC, residual)).sum(axis=0)))

    def precondition(self, gradient: Planes) -> Planes:
        """The direction that gains most for its visibility.

        `gradient` [3,160,160] of any scale, with respect to red, green and blue -> direction [3,160,160]:
        each band of luma and the two colours divided by the square of its weight, more where texture hides.
        """
        weighted = [
            band / np.square(WEIGHTS[:, level])[:, np.newaxis, np.newaxis]
            for level, band in enumerate(_bands(_mixed(TO_RGB.T, gradient)))
        ]
        total = weighted[-1]
        for band in reversed(weighted[:-1]):
            total = _doubled(total) + band
        return _mixed(TO_RGB, total * self._hidden_power)

    def shape(self, residual: Planes, strength: float) -> Planes:
        """A residual [3,160,160] of any scale -> the one to add, as visible as `strength` allows.

        Twice the strength is twice as visible. Luma and colour each have their share of it, no place is much
        more visible than the others, and the mean of each channel stays. For grey covers all three channels
        are the residual's luma, which then has the budget of both.
        """
        ycc = _mixed(TO_YCC, residual)
        power = self._power_seen(ycc)
        fine = _gain(
            power[0], (math.hypot(LUMA_SHARE, COLOUR_SHARE) if self._grey else LUMA_SHARE) * strength
        )
        if self._grey:
            shaped = np.repeat(ycc[:1] * fine, 3, axis=0)
        else:
            colour = _gain(power[1] + power[2], COLOUR_SHARE * strength)
            shaped = _mixed(TO_RGB, ycc * np.stack([fine, colour, colour]))
        weight = fine / max(float(fine.mean()), 1e-12)
        for _ in range(_CENTRINGS):
            # The mean of a channel is measured after clipping at black and white.
            seen = np.clip(shaped, -self._image, 1 - self._image)
            shaped = shaped - weight * seen.mean(axis=(1, 2))[:, np.newaxis, np.newaxis]
        return shaped.astype(np.float32, copy=False)

    def _power_seen(self, ycc: Planes) -> Planes:
        """Power of Y, Cb, Cr as it is seen at 40x40 places of the cover: [3,40,40]."""
        power: Planes = _weighted_power(ycc) / self._hidden_at_places
        return power


def check_strength(strength: float) -> None:
    """Raises StrengthError outside of MINIMUM_STRENGTH..MAXIMUM_STRENGTH."""
    if not MINIMUM_STRENGTH <= strength <= MAXIMUM_STRENGTH:
        raise StrengthError(MINIMUM_STRENGTH, MAXIMUM_STRENGTH)


def to_grid(planes: Planes) -> Planes:
    """[...,320,320] -> [...,160,160], the mean of 2x2."""
    return _halved(planes)


def luma(planes: Planes) -> Planes:
    """RGB [3,...] -> its luma [...]."""
    grey: Planes = _mixed(TO_YCC[:1], planes)[0]
    return grey


def _gain(power: Planes, wanted: float) -> Planes:
    """Gain [160,160] that makes a residual as visible as wanted, from its power as it is seen, [40,40]."""
    seen: Planes = np.maximum(np.sqrt(power), np.float32(1e-9))
    # The minimum over neighbouring places, so that none is too strong, not even at an edge.
    most = _box_minimum((np.float32(PEAK * wanted) / seen).astype(np.float32, copy=False))
    scale = wanted / _norm(seen)
    gain = most
    for _ in range(SHAPE_ROUNDS):
        gain = np.minimum(np.float32(scale), most)
        scale *= wanted / _norm(seen * gain)
    fine = Image.fromarray(gain).resize((GRID, GRID), Image.Resampling.BILINEAR)
    return np.asarray(fine, np.float32)


def _mixed(matrix: Planes, planes: Planes) -> Planes:
    """Channels [3,...] -> [n,...]; term by term, since a matrix product rounds differently by runtime."""
    return np.stack([row[0] * planes[0] + row[1] * planes[1] + row[2] * planes[2] for row in matrix])


def _texture(image: Planes) -> Planes:
    """The numbers by which the cover's texture divides visibility of Y, Cb, Cr: [3,160,160]."""
    grey = luma(image)
    # Centred first; otherwise the difference of two means of squares loses digits.
    grey = grey - grey.mean()
    mean = _box_mean(grey)
    deviation = np.sqrt(np.maximum(_box_mean(grey * grey) - mean * mean, 0) + np.float32(1e-6))
    most, power = TEXTURE_MOST[:, np.newaxis, np.newaxis], TEXTURE_POWER[:, np.newaxis, np.newaxis]
    covered = TEXTURE_FLOOR + np.minimum(deviation.astype(np.float64) / TEXTURE_UNIT, most)
    hidden = covered**power * TEXTURE_FLOOR ** (TEXTURE_POWER[0] - power)
    whole: Planes = (hidden * math.exp(TEXTURE_BEYOND * float(np.log(hidden[0]).mean()))).astype(np.float32)
    return whole


def _weighted_power(ycc: Planes) -> Planes:
    """Weighted power of each channel at 40x40 places, means over 3x3 of them: [3,40,40]."""
    places = []
    for level, band in enumerate(_bands(ycc)):
        weighted = band * WEIGHTS[:, level, np.newaxis, np.newaxis]
        power = weighted * weighted
        for _ in range(2 - level):
            power = _halved(power)
        places.append(power if level < _HALVINGS else power.repeat(2, axis=1).repeat(2, axis=2))
    total = places[0] + places[1] + places[2] + places[3]
    return np.stack([_box_mean(plane, 1) for plane in total])


def _bands(planes: Planes) -> list[Planes]:
    """Laplacian pyramid (Burt and Adelson 1983) of three halvings, finest first; last the rest, 20x20."""
    bands = []
    for _ in range(_HALVINGS):
        half = _halved(planes)
        bands.append(planes - _doubled(half))
        planes = half
    return [*bands, planes]


def _norm(seen: Planes) -> float:
    """Cubic mean, so that the most visible places count more."""
    return math.pow((seen * seen * seen).mean(), 1 / 3)


def _halved(planes: Planes) -> Planes:
    """Means of 2x2: [...,2n,2n] -> [...,n,n]."""
    half: Planes = planes[..., ::2] + planes[..., 1::2]
    whole: Planes = (half[..., ::2, :] + half[..., 1::2, :]) * np.float32(0.25)
    return whole


def _doubled(planes: Planes) -> Planes:
    """Bilinear enlargement: [c,n,n] -> [c,2n,2n]."""
    for _ in range(2):
        edged = np.pad(planes, ((0, 0), (1, 1), (0, 0)), "edge")
        near = np.float32(0.75) * planes
        both = np.stack(
            [near + np.float32(0.25) * edged[:, :-2], near + np.float32(0.25) * edged[:, 2:]], axis=2
        )
        planes = both.reshape(len(planes), -1, planes.shape[2]).transpose(0, 2, 1)
    return planes


def _box_minimum(plane: Planes) -> Planes:
    """Minimum over 3x3 neighbours: [n,n] -> [n,n]."""
    for _ in range(2):
        edged = np.pad(plane, ((1, 1), (0, 0)), constant_values=np.inf)
        plane = np.minimum(np.minimum(edged[:-2], edged[1:-1]), edged[2:]).T
    return plane


def _box_mean(plane: Planes, reach: int = _REACH) -> Planes:
    """Mean over (2 reach + 1)^2 neighbours, fewer at the border: [n,n] -> [n,n]."""
    for _ in range(2):
        places = np.arange(len(plane))
        first, last = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(plane))
        sums = np.concatenate([np.zeros_like(plane[:1]), plane.cumsum(axis=0)])
        plane = ((sums[last] - sums[first]) / (last - first)[:, np.newaxis]).astype(np.float32).T
    return plane
