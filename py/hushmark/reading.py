"""Logits -> what was read: bits, confidence, and whether there is a watermark at all."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .card import ModelCard, Presence
from .errors import ModelOutput
from .payload import Payload, from_bits


@dataclass(frozen=True)
class Window:
    """The part of the picture that was read, in shares (0..1) of its displayed width and height."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE_PICTURE = Window(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Reading:
    """The answer of a decode.

    `found`: whether `statistic` (mean |logit|) reaches `threshold`; `payload`: None when not found;
    `bits`: the values read, each with its probability in `confidences` (0.5..1); `false_alarm`: chance that
    an unmarked window reaches this statistic; `window`: where it was read.
    """

    found: bool
    payload: Payload | None
    bits: tuple[int, ...]
    confidences: tuple[float, ...]
    statistic: float
    threshold: float
    false_alarm: float
    window: Window


def decide(logits: NDArray[np.float32], card: ModelCard, window: Window) -> Reading:
    """Decide on float32 logits [1, card.bits] (positive means 1) of one window.

    Raises ModelOutput when the logits have another shape or are not finite.
    """
    if logits.shape != (1, card.bits) or not np.isfinite(logits).all():
        raise ModelOutput
    magnitudes = np.abs(logits[0].astype(np.float64))
    statistic = float(magnitudes.mean())
    found = statistic >= card.presence.threshold
    bits = tuple(int(logit > 0) for logit in logits[0])
    return Reading(
        found=found,
        payload=from_bits(bits) if found else None,
        bits=bits,
        confidences=tuple(1 / (1 + math.exp(-magnitude)) for magnitude in magnitudes),
        statistic=statistic,
        threshold=card.presence.threshold,
        false_alarm=_false_alarm(statistic, card.presence),
        window=window,
    )


def _false_alarm(statistic: float, presence: Presence) -> float:
    """Upper tail of the normal distribution fitted to the log of the statistic on unmarked windows."""
    if statistic <= 0:
        return 1.0
    deviations = (math.log(statistic) - presence.log_mean) / presence.log_std
    return 0.5 * math.erfc(deviations / math.sqrt(2))
