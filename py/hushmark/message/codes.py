"""The code of protected payloads: 16 bits in 32, read back from soft values.

The words are those of the Reed-Muller code RM(2,5), which is (32,16,8): any two differ in 8 places or more,
so that any 3 flipped bits are corrected. A fixed word is added to each. It lies as far from the code as a
word can (6 places), so that zeros and repeated letters, which are words of the bare code, are far from these.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

PROTECTED_BITS = 32
"""Length of a word."""
PROTECTED_VALUES = 1 << 16
"""How many words there are."""

_VARIABLES = 5
_OFFSET = np.unpackbits(np.frombuffer(bytes.fromhex("f6c0dbde"), np.uint8))


@dataclass(frozen=True)
class Protected:
    """Logits taken for a word of the code.

    `value`: 0..65535, of the likeliest word; `corrected`: bits that were flipped, in which it differs from
    the signs of the logits; `margin`: log-odds of it against the second likeliest word, in nats; `certainty`:
    its probability among all words, 0..1, if a word was sent; `chance`: upper bound of the probability that
    logits of any message, not made from a word, speak as clearly for one.
    """

    value: int
    corrected: int
    margin: float
    certainty: float
    chance: float


def encode(value: int) -> NDArray[np.uint8]:
    """The word uint8 [32] of 0 and 1 of a value 0..65535."""
    linear, quadratic, constant = value >> 11, value >> 1 & 0x3FF, value & 1
    parity = np.array([(linear & place).bit_count() & 1 for place in range(PROTECTED_BITS)], np.uint8)
    return _OFFSET ^ parity ^ _forms()[:, quadratic] ^ np.uint8(constant)


def decode(logits: NDArray[np.floating]) -> Protected:
    """The likeliest word for logits [32], where a positive one means 1 and each is the log-odds of its bit.

    All 65,536 words are weighed: RM(2,5) is 1,024 cosets of RM(1,5), one for each quadratic form, and a
    Walsh-Hadamard transform correlates with all words of RM(1,5) at once.
    """
    exact = logits.astype(np.float64)
    # Log-likelihood of a word, up to a constant: half the sum of the logits, each with the sign of its bit.
    terms = (1.0 - 2.0 * _forms()) * (exact * (encode(0) - 0.5))[:, np.newaxis]
    for variable in range(_VARIABLES):
        pairs = terms.reshape(-1, 2, 1 << variable, terms.shape[-1])
        terms = np.stack((pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]), axis=1)
    # The last bit of a value turns all bits of its word over, and with them the sign of the sum.
    scores = np.abs(terms.ravel())
    likeliest = int(scores.argmax())
    value = 2 * likeliest + int(terms.ravel()[likeliest] < 0)
    best = float(scores[likeliest])
    mass = float(np.exp(scores - best).sum() + np.exp(-scores - best).sum())
    scores[likeliest] = 0
    magnitudes = np.abs(exact)
    any_message = float((magnitudes / 2 + np.log1p(np.exp(-magnitudes))).sum())
    # How much likelier these logits are if a word was sent than if any message was. Where any was, this ratio
    # has the mean 1, so that it reaches r in one case of r at most (Markov's inequality).
    evidence = best + math.log(mass) - any_message + (PROTECTED_BITS - 16) * math.log(2)
    return Protected(
        value=value,
        corrected=int((encode(value) != (exact > 0)).sum()),
        margin=best - float(scores.max()),
        certainty=1 / mass,
        chance=math.exp(-max(evidence, 0.0)),
    )


@cache
def _forms() -> NDArray[np.uint8]:
    """The quadratic forms of five variables: uint8 [32,1024] of 0 and 1."""
    places, numbers = np.arange(PROTECTED_BITS)[:, np.newaxis], np.arange(1024)
    forms = np.zeros((PROTECTED_BITS, 1024), np.int64)
    pairs = [(i, j) for i in range(_VARIABLES) for j in range(i)]
    for number, (i, j) in enumerate(pairs):
        forms ^= (places >> i) & (places >> j) & (numbers >> number) & 1
    return forms.astype(np.uint8)
