"""The model card: facts about a set of weights, kept inside the weights file."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from .errors import ModelDamaged, ModelMissing


@dataclass(frozen=True)
class Presence:
    """The presence statistic (mean |logit| of one window) as measured on unmarked windows.

    `threshold`: found at or above it; `false_positive_rate`: share of the `windows` unmarked windows
    that reach it; `log_mean`, `log_std`: mean and standard deviation of the statistic's natural log.
    """

    threshold: float
    false_positive_rate: float
    windows: int
    log_mean: float
    log_std: float


@dataclass(frozen=True)
class ModelCard:
    """`model`: name and version; `bits`: length of a message; `image_size`: S of [1,3,S,S]."""

    model: str
    bits: int
    image_size: int
    presence: Presence


def read_card(path: Path) -> ModelCard:
    """Read the card from the header of a `.safetensors` file, without loading tensors.

    Raises ModelMissing when there is no such file, ModelDamaged when it holds no card.
    """
    if not path.is_file():
        raise ModelMissing(path)
    try:
        with safe_open(path, framework="numpy") as weights:
            facts = json.loads(weights.metadata()["hushmark"])
        return ModelCard(facts["model"], facts["bits"], facts["image_size"], Presence(**facts["presence"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelDamaged(path) from error
