import math

import numpy as np
import pytest
from hushmark.reading.carrier import SIDE, Carrier, Place
from hushmark.reading.frame import Frame
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fakes import WAVES, with_waves

CARRIER = Carrier(WAVES)
WINDOW = Frame(0j, 1 + 0j, 1j)
scales = st.floats(0.55, 1.0)


def window(matrix: np.ndarray, shift: np.ndarray, seed: int = 1) -> np.ndarray:
    """A window of noise with the waves of a marked picture in it, where they lie: [3,SIDE,SIDE]."""
    noise = np.random.default_rng(seed).normal(0.5, 0.03, (3, SIDE, SIDE)).astype(np.float32)
    return with_waves(noise, matrix, shift)


def best(matrix: np.ndarray, shift: np.ndarray) -> Place:
    return CARRIER.places(window(matrix, shift))[0]


def frame_of(matrix: np.ndarray, shift: np.ndarray) -> Frame:
    """Where the marked picture lies in a window of one by one."""
    corner, right, bottom = (
        complex(*(np.linalg.inv(matrix) @ (np.array(point) - shift) + 0.5))
        for point in ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5))
    )
    return Frame(corner, right - corner, bottom - corner)


def apart(one: Frame, other: Frame) -> float:
    """The farthest that two frames' corners are apart, in sides of the window."""
    corners = [
        (frame.corner, frame.corner + frame.across, frame.corner + frame.down) for frame in (one, other)
    ]
    return max(abs(a - b) for a, b in zip(*corners, strict=True))


@settings(max_examples=12, deadline=None)
@given(scales, scales, st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_crop_is_placed(across: float, down: float, x: float, y: float, mirrored: bool) -> None:
    matrix = np.diag([-across if mirrored else across, down])
    shift = np.array([(x - 0.5) * (1 - across), (y - 0.5) * (1 - down)])
    place = best(matrix, shift)
    assert place.score > 8
    truth = frame_of(matrix, shift)
    # Waves are few cycles down, so the height is known less well than the rest.
    assert min(apart(frame, truth) for frame in place.frames(WINDOW)) < 0.07


@pytest.mark.parametrize("degrees", [7, 33, 78, 141])
def test_a_turned_picture_is_placed(degrees: float) -> None:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Of a picture of 3:2 in a frame that holds it whole.
    width, height = 3 * abs(cos) + 2 * abs(sin), 3 * abs(sin) + 2 * abs(cos)
    matrix = np.diag([1 / 3, 1 / 2]) @ np.array([(cos, -sin), (sin, cos)]) @ np.diag([width, height])
    place = best(matrix, np.zeros(2))
    assert apart(place.frames(WINDOW)[0], frame_of(matrix, np.zeros(2))) < 0.03


def test_a_quarter_of_a_page_is_placed_by_where_the_waves_are() -> None:
    matrix, shift = 2.0 * np.eye(2), np.array([0.3, -0.2])
    page = np.random.default_rng(2).normal(0.5, 0.03, (3, SIDE, SIDE)).astype(np.float32)
    picture = frame_of(matrix, shift)
    left, top = round(SIDE * picture.corner.real), round(SIDE * picture.corner.imag)
    inside = np.s_[:, top : top + SIDE // 2, left : left + SIDE // 2]
    page[inside] = with_waves(page, matrix, shift)[inside]
    assert apart(CARRIER.places(page)[0].frames(WINDOW)[0], picture) < 0.02


def test_noise_is_placed_nowhere() -> None:
    noise = np.random.default_rng(3).normal(0.5, 0.1, (3, SIDE, SIDE)).astype(np.float32)
    assert all(place.score < 8 for place in CARRIER.places(noise))
    flat = np.full((3, SIDE, SIDE), 0.5, np.float32)
    assert all(place.score < 8 for place in CARRIER.places(flat))


def test_without_waves_there_are_no_places() -> None:
    assert Carrier(()).places(window(np.eye(2), np.zeros(2))) == []


def test_the_likeliest_frames_lie_in_the_window_or_hold_it() -> None:
    place = best(np.diag([0.7, 1.0]), np.array([0.1, 0.0]))
    frames = place.frames(WINDOW)
    for frame in frames[:3]:
        assert frame.corner.real < 0.05 and frame.corner.real + frame.across.real > 0.95
    assert len(frames) > 3
