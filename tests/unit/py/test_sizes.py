import pytest
from hushmark.marking.sizes import expected_reading
from hypothesis import given
from hypothesis import strategies as st

sides = st.integers(1, 20_000)


@given(sides, sides)
def test_the_chance_is_one_whichever_way_the_picture_stands(width: int, height: int) -> None:
    chance = expected_reading(width, height)
    assert 0 <= chance <= 1
    assert chance == expected_reading(height, width)


@given(sides, sides)
def test_larger_pictures_last_as_well_or_better(width: int, height: int) -> None:
    assert expected_reading(width + 1, height) >= expected_reading(width, height)


@pytest.mark.parametrize(
    ("size", "least", "most"),
    [
        ((48, 48), 0, 0),
        ((96, 96), 0, 0),
        ((144, 144), 0.4, 0.6),
        ((160, 160), 0.5, 0.7),
        ((100, 400), 0.9, 0.99),
        ((240, 240), 1, 1),
        ((1200, 100), 1, 1),
    ],
)
def test_icons_are_lost_and_usual_pictures_last(size: tuple[int, int], least: float, most: float) -> None:
    assert least <= expected_reading(*size) <= most
