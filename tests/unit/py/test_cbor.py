"""CBOR from files of others: plain values are decoded, all else is refused before the library sees it."""

import pytest
from hushmark.credentials import cbor
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_encoded_is_decoded(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        cbor.decode(data)
    except ValueError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81" * 100_000,  # a list in a list in a list
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",  # a list of 2^64 - 1
        b"\x5b\x00\x00\x00\xff\xff\xff\xff\xffx",  # a string longer than the data
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that holds itself
        b"\xd8\x23\x6a(a+)+$.....",  # an expression to match texts with
        b"\xc5\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01",  # 2^(2^63)
        b"\x01\x01",
        b"\xff",
        b"\x9f" * 40,
    ],
)
def test_what_is_hostile_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        cbor.decode(data)
