"""Looks for a mark in the whole picture, in pictures on a page and in its tiles; turned, tilted or cropped.

The waves that all marks have in common show where the marked picture lies, so that a few looks are enough for
most pictures; the locator finds pictures whose waves are bent, by a camera for example. Likely places come
first. The search ends as soon as a message is read, or a mark is known to have another key. Every try is
counted: the chance of a false alarm, and so the threshold, is that of all windows together, and the chance of
a false message that of all tries.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
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
from .carrier import SIDE, Carrier, Place
from .frame import Frame, turns
from .opener import Opened, Opener
from .reading import Reading, Reason, answer, decide, statistic
from .tiles import MOST_TILES, tiles
from .tiles import VIEW_SIDE as TILES_SIDE

_NEARLY = 0.7
"""The whole picture, by far the likeliest place, leads with at least this share of the largest statistic."""
_AGREEING = 1 / 3
"""Agreement with the leading look, as a share of its energy, that another look needs to be averaged in.

In a look that is just too noisy to be read, the mark is a third of the energy or more, and a second look with
other noise repeats as much. Looks at something else repeat nothing.
"""

LEAST_SIDES = TILES_SIDE, 640
"""Pixels along the longer and the shorter side of a picture; a search uses no more."""
_VIEW_SIDE = 1024
_GAP = 1.25
"""See `view.shrunk`. With this, 12 megapixels are averaged once before the filter: a third of the time."""
_GRID = 160  # the networks average their image over 2x2, so sampling half of its size is enough
_HARDLY_MARKED = -2.0
"""Below this logit the locator's output is not followed: a chance of 12% of an upright mark."""
_FOLLOWED = 2
"""Windows for which the locator's output is followed, the surest first."""
_SURELY_PLACED, _HARDLY_PLACED = 8.0, 6.0
"""Places with at least the first score are looked at before others; those below the second are skipped."""
_PLACES, _SHIFTS, _FEW_SHIFTS = 4, 16, 4
"""How many places are looked at, and shifts of each; fewer of an unsure place if these are faint."""
_CLIMBS = 2
"""Final climbs, from the strongest looks."""
_FAINT = 0.4
"""Share of the threshold of one window below which a look is faint: nothing near it is looked at."""
_CLIMB_STEPS = ((0.03, 0.03, 3.0), (0.015, 0.015, 1.5), (0.0075, 0.0075, 0.75))
"""Shift (share of a side), scale and angle (degrees) of the moves in each round of a climb."""

Looks = Callable[[int, int], None]
"""Called with how many windows were tried, and the most that will be tried."""


@dataclass(frozen=True)
class _Look:
    """The decoder's output for a frame."""

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
    `glance`: look only at the likeliest places, for a camera whose next picture follows soon. `on_look`:
    called with the reading of the whole picture if a search follows. The search can be cancelled between two
    windows; `progress` is called after each but the first. Raises ModelOutput.
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
        self._page = view.of(picture, TILES_SIDE, _GAP)
        size = view.fit(picture.display_size, _VIEW_SIDE)
        self._view = self._page.resize(size, Image.Resampling.BICUBIC)
        self._levels = {1.0: self._view}
        self._fill = tuple(round(v) for v in np.asarray(self._view).mean(axis=(0, 1)))
        width, height = self._view.size
        self._whole = Frame(0j, complex(width), complex(0, height))
        self._boxes = [
            Frame(complex(left, top), complex(right - left), complex(0, bottom - top))
            for left, top, right, bottom in content_boxes(self._view)
        ]
        self._glance = glance
        self._carrier = Carrier(opener.card.waves)
        placed = (_PLACES + 1) * _SHIFTS
        located = 1 + len(self._boxes) + 3 * _FOLLOWED
        climb = 2 * sum(len(_moves(*steps)) for steps in _CLIMB_STEPS)
        self._tried = 1
        self._most = 8 + MOST_TILES + len(self._boxes) + placed + located + (_CLIMBS + 2) * climb
        self._looks: list[_Look] = []
        self._logits = np.empty((0, self._card.bits), np.float32)
        self._best: _Look | None = None
        self._averaged: tuple[int, ...] = ()
        self._opened: Opened | None = None
        self._lock: Reason | None = None

    async def run(self, logits: NDArray[np.float32]) -> Reading:
        """The search after the look at the whole picture, whose logits did not open."""
        whole = _Look(self._whole, logits, statistic(logits, self._card))
        self._add(whole)
        for look_around in (self._look_at_places, self._look_at_turns, self._look_where_located):
            if not self._is_settled():
                await look_around()
        if not self._glance:
            for look in sorted(self._looks, key=_statistic, reverse=True)[:_CLIMBS]:
                if not self._is_faint(look):
                    await self._climb(look)
        self._try_lock()
        return self._reading()

    def _is_settled(self) -> bool:
        return self._opened is not None or self._lock is not None

    def _is_mark(self) -> bool:
        """Whether one window alone shows a mark, which decides where to look next."""
        return self._strongest().statistic >= self._card.presence.threshold(1)

    def _is_faint(self, look: _Look) -> bool:
        """Whether a look is so weak that one near it will hardly be read."""
        return look.statistic < _FAINT * self._card.presence.threshold(1)

    def _strongest(self) -> _Look:
        assert self._best is not None  # the whole picture is the first
        return self._best

    def _add(self, look: _Look) -> None:
        self._looks.append(look)
        self._logits = np.concatenate([self._logits, look.logits])
        if self._best is None or look.statistic > self._best.statistic:
            self._best = look

    def _try_lock(self) -> None:
        if not self._is_settled():
            self._lock = self._opener.lock(self._mean()[0], self._strongest().statistic)

    def _try_open(self, look: _Look) -> None:
        """Try to open a look that was added, and the mean of those that agree if it has changed."""
        logits, agreeing = self._mean()
        looks = [look.logits[0]]
        if len(agreeing) > 1 and agreeing != self._averaged:
            self._averaged = agreeing
            looks.append(logits)
        self._opened = self._opener.open(np.stack(looks), look.statistic)

    def _mean(self) -> tuple[NDArray[np.float32], tuple[int, ...]]:
        """The mean logits [n] of the strongest look and of those that agree with it, and which these are.

        If the whole picture is nearly as strong, it leads instead and counts as much as all others together.
        """
        whole, strongest = self._looks[0], self._strongest()
        leading = whole if whole.statistic >= _NEARLY * strongest.statistic else strongest
        agreement = self._logits @ leading.logits[0]
        agreeing = np.flatnonzero(agreement >= _AGREEING * np.square(leading.logits).sum())
        logits: NDArray[np.float32] = self._logits[agreeing].mean(axis=0)
        if leading is whole:
            logits = (whole.logits[0] + logits) / 2
        return logits, tuple(agreeing.tolist())

    def _reading(self) -> Reading:
        """The reading of the last look if it opened, else of the strongest look."""
        if self._opened is None:
            place, logits = self._strongest(), self._mean()[0]
        else:
            place, logits = self._looks[-1], self._opened.logits
        return answer(
            logits,
            place.frame.window(self._view.size),
            self._opener,
            opened=self._opened,
            lock=self._lock,
            tried=self._tried,
            strength=self._strongest().statistic,
            known=self._known,
        )

    async def _look_at_places(self) -> None:
        """Look where the marked picture lies by the waves that all marks have in common."""
        places = await self._places(self._whole)
        if places and places[0][0].score >= _SURELY_PLACED:
            await self._look_at_shifts(*places.pop(0))
        await self._look_at_tiles()
        for box in self._boxes:
            if self._is_settled():
                return
            await self._look(box)
            places += await self._places(box)
        for place, window in sorted(places, key=lambda one: one[0].score, reverse=True)[:_PLACES]:
            await self._look_at_shifts(place, window)
        await self._climb_if_marked(self._strongest())

    async def _places(self, window: Frame) -> list[tuple[Place, Frame]]:
        """Where a window lies by its waves, the likeliest first; each with the window."""
        await asyncio.sleep(0)
        places = self._carrier.places(self._sampled(window, SIDE))
        return [(place, window) for place in places if place.score >= _HARDLY_PLACED]

    async def _look_at_tiles(self) -> None:
        """Look at an overlay's tiles, if the whole picture is a page with one."""
        if self._is_settled() or self._glance:
            return
        await asyncio.sleep(0)
        for planes in tiles(self._page, self._card.waves):
            await self._look(self._whole, self._enlarged(planes))
            if self._is_settled():
                return

    async def _look_at_shifts(self, place: Place, window: Frame) -> None:
        frames = place.frames(window)[:_SHIFTS]
        await self._look_at_each(frames[:_FEW_SHIFTS])
        looks = self._looks[-_FEW_SHIFTS:]
        if place.score >= _SURELY_PLACED or not all(map(self._is_faint, looks)):
            await self._look_at_each(frames[_FEW_SHIFTS:])

    async def _look_at_turns(self) -> None:
        """Look at the whole picture turned by quarters and mirrored, for marks whose waves are lost."""
        if not self._is_mark() and not self._glance:
            await self._look_at_each(turns(self._whole))

    async def _look_at_each(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if self._is_settled():
                return
            look = await self._look(frame)
            if look is self._strongest() and self._is_mark():
                self._try_lock()

    async def _look_where_located(self) -> None:
        """Look at the locator's surest places, then around the best look."""
        answers = [await self._locate(window) for window in (self._whole, *self._boxes)]
        looks = self._looks[:1]
        for frame, marked in sorted(answers, key=lambda answer: answer[1], reverse=True)[:_FOLLOWED]:
            if marked < _HARDLY_MARKED:
                break
            look = await self._look(frame)
            if not self._is_settled():
                # The locator is more accurate for a frame that it located itself.
                closer, _ = await self._locate(frame)
                look = max(look, await self._look(closer), key=_statistic)
            if self._is_settled():
                return
            looks.append(look)
        await self._climb_if_marked(max(looks, key=_statistic))

    async def _climb_if_marked(self, look: _Look) -> None:
        if not self._is_settled() and self._is_mark():
            self._try_lock()
            await self._climb(look)

    async def _locate(self, frame: Frame) -> tuple[Frame, float]:
        """The frame of the marked picture of which this one shows a window, and how sure that is."""
        await asyncio.sleep(0)
        place = (await self._forward.locate(self._seen(frame)))[0]
        self._count_window()
        return frame.located(place[:8].reshape(4, 2)), float(place[9])

    async def _climb(self, look: _Look) -> None:
        """Move a look's frame in small steps as long as the statistic grows."""
        for shift, scale, angle in _CLIMB_STEPS:
            for move in _moves(shift, scale, angle):
                for sign in (1, -1):
                    if self._is_settled():
                        return
                    moved = await self._look(move(look.frame, sign))
                    if moved.statistic > look.statistic:
                        look = moved
                        break

    async def _look(self, frame: Frame, seen: NDArray[np.float32] | None = None) -> _Look:
        """`seen`: the model's view, if it is not that of the frame."""
        await asyncio.sleep(0)  # lets a cancellation take effect, even if the network never waits
        logits = await self._forward.decode(self._seen(frame) if seen is None else seen)
        look = _Look(frame, logits, statistic(logits, self._card))
        self._add(look)
        self._try_open(look)
        self._count_window()
        return look

    def _count_window(self) -> None:
        """Count a window that was tried."""
        self._tried += 1
        if self._progress is not None:
            self._progress(self._tried, self._most)

    def _seen(self, frame: Frame) -> NDArray[np.float32]:
        """The model's view [1,3,S,S] of a frame."""
        return self._enlarged(self._sampled(frame, _GRID))

    def _enlarged(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The model's view [1,3,S,S] of planes [3,_GRID,_GRID]."""
        times = self._card.image_size // _GRID
        return planes.repeat(times, axis=2).repeat(times, axis=1)[np.newaxis]

    def _sampled(self, frame: Frame, side: int) -> NDArray[np.float32]:
        """A frame as [3,side,side]; the mean colour where it reaches beyond the picture."""
        span = max(abs(frame.across), abs(frame.down)) / side
        factor = 2 ** max(math.floor(2 * math.log2(span)) / 2, 0)
        level = self._level(factor)
        x, y = level.width / self._view.width, level.height / self._view.height
        data = (
            frame.across.real * x / side,
            frame.down.real * x / side,
            frame.corner.real * x,
            frame.across.imag * y / side,
            frame.down.imag * y / side,
            frame.corner.imag * y,
        )
        size = (side, side)
        seen = level.transform(
            size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC, fillcolor=self._fill
        )
        return (np.asarray(seen, np.float32) / np.float32(255)).transpose(2, 0, 1)

    def _level(self, factor: float) -> Image.Image:
        """The picture made smaller by a factor, antialiased."""
        if factor not in self._levels:
            width, height = self._view.size
            size = max(round(width / factor), 1), max(round(height / factor), 1)
            self._levels[factor] = self._view.resize(size, Image.Resampling.BICUBIC)
        return self._levels[factor]


_Move = Callable[[Frame, int], Frame]


def _moves(shift: float, scale: float, angle: float) -> tuple[_Move, ...]:
    """The moves that a climb tries, each with sign 1 and -1."""
    return (
        lambda frame, sign: frame.moved(sign * shift, 0),
        lambda frame, sign: frame.moved(0, sign * shift),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, (1 + scale) ** sign),
        lambda frame, sign: frame.turned(sign * angle),
        lambda frame, sign: frame.scaled((1 + scale) ** sign, 1),
    )
