import numpy as np
import pytest
from hushmark.errors import StrengthError
from hushmark.marking.budget import (
    COLOUR_SHARE,
    LUMA_SHARE,
    PEAK,
    WEIGHTS,
    Budget,
    check_strength,
    luma,
    to_grid,
)
from hushmark.picture.picture import open_picture
from hushmark.picture.view import prepare
from numpy.typing import NDArray
from PIL import Image

from tests.support.fakes import encoded, photo, smooth_residual
from tests.support.pictures import SamplePhoto, sample_photo

BOTH = float(np.hypot(LUMA_SHARE, COLOUR_SHARE))


def model_view(image: Image.Image) -> NDArray[np.float32]:
    return to_grid(prepare(open_picture(encoded(image, "PNG"), "a.png"), 320)[0])


def residual_on_grid() -> NDArray[np.float32]:
    return to_grid(smooth_residual()[0])


def half_rough() -> NDArray[np.float32]:
    image = np.full((160, 160, 3), 128, np.uint8)
    image[:, 80:] = np.random.default_rng(1).integers(60, 200, (160, 80, 3), dtype=np.uint8)
    return model_view(Image.fromarray(image))


def in_colour(residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same without its luma."""
    return residual - luma(residual)


@pytest.mark.parametrize("name", ["rocket.jpg", "astronaut.png", "coffee.png"])
@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_photos_get_the_visibility_asked_for_and_keep_their_mean(name: SamplePhoto, strength: float) -> None:
    image = to_grid(prepare(open_picture(sample_photo(name), name), 320)[0])
    budget = Budget(image, grey=False)
    shaped = budget.shape(residual_on_grid(), strength)
    assert budget.visibility(shaped) == pytest.approx(BOTH * strength, rel=0.1)
    assert budget.visibility(np.stack([luma(shaped)] * 3)) == pytest.approx(LUMA_SHARE * strength, rel=0.1)
    assert budget.visibility(in_colour(shaped)) == pytest.approx(COLOUR_SHARE * strength, rel=0.1)
    seen = np.clip(image + shaped, 0, 1) - image
    assert np.abs(seen.mean(axis=(1, 2))).max() < 0.05 / 255


def test_the_scale_of_the_input_does_not_matter() -> None:
    budget = Budget(model_view(photo(320, 320)), grey=False)
    residual = residual_on_grid()
    assert np.allclose(budget.shape(residual, 1), budget.shape(100 * residual, 1), atol=1e-6)


def test_luma_is_seen_more_than_colour_and_coarse_more_than_fine() -> None:
    assert (WEIGHTS[0] > WEIGHTS[1:]).all()
    budget = Budget(np.full((3, 160, 160), 0.5, np.float32), grey=False)
    rows, columns = np.indices((160, 160))
    fine = np.where((rows + columns) % 2, 0.01, -0.01).astype(np.float32)
    coarse = np.where(columns // 16 % 2, 0.01, -0.01).astype(np.float32)
    seen = [budget.visibility(np.stack([plane] * 3)) for plane in (fine, coarse)]
    assert seen[0] < 0.8 * seen[1]


def test_no_place_stands_out() -> None:
    budget = Budget(half_rough(), grey=False)
    residual = residual_on_grid()
    residual[:, 60:100, 60:100] *= 20
    shaped = budget.shape(residual, 1)
    # An eye compares neighbours: what is seen in any sixteenth is near the budget of all.
    for top in range(0, 160, 40):
        for left in range(0, 160, 40):
            part = np.zeros_like(shaped)
            part[:, top : top + 40, left : left + 40] = shaped[:, top : top + 40, left : left + 40]
            assert budget.visibility(part) * 16 ** (1 / 3) < 1.1 * PEAK * BOTH


def test_texture_takes_more_than_what_is_flat() -> None:
    budget = Budget(half_rough(), grey=False)
    shaped = budget.shape(budget.precondition(residual_on_grid()), 1)
    flat, rough = np.sqrt(np.square(shaped[..., :70]).mean()), np.sqrt(np.square(shaped[..., 90:]).mean())
    assert rough > 1.5 * flat


def test_texture_hides_colour_better_than_luma() -> None:
    direction = Budget(half_rough(), grey=False).precondition(residual_on_grid())

    def gained(plane: NDArray[np.float32]) -> float:
        """Of amplitude, in texture."""
        return float(np.abs(plane[..., 90:]).mean() / np.abs(plane[..., :70]).mean())

    assert gained(in_colour(direction)) > 1.3 * gained(luma(direction)) > 1.3


def test_texture_hides_what_lies_beyond_it() -> None:
    flat, rough = (
        Budget(image, grey=False) for image in (np.full((3, 160, 160), 0.5, np.float32), half_rough())
    )
    residual = residual_on_grid()
    residual[..., 60:] = 0
    assert flat.visibility(residual) > 1.2 * rough.visibility(residual)


def test_the_direction_spends_where_little_is_seen() -> None:
    image = half_rough()
    budget = Budget(image, grey=False)
    gradient = np.random.default_rng(3).standard_normal((3, 160, 160)).astype(np.float32)
    direction = budget.precondition(gradient)

    def gain(change: NDArray[np.float32]) -> float:
        """Of what the gradient promises, for what is seen of it."""
        return float((gradient * change).sum()) / budget.visibility(change)

    assert gain(direction) > 1.5 * gain(gradient)
    assert np.square(direction[..., 90:]).mean() > 2 * np.square(direction[..., :70]).mean()


def test_grey_pictures_get_one_plane_of_luma() -> None:
    budget = Budget(model_view(photo(320, 320)), grey=True)
    residual = residual_on_grid()
    shaped = budget.shape(residual, 1)
    assert np.array_equal(shaped[0], shaped[1]) and np.array_equal(shaped[0], shaped[2])
    assert np.corrcoef(shaped[0].ravel(), luma(residual).ravel())[0, 1] > 0.95
    assert budget.visibility(shaped) == pytest.approx(BOTH, rel=0.1)


def test_a_useless_residual_stays_finite() -> None:
    budget = Budget(model_view(photo(320, 320)), grey=False)
    nothing = np.zeros((3, 160, 160), np.float32)
    assert np.isfinite(budget.shape(nothing, 1)).all()
    assert budget.visibility(nothing) == 0


@pytest.mark.parametrize("strength", [0.24, 4.01, float("nan")])
def test_strength_out_of_range(strength: float) -> None:
    with pytest.raises(StrengthError, match=r"between 0\.25 and 4\."):
        check_strength(strength)
