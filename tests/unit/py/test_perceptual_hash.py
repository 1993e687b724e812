import io
from collections.abc import Callable
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from hushmark.picture import view
from hushmark.picture.perceptual_hash import perceptual_hash
from hushmark.picture.picture import open_picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from tests.support.fakes import encoded
from tests.support.pictures import SamplePhoto, sample_photo

SAMPLES: tuple[SamplePhoto, ...] = (
    "rocket.jpg",
    "retina.jpg",
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "camera.png",
)
Corners = tuple[tuple[float, float], ...]
WHOLE: Corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ALIKE = 10
"""Bits of 64 in which a picture may differ from its copy; others differ in about half of them."""


@cache
def small(name: SamplePhoto) -> Image.Image:
    with Image.open(io.BytesIO(sample_photo(name))) as image:
        image.thumbnail((320, 320))
        return image.convert("RGB")


def hash_of(image: Image.Image, corners: Corners = WHOLE) -> int:
    picture = open_picture(encoded(image, "PNG"), "a.png")
    return int(perceptual_hash(view.part(picture, corners, 320)), 16)


def difference(one: int, other: int) -> int:
    return (one ^ other).bit_count()


@given(st.sampled_from(SAMPLES), st.integers(20, 95), st.floats(0.25, 2), st.floats(0.8, 1.25))
@settings(max_examples=10, deadline=None)
def test_a_copy_has_nearly_the_same_hash(name: SamplePhoto, quality: int, scale: float, light: float) -> None:
    image = small(name)
    copy = image.resize((round(image.width * scale), round(image.height * scale)))
    copy = ImageEnhance.Brightness(copy).enhance(light)
    saved = io.BytesIO()
    copy.save(saved, "JPEG", quality=quality)
    with Image.open(saved) as again:
        assert difference(hash_of(image), hash_of(again.convert("RGB"))) <= ALIKE


def test_other_pictures_have_other_hashes() -> None:
    hashes = [hash_of(small(name)) for name in SAMPLES]
    assert min(difference(one, other) for one, other in combinations(hashes, 2)) > 2 * ALIKE


@pytest.mark.parametrize(
    ("change", "corners"),
    [
        (ImageOps.mirror, ((1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0))),
        (lambda image: image.transpose(Image.Transpose.ROTATE_90), ((0, 1), (0, 0), (1, 0), (1, 1))),
        (
            lambda image: ImageOps.expand(image, (image.width // 2, image.height // 2), "white"),
            ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)),
        ),
    ],
    ids=["mirrored", "turned", "on a page"],
)
def test_the_place_of_a_picture_has_the_pictures_hash(
    change: Callable[[Image.Image], Image.Image], corners: Corners
) -> None:
    image = small("chelsea.png")
    assert difference(hash_of(image), hash_of(change(image), corners)) <= ALIKE


def test_the_view_of_the_networks_has_the_same_hash_as_the_whole_picture() -> None:
    picture = open_picture(sample_photo("rocket.jpg"), "rocket.jpg")
    seen, whole = view.prepare(picture, 320), view.part(picture, WHOLE, 320)
    assert difference(int(perceptual_hash(seen), 16), int(perceptual_hash(whole), 16)) <= 2


def test_beyond_the_picture_there_is_its_mean_colour() -> None:
    image = Image.new("RGB", (64, 64), (10, 20, 30))
    corners = ((-1.0, -1.0), (2.0, -1.0), (2.0, 2.0), (-1.0, 2.0))
    seen = view.part(open_picture(encoded(image, "PNG"), "a.png"), corners, 96)
    assert np.allclose(seen[0, :, 0, 0] * 255, (10, 20, 30))
    assert seen.shape == (1, 3, 96, 96)


def test_a_flat_picture_has_a_hash() -> None:
    grey = np.full((1, 3, 320, 320), 0.3, np.float32)
    assert perceptual_hash(grey) == perceptual_hash(grey + np.float32(1e-7)) == "8000000000000000"
