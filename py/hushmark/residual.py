"""Picture -> model input, and residual -> marked picture.

Nothing here holds a float plane at the picture's size. The residual is turned into 8 bits once, at model
size, with far finer steps than the final rounding; enlarging, scaling and adding then run on uint8 in strips,
which takes about as long as decoding and encoding the picture.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from .errors import ModelOutput, PictureTransparent
from .picture import Picture
from .shaping import LUMA

MINIMUM_STRENGTH_DB = 30.0
MAXIMUM_STRENGTH_DB = 50.0
PREVIEW_SIDE = 800
PREVIEW_GAIN = 16

_ZERO = 128  # the level that stands for no change in a residual of 8 bits
# Bicubic overshoots by up to about a fifth: leave it room below 127.
_PEAK = 105
_STRIP_PIXELS = 1 << 19
_SAMPLE_SIDE = 512
_SCALE_STEPS = 5
# What rounding, clipping and enlarging may cost is made up for, a flat picture's calm is not.
_MOST_GAIN = 1.08
_MEASURED_ROWS = 4  # one row in so many is measured, in pictures of a million pixels and more
_SHARED_ROWS_FROM = 1280  # four rows of a picture a row of the model's 320

# How to turn stored pixels for display, by EXIF orientation, and back.
_TO_DISPLAY = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TO_STORED = {**_TO_DISPLAY, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def prepare(picture: Picture, size: int) -> NDArray[np.float32]:
    """The model's view: float32 [1,3,size,size], RGB in 0..1.

    The whole picture as displayed, squashed to a square with an antialiased filter, transparent parts over
    mid-grey, grey repeated in three channels.
    """
    image = picture.image
    # Premultiplied, so that hidden colours of transparent pixels do not bleed into their neighbours.
    premultiplied = {"LA": "La", "RGBA": "RGBa"}.get(image.mode)
    if premultiplied is not None:
        image = image.convert(premultiplied)
    # The gap shrinks by whole factors with a box filter first: a quarter of the time for the same picture.
    small = image.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if picture.orientation in _TO_DISPLAY:
        small = small.transpose(_TO_DISPLAY[picture.orientation])
    pixels = np.asarray(small, np.float32).reshape(size, size, -1) / np.float32(255)
    if premultiplied is not None:
        pixels = pixels[..., :-1] + np.float32(0.5) * (1 - pixels[..., -1:])
        pixels = np.minimum(pixels, np.float32(1))
    channels = np.broadcast_to(pixels, (size, size, 3)).transpose(2, 0, 1)
    return np.ascontiguousarray(channels)[np.newaxis]


def page(picture: Picture, side: int) -> Image.Image:
    """The picture as displayed, in RGB, transparent parts over mid-grey, at most `side` pixels a side."""
    image = picture.image.resize(_fit(picture.image.size, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if image.mode in ("LA", "RGBA"):
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128)), image.convert("RGBA"))
    if picture.orientation in _TO_DISPLAY:
        image = image.transpose(_TO_DISPLAY[picture.orientation])
    return image.convert("RGB")


def apply(picture: Picture, residual: NDArray[np.float32], strength_db: float) -> tuple[Picture, float]:
    """Add the residual float32 [1,3,S,S] (as displayed, 1 is full range) -> the marked picture and its PSNR.

    The residual is enlarged to the picture's size and scaled so that the PSNR comes out at `strength_db`
    (30..50) after rounding and clipping, but by no more than a few percent: where `Shaper` made it weaker
    because the picture is flat, the PSNR is higher. PSNR is over all visible pixels (alpha above 0) and
    colour channels at full size; of large pictures every fourth row is measured. Alpha and fully transparent
    pixels stay as they are. Grey pictures get the luma of the residual.
    Raises ModelOutput (residual not finite, or without effect), PictureTransparent (no visible pixel).
    """
    cover = picture.image
    if cover.mode in ("LA", "RGBA") and cover.getchannel("A").getextrema() == (0, 0):
        raise PictureTransparent(picture.name)
    pattern = _Pattern.of(picture, residual)
    offsets = _offsets_for(strength_db, pattern, cover)
    marked = cover.copy()
    every = _MEASURED_ROWS if cover.width * cover.height >= 1_000_000 else 1
    squares = count = 0
    for top, bottom in strips(cover.size):
        before = np.asarray(cover.crop((0, top, cover.width, bottom)))
        after = _add(before, pattern.enlarge(cover.size, top, bottom).point(offsets))
        marked.paste(Image.fromarray(after), (0, top))
        strip_squares, strip_count = _error(before[::every], after[::every])
        squares += strip_squares
        count += strip_count
    if squares == 0:
        raise ModelOutput
    return picture.with_image(marked), 10 * math.log10(255**2 * count / squares)


def difference(cover: Picture, marked: Picture) -> bytes:
    """What was added, for the eye: PNG of mid-grey + 16 x (marked - cover), as displayed.

    At most 800 px a side; single pixels are picked rather than averaged, so it shows true differences.
    """
    mode = "L" if cover.image.mode in ("L", "LA") else "RGB"
    size = _fit(cover.image.size, PREVIEW_SIDE)
    before, after = (p.image.resize(size, Image.Resampling.NEAREST).convert(mode) for p in (cover, marked))
    preview = ImageChops.subtract(after, before, 1 / PREVIEW_GAIN, _ZERO)
    if cover.orientation in _TO_DISPLAY:
        preview = preview.transpose(_TO_DISPLAY[cover.orientation])
    buffer = io.BytesIO()
    preview.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def strips(size: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """(top, bottom) of the strips that a picture of `size` is worked on in: half a million pixels each."""
    width, height = size
    # A multiple of the rows measured, and of the rows that share a row of the residual.
    unit = _MEASURED_ROWS * _repeat(height)
    rows = max(_STRIP_PIXELS // width // unit, 1) * unit
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


@dataclass(frozen=True)
class _Pattern:
    """A residual in 8 bits around `_ZERO`, mode L or RGB, turned as the picture is stored.

    `scale`: 8-bit steps of the picture a level of the pattern stands for.
    """

    image: Image.Image
    scale: float

    @classmethod
    def of(cls, picture: Picture, residual: NDArray[np.float32]) -> "_Pattern":
        planes = residual[0]
        if picture.image.mode in ("L", "LA"):
            red, green, blue = planes
            planes = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)[np.newaxis]
        peak = float(np.abs(planes).max())
        if not 0 < peak < math.inf:
            raise ModelOutput
        levels = np.rint(planes * np.float32(_PEAK / peak) + _ZERO).astype(np.uint8)
        image = Image.fromarray(np.ascontiguousarray(levels.transpose(1, 2, 0)).squeeze())
        if picture.orientation in _TO_STORED:
            image = image.transpose(_TO_STORED[picture.orientation])
        return cls(image, 255 * peak / _PEAK)

    def enlarge(self, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
        """Rows top..bottom of the pattern at `size`.

        Pillow's filter reads beyond the box, so strips join without a seam. In tall pictures a few rows share
        one of the pattern's (still four a model pixel): enlarging is the dearest step.
        """
        width, height = size
        repeat = _repeat(height)
        rows = math.ceil(height / repeat)
        first, last = top // repeat, math.ceil(bottom / repeat)
        scale = self.image.height / rows
        strip = self.image.resize(
            (width, last - first),
            Image.Resampling.BICUBIC,
            box=(0, first * scale, self.image.width, last * scale),
        )
        if repeat == 1:
            return strip
        return Image.fromarray(np.repeat(np.asarray(strip), repeat, axis=0)[: bottom - top])


def _repeat(height: int) -> int:
    """How many rows of a picture share one row of the enlarged pattern."""
    return max(height // _SHARED_ROWS_FROM, 1)


def _offsets_for(strength_db: float, pattern: _Pattern, cover: Image.Image) -> list[int]:
    """Lookup table from the pattern's levels to `_ZERO` + change, a table for each channel.

    The scale is found by trying it on a sample of the cover, so rounding, clipping and transparency count.
    """
    size = _fit(cover.size, _SAMPLE_SIDE)
    before = np.asarray(cover.resize(size, Image.Resampling.NEAREST))
    enlarged = pattern.image.resize(size, Image.Resampling.BICUBIC)
    wanted = 255**2 / 10 ** (strength_db / 10)
    # Shrunk to a small picture the pattern loses power, which a larger scale gives back.
    scale = pattern.scale * _deviation(pattern.image) / max(_deviation(enlarged), 1.0)
    most = scale * _MOST_GAIN
    best_scale, best_miss = scale, math.inf
    for _ in range(_SCALE_STEPS):
        squares, count = _error(before, _add(before, enlarged.point(_table(scale, pattern))))
        if squares == 0:
            break
        ratio = wanted * count / squares
        if abs(math.log(ratio)) < best_miss:
            best_scale, best_miss = scale, abs(math.log(ratio))
        scale = min(scale * math.sqrt(ratio), most)
    return _table(best_scale, pattern)


def _deviation(pattern: Image.Image) -> float:
    """RMS of the levels around `_ZERO`."""
    return math.sqrt(float(np.square(np.asarray(pattern, np.float32) - _ZERO).mean()))


def _table(scale: float, pattern: _Pattern) -> list[int]:
    table = [min(max(_ZERO + round(scale * (level - _ZERO)), 1), 255) for level in range(256)]
    return table * len(pattern.image.getbands())


def _add(before: NDArray[np.uint8], offsets: Image.Image) -> NDArray[np.uint8]:
    """uint8 [h,w] or [h,w,channels] + (offsets - 128), clipped; alpha and what it hides stay untouched."""
    change = np.asarray(offsets).reshape(*before.shape[:2], -1)
    pixels = before.reshape(*before.shape[:2], -1)
    colours = change.shape[2]
    up = np.maximum(change, _ZERO) - np.uint8(_ZERO)
    down = np.uint8(_ZERO) - np.minimum(change, _ZERO)
    if pixels.shape[2] > colours:
        hidden = pixels[..., -1] == 0
        up[hidden] = down[hidden] = 0
    after = pixels.copy()
    colour = after[..., :colours]
    # Saturating in uint8: 12 million pixels never become wider than a byte.
    np.minimum(colour, np.uint8(255) - up, out=colour)
    colour += up
    np.maximum(colour, down, out=colour)
    colour -= down
    return after.reshape(before.shape)


def _error(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[int, int]:
    """Sum of squared differences, and number of visible values (alpha, channel 2 or 4, is none)."""
    change = after.astype(np.int16) - before
    squares = int(np.square(change, dtype=np.int32).sum(dtype=np.int64))
    if before.ndim == 3 and before.shape[2] in (2, 4):
        return squares, int(np.count_nonzero(before[..., -1])) * (before.shape[2] - 1)
    return squares, before.size


def _fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size shrunk to at most `side` pixels on the longer side."""
    factor = min(side / max(size), 1)
    return max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
