import hashlib
import unicodedata

import pytest
from hushmark.errors import PassphraseEmpty
from hushmark.message.keys import Key, pbkdf2
from hypothesis import given
from hypothesis import strategies as st

keys = st.binary(min_size=32, max_size=32).map(Key)


@pytest.mark.parametrize(
    ("password", "salt", "rounds", "expected"),
    [
        ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
        ("Password", "NaCl", 80000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
    ],
)
def test_pbkdf2_gives_the_published_answers(password: str, salt: str, rounds: int, expected: str) -> None:
    """The vectors of RFC 7914, section 11."""
    assert pbkdf2(password.encode(), salt.encode(), rounds).hex() == expected


def test_a_passphrase_always_gives_the_same_key() -> None:
    """Marks of today have to be read by later versions: this is their key, in every runtime."""
    secret = Key.from_passphrase("Zoë Müller").secret
    assert secret.hex() == "0d53f838edcc2b215625a2a0f17d836ae3d1992c101ad8c4dcc6f10c5b20007f"


def test_accents_may_be_encoded_either_way() -> None:
    one, other = (unicodedata.normalize(form, "Zoë Müller") for form in ("NFC", "NFD"))
    assert one != other
    assert Key.from_passphrase(one) == Key.from_passphrase(other)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(PassphraseEmpty):
        Key.from_passphrase("")


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(Key(hashlib.sha256(b"").digest()))


@given(keys, keys, st.binary(max_size=20), st.integers(0, 2**64 - 1), st.integers(1, 256))
def test_keys_check_and_hide_in_ways_of_their_own(
    key: Key, other: Key, data: bytes, start: int, size: int
) -> None:
    assert 0 <= key.check(data, size) < 1 << size
    assert 0 <= key.stream(start, size) < 1 << size
    assert (key == other) == (key.check(data, 256) == other.check(data, 256))
    assert (key == other) == (key.stream(start, 256) == other.stream(start, 256))
    assert key.check(start.to_bytes(8, "big"), 256) != key.stream(start, 256)
    assert key.check(data, 256) >> 256 - size == key.check(data, size)
