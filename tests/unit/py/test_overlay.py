import io

import numpy as np
import pytest
from hushmark.errors import StrengthError
from hushmark.guide import GUIDE
from hushmark.marking.overlay import TILE_SIDE, css, overlay
from hushmark.message.kinds import text
from hushmark.picture.colour import LUMA
from numpy.typing import NDArray
from PIL import Image

from tests.support.fakes import CARD, SpreadForward, run


def tile(strength: float = 1) -> Image.Image:
    data = run(overlay(text("pipe"), forward=SpreadForward(), card=CARD, strength=strength))
    return Image.open(io.BytesIO(data))


def change(colour: tuple[int, int, int], strength: float = 1) -> NDArray[np.float64]:
    """What a tile does to a page of one colour, in levels."""
    page = Image.new("RGB", (TILE_SIDE, TILE_SIDE), colour)
    laid = Image.alpha_composite(page.convert("RGBA"), tile(strength)).convert("RGB")
    return np.asarray(laid, np.float64) - np.asarray(page, np.float64)


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (23, 25, 28), (90, 140, 200)])
def test_the_pattern_is_the_same_and_faint_on_every_page(colour: tuple[int, int, int]) -> None:
    changed = change(colour)
    pattern = changed - changed.mean(axis=(0, 1))
    assert np.abs(pattern).max() < 4 and 0.3 < (pattern @ LUMA).std() < 0.7
    grey = change((128, 128, 128))
    assert np.abs(pattern - (grey - grey.mean(axis=(0, 1)))).max() < 1e-9


def test_strength_says_how_strong_it_is() -> None:
    faint, normal, strong = (
        (change((255, 255, 255), strength) @ LUMA).std() for strength in (0.25, 1.0, 4.0)
    )
    assert faint < 0.8 * normal and strong > 3 * normal


def test_the_guide_begins_where_the_tile_does() -> None:
    spectrum = np.fft.fft2(change((128, 128, 128)) @ LUMA)
    for wave in GUIDE:
        phase = float(np.angle(spectrum[wave.down, wave.across] * np.exp(-1j * wave.phase)))
        # The middle of its first pixel lies a bit inside of the tile.
        assert abs(phase) < 0.6, wave


def test_the_tile_is_transparent_everywhere_alike() -> None:
    image = tile()
    assert image.mode == "RGBA" and image.size == (TILE_SIDE, TILE_SIDE)
    low, high = image.getchannel("A").getextrema()
    assert low == high <= 6


def test_the_rule_names_the_tile() -> None:
    assert 'url("mark.png")' in css("mark.png")
    assert css("x").count("{") == css("x").count("}") == 1


@pytest.mark.parametrize("strength", [0.2, 4.1, float("nan")])
def test_strength_out_of_range(strength: float) -> None:
    with pytest.raises(StrengthError):
        tile(strength)
