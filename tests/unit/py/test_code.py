import numpy as np
import pytest
from hushmark.message.code import HARD, PolarCode, quantise
from hypothesis import given
from hypothesis import strategies as st

lengths = st.sampled_from([128, 192, 256])
seeds = st.integers(0, 2**32 - 1)


def information(seed: int, words: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (words, size), dtype=np.uint8)


@given(st.integers(104, 256), seeds)
def test_words_of_any_length_come_back(length: int, seed: int) -> None:
    code, bits = PolarCode(length, 102), information(seed, 3, 102)
    words = code.encode(bits)
    assert words.shape == (3, length)
    found, found_words, distances = code.decode(quantise(words * 2.0 - 1), 4)
    assert (found[:, 0] == bits).all()
    assert (found_words[:, 0] == words).all()
    assert (distances[:, 0] == 0).all()
    assert (distances[:, 1] > 0).all()


def test_a_list_as_long_as_the_code_is_decoded_exactly() -> None:
    """Where no path is given up, the list has all words in the order of their distance."""
    code = PolarCode(12, 6)
    everything = np.unpackbits(np.arange(64, dtype=np.uint8)[:, np.newaxis], axis=1)[:, 2:]
    words = code.encode(everything)
    values = quantise(np.random.default_rng(1).standard_normal((50, 12)))
    found, _, distances = code.decode(values, 64)
    contradicted = (words[np.newaxis] == 1) != (values[:, np.newaxis] > 0)
    exact = (contradicted * np.abs(values[:, np.newaxis]).astype(int)).sum(axis=2)
    assert (distances == np.sort(exact, axis=1)).all()
    assert (found[:, 0] @ (1 << np.arange(5, -1, -1)) == exact.argmin(axis=1)).mean() > 0.95


@given(lengths, seeds)
def test_the_code_is_linear(length: int, seed: int) -> None:
    code = PolarCode(length, 102)
    one, other = information(seed, 2, 102)
    assert (code.encode(one) ^ code.encode(other) == code.encode(one ^ other)).all()


@given(lengths, seeds)
def test_distances_are_those_of_the_words(length: int, seed: int) -> None:
    code = PolarCode(length, 102)
    values = quantise(np.random.default_rng(seed).standard_normal((2, length)))
    found, words, distances = code.decode(values, 16)
    assert (code.encode(found) == words).all()
    contradicted = (words == 1) != (values[:, np.newaxis] > 0)
    assert (distances == (contradicted * np.abs(values[:, np.newaxis]).astype(int)).sum(axis=2)).all()
    assert (np.diff(distances) >= 0).all()
    assert len(np.unique(found[0], axis=0)) == 16


@given(lengths, seeds)
def test_many_words_at_once_are_decoded_as_one_by_one(length: int, seed: int) -> None:
    code = PolarCode(length, 102)
    values = quantise(np.random.default_rng(seed).standard_normal((3, length)))
    together = code.decode(values, 8)
    for word in range(3):
        alone = code.decode(values[word : word + 1], 8)
        assert all((one[0] == all_[word]).all() for one, all_ in zip(alone, together, strict=True))


@pytest.mark.parametrize(("length", "energy"), [(128, 24), (192, 22), (256, 21.5)])
def test_noise_below_the_limit_is_corrected(length: int, energy: float) -> None:
    code, bits = PolarCode(length, 102), information(3, 40, 102)
    signs = code.encode(bits) * 2.0 - 1
    noise = np.random.default_rng(4).standard_normal(signs.shape)
    logits = signs * np.sqrt(2 * 10 ** (energy / 10) / length) + noise
    assert ((logits > 0) != (signs > 0)).mean() > 0.02
    found, _, _ = code.decode(quantise(logits), 64)
    assert (found == bits[:, np.newaxis]).all(axis=2).any(axis=1).mean() >= 0.95


@pytest.mark.parametrize("scale", [1e-30, 0.01, 7.0, 1e30])
def test_the_scale_of_logits_does_not_matter(scale: float) -> None:
    logits = np.random.default_rng(5).standard_normal((4, 256))
    assert (quantise(logits * scale) == quantise(logits)).all()


def test_strong_values_are_clipped_and_silent_bits_leave_the_scale_alone() -> None:
    logits = np.array([[1.0, -1, 1, -1, 1, 500, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0]])
    assert quantise(logits)[0, :8].tolist() == [42, -42, 42, -42, 42, 127, -85, 0]
    assert quantise(logits, HARD)[0, :8].tolist() == [127, -127, 127, -127, 127, 127, -127, 0]
    assert (quantise(np.zeros((2, 16))) == 0).all()
    assert quantise(logits).dtype == np.int16


def test_the_largest_values_do_not_overflow() -> None:
    code, bits = PolarCode(256, 102), information(6, 2, 102)
    values = ((code.encode(bits).astype(np.int16) * 2 - 1) * 127).astype(np.int16)
    found, _, distances = code.decode(values, 32)
    assert (found[:, 0] == bits).all()
    assert (code.decode(-values, 32)[2] > 0).all() or (distances[:, 0] == 0).all()
