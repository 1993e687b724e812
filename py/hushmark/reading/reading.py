"""Logits -> what was read: bits, confidence, and whether there is a watermark at all."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..card import ModelCard
from ..errors import HushmarkError, ModelOutput
from ..message import codes
from ..message.codes import Protected
from ..message.keys import Key
from ..message.known import KnownIds, Match
from ..message.payload import Payload, from_bits, to_bits


@dataclass(frozen=True)
class Window:
    """Where the marked picture was taken to lie in the picture read.

    `corners`: its top left, top right, bottom right and bottom left corner as (x, y), in shares of the
    displayed width and height; outside 0..1 where it was cropped, in another order where it was turned.
    """

    corners: tuple[tuple[float, float], ...]


WHOLE_PICTURE = Window(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


@dataclass(frozen=True)
class Reading:
    """The answer of a decode.

    `found`: whether `statistic` reaches `threshold`; `payload`: what was read, None when not found;
    `bits`: 0 or 1 each, as read; `confidences`: probability of each bit, 0.5..1; `statistic`: mean strength
    of the answers (the mean |logit|); `threshold`: the statistic from which on something counts as found;
    `false_alarm`: probability that an unmarked picture reaches this statistic in any of the windows tried;
    `window`: where the marked picture was taken to lie, the strongest one; `tried`: windows that were looked
    at; `protected`: the bits taken for a protected number, None when not found or where messages have no room
    for one; `match`: the known id that fits, None when there is none, no list or nothing found;
    `milliseconds`: time that the search took. Readings are equal whatever it was.

    The bits are from the strongest window, or from the whole picture if that is nearly as strong, and from
    those that agree. Nothing in a mark says of which kind its payload is, so that `protected` is there for
    every mark; it is the `payload`, too, where the chance that another message looks like it is at most the
    card's false positive rate.
    """

    found: bool
    payload: Payload | None
    bits: tuple[int, ...]
    confidences: tuple[float, ...]
    statistic: float
    threshold: float
    false_alarm: float
    window: Window
    tried: int
    protected: Protected | None = None
    match: Match | None = None
    milliseconds: float = field(default=0.0, compare=False)

    def carries(self, payload: Payload) -> bool:
        """Whether this was found and reads as that payload, of whatever kind the reader would call it.

        A protected number may have flipped bits, which are corrected.
        """
        if not self.found:
            return False
        if payload.kind == "protected" and self.protected is not None:
            return str(self.protected.value) == payload.value
        return self.bits == tuple(to_bits(payload, len(self.bits)))


class AlreadyMarked(HushmarkError):
    """The picture carries a mark; `reading` is what it reads as."""

    code = "already-marked"

    def __init__(self, name: str, reading: Reading) -> None:
        payload = reading.payload
        found = "" if payload is None else f": it reads as {payload.value}"
        super().__init__(
            f"{name} is marked already{found}. Mark it again only if another mark is to take that one's "
            "place.",
            name=name,
            kind=None if payload is None else payload.kind,
            value=None if payload is None else payload.value,
        )
        self.reading = reading


def statistic(logits: NDArray[np.float32], card: ModelCard) -> float:
    """How strongly a window speaks for a mark: the mean |logit| of float32 [1, card.bits].

    Raises ModelOutput when the logits have another shape or are not finite.
    """
    if logits.shape != (1, card.bits) or not np.isfinite(logits).all():
        raise ModelOutput
    return float(np.abs(logits.astype(np.float64)).mean())


def decide(
    logits: NDArray[np.float32],
    card: ModelCard,
    window: Window,
    *,
    tried: int = 1,
    strength: float | None = None,
    key: Key | None = None,
    known: KnownIds | None = None,
) -> Reading:
    """Decide on float32 logits [1, card.bits] (positive means 1) of one window, the best of `tried`.

    Where the logits are the mean of several windows, `strength` is the `statistic` of the strongest of them.
    Raises ModelOutput when the logits have another shape or are not finite.
    """
    own = statistic(logits, card)
    strength = own if strength is None else strength
    threshold = card.presence.threshold(tried)
    message = logits[0] if key is None else key.unwhiten(logits[0])
    found = strength >= threshold
    bits = (message > 0).astype(np.uint8)
    level = card.presence.false_positive_rate
    protected = codes.decode(message) if found and card.bits == codes.PROTECTED_BITS else None
    payload = from_bits(bits) if found else None
    if protected is not None and protected.chance <= level:
        payload = Payload("protected", str(protected.value))
    return Reading(
        found=found,
        payload=payload,
        bits=tuple(int(bit) for bit in bits),
        confidences=tuple(1 / (1 + math.exp(-abs(float(logit)))) for logit in message),
        statistic=strength,
        threshold=threshold,
        false_alarm=card.presence.chance(strength, tried),
        window=window,
        tried=tried,
        protected=protected,
        match=known.match(message, payload, tried, level)
        if payload is not None and known is not None
        else None,
    )
