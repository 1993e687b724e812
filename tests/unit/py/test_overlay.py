import io
import random

import numpy as np
import pytest
from hushmark.errors import StrengthError
from hushmark.marking.overlay import css, overlay
from hushmark.message.kinds import text
from hushmark.message.sealing import decode_each
from PIL import Image

from tests.support.fakes import CARD, SpreadForward, photo, run


def tile(strength: float = 1) -> Image.Image:
    data = run(overlay(text("pipe"), forward=SpreadForward(), card=CARD, strength=strength))
    return Image.open(io.BytesIO(data))


def laid_over(page: Image.Image, tile: Image.Image) -> Image.Image:
    stretched = tile.resize(page.size, Image.Resampling.BILINEAR)
    return Image.alpha_composite(page.convert("RGBA"), stretched).convert("RGB")


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (90, 140, 200)])
@pytest.mark.parametrize("strength", [0.25, 1, 4])
def test_no_page_changes_much_more(colour: tuple[int, int, int], strength: float) -> None:
    page = Image.new("RGB", (1280, 800), colour)
    change = np.asarray(laid_over(page, tile(strength)), np.float64) - np.asarray(page, np.float64)
    psnr = 10 * np.log10(255**2 / np.mean(change**2))
    assert psnr > 36 - 20 * np.log10(strength) - 3
    assert np.abs(change).max() > 0


def test_a_page_with_a_picture_reads_back() -> None:
    page = Image.new("RGB", (1200, 900), (250, 250, 250))
    page.paste(photo(500, 400), (random.Random(1).randrange(600), 300))
    seen = np.asarray(laid_over(page, tile(1.6)).resize((320, 320)), np.float32) / 255
    logits = run(SpreadForward().decode(np.ascontiguousarray(seen.transpose(2, 0, 1))[np.newaxis]))
    (decoded,) = decode_each(logits)
    assert decoded is not None and decoded.message == text("pipe")


def test_the_tile_is_transparent_everywhere_alike() -> None:
    image = tile()
    assert image.mode == "RGBA" and image.size == (160, 160)
    low, high = image.getchannel("A").getextrema()
    assert low == high < 20


def test_the_rule_names_the_tile() -> None:
    assert 'url("mark.png")' in css("mark.png")
    assert css("x").count("{") == css("x").count("}") == 1


@pytest.mark.parametrize("strength", [0.2, 4.1, float("nan")])
def test_strength_out_of_range(strength: float) -> None:
    with pytest.raises(StrengthError):
        tile(strength)
