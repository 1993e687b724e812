import random

import numpy as np
import pytest
from hushmark.trials import TRIALS, cropped
from PIL import Image

from tests.support.fakes import photo


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_is_the_same_each_time_and_never_breaks(name: str) -> None:
    trial, image = TRIALS[name], photo(90, 60)
    assert trial.least <= trial.start <= trial.most
    for amount in (trial.least, trial.start, trial.most):
        changed = trial.apply(image, amount)
        assert changed.mode == "RGB" and min(changed.size) >= 1
        assert np.array_equal(changed, trial.apply(image, amount))


@pytest.mark.parametrize("name", TRIALS)
def test_more_of_a_trial_is_another_picture(name: str) -> None:
    trial, image = TRIALS[name], photo(90, 60)
    some, more = (trial.apply(image, amount) for amount in (trial.start, trial.most))
    assert some.size != more.size or not np.array_equal(some, more)


def test_the_start_of_a_trial_changes_the_picture() -> None:
    image = photo(90, 60)
    assert all(not np.array_equal(trial.apply(image, trial.start), image) for trial in TRIALS.values())


def test_a_crop_of_next_to_nothing_is_a_pixel() -> None:
    assert cropped(Image.new("RGB", (40, 30)), 0.001, random.Random(1)).size == (1, 1)
