"""What the user means, and the bits that carry it.

A message is n_bits / 8 bytes, most significant bit first. Text is UTF-8 padded with NUL at the end (as in the
published 32-bit, 320x320 adaptation of StegaStamp (Tancik et al., CVPR 2020), whose message is four ASCII
characters such as "pipe"); an id is the bytes themselves, written in hex.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import PayloadEmpty, PayloadHex, PayloadText, PayloadTooLong


@dataclass(frozen=True)
class Payload:
    """`value` is the text itself, or lower-case hex digits."""

    kind: Literal["text", "hex"]
    value: str


def text_payload(text: str) -> Payload:
    """A text of printable characters. Raises PayloadEmpty, PayloadText."""
    if not text:
        raise PayloadEmpty
    if not text.isprintable():
        raise PayloadText
    return Payload("text", text)


def hex_payload(digits: str) -> Payload:
    """An id from hex digits; its length is checked by `to_bytes`. Raises PayloadEmpty."""
    if not digits:
        raise PayloadEmpty
    return Payload("hex", digits.lower())


def random_payload(n_bits: int) -> Payload:
    """An id of `n_bits` from the operating system's random source."""
    return Payload("hex", secrets.token_hex(n_bits // 8))


def to_bytes(payload: Payload, n_bits: int) -> bytes:
    """The message's n_bits / 8 bytes.

    Raises PayloadTooLong (text of too many bytes) and PayloadHex (not exactly 2 digits a byte).
    """
    size = n_bits // 8
    if payload.kind == "text":
        encoded = payload.value.encode()
        if len(encoded) > size:
            raise PayloadTooLong(len(encoded), size)
        return encoded.ljust(size, b"\0")
    if len(payload.value) != 2 * size or not set(payload.value) <= set("0123456789abcdef"):
        raise PayloadHex(2 * size)
    return bytes.fromhex(payload.value)


def to_bits(payload: Payload, n_bits: int) -> NDArray[np.float32]:
    """float32 [n_bits] of 0 and 1, most significant bit first. Raises as `to_bytes`."""
    return np.unpackbits(np.frombuffer(to_bytes(payload, n_bits), np.uint8)).astype(np.float32)


def from_bits(bits: ArrayLike) -> Payload:
    """[n_bits] of 0 and 1 -> text where the bytes are printable UTF-8 with NULs only at the end, else hex."""
    message = np.packbits(np.asarray(bits, np.uint8)).tobytes()
    try:
        text = message.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        text = ""
    if text and text.isprintable():
        return Payload("text", text)
    return Payload("hex", message.hex())
