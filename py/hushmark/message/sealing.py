"""From a message to raw bits, and from logits back to a message whose check holds.

A message is 68 bits (see `kinds`). They are sealed under a key as in synthetic initialisation vectors (RFC
5297): 34 check bits are an HMAC of the 68, and the 68 are hidden by a stream that depends on the key and the
check. So two messages under one key, or one message under two keys, have nothing in common that can be seen
without the key; only the same message under the same key gives the same bits. (Among 100,000 messages under
one key, the probability that two share a stream is a quarter; how these two differ can then be seen.)
Messages for everybody are sealed in the same way under a public key. The 102 bits go through the code, and a
fixed mask is added: one for marks with a key, another for marks without.

**Chance of a false reading.** Bits that are no message pass the check once in 2^34 tries, each try
independent of the code and of the logits. A look takes at most 32 tries: 16 candidates for each of two ways
to clip the logits. Over many looks the tries add up. Each try is for marks with the given key or, where none
is given, for marks without a key, never for both.

**A key that does not fit** is recognised without extra bits. A mark with a key can be decoded without it, up
to the seal. The two masks tell marks with a key from those without: a word added to the other mask looks
random to the code. Where no check holds, the distance of the likeliest word is compared with those of the
same logits with random signs; a mark with a key stands out by many standard deviations, nearly wherever its
own key would read it. All keys share one mask. So where a key is given, the mark is said to have another key
only if the word is surely the marked one: with the right key its check would hold. Else the mark is damaged.

**What a key does not do.** Whoever has a marked picture can copy its whole mark into another one, and can see
that there is a mark, that it has a key, and whether two marks are equal. A mark made by guessing passes under
an unknown key once in 2^34 tries.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .code import HARD, SOFT, PolarCode, quantise
from .keys import NO_KEY, Key
from .kinds import Message, pack, unpack

LENGTHS = (128, 192, 256)
"""Raw bits that a mark may have."""
CHECK_BITS = 34
_CLIPS = (SOFT, HARD)
_CANDIDATES = 16
"""Words per clip whose check is tried, the likeliest first. 32 would read 1% to 2% more of the marks that are
hardest to read, but halve the number of looks for the same chance of a false reading."""
TRIES = len(_CLIPS) * _CANDIDATES
"""Most tries of a look."""

_MESSAGE_BITS = 68
_PATHS = 64
"""Words that the decoder follows: more than are tried, so that the right one is not lost on the way."""
_TWINS = 24
"""Copies with random signs that a word with a key has to stand out from."""
_DEVIATIONS = 7.0
"""By how many of their standard deviations. Of 1,580 words with random signs, the highest had 5.3."""
_SURE_LEAD = 96
"""The lead in distance over the next word that makes a word sure; the median bit counts 42. Of 1,250 marks of
256 bits at the limit (20.5 dB), some 190 were not read with their own key, and two of those had such a lead;
so had 94 of 100 marks of another key at 22.5 dB, where all are read with theirs, and 99 at 24 dB."""


@dataclass(frozen=True)
class Decoded:
    """The message of logits whose check holds.

    `message`: None where a later version made it; `tries`: how many it took, 1..TRIES; `corrected`: raw bits
    that differ from the signs of the logits.
    """

    message: Message | None
    tries: int
    corrected: int


def encode(message: Message, length: int, key: Key | None = None) -> NDArray[np.float32]:
    """The raw bits float32 [length] of 0 and 1. `length`: one of LENGTHS, that of the networks."""
    bits: NDArray[np.float32] = encode_each([message], length, key)[0]
    return bits


def encode_each(messages: Sequence[Message], length: int, key: Key | None = None) -> NDArray[np.float32]:
    """The raw bits float32 [messages, length] of each message: see `encode`."""
    sealed = np.stack([_seal(message, key) for message in messages])
    return (_code(length).encode(sealed) ^ _mask(length, key is not None)).astype(np.float32)


def chance(tries: int) -> float:
    """Upper bound of the probability that one of so many tries passes by accident."""
    return tries / float(1 << CHECK_BITS)


def decode_each(logits: NDArray[np.floating], key: Key | None = None) -> list[Decoded | None]:
    """The messages in finite logits [w, n] of w looks, positive meaning 1; their scale does not matter.

    None where no check holds. With a key only marks of that key are read. Decoding many looks together takes
    a fraction of the time.
    """
    length = logits.shape[1]
    mask = _mask(length, key is not None)
    clipped = np.concatenate([_unmasked(logits, key is not None, clip) for clip in _CLIPS])
    information, words, _ = _code(length).decode(clipped, _PATHS)
    candidates = np.packbits(information[:, :_CANDIDATES], axis=2)
    answers: list[Decoded | None] = []
    for look in range(len(logits)):
        tries = ((row, rank) for row in range(look, len(clipped), len(logits)) for rank in range(_CANDIDATES))
        answer = None
        for tried, (row, rank) in enumerate(tries, 1):
            plain = _open(candidates[row, rank].tobytes(), key)
            if plain is None:
                continue
            try:
                message = unpack(plain)
            except ValueError:
                continue
            corrected = int(((words[row, rank] ^ mask) != (logits[look] > 0)).sum())
            answer = Decoded(message, tried, corrected)
            break
        answers.append(answer)
    return answers


def lock(logits: NDArray[np.floating], key: Key | None) -> Literal["key", "no-key", "damaged"] | None:
    """What kind of mark finite logits [n] are in which no check holds under this key.

    *key*: it was made with another key, or with one where none is given; *no-key*: it was made without one;
    *damaged*: with a key, which may be the one that is given.
    None: there is no mark, or one that is too damaged to be told from none.
    """
    look = logits[np.newaxis]
    if key is not None and decode_each(look)[0] is not None:
        return "no-key"
    lead = _lead(_unmasked(look, True, SOFT))
    if lead is None:
        return None
    return "key" if key is None or lead >= _SURE_LEAD else "damaged"


def _seal(message: Message, key: Key | None) -> NDArray[np.uint8]:
    """uint8 [102] of 0 and 1: the check, then the hidden message."""
    key = key or NO_KEY
    plain = pack(message)
    check = key.check(plain, CHECK_BITS)
    hidden = int.from_bytes(plain, "big") ^ key.stream(check, _MESSAGE_BITS)
    size = CHECK_BITS + _MESSAGE_BITS
    sealed = (check << _MESSAGE_BITS | hidden) << -size % 8
    return np.unpackbits(np.frombuffer(sealed.to_bytes(-(-size // 8), "big"), np.uint8))[:size]


def _open(sealed: bytes, key: Key | None) -> bytes | None:
    """The packed message in 102 bits, filled up to whole bytes; None where the check does not hold."""
    key = key or NO_KEY
    bits = int.from_bytes(sealed, "big") >> -(CHECK_BITS + _MESSAGE_BITS) % 8
    check, hidden = bits >> _MESSAGE_BITS, bits & (1 << _MESSAGE_BITS) - 1
    plain = (hidden ^ key.stream(check, _MESSAGE_BITS)).to_bytes(9, "big")
    return plain if key.check(plain, CHECK_BITS) == check else None


def _unmasked(logits: NDArray[np.floating], keyed: bool, clip: float) -> NDArray[np.int16]:
    """Quantised logits [w, n] of the bits before the mask was added."""
    mask = _mask(logits.shape[1], keyed).astype(np.int16)
    unmasked: NDArray[np.int16] = quantise(logits, clip) * (1 - 2 * mask)
    return unmasked


def _lead(quantised: NDArray[np.int16]) -> int | None:
    """By how much the likeliest word is nearer to quantised values [1, n] than the next one.

    None where it is no nearer than for random signs.
    """
    length = quantised.shape[1]
    twins = np.stack([_stream(b"twin %d" % twin, length) for twin in range(_TWINS)]).astype(np.int16)
    looks = np.concatenate((quantised, quantised * (1 - 2 * twins)))
    distances = _code(length).decode(looks, _PATHS)[2]
    others = distances[1:, 0].astype(np.float64)
    if others.mean() - distances[0, 0] <= _DEVIATIONS * others.std(ddof=1):
        return None
    return int(distances[0, 1] - distances[0, 0])


@cache
def _code(length: int) -> PolarCode:
    return PolarCode(length, CHECK_BITS + _MESSAGE_BITS)


@cache
def _mask(length: int, keyed: bool) -> NDArray[np.uint8]:
    return _stream(b"mask with a key" if keyed else b"mask without a key", length)


def _stream(label: bytes, length: int) -> NDArray[np.uint8]:
    """Fixed bits uint8 [length] of 0 and 1, at most 256, that look random."""
    digest = hashlib.sha256(b"hushmark message 1: " + label).digest()
    return np.unpackbits(np.frombuffer(digest, np.uint8))[:length]
