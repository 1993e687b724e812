from itertools import pairwise

import numpy as np
import pytest
from hushmark.message import kinds
from hushmark.message.code import PolarCode
from hushmark.message.keys import Key
from hushmark.message.kinds import Message
from hushmark.message.sealing import (
    CHECK_BITS,
    TRIES,
    Decoded,
    chance,
    decode_each,
    encode,
    encode_each,
    lock,
)
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


def decode(logits: np.ndarray, key: Key | None = None) -> Decoded | None:
    """What one look says."""
    return decode_each(logits[np.newaxis], key)[0]


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
    assert decode(bits * 2 - 1, key) == Decoded(message, 1, 0)


@given(messages, keys, st.integers(0, 2**32 - 1))
def test_noise_below_the_limit_does_not_matter(message: Message, key: Key | None, seed: int) -> None:
    for length, energy in ((128, 25.5), (192, 23.5), (256, 23)):
        bits = encode(message, length, key)
        logits = noisy(bits, energy, seed)
        decoded = decode(logits, key)
        assert decoded is not None and decoded.message == message
        assert decoded.corrected == ((logits > 0) != (bits > 0)).sum()


@pytest.mark.parametrize("text", ["汉字", "😀😀", "pipe", "Zoë", "© 2026", "12345678", "42"])
def test_texts_of_any_script_come_back(text: str) -> None:
    assert decode(encode(kinds.text(text), 256) * 2 - 1) == Decoded(Message("text", text), 1, 0)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_few_strong_wrong_bits_are_outvoted(key: Key | None) -> None:
    bits = encode(kinds.text("pipe"), 256, key)
    logits = noisy(bits, 30)
    logits[::13] = -9 * (bits[::13] * 2 - 1)
    decoded = decode(logits, key)
    assert decoded is not None and decoded.message == Message("text", "pipe")
    # Only logits that are clipped hard show it, and their tries come after those of the others.
    assert TRIES / 2 < decoded.tries <= TRIES
    assert decoded.corrected == 21


def test_42_stays_42_and_what_looks_alike_stays_apart() -> None:
    alike = [
        kinds.number(42),
        kinds.text("42"),
        kinds.identifier("000000000000002a"),
        kinds.identifier("3432000000000000"),
    ]
    answers = decode_each(encode_each(alike, 256) * 2.0 - 1)
    assert answers == [Decoded(message, 1, 0) for message in alike]
    assert alike[0] == Message("number", "42")


def test_the_raw_bits_of_a_message_stay_as_they_are() -> None:
    """Marks of today have to be read by later versions, and in every runtime."""
    for key, expected in (
        (None, "0fae19a27ff4b5175b9b8241afc72f8a41438099abb0c6062a5500e31ea132a4"),
        (KEY, "6c4f84aac43e816acf0cae46f7390d7801fa75223b2f48b0834137f045a88ac9"),
    ):
        bits = encode(kinds.text("pipe"), 256, key)
        assert np.packbits(bits.astype(np.uint8)).tobytes().hex() == expected


@pytest.mark.parametrize(("length", "energy"), [(192, 26), (256, 24)])
@pytest.mark.parametrize("key", [None, OTHER])
def test_a_key_that_does_not_fit_is_told_from_damage(length: int, energy: float, key: Key | None) -> None:
    messages = [kinds.number(number) for number in range(12)]
    logits = noisy(encode_each(messages, length, KEY), energy)
    assert [answer and answer.message for answer in decode_each(logits, KEY)] == messages
    assert decode_each(logits, key) == [None] * 12
    assert [lock(row, key) for row in logits] == ["key"] * 12


@pytest.mark.parametrize("seed", [104, 216, 269])
def test_a_damaged_mark_of_the_key_given_is_not_blamed_on_the_key(seed: int) -> None:
    """It stands out as a mark with a key, but what it is likeliest to say is not sure."""
    logits = noisy(encode(kinds.number(7), 256, KEY), 20.5, seed)
    assert decode(logits, KEY) is None
    assert (lock(logits, KEY), lock(logits, OTHER), lock(logits, None)) == ("damaged", "damaged", "key")


def test_a_mark_without_a_key_is_not_taken_for_one_with_it() -> None:
    logits = noisy(encode(kinds.text("pipe"), 256), 24)
    assert (decode(logits, KEY), lock(logits, KEY)) == (None, "no-key")


@pytest.mark.parametrize("marked_with", [None, KEY])
def test_damaged_marks_are_unreadable_and_not_locked(marked_with: Key | None) -> None:
    messages = [kinds.number(number) for number in range(25)]
    damaged = noisy(encode_each(messages, 256, marked_with), 16)
    assert decode_each(damaged, marked_with) == [None] * 25
    assert {lock(row, marked_with) for row in damaged} == {None}
    assert "key" not in [lock(row, None) for row in noisy(encode_each(messages, 256), 20)]


def test_random_logits_are_unreadable() -> None:
    """2^34 tries pass once: none here. How often is bound by the size of the check, not by this test."""
    rng = np.random.default_rng(8)
    for length in (128, 192, 256):
        for key in (None, KEY):
            assert set(decode_each(rng.standard_normal((150, length)), key)) == {None}
    strong = rng.choice((-1.0, 1.0), (20, 256)) * (3 + rng.standard_normal((20, 256)))
    assert {*decode_each(strong), *(lock(row, None) for row in strong)} == {None}
    assert decode(np.zeros(256)) is None and lock(np.zeros(256), KEY) is None


def test_512_looks_read_something_false_less_than_once_in_a_million_times() -> None:
    assert chance(512 * TRIES) == 512 * TRIES / 2**CHECK_BITS < 1e-6


@given(messages, st.integers(0, 2**32 - 1))
def test_a_word_of_the_code_that_was_not_sealed_is_not_read(message: Message, seed: int) -> None:
    size = CHECK_BITS + 68
    change = np.random.default_rng(seed).integers(0, 2, size, dtype=np.uint8)
    forged = encode(message, 256, KEY).astype(np.uint8) ^ PolarCode(256, size).encode(change)
    assert (decode(forged * 2.0 - 1, KEY), lock(forged * 2.0 - 1, KEY)) == (None, "key")


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


def test_marks_that_were_read_do_not_help_to_forge_another() -> None:
    """Who knows what marks under one key say, and adds and subtracts them, gets no mark that passes."""
    one, two, three = (kinds.number(number) for number in (1, 2, 3))
    known = {message: encode(message, 256, KEY) for message in (one, two, three)}
    plain = {message: encode(message, 256) for message in (one, two, three)}
    wanted = encode(kinds.number(0), 256)
    forged = [
        (known[one] + plain[one] + wanted) % 2,  # what one mark would hide is taken off and put on another
        (known[one] + known[two] + known[three]) % 2,  # 1 ^ 2 ^ 3 is 0
        (known[one] + plain[two] + plain[three]) % 2,
    ]
    assert decode_each(np.stack(forged) * 2 - 1, KEY) == [None] * 3
    assert decode_each(np.stack(list(known.values())) * 2 - 1, KEY) == [
        Decoded(message, 1, 0) for message in (one, two, three)
    ]


def test_a_message_of_a_later_version_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds._CODES, "text", 9)
    bits = encode(kinds.text("pipe"), 256, KEY)
    monkeypatch.undo()
    assert decode(bits * 2 - 1, KEY) == Decoded(None, 1, 0)


def test_looks_are_answered_each() -> None:
    rows = np.stack(
        [noisy(encode(kinds.number(1), 256), 24), np.ones(256), noisy(encode(kinds.text("pipe"), 256), 24)]
    )
    first, nothing, last = decode_each(rows)
    assert first is not None and first.message == kinds.number(1)
    assert nothing is None
    assert last is not None and last.message == kinds.text("pipe")
