"""Kinds of messages, and the 68 bits of each message: 4 of kind and version, 64 of content."""

import re
import secrets
from dataclasses import dataclass
from typing import Literal

from ..errors import (
    MessageEmpty,
    MessageHex,
    MessageKind,
    MessageNumber,
    MessageRange,
    MessageText,
    MessageTooLong,
)

Kind = Literal["text", "id", "number"]

_SIZE = 8
"""Bytes of the content."""
_CODES: dict[Kind, int] = {"text": 1, "id": 2, "number": 3}
"""Values of the 4 bits; the others are for later versions."""
_MOST_DIGITS = 1000  # more than any number that fits, and few enough for int()


@dataclass(frozen=True)
class Message:
    """What a mark says.

    `kind`: text, id or number; `value`: the text itself, 16 lower-case hex digits, or a number in decimal
    digits.

    Made by `text`, `identifier`, `number`, `random_identifier` and `parse`, so that every message fits.
    """

    kind: Kind
    value: str


def text(value: str) -> Message:
    """A text of printable characters, at most 8 bytes of UTF-8, not white space alone.

    Raises MessageEmpty, MessageText, MessageTooLong.
    """
    if not value.strip():
        raise MessageEmpty
    if not value.isprintable():
        raise MessageText
    length = len(value.encode())
    if length > _SIZE:
        raise MessageTooLong(length, _SIZE)
    return Message("text", value)


def identifier(digits: str) -> Message:
    """An id of exactly 16 hex digits, upper or lower case. Raises MessageEmpty, MessageHex."""
    typed = digits.strip()
    if not typed:
        raise MessageEmpty
    if not is_identifier(typed):
        raise MessageHex(2 * _SIZE)
    return Message("id", typed.lower())


def is_identifier(typed: str) -> bool:
    """Whether it is exactly 16 hex digits, upper or lower case."""
    return re.fullmatch(f"[0-9a-fA-F]{{{2 * _SIZE}}}", typed) is not None


def random_identifier() -> Message:
    """An id from the operating system's random source."""
    return Message("id", secrets.token_hex(_SIZE))


def number(value: int | str) -> Message:
    """A number 0..2^64 - 1, as it is, in decimal digits, or in hex digits after 0x.

    Raises MessageEmpty, MessageNumber, MessageRange.
    """
    typed = str(value).strip()
    if not typed:
        raise MessageEmpty
    if len(typed) > _MOST_DIGITS or not re.fullmatch("[0-9]+|0[xX][0-9a-fA-F]+", typed):
        raise MessageNumber
    exact = int(typed, 16 if typed[1:2] in ("x", "X") else 10)
    if exact >> 8 * _SIZE:
        raise MessageRange((1 << 8 * _SIZE) - 1)
    return Message("number", str(exact))


def parse(kind: str, value: str) -> Message:
    """The message that somebody typed. `kind`: that of a Message, or random, which ignores `value`.

    Raises MessageError: what the kinds raise, and MessageKind for another kind.
    """
    if kind == "random":
        return random_identifier()
    makers = {"text": text, "id": identifier, "number": number}
    if kind not in makers:
        raise MessageKind(kind)
    return makers[kind](value)


def pack(message: Message) -> bytes:
    """9 bytes: kind and version in the low 4 bits of the first, then the content."""
    match message.kind:
        case "text":
            content = message.value.encode().ljust(_SIZE, b"\0")
        case "id":
            content = bytes.fromhex(message.value)
        case "number":
            content = int(message.value).to_bytes(_SIZE, "big")
    return bytes([_CODES[message.kind]]) + content


def unpack(packed: bytes) -> Message | None:
    """The message of 9 bytes; None where a later version made them, ValueError where none did."""
    content = packed[1:]
    kind = next((kind for kind, code in _CODES.items() if code == packed[0]), None)
    if kind is None:
        return None
    match kind:
        case "text":
            value = content.rstrip(b"\0").decode()
            if not value or any(character < " " for character in value):
                raise ValueError("no text is packed to these bytes")
            return Message(kind, value)
        case "id":
            return Message(kind, content.hex())
        case "number":
            return Message(kind, str(int.from_bytes(content, "big")))
