from itertools import pairwise

import numpy as np
import pytest
from hushmark.picture import view
from hushmark.picture.picture import open_picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support.fakes import displayed, encoded, opened, oriented, photo
from tests.support.pictures import sample_photo


def test_prepare_gives_the_models_input() -> None:
    image = view.prepare(opened(photo(500, 333)), 320)
    assert image.shape == (1, 3, 320, 320)
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert 0 <= image.min() < image.max() <= 1


def test_prepare_is_near_the_plain_antialiased_filter() -> None:
    cover = open_picture(sample_photo("retina.jpg"), "retina.jpg")
    plain = np.asarray(cover.image.resize((320, 320), Image.Resampling.BICUBIC), np.float32) / 255
    error = view.prepare(cover, 320)[0].transpose(1, 2, 0) - plain
    assert np.sqrt(np.square(error).mean()) < 0.006


@pytest.mark.parametrize("gap", [1.0, 1.25])
def test_a_page_is_near_the_plain_antialiased_filter(gap: float) -> None:
    cover = open_picture(sample_photo("retina.jpg"), "retina.jpg")
    page = view.of(cover, 500, gap)
    plain = cover.image.convert("RGB").resize(page.size, Image.Resampling.BICUBIC)
    error = np.asarray(page, np.float32) - np.asarray(plain, np.float32)
    assert np.sqrt(np.square(error).mean()) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_prepare_sees_the_picture_as_displayed(orientation: int) -> None:
    stored = photo(96, 64)
    picture = oriented(stored, orientation)
    upright = opened(Image.fromarray(displayed(picture, stored).astype(np.uint8)))
    assert np.abs(view.prepare(picture, 320) - view.prepare(upright, 320)).max() < 0.02


def test_prepare_lays_transparency_over_mid_grey() -> None:
    image = photo(64, 64, "RGBA")
    image.putalpha(0)
    assert np.allclose(view.prepare(opened(image), 320), 0.5)
    image.putalpha(255)
    opaque = view.prepare(opened(image.convert("RGB")), 320)
    assert np.abs(view.prepare(opened(image), 320) - opaque).max() < 1e-6


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
def test_a_page_shows_what_the_model_sees(mode: str) -> None:
    image = photo(500, 500, mode)
    if mode[-1] == "A":
        image.putalpha(photo(500, 500, "L", seed=3))
    cover = open_picture(encoded(image, "TIFF"), "a.tif")
    page = view.of(cover, 320)
    assert page.mode == "RGB"
    seen = view.prepare(cover, 320)[0].transpose(1, 2, 0) * 255
    assert np.abs(np.asarray(page) - seen).max() < 4


def test_prepare_repeats_grey() -> None:
    red, green, blue = view.prepare(opened(photo(64, 64, "L")), 320)[0]
    assert np.array_equal(red, green)
    assert np.array_equal(red, blue)


@given(st.integers(32, 9000), st.integers(32, 9000), st.integers(1, 40))
def test_strips_cover_every_row_once(width: int, height: int, unit: int) -> None:
    strips = list(view.strips((width, height), unit))
    assert strips[0][0] == 0
    assert strips[-1][1] == height
    assert all(before[1] == after[0] for before, after in pairwise(strips))
