import numpy as np
import pytest
from hushmark.guide import GUIDE
from hushmark.picture.colour import LUMA, TO_RGB
from hushmark.reading.tiles import GRID, MOST_TILES, tiles
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.support.fakes import WAVES, photo

LINE = "The island has four hundred people, one school and a bakery that opens at five. "


def page(colour: str = "#ffffff", ink: str = "#222222") -> Image.Image:
    """Lines of text and a picture."""
    image = Image.new("RGB", (800, 600), colour)
    draw = ImageDraw.Draw(image)
    for top in range(20, 580, 22):
        draw.text((30, top), LINE * 2, fill=ink)
    image.paste(photo(300, 200), (250, 180))
    return image


def pattern(side: int, height: int, width: int) -> NDArray[np.float64]:
    """Waves and guide of tiles of this side, in levels of RGB [H,W,3], some one level strong."""
    x, y = (np.arange(length) / side for length in (width, height))
    ycc = np.zeros((3, height, width))
    for wave in WAVES:
        turns = wave.across * (x - 0.5) + wave.down * (y - 0.5)[:, np.newaxis]
        ycc[wave.channel] += 0.4 * wave.amplitude * np.cos(2 * np.pi * turns + wave.phase)
    for guide in GUIDE:
        turns = guide.across * x + guide.down * y[:, np.newaxis]
        ycc[0] += 0.1 * np.cos(2 * np.pi * turns + guide.phase)
    return np.tensordot(TO_RGB, ycc, 1).transpose(1, 2, 0)


def with_tiles(image: Image.Image, side: int, corner: tuple[int, int] = (0, 0)) -> Image.Image:
    """The page with such tiles over it, which begin to the left of and above it by `corner`."""
    left, top = corner
    whole = pattern(side, image.height + top, image.width + left)[top:, left:]
    # Dithered, as tiles are: they are fainter than a level.
    noise = np.random.default_rng(1).random(whole.shape) - 0.5
    levels = np.asarray(image, np.float64) + whole + noise
    return Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("colour", "ink"), [("#fcfcfc", "#222222"), ("#17191c", "#c8ccd0")])
@pytest.mark.parametrize(("side", "corner"), [(250, (0, 0)), (250, (113, 71)), (375, (40, 301))])
def test_the_tile_is_shown_from_its_beginning_on(
    colour: str, ink: str, side: int, corner: tuple[int, int]
) -> None:
    seen = next(iter(tiles(with_tiles(page(colour, ink), side, corner), WAVES)))
    assert seen.shape == (3, GRID, GRID) and 0 <= seen.min() < seen.max() <= 1
    expected = np.fft.fft2(pattern(GRID, GRID, GRID) @ LUMA)
    shown = np.fft.fft2(np.tensordot(LUMA, seen, 1))
    for wave in GUIDE:
        place = wave.down, wave.across
        # Up to half of a step of the grid beside it.
        assert abs(np.angle(shown[place] * np.conj(expected[place]))) < 1.2, wave


def test_few_looks_are_spent_on_pages_without_one() -> None:
    for image in (page(), page("#17191c", "#c8ccd0"), photo(640, 480), Image.new("RGB", (300, 300))):
        assert len(list(tiles(image, WAVES))) <= MOST_TILES


def test_nothing_is_seen_without_waves_and_in_small_pictures() -> None:
    assert not list(tiles(with_tiles(page(), 250), ()))
    assert not list(tiles(with_tiles(page(), 250).crop((0, 0, 90, 300)), WAVES))
