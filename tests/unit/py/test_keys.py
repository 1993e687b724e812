import hashlib
import unicodedata

import numpy as np
import pytest
from hushmark.errors import PassphraseEmpty
from hushmark.message.keys import Key, pbkdf2
from hypothesis import given
from hypothesis import strategies as st

keys = st.binary(min_size=32, max_size=32).map(Key)
lengths = st.sampled_from([8, 32, 64, 256, 264, 1024])


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


def test_a_passphrase_always_gives_the_same_mask() -> None:
    """Marks of today have to be read by later versions: this is their key, in every runtime."""
    bits = Key.from_passphrase("correct horse battery staple").whiten(np.zeros(32, np.float32))
    assert np.packbits(bits.astype(np.uint8)).tobytes().hex() == "ee8a10dc"
    assert bits.dtype == np.float32


def test_accents_may_be_encoded_either_way() -> None:
    one, other = (unicodedata.normalize(form, "Zoë Müller") for form in ("NFC", "NFD"))
    assert one != other
    assert Key.from_passphrase(one) == Key.from_passphrase(other)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(PassphraseEmpty):
        Key.from_passphrase("")


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(Key(hashlib.sha256(b"").digest()))


@given(keys, st.data(), lengths)
def test_whitening_twice_gives_the_bits_back(key: Key, data: st.DataObject, n_bits: int) -> None:
    bits = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n_bits, max_size=n_bits)), np.float32)
    whitened = key.whiten(bits)
    assert set(whitened) <= {0.0, 1.0}
    assert (key.whiten(whitened) == bits).all()
    logits = (whitened * 2 - 1)[np.newaxis] * np.float32(3.5)
    assert (key.unwhiten(logits)[0] == (bits * 2 - 1) * 3.5).all()


@given(keys, keys)
def test_different_keys_give_different_masks(key: Key, other: Key) -> None:
    zeros = np.zeros(256, np.float32)
    assert (key == other) == bool((key.whiten(zeros) == other.whiten(zeros)).all())


def test_masks_have_as_many_ones_as_zeros() -> None:
    masks = np.array([Key(bytes([n]) * 32).whiten(np.zeros(512, np.float32)) for n in range(200)])
    assert masks.mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(masks.mean(axis=0) - 0.5).max() < 0.2
