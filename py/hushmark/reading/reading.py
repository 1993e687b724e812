"""The result of a reading: one of three answers, with details."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..card import ModelCard
from ..errors import Fact, HushmarkError, ModelOutput
from ..message.kinds import Message
from ..message.known import KnownIds, Match
from .opener import Opened, Opener

Outcome = Literal["read", "unreadable", "none"]
"""The check of a message holds; there is a mark, but no message in it passed; no mark was found."""
Reason = Literal["damaged", "key", "no-key", "later"]
"""Why a mark is unreadable: nothing passed; it was made with a key that was not given, or with another one; a
key was given, but it was made without one; a later version of Hushmark made it."""


@dataclass(frozen=True)
class Window:
    """Where the marked picture was taken to lie in the picture read.

    `corners`: its top left, top right, bottom right and bottom left corner as (x, y), in shares of the
    displayed width and height; outside 0..1 where it was cropped, in another order where it was turned.
    """

    corners: tuple[tuple[float, float], ...]

    @property
    def shown(self) -> float:
        """Share of the marked picture, 0..1, that lies in the picture read, to about a hundredth."""
        steps = (np.arange(_STEPS_A_SIDE) + 0.5) / _STEPS_A_SIDE
        along, down = steps[np.newaxis, :, np.newaxis], steps[:, np.newaxis, np.newaxis]
        top_left, top_right, bottom_right, bottom_left = np.array(self.corners)
        above = top_left + along * (top_right - top_left)
        below = bottom_left + along * (bottom_right - bottom_left)
        places = above + down * (below - above)
        return float(((places >= 0) & (places <= 1)).all(axis=-1).mean())


_STEPS_A_SIDE = 32

_SURE_MATCH = 1e-6
"""A known message with at most this chance shows a mark by itself, however weak. It is far below the rate of
false alarms, so it hardly adds to it."""

WHOLE_PICTURE = Window(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


@dataclass(frozen=True)
class Reading:
    """The result of a decode.

    `outcome`: read, where the check of a message holds, unreadable, where there is a mark, but no message in
    it passed, or none, where no mark was found; `reason`: why it is unreadable, which is damaged (nothing
    passed), key (it was made with a key that was not given, or with another one), no-key (a key was given,
    but it was made without one) or later (a later version of Hushmark made it), else None; `message`: what
    was read, else None; `chance`: upper bound of the probability that a picture without such a mark reads as
    a message in any of all tries, None unless read; `match`: the known message that was read, or that an
    unreadable mark is likeliest to hold, None when there is none or no list; `corrected`: bits that differ
    from those of the message, None unless read; `bits`: the raw bits, 0 or 1 each; `confidences`: probability
    of each bit, 0.5..1, too high if the mark lies elsewhere than assumed; `statistic`: mean strength of the
    decoder's output (the mean |logit|); `threshold`: the least statistic that counts as a mark;
    `false_alarm`: probability that an unmarked picture reaches this statistic in any of the windows tried;
    `window`: where the marked picture was taken to lie; `tried`: windows that were looked at; `milliseconds`:
    time that the search took. It does not count when readings are compared.

    The check of a message that was read holds: it is what was marked, but for `chance`. Bits and confidences
    are no message. They are from the window that was read, or from the strongest one and those that agree.
    """

    outcome: Outcome
    reason: Reason | None
    message: Message | None
    chance: float | None
    match: Match | None
    corrected: int | None
    bits: tuple[int, ...]
    confidences: tuple[float, ...]
    statistic: float
    threshold: float
    false_alarm: float
    window: Window
    tried: int
    milliseconds: float = field(default=0.0, compare=False)


class AlreadyMarked(HushmarkError):
    """The picture has a mark already; `reading` is its reading."""

    code = "already-marked"

    name: str
    reading: Reading

    def __str__(self) -> str:
        found = f": it reads as {self.facts['value']}" if self.reading.message else ""
        return (
            f"{self.name} is marked already{found}. Mark it again only if another mark is to take that one's "
            "place."
        )

    @property
    def facts(self) -> dict[str, Fact]:
        """The name, and the kind and value of the message that was read, if one was."""
        message = self.reading.message
        found = {} if message is None else {"kind": message.kind, "value": message.value}
        return {"name": self.name, **found}


def statistic(logits: NDArray[np.float32], card: ModelCard) -> float:
    """How strongly a window indicates a mark: the mean |logit| of float32 [1, card.bits].

    Raises ModelOutput when the logits have another shape or are not finite.
    """
    if logits.shape != (1, card.bits) or not np.isfinite(logits).all():
        raise ModelOutput
    return float(np.abs(logits.astype(np.float64)).mean())


def decide(logits: NDArray[np.float32], opener: Opener, known: KnownIds | None = None) -> Reading:
    """The reading of one look at the whole picture: float32 logits [1, card.bits], where positive means 1.

    Raises ModelOutput when the logits have another shape or are not finite.
    """
    strength = statistic(logits, opener.card)
    opened = opener.open(logits, strength)
    lock = None if opened else opener.lock(logits[0], strength)
    return answer(
        logits[0], WHOLE_PICTURE, opener, opened=opened, lock=lock, tried=1, strength=strength, known=known
    )


def answer(
    logits: NDArray[np.float32],
    window: Window,
    opener: Opener,
    *,
    opened: Opened | None,
    lock: Reason | None,
    tried: int,
    strength: float,
    known: KnownIds | None,
) -> Reading:
    """The reading of logits [card.bits] of a window, the best of `tried`.

    `opened`: what they opened as; `lock`: why they are a mark that does not open; `strength`: the `statistic`
    of the strongest window.
    """
    presence = opener.card.presence
    threshold = presence.threshold(tried)
    message = None if opened is None else opened.message
    outcome: Outcome = "none"
    reason: Reason | None = None
    if message is not None:
        outcome = "read"
    elif opened is not None:
        outcome, reason = "unreadable", "later"
    elif lock is not None:
        outcome, reason = "unreadable", lock
    elif strength >= threshold or opener.is_mark:
        outcome, reason = "unreadable", "damaged"
    match = None
    if known is not None:
        level = _SURE_MATCH if outcome == "none" else presence.false_positive_rate
        match = known.match(logits, message, opener.key, tried, level)
        if match is not None and outcome == "none":
            outcome, reason = "unreadable", "damaged"
    return Reading(
        outcome=outcome,
        reason=reason,
        message=message,
        chance=opened.chance if opened and message else None,
        match=match,
        corrected=opened.corrected if opened and message else None,
        bits=tuple(int(logit > 0) for logit in logits),
        confidences=tuple(1 / (1 + math.exp(-abs(float(logit)))) for logit in logits),
        statistic=strength,
        threshold=threshold,
        false_alarm=presence.chance(strength, tried),
        window=window,
        tried=tried,
    )
