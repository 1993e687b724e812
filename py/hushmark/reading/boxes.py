"""Finds pictures on a page: the parts that differ from a background of one colour."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_TOLERANCE = 24  # levels by which a codec may change a background
_CELLS = 128  # along the longer side
_LEAST_SHARE = 0.015  # of the page; smaller parts are icons or lines of text
_MOST_BOXES = 4


def content_boxes(page: Image.Image) -> list[Box]:
    """The parts of an RGB page that may be pictures, the largest first; none where there is no background.

    Two backgrounds are tried: the commonest colour, and that of the corner (for bars around a picture).
    """
    levels = np.asarray(page)
    side = max(-(-max(page.size) // _CELLS), 1)
    boxes: dict[Box, int] = {}
    for background in dict.fromkeys((_commonest(levels), tuple(levels[0, 0].tolist()))):
        far = [abs(level - own) > _TOLERANCE for own in background for level in range(256)]
        red, green, blue = np.moveaxis(np.asarray(page.point(far)), 2, 0).astype(np.bool_)
        stands_out: NDArray[np.bool_] = red | green | blue
        for box in _groups(stands_out, side):
            left, top, right, bottom = _snap(stands_out, box, 2 * side)
            area = (right - left) * (bottom - top)
            if _LEAST_SHARE * stands_out.size <= area < 0.995 * stands_out.size:
                boxes[left, top, right, bottom] = area
    return sorted(boxes, key=lambda box: boxes[box], reverse=True)[:_MOST_BOXES]


def _commonest(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    """The mean of the pixels in the fullest of 32x32x32 bins of colour."""
    red, green, blue = np.moveaxis(pixels >> 3, 2, 0).astype(np.int32)
    bins = (red * 32 + green) * 32 + blue
    fullest = np.bincount(bins.ravel()).argmax()
    return tuple(pixels[bins == fullest].mean(axis=0).round().astype(int).tolist())


def _groups(stands_out: NDArray[np.bool_], side: int) -> list[Box]:
    """Bounding boxes of connected groups of cells, of `side` pixels, that mostly stand out."""
    height, width = stands_out.shape
    rows, columns = height // side, width // side
    cells = stands_out[: rows * side, : columns * side].reshape(rows, side, columns, side)
    full = cells.mean(axis=(1, 3)) > 0.5
    return [tuple(side * edge for edge in box) for box in _joined(full)]  # type: ignore[misc]  # all have four


def _joined(full: NDArray[np.bool_]) -> list[Box]:
    """Bounding boxes, in cells, of the groups of full cells that touch along a side."""
    edges = np.diff(np.pad(full, ((0, 0), (1, 1))).view(np.int8), axis=1)
    # Each row has few runs of full cells, from a first column up to another.
    rows, starts = (places.tolist() for places in np.nonzero(edges == 1))
    ends: list[int] = np.nonzero(edges == -1)[1].tolist()
    # The parent of each run in its group; the first run is its own parent.
    group = list(range(len(rows)))

    def first(run: int) -> int:
        while group[run] != run:
            run = group[run]
        return run

    above = 0
    for run, row in enumerate(rows):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] <= starts[run]):
            above += 1
        beside = above
        while rows[beside] == row - 1 and starts[beside] < ends[run]:
            one, other = sorted((first(run), first(beside)))
            group[other] = one
            beside += 1
    boxes: dict[int, Box] = {}
    for run, row in enumerate(rows):
        group[run] = first(run)
        left, top, right, _ = boxes.get(group[run], (starts[run], row, ends[run], row))
        boxes[group[run]] = min(left, starts[run]), top, max(right, ends[run]), row + 1
    return list(boxes.values())


def _snap(stands_out: NDArray[np.bool_], box: Box, reach: int) -> Box:
    """The box, each edge moved to the outermost line within `reach` pixels that stands out in a third."""
    height, width = stands_out.shape
    left, top, right, bottom = box
    outer_left, outer_right = max(left - reach, 0), min(right + reach, width)
    outer_top, outer_bottom = max(top - reach, 0), min(bottom + reach, height)
    columns = np.nonzero(stands_out[top:bottom, outer_left:outer_right].mean(axis=0) > 1 / 3)[0]
    rows = np.nonzero(stands_out[outer_top:outer_bottom, left:right].mean(axis=1) > 1 / 3)[0]
    if not len(columns) or not len(rows):
        return box
    first_column, last_column = outer_left + int(columns[0]), outer_left + int(columns[-1]) + 1
    return first_column, outer_top + int(rows[0]), last_column, outer_top + int(rows[-1]) + 1
