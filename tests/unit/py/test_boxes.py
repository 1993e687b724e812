import io

import numpy as np
import pytest
from hushmark.reading.boxes import content_boxes
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tests.support.fakes import encoded, photo


@given(st.integers(200, 500), st.integers(200, 500), st.integers(30, 200), st.integers(30, 200))
def test_a_picture_on_an_empty_page_is_found_to_the_pixel(
    width: int, height: int, left: int, top: int
) -> None:
    page = Image.new("RGB", (width + left + 90, height + top + 70), (255, 255, 255))
    page.paste(photo(width, height), (left, top))
    assert content_boxes(page) == [(left, top, left + width, top + height)]


@pytest.mark.parametrize("background", [(255, 255, 255), (24, 26, 32), (243, 240, 225)])
def test_a_screenshot_that_went_through_jpeg(background: tuple[int, int, int]) -> None:
    page = Image.new("RGB", (1000, 800), background)
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 999, 50), fill=(30, 90, 160))
    for line in range(10):
        draw.text((40, 70 + 16 * line), "words on a page that are no picture " * 3, fill=(120, 120, 120))
    page.paste(photo(400, 300), (300, 420))
    seen = Image.open(io.BytesIO(encoded(page, "JPEG", quality=75)))
    assert any(
        np.abs(np.subtract(box, (300, 420, 700, 720))).max() <= 2
        for box in content_boxes(seen.convert("RGB"))
    )


def test_bars_above_and_below_are_cut_off() -> None:
    page = Image.new("RGB", (640, 480), (0, 0, 0))
    page.paste(photo(640, 360), (0, 60))
    assert (0, 60, 640, 420) in content_boxes(page)


def test_a_picture_without_surroundings_has_nothing_to_cut_off() -> None:
    rough = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert content_boxes(Image.fromarray(rough)) == []


def test_an_empty_page_has_no_content() -> None:
    assert content_boxes(Image.new("RGB", (300, 200), (200, 10, 10))) == []


def test_pictures_of_any_shape_that_touch_are_one() -> None:
    page = Image.new("RGB", (640, 640), (255, 255, 255))
    # A spiral: its rows meet only far from where they begin.
    for box in ((40, 40, 600, 100), (540, 40, 600, 600), (40, 540, 600, 600), (40, 200, 100, 600)):
        page.paste(photo(box[2] - box[0], box[3] - box[1]), box[:2])
    page.paste(photo(200, 200), (240, 240))
    assert content_boxes(page) == [(40, 40, 600, 600), (240, 240, 440, 440)]
