import pytest
from hushmark.errors import (
    MessageEmpty,
    MessageHex,
    MessageKind,
    MessageNumber,
    MessageRange,
    MessageText,
    MessageTooLong,
)
from hushmark.message import kinds
from hushmark.message.kinds import Message, pack, unpack


def test_random_ids_differ() -> None:
    assert len({kinds.random_identifier().value for _ in range(20)}) == 20
    assert kinds.parse("random", "ignored").kind == "id"


@pytest.mark.parametrize(
    ("kind", "value", "error", "sentence"),
    [
        ("text", "", MessageEmpty, "Type a few characters"),
        ("text", "  \u3000", MessageEmpty, "Type a few characters"),
        ("text", "a\nb", MessageText, "cannot be shown"),
        ("text", "\ud800", MessageText, "cannot be shown"),
        ("text", "123456789", MessageTooLong, "takes 9 bytes, and 8 fit"),
        ("text", "汉字汉", MessageTooLong, "takes 9 bytes, and 8 fit"),
        ("text", "😀😀a", MessageTooLong, "takes 9 bytes, and 8 fit"),
        ("id", "", MessageEmpty, "Type a few characters"),
        ("id", "123456789abcdef", MessageHex, "exactly 16 digits"),
        ("id", "123456789abcdefg", MessageHex, "exactly 16 digits"),
        ("id", "123456789abcdef\u0661", MessageHex, "exactly 16 digits"),
        ("number", " ", MessageEmpty, "Type a few characters"),
        ("number", "-1", MessageNumber, "digits 0-9 only"),
        ("number", "1_000", MessageNumber, "digits 0-9 only"),
        ("number", "\u0667", MessageNumber, "digits 0-9 only"),
        ("number", "9" * 5000, MessageNumber, "digits 0-9 only"),
        ("number", str(2**64), MessageRange, "from 0 to 18446744073709551615"),
        ("emoji", "pipe", MessageKind, "emoji is no kind of message"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, value: str, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        kinds.parse(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("text", "8 bytes!", Message("text", "8 bytes!")),
        ("id", "0123456789ABCDEF", Message("id", "0123456789abcdef")),
        ("number", "0x2A", Message("number", "42")),
        ("number", " 0042\n", Message("number", "42")),
        ("number", str(2**64 - 1), Message("number", "18446744073709551615")),
    ],
)
def test_what_was_typed_becomes_a_message(kind: str, value: str, message: Message) -> None:
    assert kinds.parse(kind, value) == message


def test_a_packed_message_is_its_kind_and_8_bytes() -> None:
    assert pack(kinds.text("pipe")).hex() == "017069706500000000"
    assert pack(kinds.identifier("00000000000000ff")).hex() == "0200000000000000ff"
    assert pack(kinds.number(255)).hex() == "0300000000000000ff"


@pytest.mark.parametrize("first", [0, *range(4, 16)])
def test_other_kinds_are_left_to_later_versions(first: int) -> None:
    assert unpack(bytes([first]) + b"pipe0000") is None


def test_bytes_that_are_no_text_are_no_message() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        unpack(b"\x01" + b"\xff" * 8)
    for content in (b"", b"a\0b", b"a\nb", b"\x1b[31mred"):
        with pytest.raises(ValueError, match="no text is packed"):
            unpack(b"\x01" + content.ljust(8, b"\0"))
