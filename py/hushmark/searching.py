"""Looks for a mark where it may be: in the whole picture, turned, mirrored, on a page, cropped, askew.

Cheap and likely places come first, and the search ends as soon as a reading is sure. Whatever is tried is
counted: the chance of a false alarm, and with it the threshold, is that of all windows together.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import residual
from .card import ModelCard
from .forward import Forward
from .picture import Picture
from .reading import WHOLE_PICTURE, Reading, Window, decide
from .trimming import content_boxes

SURE_LOGIT = 1.5
"""|logit| of the weakest bit from which on a reading that was found is not worth improving."""

_PAGE_SIDE = 1024
_GRID = 160  # the networks see means of 2x2 of their image: half of the size is enough to sample
_ANGLES = (4.0, -4.0, 8.0, -8.0, 12.0, -12.0)  # degrees
# The networks read a frame that is 2% beside, 6% too large or 4 degrees askew, if not well: steps of that
# size come near enough to every place for a climb.
_CROPS = (0.91, 0.81, 0.72)  # share of each side that is left
_CROP_STEP = 0.045  # of the frame, between two places of a crop
_CLIMBS = 6
_CLIMB_STEPS = ((0.03, 0.03, 3.0), (0.015, 0.015, 1.5), (0.0075, 0.0075, 0.75))
"""Shift (of the frame), scale and angle in degrees of the moves of a climb, from round to round."""


@dataclass(frozen=True)
class _Frame:
    """Where the marked picture would lie, in pixels of the page: its corner, and its two sides as vectors."""

    corner: complex
    across: complex
    down: complex

    def moved(self, x: float, y: float) -> "_Frame":
        return _Frame(self.corner + x * self.across + y * self.down, self.across, self.down)

    def scaled(self, x: float, y: float) -> "_Frame":
        corner = self.corner - ((x - 1) * self.across + (y - 1) * self.down) / 2
        return _Frame(corner, x * self.across, y * self.down)

    def turned(self, degrees: float) -> "_Frame":
        turn = complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
        middle = self.corner + (self.across + self.down) / 2
        return _Frame(middle + (self.corner - middle) * turn, self.across * turn, self.down * turn)

    def window(self, size: tuple[int, int]) -> Window:
        top_left, top_right = self.corner, self.corner + self.across
        bottom_left, bottom_right = self.corner + self.down, self.corner + self.across + self.down
        corners = (top_left, top_right, bottom_right, bottom_left)
        return Window(tuple((corner.real / size[0], corner.imag / size[1]) for corner in corners))


async def search(picture: Picture, *, forward: Forward, card: ModelCard) -> Reading:
    """Read the picture wherever the mark may be -> the surest reading, which says what was tried.

    Raises ModelOutput.
    """
    whole = residual.prepare(picture, card.image_size)
    first = decide(await forward.decode(whole), card, WHOLE_PICTURE, tried=1)
    if is_sure(first):
        return first
    return await _Search(picture, forward, card).run(first)


def is_sure(reading: Reading) -> bool:
    """Whether something was found and no bit of it is a guess."""
    return reading.found and min(reading.confidences) >= 1 / (1 + math.exp(-SURE_LOGIT))


def _statistic(reading: Reading) -> float:
    return reading.statistic


class _Search:
    def __init__(self, picture: Picture, forward: Forward, card: ModelCard) -> None:
        self._forward = forward
        self._card = card
        self._page = residual.page(picture, _PAGE_SIDE)
        self._levels = {1.0: self._page}
        self._fill = tuple(round(v) for v in np.asarray(self._page).mean(axis=(0, 1)))
        self._tried = 1
        width, height = self._page.size
        self._whole = _Frame(0j, complex(width), complex(0, height))

    async def run(self, first: Reading) -> Reading:
        """Goes on after the reading of the whole picture."""
        surest = await self._climb(first, self._whole) if first.found else first
        seen = []
        for frame in self._candidates():
            if is_sure(surest):
                break
            reading = await self._read(frame)
            seen.append((reading, frame))
            surest = max(surest, reading, key=_statistic)
        else:
            seen.sort(key=lambda entry: entry[0].statistic, reverse=True)
            climbed = [await self._climb(*entry) for entry in seen[:_CLIMBS]]
            surest = max(surest, *climbed, key=_statistic)
        return surest.among(self._tried, self._card)

    def _candidates(self) -> Iterator[_Frame]:
        whole = self._whole
        yield from _turns(whole)
        boxes = content_boxes(self._page)
        for left, top, right, bottom in boxes:
            yield _Frame(complex(left, top), complex(right - left), complex(0, bottom - top))
        for angle in _ANGLES:
            yield whole.turned(angle)
        for share in _CROPS:
            frame = whole.scaled(1 / share, 1 / share)
            steps = math.ceil((1 - share) / _CROP_STEP)
            places = [(step / steps - 0.5) * (1 - share) for step in range(steps + 1)]
            for x, y in sorted(((x, y) for x in places for y in places), key=lambda p: math.hypot(*p)):
                yield frame.moved(x, y)

    async def _climb(self, reading: Reading, frame: _Frame) -> Reading:
        """The surest reading near a frame: moves it as long as the statistic grows."""
        for shift, scale, angle in _CLIMB_STEPS:
            for move in _moves(shift, scale, angle):
                for sign in (1, -1):
                    candidate = move(frame, sign)
                    moved = await self._read(candidate)
                    if moved.statistic > reading.statistic:
                        reading, frame = moved, candidate
                        break
        return reading

    async def _read(self, frame: _Frame) -> Reading:
        self._tried += 1
        logits = await self._forward.decode(self._sample(frame))
        return decide(logits, self._card, frame.window(self._page.size), tried=self._tried)

    def _sample(self, frame: _Frame) -> NDArray[np.float32]:
        """The model's view [1,3,S,S] of a frame; the mean colour where it reaches beyond the page."""
        span = max(abs(frame.across), abs(frame.down)) / _GRID
        factor = 2 ** max(math.floor(2 * math.log2(span)) / 2, 0) if span > 0 else 1.0
        level = self._level(factor)
        x, y = level.width / self._page.width, level.height / self._page.height
        data = (
            frame.across.real * x / _GRID,
            frame.down.real * x / _GRID,
            frame.corner.real * x,
            frame.across.imag * y / _GRID,
            frame.down.imag * y / _GRID,
            frame.corner.imag * y,
        )
        size = (_GRID, _GRID)
        seen = level.transform(
            size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=self._fill
        )
        pixels = (np.asarray(seen, np.float32) / np.float32(255)).transpose(2, 0, 1)
        times = self._card.image_size // _GRID
        return pixels.repeat(times, axis=1).repeat(times, axis=2)[np.newaxis]

    def _level(self, factor: float) -> Image.Image:
        """The page made smaller by a factor, antialiased."""
        if factor not in self._levels:
            width, height = self._page.size
            size = max(round(width / factor), 1), max(round(height / factor), 1)
            self._levels[factor] = self._page.resize(size, Image.Resampling.BICUBIC)
        return self._levels[factor]


def _turns(frame: _Frame) -> Iterator[_Frame]:
    """The frame turned by quarters and mirrored: the seven ways other than upright."""
    mirrored = _Frame(frame.corner + frame.across, -frame.across, frame.down)
    for start in (frame, mirrored):
        corner, across, down = start.corner, start.across, start.down
        for turn in range(4):
            if turn or start is mirrored:
                yield _Frame(corner, across, down)
            corner, across, down = corner + across, down, -across


_Move = Callable[[_Frame, int], _Frame]


def _moves(shift: float, scale: float, angle: float) -> tuple[_Move, ...]:
    """What a climb tries, each with sign 1 and -1."""
    return (
        lambda frame, sign: frame.moved(sign * shift, 0),
        lambda frame, sign: frame.moved(0, sign * shift),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, (1 + scale) ** sign),
        lambda frame, sign: frame.turned(sign * angle),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, 1),
    )
