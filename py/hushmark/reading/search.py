"""Looks for a mark where it may be: in the whole picture, on a page, turned, mirrored, askew, cropped.

The locator says where in a marked picture a window lies, so that a few looks are enough for most pictures.
Likely places come first, and the search ends as soon as a message is read, or as it is clear that a
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
from .frame import Frame, turns
from .opener import Opened, Opener
from .reading import Reading, Reason, answer, decide, statistic

_NEARLY = 0.7
"""Share of the largest statistic from which on the whole picture, the likeliest place by far, leads."""
_AGREEING = 1 / 3
"""Share of the leading look's logits that another has to repeat to be averaged with it.

Of a look that is just too noisy to be read, a third or more is the mark (by energy): another one, with noise
of its own, repeats as much. Looks of something else repeat nothing.
"""

_PAGE_SIDE = 1024
_GRID = 160  # the networks see means of 2x2 of their image: half of the size is enough to sample
_ANGLES = (20.0, -20.0, 40.0, -40.0)
"""Degrees. The locator answers for turns of up to 12, and quarters come on top."""
_SMALL_ANGLES = (4.0, -4.0, 8.0, -8.0, 12.0, -12.0)
"""Degrees of turns that are looked for one by one, where the locator has not found them."""
_CROPS = (0.91, 0.81, 0.72)
"""Share of each side that is left, of crops that are looked for place by place."""
_CROP_STEP = 0.045
"""Of the frame, between two places of a crop: the decoder reads a frame that is 2% beside, if not well."""
_HARDLY_MARKED = -2.0
"""The locator's logit below which its answer is not followed: a chance of 12% of an upright mark."""
_FOLLOWED = 2
"""Windows of a round whose answers by the locator are followed, the surest first."""
_IN_VIEW = (1.0, 0.75)
"""Shares of the sides of a camera's view that a picture may fill."""
_CLIMBS = 3
"""Climbs in the end, from the strongest looks of all."""
_CLIMB_STEPS = ((0.03, 0.03, 3.0), (0.015, 0.015, 1.5), (0.0075, 0.0075, 0.75))
"""Shift (of the frame), scale and angle in degrees of the moves of a climb, from round to round."""

Looks = Callable[[int, int], None]
"""Is told how many windows were tried, and how many it will be at most."""


@dataclass(frozen=True)
class _Round:
    """Windows to ask the locator about; `upright`: those of marks neither mirrored nor turned by quarters."""

    windows: list[Frame]
    upright: bool


@dataclass(frozen=True)
class _Look:
    """What the network says of a frame."""

    frame: Frame
    logits: NDArray[np.float32]
    statistic: float


async def search(
    picture: Picture,
    *,
    forward: Forward,
    card: ModelCard,
    key: Key | None = None,
    known: KnownIds | None = None,
    glance: bool = False,
    on_look: Callable[[Reading], None] | None = None,
    progress: Looks | None = None,
) -> Reading:
    """Read the picture wherever the mark may be -> the reading, which says what was tried.

    It ends when a message is read, or when a mark turns out to have another key, none, or a later version.
    `glance`: look only where somebody who points a camera at a picture has it, upright and near the middle.
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
        reading = await _Search(picture, forward, opener, known, glance, progress).run(logits)
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
        glance: bool,
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
        self._whole = Frame(0j, complex(width), complex(0, height))
        self._boxes = [
            Frame(complex(left, top), complex(right - left), complex(0, bottom - top))
            for left, top, right, bottom in content_boxes(self._page)
        ]
        self._frames = [] if glance else list(self._candidates())
        self._rounds = [self._in_view()] if glance else list(self._rounds_to_ask())
        asked = sum(len(asking.windows) for asking in self._rounds) + len(self._boxes)
        followed = 3 * _FOLLOWED * len(self._rounds)
        climbs = len(self._rounds) + (0 if glance else _CLIMBS)
        climb = 2 * sum(len(_moves(*steps)) for steps in _CLIMB_STEPS)
        self._tried = 1
        self._most = 1 + asked + followed + len(self._frames) + climbs * climb
        self._looks: list[_Look] = []
        self._averaged: tuple[int, ...] = ()
        self._opened: Opened | None = None
        self._lock: Reason | None = None

    async def run(self, logits: NDArray[np.float32]) -> Reading:
        """Goes on after the logits of the whole picture, which did not open."""
        whole = _Look(self._whole, logits, statistic(logits, self._card))
        self._looks.append(whole)
        for asking in self._rounds:
            # Where a mark shows already, it is upright.
            if not self._is_settled() and (asking.upright or not self._is_mark()):
                await self._ask(asking.windows)
        if self._frames and not self._is_settled():
            await self._go_through(self._frames)
        self._try_lock()
        return self._reading()

    def _is_settled(self) -> bool:
        return self._opened is not None or self._lock is not None

    def _is_mark(self) -> bool:
        """Whether one window alone would show that there is a mark: enough to choose where to look next."""
        return self._strongest().statistic >= self._card.presence.threshold(1)

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
            tried=self._tried,
            strength=self._strongest().statistic,
            known=self._known,
        )

    def _rounds_to_ask(self) -> Iterator[_Round]:
        """The likelier ones first."""
        eighths = list(turns(self._whole))
        yield _Round([self._whole, *self._boxes], upright=True)
        yield _Round(eighths, upright=False)
        yield _Round([self._whole.turned(angle) for angle in _ANGLES], upright=True)
        if self._boxes:
            yield _Round(list(turns(self._boxes[0])), upright=False)
        yield _Round([frame.turned(angle) for frame in eighths[:3] for angle in _ANGLES], upright=False)

    def _in_view(self) -> _Round:
        """Where a camera has a picture that somebody points it at."""
        short = min(self._page.size) / max(self._page.size)
        windows = [self._whole, *self._boxes]
        for share in _IN_VIEW:
            part = self._whole.scaled(share, share)
            windows += [part] if share < 1 else []
            # A picture of 3:2 lies across a phone that is held upright, and the other way round.
            for ratio in (1, 2 / 3):
                across, down = (
                    (short * ratio, 1.0) if self._page.width > self._page.height else (1.0, short * ratio)
                )
                windows.append(part.scaled(across, down))
        return _Round(windows, upright=True)

    def _candidates(self) -> Iterator[Frame]:
        """Frames to look at where the locator has found nothing."""
        for angle in _SMALL_ANGLES:
            yield self._whole.turned(angle)
        for share in _CROPS:
            frame = self._whole.scaled(1 / share, 1 / share)
            steps = math.ceil((1 - share) / _CROP_STEP)
            places = [(step / steps - 0.5) * (1 - share) for step in range(steps + 1)]
            for x, y in sorted(((x, y) for x in places for y in places), key=lambda p: math.hypot(*p)):
                yield frame.moved(x, y)

    async def _go_through(self, frames: list[Frame]) -> None:
        """Look at frames, then around the strongest looks of all."""
        for frame in frames:
            look = await self._look(frame)
            if look is self._strongest() and self._is_mark():
                self._try_lock()
            if self._is_settled():
                return
        for look in sorted(self._looks, key=_statistic, reverse=True)[:_CLIMBS]:
            await self._climb(look)

    async def _ask(self, windows: list[Frame]) -> None:
        """Ask the locator about windows, look where its surest answers say, then around the best look."""
        answers = []
        for window in windows:
            if window in self._boxes:
                await self._look(window)
                if self._is_settled():
                    return
            answers.append(await self._locate(window))
        looks = self._looks[:1] if self._whole in windows else []
        for frame, marked in sorted(answers, key=lambda answer: answer[1], reverse=True)[:_FOLLOWED]:
            if marked < _HARDLY_MARKED:
                break
            look = await self._look(frame)
            if not self._is_settled():
                # About what it located itself, the locator knows better.
                closer, _ = await self._locate(frame)
                look = max(look, await self._look(closer), key=_statistic)
            if self._is_settled():
                return
            looks.append(look)
        if self._is_mark():
            self._try_lock()
            if looks:
                await self._climb(max(looks, key=_statistic))

    async def _locate(self, frame: Frame) -> tuple[Frame, float]:
        """The frame of the marked picture of which this one shows a window, and how sure that is."""
        await asyncio.sleep(0)
        place = (await self._forward.locate(self._sample(frame)))[0]
        self._told()
        return frame.located(place[:8].reshape(4, 2)), float(place[9])

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

    async def _look(self, frame: Frame) -> _Look:
        await asyncio.sleep(0)  # a network that never waits would leave no place to cancel
        logits = await self._forward.decode(self._sample(frame))
        look = _Look(frame, logits, statistic(logits, self._card))
        self._looks.append(look)
        self._try_open(look)
        self._told()
        return look

    def _told(self) -> None:
        """Count a window that was tried."""
        self._tried += 1
        if self._progress is not None:
            self._progress(self._tried, self._most)

    def _sample(self, frame: Frame) -> NDArray[np.float32]:
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


_Move = Callable[[Frame, int], Frame]


def _moves(shift: float, scale: float, angle: float) -> tuple[_Move, ...]:
    """What a climb tries, each with sign 1 and -1."""
    return (
        lambda frame, sign: frame.moved(sign * shift, 0),
        lambda frame, sign: frame.moved(0, sign * shift),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, (1 + scale) ** sign),
        lambda frame, sign: frame.turned(sign * angle),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, 1),
    )
