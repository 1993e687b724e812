"""Logits -> what was read: bits, confidence, and whether there is a watermark at all."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .card import ModelCard
from .errors import ModelOutput
from .payload import Payload, from_bits


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

    `found`: whether `statistic` (mean |logit|) reaches `threshold`; `payload`: None when not found;
    `bits`: the values read, each with its probability in `confidences` (0.5..1); `false_alarm`: chance that
    the best of `tried` windows of an unmarked picture reaches this statistic; `window`: where it was read.
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

    def among(self, tried: int, card: ModelCard) -> "Reading":
        """The same reading as the best of `tried` windows: the more are tried, the more it takes."""
        threshold = card.presence.threshold(tried)
        found = self.statistic >= threshold
        return replace(
            self,
            found=found,
            payload=from_bits(self.bits) if found else None,
            threshold=threshold,
            false_alarm=card.presence.chance(self.statistic, tried),
            tried=tried,
        )


def decide(logits: NDArray[np.float32], card: ModelCard, window: Window, *, tried: int = 1) -> Reading:
    """Decide on float32 logits [1, card.bits] (positive means 1) of one window, the best of `tried`.

    Raises ModelOutput when the logits have another shape or are not finite.
    """
    if logits.shape != (1, card.bits) or not np.isfinite(logits).all():
        raise ModelOutput
    magnitudes = np.abs(logits[0].astype(np.float64))
    reading = Reading(
        found=False,
        payload=None,
        bits=tuple(int(logit > 0) for logit in logits[0]),
        confidences=tuple(1 / (1 + math.exp(-magnitude)) for magnitude in magnitudes),
        statistic=float(magnitudes.mean()),
        threshold=math.inf,
        false_alarm=1.0,
        window=window,
        tried=tried,
    )
    return reading.among(tried, card)
