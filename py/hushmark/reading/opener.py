"""Opens the messages in looks, and counts every try."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..card import ModelCard
from ..message.keys import Key
from ..message.kinds import Message
from ..message.sealing import TRIES, chance, decode_each, lock

_MOST_TRIES = 512 * TRIES
"""Most tries of a search, over all looks and means of looks. An unmarked picture passes one of them with a
probability below 1e-6."""


@dataclass(frozen=True)
class Opened:
    """Logits whose check holds.

    `message`: None if a later version made it; `corrected`: raw bits that differ from the signs of the
    logits; `chance`: upper bound of the probability that one of all tries so far passed by accident;
    `logits`: float32 [n].
    """

    message: Message | None
    corrected: int
    chance: float
    logits: NDArray[np.float32]


class Opener:
    """Opens marks made with this key, or with no key if it is None, for one search.

    `is_mark`: whether a look was surely a mark with a key, but too damaged to tell which key.
    """

    def __init__(self, card: ModelCard, key: Key | None) -> None:
        self.card, self.key = card, key
        self.is_mark = False
        self._tries = 0

    def open(self, looks: NDArray[np.float32], strength: float) -> Opened | None:
        """The first of the looks [w, n] whose check holds.

        Looks as weak as most unmarked windows (below the card's `tail_start`) are not tried, and at most 512
        in all. `strength`: the largest `statistic` of these.
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
        """Why no other look will open either: see `sealing.lock`. `logits` [n] have this `statistic`.

        None if another look may open: the mark is damaged (then `is_mark` is set) or too weak for `open`, or
        there is none.
        """
        if strength < self.card.presence.tail_start:
            return None
        locked = lock(logits, self.key)
        if locked == "damaged":
            self.is_mark = True
            return None
        return locked
