"""What people mean by a message, and the 68 bits that say it: 4 of kind and version, 64 of payload."""

import re
import secrets
from dataclasses import dataclass
from typing import Literal

from ..errors import (
    MessageKind,
    PayloadEmpty,
    PayloadHex,
    PayloadNumber,
    PayloadRange,
    PayloadText,
    PayloadTooLong,
)

Kind = Literal["text", "id", "number"]

_SIZE = 8
"""Bytes of the payload."""
_CODES: dict[Kind, int] = {"text": 1, "id": 2, "number": 3}
"""What the 4 bits hold; the other values are for later versions."""
_MOST_DIGITS = 1000  # more than any number that fits, and few enough for int()


@dataclass(frozen=True)
class Message:
    """`value`: the text itself, 16 lower-case hex digits, or a number in decimal digits.

    Made by `text`, `identifier`, `number`, `random_identifier` and `parse`, so that every message fits.
    """

    kind: Kind
    value: str


def text(value: str) -> Message:
    """A text of printable characters, at most 8 bytes of UTF-8, not white space alone.

    Raises PayloadEmpty, PayloadText, PayloadTooLong.
    """
    if not value.strip():
        raise PayloadEmpty
    if not value.isprintable():
        raise PayloadText
    length = len(value.encode())
    if length > _SIZE:
        raise PayloadTooLong(length, _SIZE)
    return Message("text", value)


def identifier(digits: str) -> Message:
    """An id of exactly 16 hex digits, upper or lower case. Raises PayloadEmpty, PayloadHex."""
    typed = digits.strip()
    if not typed:
        raise PayloadEmpty
    if not re.fullmatch("[0-9a-fA-F]{16}", typed):
        raise PayloadHex(2 * _SIZE)
    return Message("id", typed.lower())


def random_identifier() -> Message:
    """An id from the operating system's random source."""
    return Message("id", secrets.token_hex(_SIZE))


def number(value: int | str) -> Message:
    """A number 0..2^64 - 1, as it is, in decimal digits, or in hex digits after 0x.

    Raises PayloadEmpty, PayloadNumber, PayloadRange.
    """
    typed = str(value).strip()
    if not typed:
        raise PayloadEmpty
    if len(typed) > _MOST_DIGITS or not re.fullmatch("[0-9]+|0[xX][0-9a-fA-F]+", typed):
        raise PayloadNumber
    exact = int(typed, 16 if typed[1:2] in ("x", "X") else 10)
    if exact >> 8 * _SIZE:
        raise PayloadRange((1 << 8 * _SIZE) - 1)
    return Message("number", str(exact))


def parse(kind: str, value: str) -> Message:
    """The message that somebody typed. `kind`: that of a Message, or random, which ignores `value`.

    Raises PayloadError: what the kinds raise, and MessageKind for another kind.
    """
    if kind == "random":
        return random_identifier()
    makers = {"text": text, "id": identifier, "number": number}
    if kind not in makers:
        raise MessageKind(kind)
    return makers[kind](value)


def pack(message: Message) -> bytes:
    """9 bytes: kind and version in the low 4 bits of the first, then the payload."""
    match message.kind:
        case "text":
            payload = message.value.encode().ljust(_SIZE, b"\0")
        case "id":
            payload = bytes.fromhex(message.value)
        case "number":
            payload = int(message.value).to_bytes(_SIZE, "big")
    return bytes([_CODES[message.kind]]) + payload


def unpack(packed: bytes) -> Message | None:
    """The message of 9 bytes; None where a later version made them, ValueError where none did."""
    payload = packed[1:]
    kind = next((kind for kind, code in _CODES.items() if code == packed[0]), None)
    if kind is None:
        return None
    match kind:
        case "text":
            return Message(kind, payload.rstrip(b"\0").decode())
        case "id":
            return Message(kind, payload.hex())
        case "number":
            return Message(kind, str(int.from_bytes(payload, "big")))
