"""A list of known payloads, and which of them a reading means."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..card import SURE_LOGIT
from ..errors import KnownEmpty, KnownLine, PayloadError
from .payload import Payload, parse, to_bytes

_KINDS = ("text", "hex", "number", "protected")


@dataclass(frozen=True)
class Match:
    """The known payload that fits a reading.

    `payload`: as in the list; `label`: as in the list, None without one; `agreeing`: bits that are as read
    (others were guesses, or a protected number's code has corrected them); `certainty`: its probability among
    all of the list, 0..1, if one of these was marked; `chance`: upper bound of the probability that one of so
    many random ids agrees with as many bits of one of the windows tried.
    """

    payload: Payload
    label: str | None
    agreeing: int
    certainty: float
    chance: float


class KnownIds:
    """Payloads with labels; of payloads with the same bits the first counts.

    `entries`: the payloads and their labels, at least one; `n_bits`: length of a message.
    Raises PayloadError (see `payload.to_bytes`).
    """

    def __init__(self, entries: Sequence[tuple[Payload, str | None]], n_bits: int) -> None:
        distinct: dict[bytes, tuple[Payload, str | None]] = {}
        for payload, label in entries:
            distinct.setdefault(to_bytes(payload, n_bits), (payload, label))
        self._entries = list(distinct.values())
        bits = np.unpackbits(np.frombuffer(b"".join(distinct), np.uint8)).reshape(-1, n_bits)
        self._signs = bits * np.float32(2) - 1

    @classmethod
    def of(cls, payloads: Iterable[Payload | str], n_bits: int) -> "KnownIds":
        """The list of some payloads, all of them without a label, or of a dict that has their labels.

        A str is one as in a line of `parse`, without a label: a comma is part of a text.
        Raises PayloadError (one that cannot be carried), KnownEmpty.
        """
        labels = payloads if isinstance(payloads, Mapping) else dict.fromkeys(payloads)
        if not labels:
            raise KnownEmpty
        entries = [
            (_payload(known, n_bits) if isinstance(known, str) else known, label)
            for known, label in labels.items()
        ]
        return cls(entries, n_bits)

    @classmethod
    def parse(cls, text: str, n_bits: int) -> "KnownIds":
        """The list in a text of one payload a line, with a label after a tab or a comma where wanted.

        A payload is a hex id where it has two hex digits a byte, else a text, unless it starts with its kind,
        as in `number:1234`, `protected:77` or `hex:70697065`. Empty lines do not count.
        Raises KnownLine (a payload that cannot be carried), KnownEmpty.
        """
        entries = []
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            if line.strip():
                try:
                    entries.append(_entry(line, n_bits))
                except PayloadError as error:
                    raise KnownLine(number, error) from error
        if not entries:
            raise KnownEmpty
        return cls(entries, n_bits)

    def __len__(self) -> int:
        """How many distinct messages there are."""
        return len(self._entries)

    def match(self, logits: NDArray[np.floating], read: Payload, tried: int, level: float) -> Match | None:
        """The likeliest payload for logits [n_bits], of the best of `tried` windows and read as `read`.

        None where that is another one: where a bit that is no guess differs, unless `read` is a number whose
        code has corrected that, or where bits differ and the chance of a fit is above `level`.
        """
        # Log-likelihoods, up to a constant.
        scores = self._signs @ logits / 2
        best = int(scores.argmax())
        payload, label = self._entries[best]
        differs = self._signs[best] != np.where(logits > 0, 1, -1)
        count = int(logits.size - differs.sum())
        chance = min(len(self) * tried * _tail(count, logits.size), 1.0)
        is_what_was_read = to_bytes(payload, logits.size) == to_bytes(read, logits.size)
        if not is_what_was_read and (np.abs(logits[differs]) >= SURE_LOGIT).any():
            return None
        if chance > level and differs.any():
            return None
        return Match(payload, label, count, float(1 / np.exp(scores - scores[best]).sum()), chance)


def _entry(line: str, n_bits: int) -> tuple[Payload, str | None]:
    value, _, label = line.partition("\t" if "\t" in line else ",")
    return _payload(value.strip(), n_bits), label.strip() or None


def _payload(value: str, n_bits: int) -> Payload:
    kind, colon, rest = value.partition(":")
    if not (colon and kind in _KINDS):
        is_hex = len(value) == n_bits // 4 and set(value.lower()) <= set("0123456789abcdef")
        kind, rest = "hex" if is_hex else "text", value
    return parse(kind, rest, n_bits)


def _tail(agreeing: int, n_bits: int) -> float:
    """The chance that so many of n random bits agree, or more."""
    return math.ldexp(sum(math.comb(n_bits, count) for count in range(agreeing, n_bits + 1)), -n_bits)
