"""Real pictures for the tests, from scikit-image's wheel."""

from functools import cache
from pathlib import Path
from typing import Literal

from train.samples import sample_folder

SamplePhoto = Literal["rocket.jpg", "retina.jpg", "astronaut.png", "chelsea.png", "coffee.png", "camera.png"]


@cache
def sample_path(name: SamplePhoto) -> Path:
    """The path of a sample: rocket.jpg has 640x427 pixels, retina.jpg 1411x1411, camera.png is grey."""
    return sample_folder() / name


def sample_photo(name: SamplePhoto) -> bytes:
    """The bytes of a sample picture."""
    return sample_path(name).read_bytes()
