"""A passphrase for marks that not everybody shall read: it whitens the bits.

Without the key a reader gets bits that look random, and knows neither the payload nor how to make a mark that
the key's holder would take for their own. The mask is the same for every picture, as a reader knows nothing
else of it: whoever learns the payload of one marked picture has the mask. A key neither hides that there is a
mark, nor keeps anybody from removing it.
"""

import hmac
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import PassphraseEmpty

_ROUNDS = 200_000
"""Of PBKDF2. They take some 0.6 s in Pyodide, as long as somebody who waits for a page should."""
_SALT = b"hushmark key 1"
_LABEL = b"hushmark whitening 1"


@dataclass(frozen=True)
class Key:
    """32 bytes, stretched from a passphrase."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_passphrase(cls, passphrase: str) -> "Key":
        """The key of a passphrase, however its accents are encoded (NFC). Raises PassphraseEmpty.

        Takes about half a second, once for each passphrase.
        """
        if not passphrase:
            raise PassphraseEmpty
        return cls(_stretched(unicodedata.normalize("NFC", passphrase)))

    def whiten(self, bits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bits [n] of 0 and 1 -> float32 [n] of 0 and 1; done twice it gives them back."""
        whitened: NDArray[np.float32] = np.abs(bits - self._mask(bits.size))
        return whitened

    def unwhiten(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits [..., n] of whitened bits -> those of the bits: some signs change."""
        signs: NDArray[np.float32] = 1 - 2 * self._mask(logits.shape[-1])
        return logits * signs

    def _mask(self, n_bits: int) -> NDArray[np.float32]:
        """float32 [n_bits] of 0 and 1: HMAC-SHA-256 of a label and a block's number."""
        blocks = range(-(-n_bits // 256))
        stream = b"".join(hmac.digest(self.secret, _LABEL + bytes([block]), "sha256") for block in blocks)
        return np.unpackbits(np.frombuffer(stream, np.uint8))[:n_bits].astype(np.float32)


@lru_cache(maxsize=4)
def _stretched(passphrase: str) -> bytes:
    return pbkdf2(passphrase.encode(), _SALT, _ROUNDS)


def pbkdf2(password: bytes, salt: bytes, rounds: int) -> bytes:
    """PBKDF2-HMAC-SHA-256 (RFC 8018) with 32 bytes of output.

    Written out because `hashlib` has neither this nor scrypt where there is no OpenSSL, as in Pyodide.
    """
    block = hmac.digest(password, salt + (1).to_bytes(4, "big"), "sha256")
    result = int.from_bytes(block, "big")
    for _ in range(rounds - 1):
        block = hmac.digest(password, block, "sha256")
        result ^= int.from_bytes(block, "big")
    return result.to_bytes(32, "big")
