"""The views of a picture that the networks get, and the strips in which it is processed."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .picture import Picture

_STRIP_PIXELS = 1 << 18
_PART_SIDE = 1024
_GAP = 2.0  # pixels a side, at least, that the last filter gets for each pixel of the result
_QUICK = 4  # the largest factor by which Pillow reduces quickly in all runtimes

TO_DISPLAY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn stored pixels for display, by EXIF orientation."""


def prepare(picture: Picture, size: int) -> NDArray[np.float32]:
    """The model's view: float32 [1,3,size,size], RGB in 0..1.

    The whole picture as displayed, squashed to a square with an antialiased filter, transparent parts over
    mid-grey, grey repeated in three channels.
    """
    small = shrunk(picture, (size, size))
    levels = np.asarray(small).reshape(size, size, -1).transpose(2, 0, 1)
    planes = np.divide(np.ascontiguousarray(levels), np.float32(255), dtype=np.float32)
    if small.mode in ("La", "RGBa"):
        planes = np.minimum(planes[:-1] + np.float32(0.5) * (1 - planes[-1:]), np.float32(1))
    return np.ascontiguousarray(np.broadcast_to(planes, (3, size, size)))[np.newaxis]


def part(picture: Picture, corners: Sequence[tuple[float, float]], size: int) -> NDArray[np.float32]:
    """A part of the picture as displayed, turned upright: float32 [1,3,size,size], RGB in 0..1.

    `corners`: its top left, top right, bottom right and bottom left in shares of width and height. Beyond the
    picture its mean colour is used.
    """
    lengths = [math.dist(one, other) for one, other in pairwise(corners)]
    whole = of(picture, round(size / max(*lengths, size / _PART_SIDE)))
    top_left, top_right, bottom_right, bottom_left = ((x * whole.width, y * whole.height) for x, y in corners)
    seen = whole.transform(
        (size, size),
        Image.Transform.QUAD,
        (*top_left, *bottom_left, *bottom_right, *top_right),
        Image.Resampling.BILINEAR,
        fillcolor=tuple(np.asarray(whole).mean(axis=(0, 1)).round().astype(int).tolist()),
    )
    planes = (np.asarray(seen, np.float32) / np.float32(255)).transpose(2, 0, 1)
    return np.ascontiguousarray(planes)[np.newaxis]


def of(picture: Picture, side: int, gap: float = _GAP) -> Image.Image:
    """The picture as displayed, in RGB, transparent parts over mid-grey, at most `side` pixels a side.

    `gap`: see `shrunk`.
    """
    image = shrunk(picture, fit(picture.display_size, side), gap)
    if image.mode in ("La", "RGBa"):
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode]).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128)), image)
    return image.convert("RGB")


def shrunk(picture: Picture, size: tuple[int, int], gap: float = _GAP) -> Image.Image:
    """The picture as displayed, at the displayed `size`, antialiased: mode L, RGB, La or RGBa.

    `gap`: pixels a side, at least, that the last filter gets for each of the result; fewer are faster.
    """
    if picture.orientation >= 5:
        size = size[1], size[0]
    # First averages over whole factors: the same picture in a fraction of the time.
    image = picture.image
    width, height = map(float, image.size)
    while True:
        across, down = (
            min(max(int(old / new / gap), 1), _QUICK) for old, new in zip((width, height), size, strict=True)
        )
        if image.mode in ("LA", "RGBA"):
            image = _premultiplied(image, across, down)
        elif across * down > 1:
            image = image.reduce((across, down))
        else:
            break
        width, height = width / across, height / down
    # The last column and row may be means of fewer pixels.
    small = image.resize(size, Image.Resampling.BICUBIC, box=(0, 0, width, height))
    return upright(picture, picture.in_colour(small))


def _premultiplied(image: Image.Image, across: int, down: int) -> Image.Image:
    """Reduced, with colours multiplied by alpha, so that hidden colours do not change visible neighbours."""
    mode = {"LA": "La", "RGBA": "RGBa"}[image.mode]
    reduced = Image.new(mode, (math.ceil(image.width / across), math.ceil(image.height / down)))
    for top, bottom in strips(image.size, down):  # so that memory never holds the picture twice
        strip = image.crop((0, top, image.width, bottom)).convert(mode)
        reduced.paste(strip.reduce((across, down)), (0, top // down))
    return reduced


def upright(picture: Picture, image: Image.Image) -> Image.Image:
    """An image of stored pixels, turned for display."""
    method = TO_DISPLAY.get(picture.orientation)
    return image if method is None else image.transpose(method)


def strips(size: tuple[int, int], unit: int) -> Iterator[tuple[int, int]]:
    """(top, bottom) of the strips in which a picture of `size` is processed: a quarter of a megapixel each.

    Each has a multiple of `unit` rows. The rest at the bottom is one more strip, shorter than a unit.
    """
    width, height = size
    rows = max(_STRIP_PIXELS // width // unit, 1) * unit
    whole = height - height % unit
    for top in range(0, whole, rows):
        yield top, min(top + rows, whole)
    if whole < height:
        yield whole, height


def fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size shrunk to at most `side` pixels on the longer side."""
    factor = min(side / max(size), 1)
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
