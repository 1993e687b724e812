"""Looks for a mark where it may be: in the whole picture, on a page, turned, mirrored, askew, cropped.

Cheap and likely places come first, and the search ends as soon as a message is read, or as it is clear that a
mark is of another key. Whatever is tried is counted: the chance of a false alarm, and with it the threshold,
is that of all windows together, and the chance of a false message that of all tries.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..card import ModelCard
from ..forward import Forward
from ..message.keys import Key
from ..message.known import KnownIds
from ..picture import view
from ..picture.picture import Picture
from .boxes import content_boxes
from .opener import Opened, Opener
from .reading import Reading, Reason, Window, answer, decide, statistic

_NEARLY = 0.7
"""Share of the largest statistic from which on the whole picture, the likeliest place by far, leads."""
_AGREEING = 1 / 3
"""Share of the leading look's logits that another has to repeat to be averaged with it.

Of a look that is just too noisy to be read, a third or more is the mark (by energy): another one, with noise
of its own, repeats as much. Looks of something else repeat nothing.
"""

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

Looks = Callable[[int, int], None]
"""Is told how many windows were tried, and how many it will be at most."""


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


@dataclass(frozen=True)
class _Look:
    """What the network says of a frame."""

    frame: _Frame
    logits: NDArray[np.float32]
    statistic: float


async def search(
    picture: Picture,
    *,
    forward: Forward,
    card: ModelCard,
    key: Key | None = None,
    known: KnownIds | None = None,
    on_look: Callable[[Reading], None] | None = None,
    progress: Looks | None = None,
) -> Reading:
    """Read the picture wherever the mark may be -> the reading, which says what was tried.

    It ends when a message is read, or when a mark turns out to have another key, none, or a later version.
    `on_look`: is told what the whole picture says where a search follows. The search can be cancelled between
    two windows; `progress` is told of each after the first. Raises ModelOutput.
    """
    started = time.perf_counter()
    opener = Opener(card, key)
    logits = await forward.decode(view.prepare(picture, card.image_size))
    reading = decide(logits, opener, known)
    if not _is_settled(reading):
        if on_look is not None:
            on_look(reading)
        reading = await _Search(picture, forward, opener, known, progress).run(logits)
    return replace(reading, milliseconds=1000 * (time.perf_counter() - started))


def _is_settled(reading: Reading) -> bool:
    """Whether further windows would change nothing."""
    return reading.outcome == "read" or reading.reason in ("key", "no-key", "later")


def _statistic(look: _Look) -> float:
    return look.statistic


class _Search:
    def __init__(
        self,
        picture: Picture,
        forward: Forward,
        opener: Opener,
        known: KnownIds | None,
        progress: Looks | None,
    ) -> None:
        self._forward = forward
        self._opener = opener
        self._card = opener.card
        self._known = known
        self._progress = progress
        self._page = view.page(picture, _PAGE_SIDE)
        self._levels = {1.0: self._page}
        self._fill = tuple(round(v) for v in np.asarray(self._page).mean(axis=(0, 1)))
        width, height = self._page.size
        self._whole = _Frame(0j, complex(width), complex(0, height))
        self._frames = list(self._candidates())
        climb = 2 * sum(len(_moves(*steps)) for steps in _CLIMB_STEPS)
        self._most = 1 + len(self._frames) + (1 + _CLIMBS) * climb
        self._looks: list[_Look] = []
        self._averaged: tuple[int, ...] = ()
        self._opened: Opened | None = None
        self._lock: Reason | None = None

    async def run(self, logits: NDArray[np.float32]) -> Reading:
        """Goes on after the logits of the whole picture, which did not open."""
        whole = _Look(self._whole, logits, statistic(logits, self._card))
        self._looks.append(whole)
        if self._is_mark():
            await self._climb(whole)
        seen = []
        for frame in self._frames:
            if self._is_settled():
                break
            look = await self._look(frame)
            seen.append(look)
            if look is self._strongest() and self._is_mark():
                self._try_lock()
        else:
            for look in sorted(seen, key=_statistic, reverse=True)[:_CLIMBS]:
                await self._climb(look)
        self._try_lock()
        return self._reading()

    def _is_settled(self) -> bool:
        return self._opened is not None or self._lock is not None

    def _is_mark(self) -> bool:
        return self._strongest().statistic >= self._card.presence.threshold(len(self._looks))

    def _strongest(self) -> _Look:
        return max(self._looks, key=_statistic)

    def _try_lock(self) -> None:
        if not self._is_settled():
            self._lock = self._opener.lock(self._mean()[0], self._strongest().statistic)

    def _try_open(self, look: _Look) -> None:
        """Try to open a look that was added, and the mean of those that agree, where that has changed."""
        logits, agreeing = self._mean()
        looks = [look.logits[0]]
        if len(agreeing) > 1 and agreeing != self._averaged:
            self._averaged = agreeing
            looks.append(logits)
        self._opened = self._opener.open(np.stack(looks), look.statistic)

    def _mean(self) -> tuple[NDArray[np.float32], tuple[int, ...]]:
        """The mean logits [n] of the strongest look and of those that agree with it, and which these are.

        A whole picture that is nearly as strong leads in its place, and counts as much as those together.
        """
        whole, strongest = self._looks[0], self._strongest()
        leading = whole if whole.statistic >= _NEARLY * strongest.statistic else strongest
        looks = np.concatenate([look.logits for look in self._looks])
        agreeing = np.flatnonzero(looks @ leading.logits[0] >= _AGREEING * np.square(leading.logits).sum())
        logits: NDArray[np.float32] = looks[agreeing].mean(axis=0)
        if leading is whole:
            logits = (whole.logits[0] + logits) / 2
        return logits, tuple(agreeing.tolist())

    def _reading(self) -> Reading:
        """What was read, by the look that was added last; else what the strongest look says."""
        if self._opened is None:
            place, logits = self._strongest(), self._mean()[0]
        else:
            place, logits = self._looks[-1], self._opened.logits
        return answer(
            logits,
            place.frame.window(self._page.size),
            self._opener,
            opened=self._opened,
            lock=self._lock,
            tried=len(self._looks),
            strength=self._strongest().statistic,
            known=self._known,
        )

    def _candidates(self) -> Iterator[_Frame]:
        whole = self._whole
        boxes = content_boxes(self._page)
        for left, top, right, bottom in boxes:
            yield _Frame(complex(left, top), complex(right - left), complex(0, bottom - top))
        yield from _turns(whole)
        for angle in _ANGLES:
            yield whole.turned(angle)
        for share in _CROPS:
            frame = whole.scaled(1 / share, 1 / share)
            steps = math.ceil((1 - share) / _CROP_STEP)
            places = [(step / steps - 0.5) * (1 - share) for step in range(steps + 1)]
            for x, y in sorted(((x, y) for x in places for y in places), key=lambda p: math.hypot(*p)):
                yield frame.moved(x, y)

    async def _climb(self, look: _Look) -> None:
        """Look around: move a look's frame as long as the statistic grows, until all is settled."""
        for shift, scale, angle in _CLIMB_STEPS:
            for move in _moves(shift, scale, angle):
                for sign in (1, -1):
                    if self._is_settled():
                        return
                    moved = await self._look(move(look.frame, sign))
                    if moved.statistic > look.statistic:
                        look = moved
                        break

    async def _look(self, frame: _Frame) -> _Look:
        await asyncio.sleep(0)  # a network that never waits would leave no place to cancel
        logits = await self._forward.decode(self._sample(frame))
        look = _Look(frame, logits, statistic(logits, self._card))
        self._looks.append(look)
        self._try_open(look)
        if self._progress is not None:
            self._progress(len(self._looks), self._most)
        return look

    def _sample(self, frame: _Frame) -> NDArray[np.float32]:
        """The model's view [1,3,S,S] of a frame; the mean colour where it reaches beyond the page."""
        span = max(abs(frame.across), abs(frame.down)) / _GRID
        factor = 2 ** max(math.floor(2 * math.log2(span)) / 2, 0)
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
