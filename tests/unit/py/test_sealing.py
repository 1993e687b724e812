import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hushmark.errors import PassphraseEmpty
from hushmark.message import kinds
from hushmark.message.code import PolarCode
from hushmark.message.kinds import Message
from hushmark.message.seal_keys import Key
from hushmark.message.sealing import CHECK_BITS, TRIED, decode, decode_each, encode
from hypothesis import given
from hypothesis import strategies as st

KEY, OTHER = Key(bytes(range(32))), Key(bytes(32))

texts = st.text(min_size=1, max_size=8).filter(
    lambda text: text.isprintable() and text.strip() != "" and len(text.encode()) <= 8
)
messages = st.one_of(
    texts.map(kinds.text),
    st.binary(min_size=8, max_size=8).map(lambda data: kinds.identifier(data.hex())),
    st.integers(0, 2**64 - 1).map(kinds.number),
)
keys = st.one_of(st.none(), st.binary(min_size=32, max_size=32).map(Key))
lengths = st.sampled_from([128, 192, 256])


def noisy(bits: np.ndarray, energy: float, seed: int = 1) -> np.ndarray:
    """Logits at this E/N0 in dB, of all bits together."""
    noise = np.random.default_rng(seed).standard_normal(bits.shape)
    return (bits * 2 - 1) * np.sqrt(2 * 10 ** (energy / 10) / bits.shape[-1]) + noise


@given(messages, keys, lengths)
def test_messages_come_back_as_the_kind_they_are(message: Message, key: Key | None, length: int) -> None:
    bits = encode(message, length, key)
    assert bits.dtype == np.float32
    assert bits.shape == (length,)
    assert set(bits) <= {0.0, 1.0}
    decoded = decode(bits * 2 - 1, key)
    assert (decoded.outcome, decoded.message, decoded.keyed) == ("read", message, key is not None)
    assert (decoded.rank, decoded.corrected, decoded.chance) == (0, 0, 2**-CHECK_BITS)


@given(messages, keys, st.integers(0, 2**32 - 1))
def test_noise_below_the_limit_does_not_matter(message: Message, key: Key | None, seed: int) -> None:
    for length, energy in ((128, 25.5), (192, 23.5), (256, 23)):
        bits = encode(message, length, key)
        logits = noisy(bits, energy, seed)
        decoded = decode(logits, key)
        assert decoded.message == message
        assert decoded.corrected == ((logits > 0) != (bits > 0)).sum()


@pytest.mark.parametrize("text", ["汉字", "😀😀", "pipe", "Zoë", "© 2026", "12345678", "42"])
def test_texts_of_any_script_come_back(text: str) -> None:
    assert decode(encode(kinds.text(text), 256) * 2 - 1).message == Message("text", text)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_few_strong_wrong_bits_are_outvoted(key: Key | None) -> None:
    bits = encode(kinds.text("pipe"), 256, key)
    logits = noisy(bits, 30)
    logits[::13] = -9 * (bits[::13] * 2 - 1)
    assert decode_each(logits[np.newaxis], key)[0].outcome == "unreadable"
    decoded = decode(logits, key)
    assert decoded.message == Message("text", "pipe")
    assert decoded.rank is not None
    assert decoded.chance == (TRIED + decoded.rank + 1) / 2**CHECK_BITS


def test_42_stays_42_and_what_looks_alike_stays_apart() -> None:
    alike = [
        kinds.number(42),
        kinds.text("42"),
        kinds.identifier("000000000000002a"),
        kinds.identifier("3432000000000000"),
    ]
    assert [decode(encode(message, 256) * 2 - 1).message for message in alike] == alike
    assert alike[0] == Message("number", "42")


def test_the_raw_bits_of_a_message_stay_as_they_are() -> None:
    """Marks of today have to be read by later versions, and in every runtime."""
    for key, expected in (
        (None, "0fae19a27ff4b5175b9b8241afc72f8a41438099abb0c6062a5500e31ea132a4"),
        (KEY, "6c4f84aac43e816acf0cae46f7390d7801fa75223b2f48b0834137f045a88ac9"),
    ):
        bits = encode(kinds.text("pipe"), 256, key)
        assert np.packbits(bits.astype(np.uint8)).tobytes().hex() == expected


def test_a_passphrase_always_gives_the_same_key() -> None:
    key = Key.from_passphrase("Zoë Müller")
    assert key == Key.from_passphrase(unicodedata.normalize("NFD", "Zoë Müller"))
    assert key.secret.hex() == "0d53f838edcc2b215625a2a0f17d836ae3d1992c101ad8c4dcc6f10c5b20007f"
    assert "secret" not in repr(key)
    with pytest.raises(PassphraseEmpty):
        Key.from_passphrase("")


@pytest.mark.parametrize("length", [192, 256])
@pytest.mark.parametrize("key", [None, OTHER])
def test_a_key_that_does_not_fit_is_told_from_damage(length: int, key: Key | None) -> None:
    bits = np.stack([encode(kinds.number(number), length, KEY) for number in range(12)])
    logits = noisy(bits, 24)
    assert [decode(row, KEY).outcome for row in logits] == ["read"] * 12
    for row in logits:
        decoded = decode(row, key)
        assert (decoded.outcome, decoded.message, decoded.keyed) == ("locked", None, True)


def test_a_mark_without_a_key_is_not_taken_for_one_with_it() -> None:
    decoded = decode(noisy(encode(kinds.text("pipe"), 256), 24), KEY)
    assert (decoded.outcome, decoded.message, decoded.keyed) == ("locked", None, False)


@pytest.mark.parametrize("marked_with", [None, KEY])
def test_damaged_marks_are_unreadable_and_not_locked(marked_with: Key | None) -> None:
    bits = np.stack([encode(kinds.number(number), 256, marked_with) for number in range(25)])
    outcomes = [decode(row, marked_with).outcome for row in noisy(bits, 16)]
    assert outcomes == ["unreadable"] * 25
    without = np.stack([encode(kinds.number(number), 256) for number in range(25)])
    assert "locked" not in [decode(row).outcome for row in noisy(without, 20)]


def test_random_logits_are_unreadable() -> None:
    """2^34 tries pass once: none here. How often is bound by the size of the check, not by this test."""
    rng = np.random.default_rng(8)
    for length in (128, 192, 256):
        for key in (None, KEY):
            looks = decode_each(rng.standard_normal((150, length)), key)
            assert {look.outcome for look in looks} == {"unreadable"}
    strong = rng.choice((-1.0, 1.0), (20, 256)) * (3 + rng.standard_normal((20, 256)))
    assert {decode(row).outcome for row in strong} == {"unreadable"}
    assert decode(np.zeros(256)).outcome == "unreadable"


def test_250_looks_read_something_false_less_than_once_in_a_million_times() -> None:
    assert 250 * 2 * TRIED / 2**CHECK_BITS < 1e-6


@given(messages, st.integers(0, 2**32 - 1))
def test_a_word_of_the_code_that_was_not_sealed_is_not_read(message: Message, seed: int) -> None:
    size = CHECK_BITS + 68
    change = np.random.default_rng(seed).integers(0, 2, size, dtype=np.uint8)
    forged = encode(message, 256, KEY).astype(np.uint8) ^ PolarCode(256, size).encode(change)
    decoded = decode(forged * 2.0 - 1, KEY)
    assert (decoded.outcome, decoded.message, decoded.keyed) == ("locked", None, True)


def test_raw_bits_of_different_keys_and_messages_are_unlike() -> None:
    """Half of the bits differ, whatever is the same: neither keys nor messages can be linked."""
    message, near = kinds.number(5), kinds.number(4)
    some = [Key(bytes([number]) * 32) for number in range(60)]
    across = [encode(message, 256, one) != encode(message, 256, two) for one, two in pairwise(some)]
    within = [encode(message, 256, key) != encode(near, 256, key) for key in some]
    # How two messages differ says nothing of other messages either: there is no mask that could be taken off.
    masks = [
        encode(kinds.number(n), 256, KEY) != encode(kinds.number(n ^ 1), 256, KEY) for n in range(0, 80, 2)
    ]
    for differing in (across, within, masks):
        shares = np.array(differing).mean(axis=1)
        assert shares.mean() == pytest.approx(0.5, abs=0.02)
        assert shares.min() > 0.3
        assert np.abs(np.array(differing).mean(axis=0) - 0.5).max() < 0.35


def test_a_message_of_a_later_version_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds._CODES, "text", 9)
    bits = encode(kinds.text("pipe"), 256, KEY)
    monkeypatch.undo()
    decoded = decode(bits * 2 - 1, KEY)
    assert (decoded.outcome, decoded.message) == ("later", None)


def test_looks_are_answered_each() -> None:
    rows = np.stack(
        [noisy(encode(kinds.number(1), 256), 24), np.ones(256), noisy(encode(kinds.text("pipe"), 256), 24)]
    )
    assert [look.message for look in decode_each(rows)] == [kinds.number(1), None, kinds.text("pipe")]
