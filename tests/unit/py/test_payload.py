import re

import numpy as np
import pytest
from hushmark.errors import (
    PayloadEmpty,
    PayloadHex,
    PayloadKind,
    PayloadNumber,
    PayloadRange,
    PayloadText,
    PayloadTooLong,
    PayloadUnprotected,
)
from hushmark.message.keys import Key
from hushmark.message.payload import (
    Payload,
    from_bits,
    hex_payload,
    number_payload,
    parse,
    protected_payload,
    random_payload,
    text_payload,
    to_bits,
    to_bytes,
)
from hypothesis import given
from hypothesis import strategies as st

short_texts = st.text(min_size=1, max_size=4).filter(
    lambda text: text.isprintable() and len(text.encode()) <= 4
)


def test_pipe_is_the_published_example() -> None:
    bits = to_bits(text_payload("pipe"), 32)
    assert bits.dtype == np.float32
    assert "".join(str(int(bit)) for bit in bits) == "01110000011010010111000001100101"


@given(short_texts)
def test_text_comes_back(text: str) -> None:
    payload = text_payload(text)
    assert from_bits(to_bits(payload, 32)) == payload


@given(st.binary(min_size=4, max_size=4))
def test_ids_come_back_byte_for_byte(message: bytes) -> None:
    payload = hex_payload(message.hex().upper())
    assert to_bytes(payload, 32) == message
    assert to_bytes(from_bits(to_bits(payload, 32)), 32) == message


@given(st.binary(min_size=4, max_size=4))
def test_only_printable_text_is_called_text(message: bytes) -> None:
    payload = from_bits(np.unpackbits(np.frombuffer(message, np.uint8)))
    if payload.kind == "text":
        assert payload.value.isprintable()
        assert payload.value.encode() == message.rstrip(b"\0")
    else:
        assert bytes.fromhex(payload.value) == message


@pytest.mark.parametrize("message", ["00000000", "70006970", "07697065", "ff697065"])
def test_what_is_not_printable_stays_hex(message: str) -> None:
    assert from_bits(to_bits(hex_payload(message), 32)) == Payload("hex", message)


def test_random_ids_differ_and_fit() -> None:
    ids = {random_payload(32).value for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch("[0-9a-f]{8}", value) for value in ids)


@given(st.sampled_from([8, 32, 64, 256]), st.data())
def test_numbers_come_back_from_messages_of_any_length(n_bits: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 2**n_bits - 1))
    payload = number_payload(number)
    assert payload == number_payload(f"0{number}") == number_payload(f" {number:#X}\n")
    assert int.from_bytes(to_bytes(payload, n_bits), "big") == number
    assert to_bytes(from_bits(to_bits(payload, n_bits)), n_bits) == to_bytes(payload, n_bits)


@given(st.integers(0, 0xFFFF))
def test_protected_numbers_are_words_of_their_own(number: int) -> None:
    payload = protected_payload(number)
    assert payload == protected_payload(str(number)) == protected_payload(f"0x{number:04x}")
    differing = to_bits(payload, 32) != to_bits(protected_payload(number ^ 1), 32)
    assert differing.sum() >= 8


@given(
    st.sampled_from([text_payload("pipe"), number_payload(5), protected_payload(5)]), st.binary(min_size=32)
)
def test_a_key_changes_the_bits_and_gives_them_back(payload: Payload, secret: bytes) -> None:
    key = Key(secret)
    whitened = to_bits(payload, 32, key)
    assert whitened.dtype == np.float32
    assert (key.whiten(whitened) == to_bits(payload, 32)).all()


@pytest.mark.parametrize("make", [text_payload, hex_payload, number_payload, protected_payload])
def test_empty_is_refused(make: type) -> None:
    with pytest.raises(PayloadEmpty, match="Type a few characters"):
        make("")


@pytest.mark.parametrize(("text", "length"), [("pipes", 5), ("ééé", 6), ("😀a", 5)])
def test_too_long_says_how_much_fits(text: str, length: int) -> None:
    with pytest.raises(PayloadTooLong, match=f"takes {length} bytes, and 4 fit"):
        to_bits(text_payload(text), 32)


@pytest.mark.parametrize("text", ["a\n", "\0", "a\tb", "\ud800"])
def test_unprintable_text_is_refused(text: str) -> None:
    with pytest.raises(PayloadText):
        text_payload(text)


@pytest.mark.parametrize("digits", ["7069706", "706970655", "7069706g", "70 69 70", "٧٠٦٩٧٠٦٥"])
def test_a_hex_id_has_exactly_eight_digits(digits: str) -> None:
    with pytest.raises(PayloadHex, match="exactly 8 digits"):
        to_bits(hex_payload(digits), 32)


@pytest.mark.parametrize("number", ["-1", "1.5", "1e3", "0x", "0b11", "1_000", "\u0667", "12 13", "9" * 5000])
def test_other_numbers_are_refused(number: str) -> None:
    with pytest.raises(PayloadNumber):
        number_payload(number)


@pytest.mark.parametrize(
    ("payload", "n_bits", "most"),
    [
        (number_payload(2**32), 32, 2**32 - 1),
        (number_payload(256), 8, 255),
        (protected_payload(65536), 32, 65535),
    ],
)
def test_numbers_too_large_say_what_fits(payload: Payload, n_bits: int, most: int) -> None:
    with pytest.raises(PayloadRange, match=f"from 0 to {most}"):
        to_bytes(payload, n_bits)


def test_messages_of_another_length_carry_no_protected_number() -> None:
    with pytest.raises(PayloadUnprotected, match="takes 32 bits, and these weights mark 64"):
        to_bits(protected_payload(1), 64)


@pytest.mark.parametrize(
    ("kind", "value", "payload"),
    [
        ("text", "pipe", text_payload("pipe")),
        ("hex", "CAFEBABE", hex_payload("cafebabe")),
        ("number", "0x10", number_payload(16)),
        ("protected", "77", protected_payload(77)),
    ],
)
def test_what_was_typed_becomes_a_payload(kind: str, value: str, payload: Payload) -> None:
    assert parse(kind, value, 32) == payload


def test_a_random_id_ignores_what_was_typed() -> None:
    assert re.fullmatch("[0-9a-f]{16}", parse("random", "anything", 64).value)


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("text", "pipes", PayloadTooLong),
        ("hex", "12", PayloadHex),
        ("number", "4294967296", PayloadRange),
        ("protected", "65536", PayloadRange),
        ("emoji", "pipe", PayloadKind),
    ],
)
def test_what_does_not_fit_is_refused_at_once(kind: str, value: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(kind, value, 32)
