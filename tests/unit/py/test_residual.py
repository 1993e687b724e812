import io
import math
import sys

import numpy as np
import pytest
from hushmark.errors import ModelOutput, PictureTransparent
from hushmark.marking import residual
from hushmark.picture import view
from hushmark.picture.picture import Picture, open_picture
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.support.fakes import displayed, encoded, opened, oriented, photo, smooth_residual
from tests.support.pictures import SamplePhoto, sample_photo

PHOTOS: list[SamplePhoto] = ["rocket.jpg", "astronaut.png", "chelsea.png", "coffee.png", "camera.png"]


def applied(cover: Picture, pattern: NDArray[np.float32]) -> tuple[Picture, float]:
    """`residual.apply` on a copy, for the cover to compare with."""
    return residual.apply(cover.with_image(cover.image.copy()), pattern)


def seen_change(cover: Picture, marked: Picture) -> NDArray[np.float64]:
    """By how much visible pixels change when they are laid over any background: [n, colours]."""
    before, after = (np.asarray(p.image, np.float64) for p in (cover, marked))
    visible = before[..., -1] > 0
    return (after - before)[visible][:, :-1] * before[visible][:, -1:] / 255


def full_psnr(cover: Picture, marked: Picture) -> float:
    """PSNR by the definition, over every value of the colour channels."""
    before, after = (np.asarray(p.image, np.float64) for p in (cover, marked))
    return float(10 * math.log10(255**2 / np.square(before - after).mean()))


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("psnr_db", [30.0, 38.0, 50.0])
def test_the_power_is_kept_on_real_photos(name: SamplePhoto, psnr_db: float) -> None:
    cover = open_picture(sample_photo(name), name)
    pattern = smooth_residual(psnr_db, grey=name == "camera.png")
    marked, psnr = applied(cover, pattern)
    assert psnr == pytest.approx(psnr_db, abs=0.15)
    assert full_psnr(cover, marked) == pytest.approx(psnr, abs=0.05)


@pytest.mark.parametrize("size", [(6000, 120), (6000, 300), (120, 2400), (640, 32), (2000, 500)])
def test_the_power_is_kept_in_long_shapes(size: tuple[int, int]) -> None:
    _, psnr = applied(opened(photo(*size)), smooth_residual())
    assert psnr == pytest.approx(38, abs=0.3)


@pytest.mark.parametrize("level", [0, 255])
def test_what_clipping_takes_is_not_made_up_for_by_much(level: int) -> None:
    cover = opened(Image.new("RGB", (300, 200), (level,) * 3))
    _, psnr = applied(cover, smooth_residual())
    # Half of the power is clipped, which is 3 dB; the gain of at most 15% is 1.2 dB.
    assert 39 < psnr < 41


@given(st.integers(32, 90), st.integers(32, 90), st.sampled_from(["L", "LA", "RGB", "RGBA"]))
def test_every_size_and_mode_is_marked(width: int, height: int, mode: str) -> None:
    cover = opened(photo(width, height, mode))
    marked, psnr = applied(cover, smooth_residual(grey=mode[0] == "L"))
    assert marked.image.size == (width, height)
    assert marked.image.mode == mode
    assert psnr == pytest.approx(38, abs=0.4)  # with a thousand pixels, rounding makes it a staircase


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
def test_large_pictures_whose_pixels_share_changes_are_marked(mode: str) -> None:
    cover = open_picture(encoded(photo(1999, 1961, mode), "TIFF"), "a.tif")
    marked, psnr = applied(cover, smooth_residual(grey=mode[0] == "L"))
    # Ink under black is hardly seen.
    assert psnr > 38 if mode == "CMYK" else psnr == pytest.approx(38, abs=0.4)
    if mode in ("L", "RGB"):
        assert full_psnr(cover, marked) == pytest.approx(psnr, abs=0.05)


@pytest.mark.parametrize("platform", ["emscripten", "linux"])
def test_sums_are_clipped_in_either_way(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels, steps = np.meshgrid(np.arange(256), np.arange(-127, 128))
    monkeypatch.setattr(sys, "platform", platform)
    # One row of changes for three of the picture.
    changes = (steps % 256).astype(np.uint8).reshape(1, 1, -1)
    pixels = np.stack([levels, np.roll(levels, 1), levels[::-1]]).astype(np.uint8).reshape(1, 3, -1)
    wanted = np.clip(pixels.astype(np.int16) + steps.reshape(1, 1, -1), 0, 255)
    assert np.array_equal(residual._clipped_sum(pixels, changes), wanted)


@pytest.mark.parametrize("height", [333, 959, 960, 1921, 3001])
def test_strips_join_to_the_whole(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cover = opened(photo(200, height))
    monkeypatch.setattr(view, "_STRIP_PIXELS", 200 * 40)
    assert len(list(view.strips(cover.image.size, residual._shared(height)))) > 5
    in_strips, _ = applied(cover, smooth_residual())
    monkeypatch.setattr(view, "_STRIP_PIXELS", 1 << 30)
    # The rest that shares a row is one of its own.
    assert len(list(view.strips(cover.image.size, residual._shared(height)))) <= 2
    whole, _ = applied(cover, smooth_residual())
    difference = np.asarray(in_strips.image, np.int16) - np.asarray(whole.image, np.int16)
    assert np.abs(difference).max() <= 1
    assert np.count_nonzero(difference) < 0.002 * difference.size


@given(
    st.integers(32, 700),
    st.integers(32, 700),
    st.sampled_from(["L", "RGB", "CMYK"]),
    st.sampled_from([0, 1, 128, 250, 255]),
    st.floats(30, 50),
)
def test_strips_are_within_a_level_of_the_sum_in_numbers_of_any_size(
    width: int, height: int, mode: str, level: int, psnr_db: float
) -> None:
    image = photo(width, height, mode).point(lambda value: (value + level) % 256)  # black and white, too
    cover = open_picture(encoded(image, "TIFF"), "a.tif")
    pattern = smooth_residual(psnr_db, grey=mode == "L")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "_STRIP_PIXELS", 8 * width)
        marked, _ = applied(cover, pattern)
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC), np.float64)
        for plane in pattern[0]
    ]
    wanted = {"L": planes[:1], "RGB": planes, "CMYK": [*(-p for p in planes), 0 * planes[0]]}[mode]
    before, after = (np.asarray(p.image, np.float64).reshape(height, width, -1) for p in (cover, marked))
    change = np.stack(wanted, axis=-1) * 255
    # The scale that made up for rounding and clipping: that of the pixels far from black and white.
    free = (before > 40) & (before < 215) & (np.abs(change) > 0)
    gain = (after - before)[free].dot(change[free]) / np.square(change[free]).sum()
    assert np.abs(np.clip(np.rint(before + gain * change), 0, 255) - after).max() <= 1


@pytest.mark.parametrize("size", [(700, 500), (500, 2700), (120, 90)])
def test_the_added_change_is_the_enlarged_residual(size: tuple[int, int]) -> None:
    cover = opened(photo(*size))
    pattern = smooth_residual(30)
    marked, _ = applied(cover, pattern)
    change = np.asarray(marked.image, np.float32) - np.asarray(cover.image, np.float32)
    for channel in range(3):
        plane = Image.fromarray(pattern[0, channel]).resize(size, Image.Resampling.BICUBIC)
        correlation = np.corrcoef(np.asarray(plane).ravel(), change[..., channel].ravel())[0, 1]
        assert correlation > 0.99


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_residual_is_laid_on_as_displayed(orientation: int) -> None:
    cover = oriented(photo(96, 64), orientation)
    pattern = smooth_residual(30)
    marked, _ = applied(cover, pattern)
    change = displayed(cover, marked.image) - displayed(cover, cover.image)
    height, width = change.shape[:2]
    plane = np.asarray(Image.fromarray(pattern[0, 1]).resize((width, height), Image.Resampling.BICUBIC))
    assert np.corrcoef(plane.ravel(), change[..., 1].ravel())[0, 1] > 0.98


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_and_what_it_hides_stay_untouched(mode: str) -> None:
    image = photo(120, 80, mode)
    alpha = np.tile(np.linspace(0, 255, 120).astype(np.uint8), (80, 1))
    alpha[:, :30] = 0
    image.putalpha(Image.fromarray(alpha))
    cover = opened(image)
    marked, psnr = applied(cover, smooth_residual())
    before, after = np.asarray(cover.image), np.asarray(marked.image)
    hidden = before[..., -1] == 0
    assert np.array_equal(before[..., -1], after[..., -1])
    assert np.array_equal(before[hidden], after[hidden])
    assert not np.array_equal(before[~hidden], after[~hidden])
    # The strength is that of what can be seen.
    error = np.square(seen_change(cover, marked)).mean()
    assert 10 * math.log10(255**2 / error) == pytest.approx(psnr, abs=0.001)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_thin_pictures_are_marked_as_strongly_as_is_seen(mode: str) -> None:
    image = photo(200, 160, mode)
    image.putalpha(photo(200, 160, "L", seed=3).point(lambda level: level // 2))
    cover = opened(image)
    marked, psnr = applied(cover, smooth_residual(42, grey=mode == "LA"))
    assert psnr == pytest.approx(42, abs=0.3)
    assert 10 * math.log10(255**2 / np.square(seen_change(cover, marked)).mean()) == pytest.approx(psnr)


def test_grey_pictures_get_the_luma() -> None:
    cover = opened(photo(320, 320, "L"))
    pattern = smooth_residual(30)
    marked, _ = applied(cover, pattern)
    luma = 0.299 * pattern[0, 0] + 0.587 * pattern[0, 1] + 0.114 * pattern[0, 2]
    change = np.asarray(marked.image, np.float32) - np.asarray(cover.image, np.float32)
    assert np.corrcoef(luma.ravel(), change.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_useless_residual_is_an_error(value: float) -> None:
    with pytest.raises(ModelOutput):
        applied(opened(photo(64, 64)), np.full((1, 3, 320, 320), value, np.float32))


def test_a_wholly_transparent_picture_is_refused() -> None:
    image = photo(64, 64, "RGBA")
    image.putalpha(0)
    with pytest.raises(PictureTransparent, match="nothing to mark"):
        applied(opened(image), smooth_residual())


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_difference_shows_what_was_added(mode: str) -> None:
    image = photo(1200, 600, mode)
    if mode[-1] == "A":
        image.putalpha(255)
    cover = opened(image)
    marked, _ = applied(cover, smooth_residual(grey=mode[0] == "L"))
    before, after = residual.sample(cover), residual.sample(marked)
    preview = Image.open(io.BytesIO(residual.difference(before, after)))
    assert preview.format == "PNG"
    assert preview.size == (800, 400)
    # 38 dB is a deviation of 3.2 levels, here amplified by 16 (and clipped at times).
    assert 40 < np.asarray(preview).std() < 55
    unchanged = np.asarray(Image.open(io.BytesIO(residual.difference(before, before))))
    assert (unchanged == 128).all()
