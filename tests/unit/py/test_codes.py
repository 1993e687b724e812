import math
from itertools import combinations

import numpy as np
import pytest
from hushmark.message import codes
from hypothesis import given
from hypothesis import strategies as st

values = st.integers(0, 0xFFFF)
places = st.lists(st.integers(0, 31), max_size=3, unique=True)


def logits_of(value: int, magnitude: float = 4.0) -> np.ndarray:
    return (codes.encode(value) * 2.0 - 1.0).astype(np.float32) * np.float32(magnitude)


@given(values, places)
def test_any_3_flipped_bits_are_corrected(value: int, flipped: list[int]) -> None:
    logits = logits_of(value)
    logits[flipped] *= -1
    decoded = codes.decode(logits)
    assert decoded.value == value
    assert decoded.corrected == len(flipped)
    assert decoded.certainty > 0.99


@given(values, st.integers(0, 2**32 - 1))
def test_soft_values_correct_more_where_the_flipped_bits_are_the_weak_ones(value: int, seed: int) -> None:
    flipped = np.random.default_rng(seed).permutation(32)[:7]
    logits = logits_of(value)
    logits[flipped] *= -0.1
    decoded = codes.decode(logits)
    assert (decoded.value, decoded.corrected) == (value, 7)


@given(st.lists(st.floats(-20, 20, width=32), min_size=32, max_size=32))
def test_the_answer_is_the_likeliest_of_all_words(numbers: list[float]) -> None:
    logits = np.array(numbers, np.float64)
    likelihoods = WORDS @ logits / 2
    decoded = codes.decode(logits.astype(np.float32))
    best, second = np.sort(likelihoods)[:-3:-1]
    assert likelihoods[decoded.value] == pytest.approx(best, abs=1e-9)
    assert decoded.margin == pytest.approx(best - second, abs=1e-9)
    assert decoded.certainty == pytest.approx(1 / np.exp(likelihoods - best).sum(), rel=1e-6)
    # The same odds by the textbook: the mean likelihood of the words against that of all messages.
    words = np.exp(likelihoods - np.logaddexp(logits / 2, -logits / 2).sum()).mean()
    assert decoded.chance == pytest.approx(min(2.0**-32 / words, 1.0), rel=1e-6)


WORDS = np.array([codes.encode(value) for value in range(0x10000)]) * 2.0 - 1.0


def test_words_differ_in_8_places_or_more() -> None:
    # The differences of two words are those of one word to all others: the code without its offset is linear.
    distances = (WORDS[0] != WORDS[1:]).sum(axis=1)
    assert distances.min() == 8
    for other in (1, 0x1234, 0xFFFF):
        assert sorted((WORDS[other] != np.delete(WORDS, other, axis=0)).sum(axis=1)) == sorted(distances)


@pytest.mark.parametrize("message", [bytes(4), b"\xff" * 4, b"aaaa", b"bbbb", b"\0\0\0\1", b"abab"])
def test_plain_messages_are_far_from_every_word(message: bytes) -> None:
    signs = np.unpackbits(np.frombuffer(message, np.uint8)) * 2.0 - 1.0
    assert (signs != WORDS).sum(axis=1).min() >= 4
    assert codes.decode(8 * signs).chance == 1.0


def noisy(signs: np.ndarray, mean: float) -> np.ndarray:
    """Logits of a channel with Gaussian noise: their variance is twice their mean."""
    return mean * signs + math.sqrt(2 * mean) * np.random.default_rng(5).standard_normal(signs.shape)


def test_the_chance_bounds_how_often_other_messages_look_protected() -> None:
    sent = np.random.default_rng(6).choice(np.array([-1.0, 1.0]), (400, 32))
    chances = np.array([codes.decode(logits).chance for logits in noisy(sent, 1.5)])
    for level in (0.3, 0.1, 0.03):
        assert (chances <= level).mean() <= level


def test_the_certainty_is_how_often_the_answer_is_right() -> None:
    sent = np.random.default_rng(6).integers(0, 0x10000, 400)
    decoded = [codes.decode(logits) for logits in noisy(WORDS[sent], 1.5)]
    right = np.array([one.value for one in decoded]) == sent
    assert 0.2 < right.mean() < 0.9
    assert np.mean([one.certainty for one in decoded]) == pytest.approx(right.mean(), abs=0.05)


def test_2_words_as_near_to_each_other_as_to_the_logits_have_no_margin() -> None:
    near = next(value for value in range(1, 0x10000) if (WORDS[value] != WORDS[0]).sum() == 8)
    assert codes.decode(4 * (WORDS[0] + WORDS[near])).margin == pytest.approx(0)


def test_words_that_3_flipped_bits_reach_are_few() -> None:
    """A random message lies within 3 places of a word in 8.4% of cases: why `chance` is reported."""
    reached = sum(math.comb(32, flips) for flips in range(4)) / 2**16
    assert reached == pytest.approx(0.084, abs=0.001)
    once = logits_of(77)
    once[list(next(combinations(range(32), 3)))] *= -1
    assert codes.decode(once).chance == 1.0
    assert codes.decode(logits_of(77, 8)).chance == pytest.approx(2**-16, rel=0.02)
