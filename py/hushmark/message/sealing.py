"""From a message to raw bits, and from logits back to a message whose check holds.

A message is 68 bits (see `kinds`). They are sealed under a key as in synthetic initialisation vectors (RFC
5297): 34 check bits are an HMAC of the 68, and the 68 are hidden by a stream that depends on the key and the
check. So two messages under one key, or one message under two keys, have nothing in common that can be seen
without the key; only the same message under the same key gives the same bits. (Among 100,000 messages under
one key, two share a stream by chance in one case of four; how these two differ can then be seen.)
Messages for everybody are sealed in the same way under a public key. The 102 bits go through the code, and a
fixed mask is added: one for marks with a key, another for marks without.

**Chance of a false reading.** Bits that are no message pass the check once in 2^34 tries, each try
independent of the code and of the logits. A look tries at most 32 candidates in `decode_each`, so 250 looks
read something that was not marked with probability 250 x 32 / 2^34 = 4.7e-7 at most. `decode` clips the
logits in two ways and tries 64, so that even 250 looks by it stay under 9.4e-7. A look tries either marks of
the key given or marks without a key, never both.

**A key that does not fit** costs no bits. What is marked with a key can be decoded without it, up to the
seal. The two masks tell marks with a key from those without: a word added to the other mask looks random to
the code. Where no check holds, the distance of the likeliest word is compared with those of the same logits
with random signs; a mark with a key stands out by many standard deviations, nearly wherever its own key would
read it.

**What a key does not do.** Whoever has a marked picture can copy its whole mark into another one, and can see
that there is a mark, that it has a key, and whether two marks are equal. Who guesses makes a mark that passes
under an unknown key once in 2^34 tries.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .code import HARD, SOFT, PolarCode, quantise
from .kinds import Message, pack, unpack
from .seal_keys import NO_KEY, Key

CHECK_BITS = 34
TRIED = 32
"""Candidates of a look whose check is tried, the likeliest first."""

_MESSAGE_BITS = 68
_PATHS = 64
"""Words that the decoder follows: twice `TRIED`, so that the right one is not lost on the way."""
_TWINS = 24
"""Copies with random signs that a word with a key has to stand out from."""
_DEVIATIONS = 7.0
"""By how many of their standard deviations. Of 1,580 words with random signs, none did by more than 5.3."""


@dataclass(frozen=True)
class Decoded:
    """What logits say.

    `outcome`: *read*: the check holds; *locked*: a mark that this key, or nobody without a key, opens;
    *later*: the check holds, but a later version made the message; *unreadable*: none of these, so there is
    no mark, or one that is too damaged.
    `message`: only where read.
    `keyed`: whether the mark was made with a key; None where that is not known.
    `rank`: place of the message among the candidates, 0 the likeliest; `corrected`: raw bits that differ from
    the signs of the logits; `chance`: probability that logits without this message pass the check by
    accident, to be multiplied by the number of looks. All three None unless the check holds.
    """

    outcome: Literal["read", "locked", "later", "unreadable"]
    message: Message | None = None
    keyed: bool | None = None
    rank: int | None = None
    corrected: int | None = None
    chance: float | None = None


def encode(message: Message, length: int, key: Key | None = None) -> NDArray[np.float32]:
    """The raw bits float32 [length] of 0 and 1. `length`: 128, 192 or 256, as the networks carry."""
    return (_code(length).encode(_seal(message, key)) ^ _mask(length, key is not None)).astype(np.float32)


def decode(logits: NDArray[np.floating], key: Key | None = None) -> Decoded:
    """What finite logits [n] say, where a positive one means 1; their scale does not matter.

    With a key only marks of that key are read: one without a key is *locked* with `keyed` False.
    """
    look = logits[np.newaxis]
    for before, clip in enumerate((SOFT, HARD)):
        decoded = decode_each(look, key, clip)[0]
        if decoded.chance is not None:
            return replace(decoded, chance=decoded.chance + before * TRIED / 2**CHECK_BITS)
    if key is not None and any(
        decode_each(look, None, clip)[0].outcome != "unreadable" for clip in (SOFT, HARD)
    ):
        return Decoded("locked", keyed=False)
    if _stands_out(_unmasked(look, True, SOFT)):
        return Decoded("locked", keyed=True)
    return decoded


def decode_each(logits: NDArray[np.floating], key: Key | None = None, clip: float = SOFT) -> list[Decoded]:
    """What finite logits [w, n] of w looks say: as `decode`, but *locked* looks count as *unreadable*.

    `clip`: as for `quantise`; `decode` tries both. Many looks at once take a fraction of the time of one
    after the other.
    """
    mask = _mask(logits.shape[1], key is not None)
    quantised = _unmasked(logits, key is not None, clip)
    information, words, _ = _code(logits.shape[1]).decode(quantised, _PATHS)
    answers = []
    for look, candidates in enumerate(np.packbits(information[:, :TRIED], axis=2)):
        answer = Decoded("unreadable")
        for rank, candidate in enumerate(candidates):
            plain = _open(candidate.tobytes(), key)
            if plain is None:
                continue
            try:
                message = unpack(plain)
            except ValueError:
                continue
            answer = Decoded(
                outcome="later" if message is None else "read",
                message=message,
                keyed=key is not None,
                rank=rank,
                corrected=int(((words[look, rank] ^ mask) != (logits[look] > 0)).sum()),
                chance=(rank + 1) / 2**CHECK_BITS,
            )
            break
        answers.append(answer)
    return answers


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


def _stands_out(quantised: NDArray[np.int16]) -> bool:
    """Whether quantised values [1, n] lie nearer to a word than they would with random signs."""
    length = quantised.shape[1]
    twins = np.stack([_stream(b"twin %d" % twin, length) for twin in range(_TWINS)]).astype(np.int16)
    looks = np.concatenate((quantised, quantised * (1 - 2 * twins)))
    distances = _code(length).decode(looks, _PATHS)[2][:, 0]
    others = distances[1:].astype(np.float64)
    return bool(others.mean() - distances[0] > _DEVIATIONS * others.std(ddof=1))


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
