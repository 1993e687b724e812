import numpy as np
from hushmark.reading.frame import Frame, determinant, inverse, turns
from hypothesis import given
from hypothesis import strategies as st

WHOLE = Frame(0j, 300 + 0j, 200j)

shares = st.floats(0.3, 1.6)
shifts = st.floats(-0.4, 0.4)
turned = st.floats(-45, 45)


def corners_of(window: Frame, cover: Frame) -> np.ndarray:
    """Where the corners of a window lie in a cover, in -1..1: what a locator without an error answers."""
    matrix = np.array([[cover.across.real, cover.down.real], [cover.across.imag, cover.down.imag]])
    places = []
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        place = window.corner + x * window.across + y * window.down - cover.corner
        places.append(2 * np.linalg.solve(matrix, [place.real, place.imag]) - 1)
    return np.array(places, np.float32)


@given(shares, shares, shifts, shifts, turned)
def test_the_cover_is_where_a_true_answer_says(
    across: float, down: float, x: float, y: float, degrees: float
) -> None:
    window = WHOLE.scaled(across, down).moved(x, y).turned(degrees)
    found = window.located(corners_of(window, WHOLE))
    for name in ("corner", "across", "down"):
        assert abs(getattr(found, name) - getattr(WHOLE, name)) < 0.05


def test_an_answer_that_makes_no_sense_changes_nothing() -> None:
    assert WHOLE.located(np.zeros((4, 2), np.float32)) == WHOLE


def test_the_seven_ways_to_turn_a_frame_have_the_same_corners() -> None:
    whole = {tuple(corner) for corner in WHOLE.window((300, 200)).corners}
    ways = [frame.window((300, 200)).corners for frame in turns(WHOLE)]
    assert len(set(ways)) == 7
    assert all(set(corners) == whole for corners in ways)


def test_determinant_and_inverse_are_those_of_lapack() -> None:
    for matrix in np.random.default_rng(1).normal(size=(20, 2, 2)):
        assert np.isclose(determinant(matrix), np.linalg.det(matrix))
        assert np.allclose(inverse(matrix), np.linalg.inv(matrix))
