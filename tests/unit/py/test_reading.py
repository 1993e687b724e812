import math
from dataclasses import replace

import numpy as np
import pytest
from hushmark.errors import ModelOutput
from hushmark.message.keys import Key
from hushmark.message.known import KnownIds
from hushmark.message.payload import hex_payload, number_payload, protected_payload, text_payload, to_bits
from hushmark.reading.reading import WHOLE_PICTURE, decide
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import CARD


def logits_of(text: str, magnitude: float) -> np.ndarray:
    return ((to_bits(text_payload(text), 32) * 2 - 1) * magnitude)[np.newaxis].astype(np.float32)


def test_a_sure_reading() -> None:
    reading = decide(logits_of("pipe", 3), CARD, WHOLE_PICTURE)
    assert reading.found
    assert reading.payload == text_payload("pipe")
    assert reading.statistic == pytest.approx(3)
    assert reading.confidences == pytest.approx([1 / (1 + math.exp(-3))] * 32)


def test_below_the_threshold_nothing_is_claimed_but_the_figure_is_there() -> None:
    reading = decide(logits_of("pipe", 1.99), CARD, WHOLE_PICTURE)
    assert not reading.found
    assert reading.payload is None
    assert reading.statistic == pytest.approx(1.99)
    assert reading.threshold == pytest.approx(2.0)


def test_the_more_windows_are_tried_the_more_it_takes() -> None:
    single = decide(logits_of("pipe", 2.01), CARD, WHOLE_PICTURE)
    assert single.found and single.false_alarm < 0.001
    best_of_many = decide(logits_of("pipe", 2.01), CARD, WHOLE_PICTURE, tried=100)
    assert not best_of_many.found and best_of_many.payload is None
    assert best_of_many.false_alarm == pytest.approx(100 * single.false_alarm)
    assert best_of_many.threshold > 2.01


@given(st.lists(st.floats(-50, 50, width=32), min_size=32, max_size=32))
def test_every_reading_is_in_range(values: list[float]) -> None:
    reading = decide(np.array([values], np.float32), CARD, WHOLE_PICTURE)
    assert set(reading.bits) <= {0, 1}
    assert all(0.5 <= confidence <= 1 for confidence in reading.confidences)
    assert 0 <= reading.false_alarm <= 1
    assert (reading.payload is not None) == reading.found == (reading.statistic >= reading.threshold)


def test_without_the_key_there_is_something_and_nobody_knows_what() -> None:
    key = Key(b"k" * 32)
    bits = to_bits(text_payload("pipe"), 32, key)
    logits = ((bits * 2 - 1) * 3)[np.newaxis]
    with_key, without = (decide(logits, CARD, WHOLE_PICTURE, key=one) for one in (key, None))
    assert with_key.payload == text_payload("pipe") and without.payload != text_payload("pipe")
    assert (with_key.found, with_key.statistic) == (without.found, without.statistic) == (True, 3)
    assert with_key.confidences == without.confidences


@given(st.integers(0, 0xFFFF), st.booleans())
def test_a_protected_number_is_named_and_has_its_errors_corrected(number: int, keyed: bool) -> None:
    key = Key(b"k" * 32) if keyed else None
    payload = protected_payload(number)
    logits = ((to_bits(payload, 32, key) * 2 - 1) * 4)[np.newaxis]
    logits[0, [3, 8, 20]] *= -0.1
    reading = decide(logits, CARD, WHOLE_PICTURE, key=key)
    assert reading.payload == payload and reading.carries(payload)
    assert reading.protected is not None
    assert (reading.protected.value, reading.protected.corrected) == (number, 3)
    assert not reading.carries(number_payload(number))


def test_what_may_be_another_message_is_not_called_protected() -> None:
    sure = logits_of("pipe", 3)
    reading = decide(sure, CARD, WHOLE_PICTURE)
    assert reading.payload == text_payload("pipe") and reading.carries(hex_payload("70697065"))
    assert reading.protected is not None and reading.protected.chance == 1
    word = ((to_bits(protected_payload(5), 32) * 2 - 1) * 4)[np.newaxis]
    word[0, :3] *= -1  # as sure as the others: more likely another message than three such errors
    reading = decide(word, CARD, WHOLE_PICTURE)
    assert reading.payload is not None and reading.payload.kind != "protected"
    assert reading.protected is not None and reading.protected.value == 5
    assert reading.carries(protected_payload(5))


def test_messages_of_another_length_are_read_too() -> None:
    card = replace(CARD, bits=64)
    logits = ((to_bits(text_payload("8 bytes."), 64) * 2 - 1) * 3)[np.newaxis]
    reading = decide(logits, card, WHOLE_PICTURE)
    assert reading.payload == text_payload("8 bytes.") and reading.protected is None


def test_a_known_id_is_named_where_something_was_found() -> None:
    known = KnownIds.parse("pipe,The example", 32)
    match = decide(logits_of("pipe", 3), CARD, WHOLE_PICTURE, known=known).match
    assert match is not None and match.label == "The example"
    doubtful = logits_of("pipf", 3)  # "pipe" but for the last two bits
    assert decide(doubtful, CARD, WHOLE_PICTURE, known=known).match is None
    doubtful[0, 30:] *= 0.5
    reading = decide(doubtful, CARD, WHOLE_PICTURE, known=known)
    assert reading.payload == text_payload("pipf")
    assert reading.match is not None and reading.match.payload == text_payload("pipe")
    assert decide(logits_of("hush", 3), CARD, WHOLE_PICTURE, known=known).match is None
    assert decide(logits_of("pipe", 1), CARD, WHOLE_PICTURE, known=known).match is None


def test_nothing_is_carried_where_nothing_was_found() -> None:
    assert not decide(logits_of("pipe", 1), CARD, WHOLE_PICTURE).carries(text_payload("pipe"))


@pytest.mark.parametrize(
    "logits", [np.full((1, 32), np.nan, np.float32), np.full((1, 32), np.inf), np.ones((1, 31)), np.ones(32)]
)
def test_useless_logits_are_an_error_and_no_reading(logits: np.ndarray) -> None:
    with pytest.raises(ModelOutput):
        decide(logits.astype(np.float32), CARD, WHOLE_PICTURE)
