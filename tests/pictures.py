"""Real pictures for the tests: what scikit-image ships inside its wheel, found without importing it."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

SamplePhoto = Literal["rocket.jpg", "retina.jpg", "astronaut.png", "chelsea.png", "coffee.png", "camera.png"]


@cache
def sample_path(name: SamplePhoto) -> Path:
    """The path of a sample: rocket.jpg has 640x427 pixels, retina.jpg 1411x1411, camera.png is grey."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise RuntimeError("scikit-image is not installed; it carries the sample pictures (requirements/dev)")
    return Path(spec.origin).parent / "data" / name


def sample_photo(name: SamplePhoto) -> bytes:
    """The bytes of a sample picture."""
    return sample_path(name).read_bytes()
