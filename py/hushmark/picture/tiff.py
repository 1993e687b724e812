"""TIFF seen as a chain of directories: its pages, single pages in one file, and 16 bits a channel.

Pillow reads the high bytes of 16 bits a channel only, and cannot write them. Its unpackers of the other byte
order read the low bytes, so decoding twice gives all bits, with its own decompression.
"""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from ..errors import PictureMode
from .metadata import TiffTags
from .previews import SUB_IFDS, tag_places

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value by the type of its tag."""
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _STRIP_ROWS, _STRIP_SIZES, _PREDICTOR, _EXTRA = 273, 277, 278, 279, 317, 338
_PLANAR, _ACROSS, _DOWN, _RESOLUTION_UNIT, _ICC = 284, 282, 283, 296, 34675
_OFFSETS = {_STRIPS, 324}  # of strips and of tiles
_RAW_PIXELS = (32803, 34892)  # behind a colour filter, and linear values of a sensor
_DIRECTORIES = {SUB_IFDS, 0x8769, 0x8825, 0xA005}
_DEFLATE, _RAW = 8, 1
_PHOTOMETRICS = {"L": 1, "LA": 1, "RGB": 2, "RGBA": 2}
_STRIP_PIXELS = 1 << 18


class Page(NamedTuple):
    """A directory of the chain: `number` in it; `is_small`: whether it is another page's small copy."""

    number: int
    is_small: bool
    size: tuple[int, int]


def _order(data: bytes | bytearray) -> str:
    """The byte order of a TIFF, as a character of `struct`."""
    return "<" if data[:2] == b"II" else ">"


def _layout(kind: int) -> str:
    """The `struct` format of a whole number of this type of a tag: SHORT, or else LONG."""
    return "H" if kind == 3 else "I"


def is_raw(data: bytes) -> bool:
    """Whether it is a camera's RAW file, as a DNG: a sensor's pixels, or a preview before them."""
    order = _order(data)
    values: dict[int, int] = {}
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        for place in tag_places(data, order, start):
            tag, kind = struct.unpack_from(order + "HH", data, place)
            (values[tag],) = struct.unpack_from(order + _layout(kind), data, place + 8)
    except struct.error:
        pass
    is_preview = values.get(_SUBFILE) == 1 and SUB_IFDS in values
    return is_preview or values.get(_PHOTOMETRIC) in _RAW_PIXELS


def pages(data: bytes, most: int) -> list[Page]:
    """The pages of a TIFF without its masks, up to `most` + 1. A damaged chain ends at the damage."""
    order = _order(data)
    found: list[Page] = []
    seen: set[int] = set()
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        while start and start not in seen and len(found) <= most:
            number = len(seen)
            seen.add(start)
            values = {_SUBFILE: 0, _WIDTH: 0, _HEIGHT: 0}
            entries = tag_places(data, order, start)
            for place in entries:
                tag, kind = struct.unpack_from(order + "HH", data, place)
                if tag in values:
                    (values[tag],) = struct.unpack_from(order + _layout(kind), data, place + 8)
            if not values[_SUBFILE] & 4:
                size = values[_WIDTH], values[_HEIGHT]
                found.append(Page(number, bool(values[_SUBFILE] & 1), size))
            (start,) = struct.unpack_from(order + "I", data, entries.stop)
    except struct.error:
        pass
    return found


def join(files: Sequence[bytes]) -> list[bytes]:
    """TIFFs of one page each, as pieces of one with all of them. All are of the first one's byte order."""
    pieces: list[bytearray] = []
    end = 0
    link: tuple[bytearray, int] | None = None
    for file in files:
        page = bytearray(file) + bytes(len(file) % 2)
        order = _order(page)
        (start,) = struct.unpack_from(order + "I", page, 4)
        _shift(page, order, start, end)
        if link is not None:
            struct.pack_into(order + "I", link[0], link[1], end + start)
        link = page, tag_places(page, order, start).stop
        pieces.append(page)
        end += len(page)
    return [bytes(piece) for piece in pieces]


def _shift(page: bytearray, order: str, start: int, by: int) -> None:
    """Add `by` to the offsets in a directory and in its sub-directories."""
    for place in tag_places(page, order, start):
        tag, kind, values = struct.unpack_from(order + "HHI", page, place)
        size = _SIZES.get(kind, 1) * values
        at = place + 8
        if size > 4:
            (at,) = struct.unpack_from(order + "I", page, place + 8)
            struct.pack_into(order + "I", page, place + 8, at + by)
        if tag not in _OFFSETS | _DIRECTORIES:
            continue
        one = order + _layout(kind)
        for number in range(values):
            (offset,) = struct.unpack_from(one, page, at + number * _SIZES[kind])
            if tag in _DIRECTORIES:
                _shift(page, order, offset, by)
            struct.pack_into(one, page, at + number * _SIZES[kind], offset + by)


def is_deep(source: Image.Image) -> TypeGuard[TiffImagePlugin.TiffImageFile]:
    """Whether it is a TIFF of 16-bit whole numbers in a layout that Hushmark reads to the last bit."""
    if not isinstance(source, TiffImagePlugin.TiffImageFile):
        return False
    tags = source.tag_v2
    plain = set(tags.get(339, (1,))) == {1} and tags.get(_PLANAR, 1) == 1
    return set(tags.get(_BITS, (1,))) == {16} and plain and source.mode in ("I;16", "I;16B", "RGB", "RGBA")


def decode(
    source: TiffImagePlugin.TiffImageFile, data: bytes, page: int, name: str
) -> tuple[Image.Image, Image.Image]:
    """High and low bytes of a TIFF of 16 bits a channel, mode L, RGB or RGBA; `source` is it, not loaded.

    Raises what Pillow raises, and PictureMode where Pillow has no way to the low bytes.
    """
    if source.mode.startswith("I;16"):
        source.load()
        levels = np.asarray(source).astype(np.uint16)
        high, low = (Image.fromarray(half.astype(np.uint8)) for half in (levels >> 8, levels & 255))
        return high, low
    other_half = Image.open(io.BytesIO(data), formats=("TIFF",))
    other_half.seek(page)
    swapped = []
    for tile in other_half.tile:
        arguments = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        layout = str(arguments[0])
        other = {"L": "B", "N": "B", "B": "L"}.get(layout[-1])
        if other is None or ";16" not in layout:
            raise PictureMode(name, "16-bit")
        swapped.append(tile._replace(args=(layout[:-1] + other, *arguments[1:])))
    other_half.tile = swapped
    other_half.load()
    source.load()
    return source, other_half


def encode(high: Image.Image, low: Image.Image, options: Mapping[str, Any]) -> list[bytes]:
    """The TIFF in pieces: little-endian, in strips, by Deflate where it is to be compressed.

    `options`: of Pillow's writer of TIFF, of which compression, tiffinfo, icc_profile and dpi are used.
    """
    width, height = high.size
    packed = options.get("compression", "raw") != "raw"
    tags: TiffTags = options.get("tiffinfo", {})
    bands = len(high.getbands())
    rows = max(_STRIP_PIXELS // width, 1)
    strips = [_strip(high, low, top, min(top + rows, height), packed) for top in range(0, height, rows)]
    directory = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    for tag, value in tags.items():
        directory[tag] = value
        if tag in getattr(tags, "tagtype", {}):
            directory.tagtype[tag] = tags.tagtype[tag]
    if profile := options.get("icc_profile"):
        directory[_ICC] = profile
    if dpi := options.get("dpi"):
        directory[_RESOLUTION_UNIT] = 2
        directory[_ACROSS], directory[_DOWN] = dpi
    directory[_WIDTH], directory[_HEIGHT] = width, height
    directory[_BITS] = (16,) * bands
    directory[_COMPRESSION] = _DEFLATE if packed else _RAW
    directory[_PHOTOMETRIC] = _PHOTOMETRICS[high.mode]
    directory[_SAMPLES] = bands
    directory[_PLANAR] = 1
    directory[_STRIP_ROWS] = rows
    directory.tagtype[_STRIPS] = directory.tagtype[_STRIP_SIZES] = 4
    sizes = [len(strip) for strip in strips]
    directory[_STRIPS] = tuple(int(sum(sizes[:number])) for number in range(len(sizes)))
    directory[_STRIP_SIZES] = tuple(sizes)
    if packed:
        directory[_PREDICTOR] = 2
    if high.mode in ("LA", "RGBA"):
        directory[_EXTRA] = 2
    head = io.BytesIO()
    directory.save(head)
    return [head.getvalue(), *strips]


def _strip(high: Image.Image, low: Image.Image, top: int, bottom: int, packed: bool) -> bytes:
    box = (0, top, high.width, bottom)
    halves = [np.asarray(half.crop(box)).reshape(bottom - top, high.width, -1) for half in (low, high)]
    samples: NDArray[np.uint16] = np.stack(halves, axis=-1).view("<u2")[..., 0]
    if not packed:
        return samples.tobytes()
    # Noise hardly compresses, whatever the level.
    return zlib.compress(np.diff(samples, axis=1, prepend=np.uint16(0)).astype("<u2").tobytes(), 1)
