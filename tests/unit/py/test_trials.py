import random

import numpy as np
import pytest
from hushmark.trials import WHOLE, _solved, cropped, erased, framed, noisy, offered, posterised
from PIL import Image

from tests.support.fakes import photo

TRIALS = offered()


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_is_the_same_each_time_and_never_breaks(name: str) -> None:
    trial, image = TRIALS[name], photo(90, 60)
    assert trial.least <= trial.start <= trial.most
    for amount in (trial.least, trial.start, trial.most):
        changed = trial.apply(image, amount)
        assert changed.mode == "RGB" and min(changed.size) >= 1
        assert np.array_equal(changed, trial.apply(image, amount))


@pytest.mark.parametrize("name", [name for name, trial in TRIALS.items() if trial.unit != "switch"])
def test_more_of_a_trial_is_another_picture(name: str) -> None:
    trial, image = TRIALS[name], photo(90, 60)
    some, more = (trial.apply(image, amount) for amount in (trial.start, trial.most))
    assert some.size != more.size or not np.array_equal(some, more)


def test_the_start_of_a_trial_changes_the_picture() -> None:
    image = photo(90, 60)
    assert all(not np.array_equal(trial.apply(image, trial.start), image) for trial in TRIALS.values())


def test_a_crop_of_next_to_nothing_is_a_pixel() -> None:
    assert cropped(Image.new("RGB", (40, 30)), 0.001, random.Random(1)).size == (1, 1)


def test_a_frame_cuts_off_what_lies_outside() -> None:
    image = photo(90, 60)
    assert np.array_equal(framed(image, WHOLE), image)
    assert np.array_equal(framed(image, (1 / 3, 0, 1, 0.5)), image.crop((30, 0, 90, 30)))


@pytest.mark.parametrize("frame", [(0, 0, 0, 0), (1, 1, 1, 1), (0.7, 0.7, 0.2, 0.2)])
def test_a_frame_around_nothing_keeps_a_pixel(frame: tuple[float, float, float, float]) -> None:
    assert framed(photo(90, 60), frame).size == (1, 1)


def test_two_levels_are_black_and_white() -> None:
    assert set(np.unique(np.asarray(posterised(photo(90, 60), 2)))) == {0, 255}


@pytest.mark.parametrize("size", [(400, 40), (40, 400)])
def test_half_of_a_narrow_picture_is_erased(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    for seed in range(20):
        changed = np.asarray(erased(image, 0.5, random.Random(seed)))
        assert (changed != 255).any(axis=2).mean() == pytest.approx(0.5, abs=0.02)


def test_noise_is_normal_and_as_strong_as_said() -> None:
    changed = noisy(Image.new("RGB", (400, 300), "#808080"), 0.05, random.Random(1))
    noise = (np.asarray(changed, np.float64) - 128) / 255
    assert abs(noise.mean()) < 0.001
    assert 0.049 < noise.std() < 0.051
    assert 0.94 < (np.abs(noise) < 0.098).mean() < 0.965  # 1.96 standard deviations
    assert np.abs(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1]) < 0.01


def test_linear_equations_are_solved_as_lapack_does() -> None:
    rng = np.random.default_rng(1)
    matrix, values = rng.normal(size=(8, 8)), rng.normal(size=8)
    matrix[0, 0] = 0
    solution = _solved(np.column_stack([matrix, values]).tolist())
    assert np.allclose(solution, np.linalg.solve(matrix, values), rtol=1e-9)
