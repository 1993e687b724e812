"""What the user means, and the bits that carry it.

A message is n_bits / 8 bytes, most significant bit first. Text is UTF-8 padded with NUL at the end (as in the
published 32-bit, 320x320 adaptation of StegaStamp (Tancik et al., CVPR 2020), whose message is four ASCII
characters such as "pipe"); an id is the bytes themselves, written in hex; a number is big-endian. A protected
number of 16 bits becomes a word of a code that corrects errors (`codes`), where messages are as long as one.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import (
    PayloadEmpty,
    PayloadHex,
    PayloadKind,
    PayloadNumber,
    PayloadRange,
    PayloadText,
    PayloadTooLong,
    PayloadUnprotected,
)
from . import codes
from .keys import Key

_DIGITS = 1000  # more than the number of any message has, and few enough for int()


@dataclass(frozen=True)
class Payload:
    """What a mark says.

    `kind`: text, hex, number or protected; `value`: the text itself, lower-case hex digits, or a number in
    decimal digits.
    """

    kind: Literal["text", "hex", "number", "protected"]
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


def number_payload(number: int | str) -> Payload:
    """A number from 0, as it is, in decimal digits, or in hex digits after 0x.

    How large it may be is checked by `to_bytes`. Raises PayloadEmpty, PayloadNumber.
    """
    return Payload("number", _decimal(number))


def protected_payload(number: int | str) -> Payload:
    """A number 0..65535, given as to `number_payload`, of which any 3 flipped bits are corrected."""
    return Payload("protected", _decimal(number))


def random_payload(n_bits: int) -> Payload:
    """An id of `n_bits` from the operating system's random source."""
    return Payload("hex", secrets.token_hex(n_bits // 8))


def parse(kind: str, value: str, n_bits: int) -> Payload:
    """The payload that somebody typed. `kind`: that of a Payload, or random, which ignores `value`.

    Raises PayloadError: what the kinds raise, what `to_bytes` raises, and PayloadKind for another kind.
    """
    if kind == "random":
        return random_payload(n_bits)
    makers = {
        "text": text_payload,
        "hex": hex_payload,
        "number": number_payload,
        "protected": protected_payload,
    }
    if kind not in makers:
        raise PayloadKind(kind)
    payload = makers[kind](value)
    to_bytes(payload, n_bits)
    return payload


def to_bytes(payload: Payload, n_bits: int) -> bytes:
    """The message's n_bits / 8 bytes.

    Raises PayloadTooLong (text of too many bytes), PayloadHex (not exactly 2 digits a byte), PayloadRange (a
    number too large) and PayloadUnprotected (messages of this length carry no protected payload).
    """
    size = n_bits // 8
    match payload.kind:
        case "text":
            encoded = payload.value.encode()
            if len(encoded) > size:
                raise PayloadTooLong(len(encoded), size)
            return encoded.ljust(size, b"\0")
        case "hex":
            if len(payload.value) != 2 * size or not set(payload.value) <= set("0123456789abcdef"):
                raise PayloadHex(2 * size)
            return bytes.fromhex(payload.value)
        case "number":
            return _below(1 << n_bits, payload).to_bytes(size, "big")
        case "protected":
            if n_bits != codes.PROTECTED_BITS:
                raise PayloadUnprotected(n_bits, codes.PROTECTED_BITS)
            return np.packbits(codes.encode(_below(codes.PROTECTED_VALUES, payload))).tobytes()


def to_bits(payload: Payload, n_bits: int, key: Key | None = None) -> NDArray[np.float32]:
    """float32 [n_bits] of 0 and 1, most significant bit first, whitened by the key. Raises as `to_bytes`."""
    bits = np.unpackbits(np.frombuffer(to_bytes(payload, n_bits), np.uint8)).astype(np.float32)
    return bits if key is None else key.whiten(bits)


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


def _decimal(number: int | str) -> str:
    typed = str(number).strip()
    if not typed:
        raise PayloadEmpty
    if len(typed) > _DIGITS or not re.fullmatch("[0-9]+|0[xX][0-9a-fA-F]+", typed):
        raise PayloadNumber
    return str(int(typed, 16 if typed[1:2] in ("x", "X") else 10))


def _below(limit: int, payload: Payload) -> int:
    number = int(payload.value)
    if number >= limit:
        raise PayloadRange(limit - 1)
    return number
