import math

import numpy as np
import pytest
from hushmark.errors import ModelOutput
from hushmark.payload import text_payload, to_bits
from hushmark.reading import WHOLE_PICTURE, decide
from hypothesis import given
from hypothesis import strategies as st
from support import CARD


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
    assert best_of_many.among(1, CARD) == single


@given(st.lists(st.floats(-50, 50, width=32), min_size=32, max_size=32))
def test_every_reading_is_in_range(values: list[float]) -> None:
    reading = decide(np.array([values], np.float32), CARD, WHOLE_PICTURE)
    assert set(reading.bits) <= {0, 1}
    assert all(0.5 <= confidence <= 1 for confidence in reading.confidences)
    assert 0 <= reading.false_alarm <= 1
    assert (reading.payload is not None) == reading.found == (reading.statistic >= reading.threshold)


@pytest.mark.parametrize(
    "logits", [np.full((1, 32), np.nan, np.float32), np.full((1, 32), np.inf), np.ones((1, 31)), np.ones(32)]
)
def test_useless_logits_are_an_error_and_no_reading(logits: np.ndarray) -> None:
    with pytest.raises(ModelOutput):
        decide(logits.astype(np.float32), CARD, WHOLE_PICTURE)
