"""Opens the messages in what windows say, and counts every try."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..card import ModelCard
from ..message.keys import Key
from ..message.kinds import Message
from ..message.sealing import TRIES, chance, decode_each, lock

_MOST_TRIES = 512 * TRIES
"""Of a search, for all looks and means of looks. Something that was not marked passes in one of them with a
probability below 1e-6."""


@dataclass(frozen=True)
class Opened:
    """Logits whose check holds.

    `message`: None where a later version made it; `corrected`: raw bits that differ from the signs of the
    logits; `chance`: upper bound of the probability that one of all tries so far passed by accident;
    `logits`: float32 [n].
    """

    message: Message | None
    corrected: int
    chance: float
    logits: NDArray[np.float32]


class Opener:
    """Opens marks of this key, or without one those without a key, for one search.

    `is_mark`: whether a look was a mark with a key beyond doubt, if too damaged to tell of which.
    """

    def __init__(self, card: ModelCard, key: Key | None) -> None:
        self.card, self.key = card, key
        self.is_mark = False
        self._tries = 0

    def open(self, looks: NDArray[np.float32], strength: float) -> Opened | None:
        """What looks [w, n] say, the first of them whose check holds.

        Looks as weak as most unmarked windows (below the card's `tail_start`) are not tried, nor any after
        the first 512. `strength`: the largest `statistic` of these.
        """
        if strength < self.card.presence.tail_start or self._tries + len(looks) * TRIES > _MOST_TRIES:
            return None
        for logits, decoded in zip(looks, decode_each(looks, self.key), strict=True):
            if decoded is not None:
                bound = chance(self._tries + decoded.tries)
                return Opened(decoded.message, decoded.corrected, bound, logits)
            self._tries += TRIES
        return None

    def lock(self, logits: NDArray[np.float32], strength: float) -> Literal["key", "no-key"] | None:
        """Why no other look will open either, for logits [n] of this `statistic`: see `sealing.lock`.

        None where another one may: the mark is damaged, which `is_mark` tells from then on, or too weak for
        `open`, or there is none.
        """
        if strength < self.card.presence.tail_start:
            return None
        locked = lock(logits, self.key)
        if locked == "damaged":
            self.is_mark = True
            return None
        return locked
