"""Keeps a residual under what the cover hides: its PSNR, and its local RMS where the cover is flat."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image

FLAT_DEVIATION = 2 / 255
"""Where the local deviation of luma is below this, the picture is flat and hides nothing."""
FLAT_LIMIT = 1.25 / 255
"""Local RMS of a residual where the picture is flat; elsewhere the limit grows with the deviation,"""
MOST_LOCAL = 2.5
"""up to this multiple of the RMS that the PSNR allows: no single object takes what a flat rest leaves."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601 weights of red, green and blue."""

SHAPE_STEPS = 4
"""Rounds in which what the limit takes from flat places goes to the others."""

_REACH = 4  # neighbourhoods of 9x9 cells of a grid half as fine as the model's image
_CENTRINGS = 3


class Shaper:
    """Shapes residuals for one cover. The same arithmetic as `train.model.shape`, which the networks know."""

    def __init__(self, image: NDArray[np.float32], strength_db: float, *, grey: bool) -> None:
        """`image` [1,3,S,S] as `residual.prepare` makes it; `grey`: the picture has no colour to change."""
        grey_image = luma(_halved(image[0]))
        grey_image = grey_image - grey_image.mean()
        mean = _box_mean(grey_image)
        deviation = np.sqrt(np.maximum(_box_mean(grey_image * grey_image) - mean * mean, 0) + 1e-6)
        self._image = image[0]
        limit = FLAT_LIMIT * np.maximum(deviation / FLAT_DEVIATION, 1)
        self._limit = np.minimum(limit, MOST_LOCAL * 10 ** (-strength_db / 20))
        self._power = 10 ** (-strength_db / 10)
        self._grey = grey

    def shape(self, residual: NDArray[np.float32]) -> NDArray[np.float32]:
        """Residual [1,3,S,S] of any scale -> the one to add to the image, [1,3,S,S] in shares of full range.

        Its PSNR is the strength; a cover that is flat all over gets less. No channel changes its mean. For
        grey covers all three channels are the luma of the residual.
        """
        planes = residual[0]
        if self._grey:
            planes = np.broadcast_to(luma(planes), planes.shape)
        power = _halved((planes * planes).mean(axis=0))
        local = np.sqrt(np.maximum(_box_mean(power), 1e-12))
        scale = math.sqrt(self._power / max(float(power.mean()), 1e-12))
        # The smallest of all neighbourhoods that a place belongs to: none is too strong, not even at an edge.
        most = _box_minimum((self._limit / local).astype(np.float32))
        gain = most
        for _ in range(SHAPE_STEPS):
            gain = np.minimum(scale, most)
            scale *= math.sqrt(self._power / max(float((power * gain * gain).mean()), 1e-12))
        size = planes.shape[2], planes.shape[1]
        fine = np.asarray(Image.fromarray(gain.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
        shaped: NDArray[np.float32] = planes * fine
        fine = fine / fine.mean()
        for _ in range(_CENTRINGS):
            # What white and black clip counts: the mean of a channel is that of what can be seen.
            seen = np.clip(shaped, -self._image, 1 - self._image)
            shaped = shaped - fine * seen.mean(axis=(1, 2))[:, np.newaxis, np.newaxis]
        return shaped[np.newaxis]


def luma(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """[3,...] -> [...]; term by term, since a matrix product rounds differently from runtime to runtime."""
    weighted: NDArray[np.float32] = LUMA[0] * planes[0] + LUMA[1] * planes[1] + LUMA[2] * planes[2]
    return weighted


def _halved(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of 2x2: [...,2n,2n] -> [...,n,n]."""
    half: NDArray[np.float32] = planes[..., ::2] + planes[..., 1::2]
    whole: NDArray[np.float32] = (half[..., ::2, :] + half[..., 1::2, :]) * np.float32(0.25)
    return whole


def _box_minimum(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Minimum over 9x9 neighbours: [n,n] -> [n,n]."""
    for _ in range(2):
        padded = np.pad(plane, ((_REACH, _REACH), (0, 0)), constant_values=np.inf)
        plane = sliding_window_view(padded, 2 * _REACH + 1, axis=0).min(axis=-1).T
    return plane


def _box_mean(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over 9x9 neighbours, fewer at the border: [n,n] -> [n,n]."""
    for _ in range(2):
        places = np.arange(len(plane))
        first, last = np.maximum(places - _REACH, 0), np.minimum(places + _REACH + 1, len(plane))
        sums = np.concatenate([np.zeros_like(plane[:1]), plane.cumsum(axis=0)])
        plane = ((sums[last] - sums[first]) / (last - first)[:, np.newaxis]).astype(np.float32).T
    return plane
