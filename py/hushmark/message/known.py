"""A list of known messages, and which of them is likeliest in a mark."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import KnownEmpty, KnownLine, MessageError
from .keys import Key
from .kinds import Kind, Message, is_identifier, parse
from .sealing import encode, encode_each

_PART = 1 << 14
"""Messages that are encoded at a time."""
_BYTES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1)
"""The bits of every byte, uint8 [256, 8]."""


@dataclass(frozen=True)
class Match:
    """The known message that is likeliest.

    `message`: as in the list; `label`: as in the list, None without one; `agreeing`: raw bits that are as
    read; `certainty`: its probability among all of the list, 0..1, if one of these was marked; `chance`:
    upper bound of the probability that random bits agree as well with any of the messages in any of the
    windows tried.
    """

    message: Message
    label: str | None
    agreeing: int
    certainty: float
    chance: float


class KnownIds:
    """Messages with labels; of equal messages the first counts.

    `entries`: the messages and their labels, at least one.
    """

    def __init__(self, entries: Sequence[tuple[Message, str | None]]) -> None:
        labels: dict[Message, str | None] = {}
        for message, label in entries:
            labels.setdefault(message, label)
        self._labels = labels
        self._messages = list(labels)
        self._places: dict[Message, int] = {message: place for place, message in enumerate(self._messages)}
        self._encoded: dict[tuple[int, Key | None], NDArray[np.uint8]] = {}

    @classmethod
    def of(cls, messages: Iterable[Message | str]) -> "KnownIds":
        """The list of some messages without labels, or of a dict from messages to labels.

        A str is read as a line of `parse` without a label: a comma is part of a text.
        Raises MessageError (one that does not fit), KnownEmpty.
        """
        labels = messages if isinstance(messages, Mapping) else dict.fromkeys(messages)
        if not labels:
            raise KnownEmpty
        return cls(
            [
                (parse_line(known) if isinstance(known, str) else known, label)
                for known, label in labels.items()
            ]
        )

    @classmethod
    def parse(cls, text: str) -> "KnownIds":
        """The list in a text of one message a line, with a label after a tab or a comma where wanted.

        A message is an id where it has 16 hex digits, else a text, unless it starts with its kind, as in
        `number:1234`, `id:0123456789abcdef` or `text:pipe`. All spaces of a text are part of it, also at the
        end of its line or before the tab or comma; around ids, numbers and labels they are ignored, and so
        are lines of spaces. Where a line has a tab, commas do not split it.
        Raises KnownLine (a message that does not fit), KnownEmpty.
        """
        entries = []
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            if line.strip():
                try:
                    entries.append(_entry(line))
                except MessageError as error:
                    raise KnownLine(number, error) from error
        if not entries:
            raise KnownEmpty
        return cls(entries)

    def __len__(self) -> int:
        """How many distinct messages there are."""
        return len(self._labels)

    def __contains__(self, message: object) -> bool:
        """Whether a message is in the list, of the same kind."""
        return message in self._labels

    def match(
        self, logits: NDArray[np.floating], read: Message | None, key: Key | None, tried: int, level: float
    ) -> Match | None:
        """The message that was `read`, or if none was, the likeliest for logits [n] of marks with this key.

        `tried`: windows, of which these logits are the best. None where the message read is not in the list,
        or where the chance of as good an agreement is above `level`.
        """
        if read is not None and read not in self:
            return None
        scores = self._scores(logits.astype(np.float64), key)  # log-likelihoods, up to a constant
        best = int(scores.argmax()) if read is None else self._places[read]
        message = self._messages[best]
        bits = encode(message, logits.size, key) > 0
        agreeing = int((bits == (logits > 0)).sum())
        chance = min(len(self) * tried * _tail(agreeing, logits.size), 1.0)
        if read is None and chance > level:
            return None
        certainty = float(1 / np.exp(np.minimum(scores - scores[best], 700)).sum())
        return Match(message, self._labels[message], agreeing, certainty, chance)

    def _scores(self, logits: NDArray[np.float64], key: Key | None) -> NDArray[np.float64]:
        """How well each message fits logits [n]: half of (the sum over its ones - the sum over its zeros).

        Since there may be millions, messages are kept as bytes of 8 raw bits, and each byte's share of the
        sum is looked up.
        """
        shares = logits.reshape(-1, 8) @ (_BYTES.T - 0.5)
        words = self._words(logits.size, key)
        scores = np.zeros(len(words))
        for place, share in enumerate(shares):
            scores += share[words[:, place]]
        return scores

    def _words(self, length: int, key: Key | None) -> NDArray[np.uint8]:
        """The raw bits of all messages, uint8 [messages, length / 8]; they are encoded once."""
        if (length, key) not in self._encoded:
            parts = [self._messages[start : start + _PART] for start in range(0, len(self), _PART)]
            bits = (encode_each(part, length, key) > 0 for part in parts)
            self._encoded[length, key] = np.concatenate([np.packbits(part, axis=1) for part in bits])
        return self._encoded[length, key]


def _entry(line: str) -> tuple[Message, str | None]:
    value, _, label = line.partition("\t" if "\t" in line else ",")
    return parse_line(value), label.strip() or None


def parse_line(value: str) -> Message:
    """The message of a line without a label: see `KnownIds.parse`. Raises MessageError."""
    kind, colon, rest = value.partition(":")
    if colon and kind.lstrip() in get_args(Kind):
        return parse(kind.lstrip(), rest)
    return parse("id" if is_identifier(value.strip()) else "text", value)


def _tail(agreeing: int, n_bits: int) -> float:
    """The chance that so many of n random bits agree, or more."""
    return math.ldexp(sum(math.comb(n_bits, count) for count in range(agreeing, n_bits + 1)), -n_bits)
