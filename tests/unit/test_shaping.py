import numpy as np
import pytest
from hushmark.picture import open_picture
from hushmark.residual import prepare
from hushmark.shaping import FLAT_LIMIT, LUMA, MOST_LOCAL, Shaper
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from support import encoded, photo, smooth_residual

from tests.pictures import SamplePhoto, sample_photo


def model_view(image: Image.Image) -> np.ndarray:
    return prepare(open_picture(encoded(image, "PNG"), "a.png"), 320)


def local_rms(residual: np.ndarray) -> np.ndarray:
    """In neighbourhoods of 18x18, which are 9x9 of the grid that the networks work on."""
    power = sliding_window_view(np.square(residual[0]).mean(axis=0), (18, 18))[::3, ::3].mean(axis=(2, 3))
    return np.sqrt(power)


def psnr(residual: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean(residual**2)))


@pytest.mark.parametrize("name", ["rocket.jpg", "astronaut.png", "coffee.png"])
@pytest.mark.parametrize("strength_db", [40.0, 42.0])
def test_photos_get_the_psnr_asked_for_and_keep_their_mean(name: SamplePhoto, strength_db: float) -> None:
    image = prepare(open_picture(sample_photo(name), name), 320)
    shaped = Shaper(image, strength_db, grey=False).shape(smooth_residual(20))
    # A little above where much of the picture is flat.
    assert strength_db - 0.1 < psnr(shaped) < strength_db + 0.6
    seen = np.clip(image + shaped, 0, 1) - image
    assert np.abs(seen.mean(axis=(2, 3))).max() < 0.05 / 255


def test_the_scale_of_the_input_does_not_matter() -> None:
    shaper = Shaper(model_view(photo(320, 320)), 40.0, grey=False)
    assert np.allclose(shaper.shape(smooth_residual(20)), shaper.shape(smooth_residual(60)), atol=1e-6)


def test_a_flat_picture_gets_no_more_than_it_hides() -> None:
    flat = model_view(Image.new("RGB", (320, 320), (90, 120, 160)))
    shaped = Shaper(flat, 36.0, grey=False).shape(smooth_residual())
    assert local_rms(shaped).max() < 1.02 * FLAT_LIMIT
    assert psnr(shaped) < 48


def test_a_rough_spot_in_a_flat_picture_does_not_take_all() -> None:
    image = np.full((320, 320, 3), 20, np.uint8)
    image[150:190, 150:190] = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    shaped = Shaper(model_view(Image.fromarray(image)), 38.0, grey=False).shape(smooth_residual())
    assert local_rms(shaped).max() < 1.1 * MOST_LOCAL * 10 ** (-38 / 20)
    assert psnr(shaped) > 40


def test_what_the_flat_half_cannot_take_goes_to_the_other() -> None:
    image = np.full((320, 320, 3), 128, np.uint8)
    image[:, 160:] = np.random.default_rng(1).integers(60, 200, (320, 160, 3), dtype=np.uint8)
    shaped = Shaper(model_view(Image.fromarray(image)), 38.0, grey=False).shape(smooth_residual())
    flat, rough = local_rms(shaped[..., :160]), local_rms(shaped[..., 178:])
    # Not even where the neighbourhood ends at the rough half.
    assert flat.max() < 1.02 * FLAT_LIMIT
    assert rough.min() > 1.5 * flat.max()
    assert psnr(shaped) == pytest.approx(38, abs=0.3)


def test_grey_pictures_get_one_plane_of_luma() -> None:
    image = model_view(photo(320, 320))
    residual = smooth_residual()
    shaped = Shaper(image, 40.0, grey=True).shape(residual)
    assert np.array_equal(shaped[0, 0], shaped[0, 1]) and np.array_equal(shaped[0, 0], shaped[0, 2])
    luma = np.tensordot(LUMA, residual[0], 1)
    assert np.corrcoef(shaped[0, 0].ravel(), luma.ravel())[0, 1] > 0.95
    assert psnr(shaped) == pytest.approx(40, abs=0.2)


def test_a_useless_residual_stays_finite() -> None:
    shaped = Shaper(model_view(photo(320, 320)), 40.0, grey=False).shape(
        np.zeros((1, 3, 320, 320), np.float32)
    )
    assert np.isfinite(shaped).all()
