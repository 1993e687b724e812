"""Frames of the marked picture in the picture that is read, and how the locator's output moves them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .reading import Window

_LEAST_AREA = 0.1
"""Smallest area of a window at which the locator's output is used; the whole marked picture has 4."""


def determinant(matrix: NDArray[np.float64]) -> float:
    """The determinant of a matrix [2,2]; the page's numpy has no LAPACK."""
    return float(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a matrix [2,2] whose determinant is not 0."""
    (a, b), (c, d) = matrix.tolist()
    return np.array([[d, -b], [-c, a]]) / determinant(matrix)


@dataclass(frozen=True)
class Frame:
    """Where the marked picture may lie, in pixels of the view: top left corner, and both sides as vectors."""

    corner: complex
    across: complex
    down: complex

    def moved(self, x: float, y: float) -> "Frame":
        """Moved by shares of its sides."""
        return Frame(self.corner + x * self.across + y * self.down, self.across, self.down)

    def scaled(self, x: float, y: float) -> "Frame":
        """Scaled around its middle, each side by its own factor."""
        corner = self.corner - ((x - 1) * self.across + (y - 1) * self.down) / 2
        return Frame(corner, x * self.across, y * self.down)

    def turned(self, degrees: float) -> "Frame":
        """Turned clockwise around its middle."""
        turn = complex(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
        middle = self.corner + (self.across + self.down) / 2
        return Frame(middle + (self.corner - middle) * turn, self.across * turn, self.down * turn)

    def located(self, corners: NDArray[np.float32]) -> "Frame":
        """The frame of the whole marked picture, of which this one shows a window.

        `corners` float32 [4,2]: where the top left, top right, bottom left and bottom right corner of the
        window lie in the marked picture, in -1..1 of its width and height.
        """
        # The affine map nearest to the corners, and its inverse: both are exact for parallelograms.
        across = (corners[1] - corners[0] + corners[3] - corners[2]) / 2
        down = (corners[2] - corners[0] + corners[3] - corners[1]) / 2
        start = corners.mean(axis=0) - (across + down) / 2
        matrix = np.column_stack([across, down]).astype(np.float64)
        if abs(determinant(matrix)) < _LEAST_AREA:
            return self
        back = inverse(matrix)
        (x0, y0), (x1, y1), (x2, y2) = (
            (back @ (np.array(corner) - start)).tolist() for corner in ((-1, -1), (1, -1), (-1, 1))
        )
        moved = self.moved(x0, y0)
        return Frame(
            moved.corner,
            (x1 - x0) * self.across + (y1 - y0) * self.down,
            (x2 - x0) * self.across + (y2 - y0) * self.down,
        )

    def window(self, size: tuple[int, int]) -> Window:
        """Its corners in shares of a view of this size in pixels."""
        top_left, top_right = self.corner, self.corner + self.across
        bottom_left, bottom_right = self.corner + self.down, self.corner + self.across + self.down
        corners = (top_left, top_right, bottom_right, bottom_left)
        return Window(tuple((corner.real / size[0], corner.imag / size[1]) for corner in corners))


def turns(frame: Frame) -> Iterator[Frame]:
    """The frame turned by quarters and mirrored: the seven ways other than upright."""
    mirrored = Frame(frame.corner + frame.across, -frame.across, frame.down)
    for start in (frame, mirrored):
        corner, across, down = start.corner, start.across, start.down
        for turn in range(4):
            if turn or start is mirrored:
                yield Frame(corner, across, down)
            corner, across, down = corner + across, down, -across
