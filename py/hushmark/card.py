"""The model card: facts about a set of weights, kept inside the weights file."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from .errors import ModelDamaged, ModelMissing
from .message.sealing import LENGTHS


@dataclass(frozen=True)
class Presence:
    """The presence statistic (mean |logit| of one window) as measured on `windows` unmarked windows.

    `tail_share` of them reached `tail_start`, and exceeded it by `tail_scale` on average. Above it an
    exponential tail is assumed, which falls off more slowly than the measured one. `false_positive_rate`: how
    often an unmarked picture may count as marked.
    """

    windows: int
    tail_share: float
    tail_start: float
    tail_scale: float
    false_positive_rate: float

    def chance(self, statistic: float, tried: int) -> float:
        """Upper bound of the chance that the best of `tried` unmarked windows reaches the statistic."""
        tail = self.tail_share * math.exp((self.tail_start - statistic) / self.tail_scale)
        return min(tried * tail, 1.0)

    def threshold(self, tried: int) -> float:
        """The statistic at which `chance` is the false positive rate."""
        return self.tail_start + self.tail_scale * math.log(
            self.tail_share * tried / self.false_positive_rate
        )


PERIOD = 0.1
"""All waves repeat after this share of the picture's width and height."""


@dataclass(frozen=True)
class Wave:
    """A wave that is in every mark.

    `channel`: 0 luma, 1 Cb, 2 Cr; `across`, `down`: cycles per picture; `amplitude`: relative to the noise of
    its channel, of any scale; `phase`: in radians, in the middle of the picture.
    """

    channel: int
    across: float
    down: float
    amplitude: float
    phase: float


@dataclass(frozen=True)
class ModelCard:
    """`model`: name and version; `bits`: raw bits of a mark; `image_size`: S of [1,3,S,S]; `waves`: what all
    marks have in common.
    """

    model: str
    bits: int
    image_size: int
    presence: Presence
    waves: tuple[Wave, ...] = ()


def read_card(path: Path) -> ModelCard:
    """Read the card from the header of a `.safetensors` file, without loading tensors.

    Raises ModelMissing when there is no such file, ModelDamaged when it holds no card, or one whose number of
    bits carries no message.
    """
    if not path.is_file():
        raise ModelMissing(path)
    try:
        with safe_open(path, framework="numpy") as weights:
            facts = json.loads(weights.metadata()["hushmark"])
        if facts["bits"] not in LENGTHS:
            raise ValueError("marks of this length carry no message")
        waves = tuple(Wave(**wave) for wave in facts["waves"])
        presence = Presence(**facts["presence"])
        return ModelCard(facts["model"], facts["bits"], facts["image_size"], presence, waves)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelDamaged(path) from error
