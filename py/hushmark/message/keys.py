"""The key of a message: needed to read marks made with it, and to make such marks."""

import hmac
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from ..errors import PassphraseEmpty

ROUNDS = 600_000
"""Of PBKDF2 with SHA-256, as OWASP has recommended since 2023."""
_SALT = b"hushmark message key 1"


@dataclass(frozen=True)
class Key:
    """32 secret bytes, from which one key checks messages and another one hides them."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_passphrase(cls, passphrase: str) -> "Key":
        """The key of a passphrase, however its accents are encoded (NFC). Raises PassphraseEmpty.

        Takes a second or more, once for each passphrase.
        """
        if not passphrase:
            raise PassphraseEmpty
        return cls(_stretched(unicodedata.normalize("NFC", passphrase)))

    def check(self, data: bytes, size: int) -> int:
        """The authentication code of `data`, by HMAC-SHA-256: a number of `size` bits, 1..256."""
        return _first_bits(hmac.digest(_derived(self.secret, b"check"), data, "sha256"), size)

    def stream(self, start: int, size: int) -> int:
        """A number of `size` bits, 1..256, to hide another one with. `start`: 0..2^64 - 1, selects it."""
        return _first_bits(
            hmac.digest(_derived(self.secret, b"stream"), start.to_bytes(8, "big"), "sha256"), size
        )


NO_KEY = Key(b"hushmark message without a key 1")
"""The key of messages for everybody: it is public, so its check finds errors but does not show the maker."""


@lru_cache(maxsize=16)
def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, b"hushmark message 1: " + purpose, "sha256")


@lru_cache(maxsize=4)
def _stretched(passphrase: str) -> bytes:
    try:
        from hashlib import pbkdf2_hmac
    except ImportError:  # where Python has no OpenSSL, as in Pyodide
        return pbkdf2(passphrase.encode(), _SALT, ROUNDS)
    return pbkdf2_hmac("sha256", passphrase.encode(), _SALT, ROUNDS)


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


def _first_bits(digest: bytes, size: int) -> int:
    return int.from_bytes(digest, "big") >> 8 * len(digest) - size
