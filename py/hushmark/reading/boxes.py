"""Where the pictures lie on a page: what stands out from a background of one colour."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

_TOLERANCE = 24  # levels that a codec may move a background
_CELLS = 128  # along the longer side
_LEAST_SHARE = 0.015  # of the page: what is smaller is an icon or a line of text
_MOST_BOXES = 4


def content_boxes(page: Image.Image) -> list[Box]:
    """The parts of an RGB page that may be pictures, the largest first; none where there is no background.

    Two backgrounds are tried: the commonest colour, and that of the corner (for bars around a picture).
    """
    levels = np.asarray(page)
    pixels = levels.astype(np.int16)
    side = max(-(-max(page.size) // _CELLS), 1)
    boxes: dict[Box, int] = {}
    for background in dict.fromkeys((_commonest(levels), tuple(levels[0, 0].tolist()))):
        distance = np.abs(pixels - np.array(background, np.int16)).max(axis=2)
        stands_out: NDArray[np.bool_] = distance > _TOLERANCE
        for box in _groups(stands_out, side):
            left, top, right, bottom = _snap(stands_out, box, 2 * side)
            area = (right - left) * (bottom - top)
            if _LEAST_SHARE * stands_out.size <= area < 0.995 * stands_out.size:
                boxes[left, top, right, bottom] = area
    return sorted(boxes, key=lambda box: boxes[box], reverse=True)[:_MOST_BOXES]


def _commonest(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    """The mean of the pixels in the fullest of 32x32x32 bins of colour."""
    bins = (pixels >> 3).astype(np.int32) @ np.array([1024, 32, 1], np.int32)
    fullest = np.bincount(bins.ravel()).argmax()
    return tuple(pixels[bins == fullest].mean(axis=0).round().astype(int).tolist())


def _groups(stands_out: NDArray[np.bool_], side: int) -> list[Box]:
    """Bounding boxes of connected groups of cells, of `side` pixels, that mostly stand out."""
    height, width = stands_out.shape
    rows, columns = height // side, width // side
    cells = stands_out[: rows * side, : columns * side].reshape(rows, side, columns, side)
    full = cells.mean(axis=(1, 3)) > 0.5
    todo = set(zip(*(places.tolist() for places in np.nonzero(full)), strict=True))
    boxes = []
    while todo:
        edge = [todo.pop()]
        top, left = bottom, right = edge[0]
        while edge:
            y, x = edge.pop()
            top, bottom, left, right = min(top, y), max(bottom, y), min(left, x), max(right, x)
            for neighbour in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if neighbour in todo:
                    todo.remove(neighbour)
                    edge.append(neighbour)
        boxes.append((left * side, top * side, (right + 1) * side, (bottom + 1) * side))
    return boxes


def _snap(stands_out: NDArray[np.bool_], box: Box, reach: int) -> Box:
    """The box with each edge at the outermost line, within `reach` pixels, a third of which stands out."""
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
