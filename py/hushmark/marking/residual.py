"""Residual -> marked picture.

Nothing here holds a float plane at the picture's size. The residual is turned into 8 bits once, at model
size, with far finer steps than the final rounding; enlarging, scaling and adding then run on uint8 in strips.
"""

import io
import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from ..errors import ModelOutput, PictureTransparent
from ..picture import view
from ..picture.picture import MINIMUM_SIDE, Picture
from .budget import luma

PREVIEW_SIDE = 800
PREVIEW_GAIN = 16

_ZERO = 128  # the level that stands for no change in a residual of 8 bits
# Bicubic overshoots by up to about a fifth: leave room for that below 127.
_PEAK = 105
_SAMPLE_SIDE = 320
_SCALE_STEPS = 5
_NEAR_ENOUGH = 0.005  # of the power: 0.02 dB
# The residual is scaled up by at most this to make up for rounding and clipping: white cannot get lighter.
_MOST_GAIN = 1.08
_MEASURED_PIXELS = 500_000  # about so many pixels of a larger picture are measured
_SHARED_FROM = 960  # pixels a side, three for each of the model's 320
_THINNEST = 0.25  # below this alpha, stop boosting the change

# How to turn pixels as displayed for storage, by EXIF orientation.
_TO_STORED = {**view.TO_DISPLAY, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def apply(picture: Picture, residual: NDArray[np.float32]) -> tuple[Picture, float]:
    """Add the residual float32 [1,3,n,n] (as displayed, 1 is full range) -> the marked picture and its PSNR.

    The pixels of `picture` are overwritten, to save the memory of a second picture. The residual is enlarged
    to the picture's size, and scaled up by at most a few percent to make up for the power that rounding and
    clipping take. The PSNR, in dB, is that of the visible change: over all pixels that are not fully
    transparent, each change weighted by its alpha (the PSNR of the picture laid over any background), and
    over the channels grey or RGB; of large pictures evenly spread rows are measured. Alpha and fully
    transparent pixels stay as they are; where alpha is low the change is stronger, so that as much is seen.
    Grey pictures get the luma of the residual; CMYK pictures get it in their inks except black.
    Raises ModelOutput (residual not finite, or without effect), PictureTransparent (no visible pixel).
    """
    image = picture.image
    if image.mode in ("LA", "RGBA") and image.getchannel("A").getextrema() == (0, 0):
        raise PictureTransparent(picture.name)
    pattern = _Pattern.of(picture, residual)
    changes = _changes(pattern.enlarged(image.size), _table_for(pattern, picture))
    every = max(min(image.width * image.height // _MEASURED_PIXELS, image.height // MINIMUM_SIDE), 1)
    squares = 0.0
    count = 0
    for top, bottom in view.strips(image.size, _shared(image.height)):
        before = _pixels(image.crop((0, top, image.width, bottom)))
        after = _add(before, _rows(changes, image.size, top, bottom), picture)
        image.paste(_image(after, image.mode), (0, top))
        rows = slice(-top % every, None, every)
        strip_squares, strip_count = _error(picture, before[rows], after[rows])
        squares += strip_squares
        count += strip_count
    if squares == 0:
        raise ModelOutput
    return picture, 10 * math.log10(255**2 * count / squares)


class FrameMarker:
    """Adds one residual to all frames of an animation, each of which may be a part of the whole.

    With one residual for all, it does not flicker, and pixels that a frame leaves unchanged stay unchanged.
    """

    def __init__(self, whole: Picture, residual: NDArray[np.float32]) -> None:
        """`whole`: a whole frame without transparency, mode L or RGB; `residual` as for `apply`."""
        pattern = _Pattern.of(whole, residual)
        enlarged = pattern.image.resize(whole.image.size, Image.Resampling.BICUBIC)
        self._changes = enlarged.point(_table_for(pattern, whole))
        self._squares, self._count = 0.0, 0

    def add(self, frame: Picture, corner: tuple[int, int]) -> Picture:
        """A frame with the residual's part; `corner`: where its top left pixel lies in the whole.

        Mode L or LA where the whole is grey, else RGB or RGBA. Its pixels are overwritten.
        """
        image = frame.image
        for top, bottom in view.strips(image.size, 1):
            before = _pixels(image.crop((0, top, image.width, bottom)))
            left, above = corner[0], corner[1] + top
            part = self._changes.crop((left, above, left + image.width, above + bottom - top))
            changes = np.zeros_like(before)
            colours = len(part.getbands())
            changes[..., :colours] = _pixels(part)[..., :colours]
            after = _add(before, changes.reshape(bottom - top, 1, -1), frame)
            image.paste(_image(after, image.mode), (0, top))
            squares, count = _error(frame, before, after)
            self._squares += squares
            self._count += count
        return frame

    @property
    def psnr(self) -> float:
        """In dB, over all frames so far, as in `apply`. Raises ModelOutput where nothing was changed."""
        if self._squares == 0:
            raise ModelOutput
        return 10 * math.log10(255**2 * self._count / self._squares)


def sample(picture: Picture) -> Image.Image:
    """Single pixels of the picture, grey or RGB, as displayed, at most 800 px a side.

    Picked, not averaged, so that samples from before and after show true differences.
    """
    small = picture.image.resize(view.fit(picture.image.size, PREVIEW_SIDE), Image.Resampling.NEAREST)
    return view.upright(picture, small).convert("L" if small.mode in ("L", "LA") else "RGB")


def difference(before: Image.Image, after: Image.Image) -> bytes:
    """The change between two samples, to look at: PNG of mid-grey + 16 x (after - before)."""
    preview = ImageChops.subtract(after, before, 1 / PREVIEW_GAIN, _ZERO)
    buffer = io.BytesIO()
    preview.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@dataclass(frozen=True)
class _Pattern:
    """A residual in 8 bits around `_ZERO`, with the picture's number of channels, turned as it is stored.

    `scale`: 8-bit steps of the picture per level of the pattern; `power`: mean square of the residual where
    the picture is not fully transparent, in squared 8-bit steps.
    """

    image: Image.Image
    scale: float
    power: float

    @classmethod
    def of(cls, picture: Picture, residual: NDArray[np.float32]) -> "_Pattern":
        planes = residual[0]
        mode = picture.image.mode
        if mode in ("L", "LA"):
            planes = luma(planes)[np.newaxis]
        squares = np.square(planes).mean(axis=0)
        if mode in ("LA", "RGBA"):
            alpha = np.asarray(
                view.shrunk(picture, (planes.shape[2], planes.shape[1])).getchannel("a"), np.float32
            )
            squares = squares[alpha > 0]
            planes = planes / np.maximum(alpha / np.float32(255), np.float32(_THINNEST))
        if mode == "CMYK":
            planes = -planes  # more ink is darker
        peak = float(np.abs(planes).max())
        if not 0 < peak < math.inf:
            raise ModelOutput
        levels = np.rint(planes * np.float32(_PEAK / peak) + _ZERO).astype(np.uint8)
        if mode in ("LA", "RGBA", "CMYK"):
            levels = np.concatenate([levels, np.full_like(levels[:1], _ZERO)])
        # Modes whose channels Pillow's filters treat independently.
        mode = {"LA": "La", "RGBA": "RGBX"}.get(mode, mode)
        size = planes.shape[2], planes.shape[1]
        image = Image.frombytes(mode, size, np.ascontiguousarray(levels.transpose(1, 2, 0)).tobytes())
        if picture.orientation in _TO_STORED:
            image = image.transpose(_TO_STORED[picture.orientation])
        return cls(image, 255 * peak / _PEAK, 255**2 * float(squares.mean()) if squares.size else 0.0)

    def enlarged(self, size: tuple[int, int]) -> Image.Image:
        """The pattern for a picture of `size`, whose pixels may share one of the pattern's, see `_rows`."""
        across, down = (math.ceil(side / _shared(side)) for side in size)
        return self.image.resize((across, down), Image.Resampling.BICUBIC)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    """[h,w,bytes a pixel] as Pillow holds them, without repacking: RGB with an unused fourth byte."""
    levels = np.frombuffer(image.tobytes("raw", _layout(image.mode)), np.uint8)
    return levels.reshape(image.height, image.width, -1)


def _image(pixels: NDArray[np.uint8], mode: str) -> Image.Image:
    """The image of `_pixels`."""
    size = pixels.shape[1], pixels.shape[0]
    return Image.frombytes(mode, size, np.ascontiguousarray(pixels), "raw", _layout(mode))


def _layout(mode: str) -> str:
    return "RGBX" if mode == "RGB" else mode


def _changes(pattern: Image.Image, table: list[int]) -> NDArray[np.uint8]:
    """A pattern's levels as changes modulo 256, by the table: [h,w,bytes a pixel]."""
    changes = _pixels(pattern.point(table))
    if pattern.mode == "RGB":
        colours = np.array([255, 255, 255, 0], np.uint8).view(np.uint32)
        changes = (changes.view(np.uint32) & colours).view(np.uint8)
    return changes


def _rows(changes: NDArray[np.uint8], size: tuple[int, int], top: int, bottom: int) -> NDArray[np.uint8]:
    """The changes for the rows top..bottom of a picture of `size`: [n,1,values], one for rows that share it.

    In large pictures a few pixels share one change (still three a model pixel), since enlarging is slow.
    """
    across, down = (_shared(side) for side in size)
    rows = changes[top // down : math.ceil(bottom / down)]
    if across > 1:
        whole = rows.view(f"u{rows.shape[2]}")  # so that whole pixels are repeated, not single bytes
        rows = np.repeat(whole, across, axis=1)[:, : size[0]].view(np.uint8)
    return rows.reshape(len(rows), 1, -1)


def _shared(side: int) -> int:
    """How many pixels along a side of a picture share one pixel of the enlarged pattern."""
    return max(side // _SHARED_FROM, 1)


def _table_for(pattern: _Pattern, picture: Picture) -> list[int]:
    """Lookup table from the pattern's levels to changes modulo 256, a table for each channel.

    The scale is found by trials on a sample of the cover, so it allows for rounding, clipping and alpha.
    """
    # Each side is limited by itself: in a strip of a long picture, the pattern across it would be lost.
    width, height = picture.image.size
    size = min(width, _SAMPLE_SIDE), min(height, _SAMPLE_SIDE)
    before = _pixels(picture.image.resize(size, Image.Resampling.NEAREST))
    enlarged = pattern.image.resize(size, Image.Resampling.BICUBIC)
    # Shrunk to a small picture the pattern loses power; a larger scale makes up for it.
    scale = pattern.scale * _deviation(pattern.image) / max(_deviation(enlarged), 1.0)
    most = scale * _MOST_GAIN
    best_scale, best_miss = scale, math.inf
    for _ in range(_SCALE_STEPS):
        changes = _changes(enlarged, _table(scale, pattern)).reshape(size[1], 1, -1)
        squares, count = _error(picture, before, _add(before, changes, picture))
        if squares == 0:
            break
        ratio = pattern.power * count / squares
        if abs(math.log(ratio)) < best_miss:
            best_scale, best_miss = scale, abs(math.log(ratio))
        if best_miss < _NEAR_ENOUGH:
            break
        scale = min(scale * math.sqrt(ratio), most)
    return _table(best_scale, pattern)


def _deviation(pattern: Image.Image) -> float:
    """RMS of the levels around `_ZERO`."""
    return math.sqrt(float(np.square(np.asarray(pattern, np.float32) - _ZERO).mean()))


def _table(scale: float, pattern: _Pattern) -> list[int]:
    table = [min(max(round(scale * (level - _ZERO)), -127), 127) % 256 for level in range(256)]
    return table * len(pattern.image.getbands())


def _add(before: NDArray[np.uint8], changes: NDArray[np.uint8], picture: Picture) -> NDArray[np.uint8]:
    """`_pixels` + changes modulo 256, clipped; fully transparent pixels stay as they are.

    `changes` is [n,1,values]; each of its rows is used for equally many rows of pixels.
    """
    pixels = before.reshape(len(changes), -1, changes.shape[2])
    after = _clipped_sum(pixels, changes).reshape(before.shape)
    if picture.image.mode in ("LA", "RGBA"):
        hidden = before[..., -1] == 0
        after[hidden] = before[hidden]
    return after


def _clipped_sum(pixels: NDArray[np.uint8], changes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 + changes modulo 256 of -127..127, clipped to 0..255."""
    sign = changes >> 7
    if sys.platform != "emscripten":
        lowest = (np.uint8(0) - changes) * sign
        highest = ~(changes * (1 - sign))
        after: NDArray[np.uint8] = np.maximum(pixels, lowest)
        np.minimum(after, highest, out=after)
        after += changes
        return after
    # In wasm only sums and bit operations into new arrays run on 16 bytes at once.
    after = pixels + changes
    # The top bit changed against the sign of the change: the sum went past black or white.
    wrong = ((pixels ^ after) & (pixels ^ changes)) >> 7
    if wrong.view(np.bool_).any():  # six times as fast as on uint8
        limit = sign - np.uint8(1)  # 255 for what gets lighter, 0 for what gets darker
        after = after ^ ((after ^ limit) & (np.uint8(0) - wrong))
    return after


def _error(picture: Picture, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[float, int]:
    """Sum of squared differences as seen (1 is a step of 8 bits), and the number of visible values."""
    mode = picture.image.mode
    if mode == "CMYK":
        before, after = (np.asarray(picture.in_colour(_image(p, mode))) for p in (before, after))
    squares = np.square(after.astype(np.int32) - before)
    if mode not in ("LA", "RGBA"):
        # The unused byte of RGB never changes.
        return float(squares.sum(dtype=np.int64)), squares[..., :3].size
    alpha = before[..., -1].astype(np.int32)
    # Whole numbers, so that the order of the sum, which differs by runtime, does not matter.
    seen = (squares.sum(axis=-1, dtype=np.int32).astype(np.int64) * np.square(alpha)).sum(dtype=np.int64)
    return int(seen) / 255**2, int(np.count_nonzero(alpha)) * (squares.shape[-1] - 1)
