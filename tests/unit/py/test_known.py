import numpy as np
import pytest
from hushmark.errors import KnownEmpty, KnownLine, PayloadTooLong
from hushmark.message.known import KnownIds, Match
from hushmark.message.payload import (
    Payload,
    from_bits,
    hex_payload,
    number_payload,
    protected_payload,
    text_payload,
    to_bits,
    to_bytes,
)
from hypothesis import given
from hypothesis import strategies as st

LIST = "\ufeffpipe\tThe example\r\n\n70697066, Another, with a comma\nnumber:12\nprotected:0x4D\tMine\n"


def read(
    known: KnownIds, payload: Payload, *guesses: int, tried: int = 1, level: float = 0.001
) -> Match | None:
    """What fits a message that was read with logits of 4 or, where guesses went wrong, of 0.1."""
    logits = (to_bits(payload, 32) * 2 - 1) * 4
    logits[list(guesses)] *= -0.025
    bits = (logits > 0).astype(np.uint8)
    return known.match(logits, from_bits(bits), tried, level)


@pytest.mark.parametrize(
    ("payload", "label"),
    [
        (text_payload("pipe"), "The example"),
        (hex_payload("70697066"), "Another, with a comma"),
        (number_payload(12), None),
        (protected_payload(77), "Mine"),
    ],
)
def test_a_list_names_what_was_read(payload: Payload, label: str | None) -> None:
    known = KnownIds.parse(LIST, 32)
    assert len(known) == 4
    match = read(known, payload)
    assert match == Match(payload, label, 32, pytest.approx(1, abs=1e-3), pytest.approx(4 * 2**-32))


def test_the_same_bits_have_the_first_label() -> None:
    known = KnownIds.parse("pipe,one\n70697065,two\nnumber:0x70697065,three", 32)
    assert len(known) == 1
    match = read(known, text_payload("pipe"))
    assert match is not None and match.label == "one"


def test_words_of_hex_letters_are_text_unless_they_are_as_long_as_an_id() -> None:
    known = KnownIds.parse("cafe\ncafecafe\nhex:deadbeef", 32)
    for payload in (text_payload("cafe"), hex_payload("cafecafe"), hex_payload("deadbeef")):
        match = read(known, payload)
        assert match is not None and match.payload == payload


def test_a_few_wrong_guesses_fit_and_many_do_not() -> None:
    known = KnownIds.parse("pipe", 32)
    match = read(known, text_payload("pipe"), 0, 9, 30)
    assert match is not None
    assert (match.agreeing, match.chance) == (29, pytest.approx((4960 + 496 + 32 + 1) / 2**32))
    assert read(known, text_payload("pipe"), *range(8)) is None


def test_an_id_beside_the_one_that_was_read_does_not_fit() -> None:
    known = KnownIds([(number_payload(1234), None), (text_payload("pipe"), None)], 32)
    for other in (number_payload(1235), number_payload(1226), text_payload("ripe")):
        assert read(known, other) is None
    assert read(known, number_payload(1235), 31) is not None


def test_a_wrong_bit_that_is_no_guess_fits_where_the_code_of_a_protected_number_corrects_it() -> None:
    number = protected_payload(77)
    logits = (to_bits(number, 32) * 2 - 1) * 8.0
    logits[4] = -3.0 if logits[4] > 0 else 3.0
    for payload in (number, hex_payload(to_bytes(number, 32).hex())):
        known = KnownIds([(payload, None)], 32)
        match = known.match(logits, number, 1, 0.001)
        assert match is not None and (match.payload, match.agreeing) == (payload, 31)
        assert known.match(logits, from_bits((logits > 0).astype(np.uint8)), 1, 0.001) is None


@pytest.mark.parametrize(("guess", "certainty"), [(0.5, 0.62), (2.0, 0.88), (6.0, 0.998)])
def test_of_two_that_differ_in_one_bit_the_likelier_fits(guess: float, certainty: float) -> None:
    known = KnownIds([(number_payload(1234), None), (number_payload(1235), None)], 32)
    logits = (to_bits(number_payload(1234), 32) * 2 - 1) * 4.0
    for value, logit in ((1234, -guess), (1235, guess)):
        logits[31] = logit
        match = known.match(logits, number_payload(value), 1, 0.001)
        assert match is not None and match.payload == number_payload(value)
        assert match.certainty == pytest.approx(certainty, abs=0.005)


def test_the_longer_the_list_and_the_search_the_more_has_to_agree() -> None:
    known = KnownIds([(number_payload(n), None) for n in range(3000)], 32)
    guesses = (0, 1)
    short = read(KnownIds([(number_payload(2999), None)], 32), number_payload(2999), *guesses)
    assert short is not None
    long = read(known, number_payload(2999), *guesses)
    assert long is not None and long.chance == pytest.approx(3000 * short.chance)
    assert read(known, number_payload(2999), *guesses, tried=100) is None


def test_what_agrees_in_every_bit_is_named_with_its_chance_however_long_the_list() -> None:
    known = KnownIds([(number_payload(n), None) for n in range(20_000)], 32)
    match = read(known, number_payload(7), tried=300)
    assert match is not None and (match.payload, match.agreeing) == (number_payload(7), 32)
    assert match.chance == pytest.approx(20_000 * 300 * 2**-32)
    assert match.chance > 0.001


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50, unique=True), st.randoms())
def test_random_messages_fit_no_oftener_than_the_chance_says(ids: list[int], rng) -> None:
    known = KnownIds([(number_payload(n), None) for n in ids], 32)
    match = read(known, number_payload(rng.getrandbits(32)), *rng.sample(range(32), 6), level=0.5)
    assert match is None or match.chance <= 0.5 or match.agreeing == 32


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("pipe\n\npipes", 3, "takes 5 bytes"),
        ("hex:123", 1, "exactly 8 digits"),
        ("ab\r\nnumber:12b,Bob", 2, "digits 0-9 only"),
        ("number:4294967296", 1, "0 to 4294967295"),
        ("protected:65536", 1, "0 to 65535"),
        (",a label alone", 1, "nothing to hide"),
        ("a\x07", 1, "cannot be shown"),
    ],
)
def test_a_damaged_line_is_named(text: str, line: int, sentence: str) -> None:
    with pytest.raises(KnownLine, match=f"Line {line} of the list.*{sentence}"):
        KnownIds.parse(text, 32)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(KnownEmpty):
        KnownIds.parse(text, 32)


@given(st.text())
def test_any_text_is_a_list_or_a_sentence(text: str) -> None:
    try:
        assert len(KnownIds.parse(text, 32)) >= 1
    except (KnownLine, KnownEmpty) as error:
        assert str(error).endswith(".") or ")" in str(error)


def test_messages_of_other_lengths() -> None:
    known = KnownIds.parse("twelve bytes\n0123456789abcdef01234567,an id", 96)
    payload = text_payload("twelve bytes")
    match = known.match(to_bits(payload, 96) * 2 - 1, payload, 1, 0.001)
    assert match is not None and match.agreeing == 96
    with pytest.raises(KnownLine) as error:
        KnownIds.parse("thirteen bytes", 96)
    assert isinstance(error.value.__cause__, PayloadTooLong)
