import re

import numpy as np
import pytest
from hushmark.errors import PayloadEmpty, PayloadHex, PayloadText, PayloadTooLong
from hushmark.payload import (
    Payload,
    from_bits,
    hex_payload,
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


@pytest.mark.parametrize("make", [text_payload, hex_payload])
def test_empty_is_refused(make: type) -> None:
    with pytest.raises(PayloadEmpty, match="Type 1 to 4 characters"):
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
