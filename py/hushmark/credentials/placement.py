"""Where each format keeps a manifest store: found in a file, and put into one that has none."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..picture.container import (
    PNG_SIGNATURE,
    Format,
    InputFormat,
    bmff_boxes,
    jpeg_segments,
    png_chunk,
    png_chunks,
    webp_chunk,
)

BMFF_USE = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The UUID of the box that holds a manifest store in AVIF and HEIC."""

Piece = bytes | memoryview

_JUMBF = 0xEB
_APPLICATION = range(0xE0, 0xF0)
_COMMON_IDENTIFIER = b"JP"
_BOX_NUMBER = 1
_HEAD = 8  # bytes of a box's header, which each of its segments repeats
_MOST_IN_SEGMENT = 65_535 - 2 - 8
_PNG_CHUNK = b"caBX"
_RIFF_CHUNK = b"C2PA"
_TIFF_TAG, _TIFF_UNDEFINED = 0xCD41, 7
_MOST_TAGS = 4096
_ORDERS: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
_MANIFEST = b"manifest\0"


@dataclass(frozen=True)
class Found:
    """A manifest store in a file: its bytes, and the starts and sizes of the parts that hold it."""

    store: bytes
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Placement:
    """A file with room for a manifest store of one size.

    `head`, `tail`: the pieces before and behind it; `wrap`: wraps a store of that size for its format;
    `size`: of the wrapped store.
    """

    head: tuple[Piece, ...]
    tail: tuple[Piece, ...]
    wrap: Callable[[bytes], bytes]
    size: int

    @property
    def start(self) -> int:
        """Where the wrapped store begins."""
        return sum(map(len, self.head))

    def file(self, store: bytes) -> bytes:
        """The whole file."""
        return b"".join([*self.head, self.wrap(store), *self.tail])


def find(data: bytes, source: InputFormat) -> Found | None:
    """The manifest store of a file; None where there is none. Raises ValueError where it is not whole."""
    finders: dict[InputFormat, Callable[[bytes], Found | None]] = {
        "JPEG": _in_jpeg,
        "PNG": _in_png,
        "WEBP": _in_webp,
        "TIFF": _in_tiff,
        "AVIF": _in_bmff,
        "HEIC": _in_bmff,
    }
    finder = finders.get(source)
    return None if finder is None else finder(data)


def place(data: bytes, file_format: Format, size: int) -> Placement:
    """Make room in a file that Hushmark wrote, without a manifest store yet, for one of `size` bytes."""
    makers: dict[Format, Callable[[bytes, int], Placement]] = {
        "JPEG": _to_jpeg,
        "PNG": _to_png,
        "WEBP": _to_webp,
        "TIFF": _to_tiff,
        "AVIF": _to_bmff,
    }
    return makers[file_format](data, size)


def _cut(data: bytes, position: int, wrap: Callable[[bytes], bytes], size: int) -> Placement:
    view = memoryview(data)
    return Placement((view[:position],), (view[position:],), wrap, size)


def _in_jpeg(data: bytes) -> Found | None:
    parts: dict[bytes, list[tuple[int, bytes]]] = {}
    spans: dict[bytes, tuple[int, int]] = {}
    for segment in jpeg_segments(data):
        body = data[segment.start + 4 : segment.end]
        if segment.marker != _JUMBF or body[:2] != _COMMON_IDENTIFIER or len(body) < 16:
            continue
        number, sequence = body[2:4], int.from_bytes(body[4:8], "big")
        parts.setdefault(number, []).append((sequence, body[8:]))
        spans[number] = (spans.get(number, (segment.start, 0))[0], segment.end)
    for number, found in parts.items():
        found.sort(key=lambda part: part[0])
        store = found[0][1] + b"".join(part[_HEAD:] for _, part in found[1:])
        if _is_store(store):
            start, end = spans[number]
            return Found(store, ((start, end - start),))
    return None


def _to_jpeg(data: bytes, size: int) -> Placement:
    position = 2
    for segment in jpeg_segments(data):
        if segment.marker not in _APPLICATION:
            break
        position = segment.end

    def wrap(store: bytes) -> bytes:
        head, cuts = store[:_HEAD], range(_HEAD, len(store), _MOST_IN_SEGMENT - _HEAD)
        segments = []
        for sequence, start in enumerate(cuts, 1):
            part = head + store[start : start + _MOST_IN_SEGMENT - _HEAD]
            numbers = struct.pack(">HI", _BOX_NUMBER, sequence)
            marker = struct.pack(">BBH", 0xFF, _JUMBF, len(part) + 10)
            segments.append(marker + _COMMON_IDENTIFIER + numbers + part)
        return b"".join(segments)

    return _cut(data, position, wrap, len(wrap(bytes(size))))


def _in_png(data: bytes) -> Found | None:
    for chunk in png_chunks(data):
        if chunk.kind == _PNG_CHUNK:
            return Found(data[chunk.start + 8 : chunk.end - 4], ((chunk.start, chunk.end - chunk.start),))
    return None


def _to_png(data: bytes, size: int) -> Placement:
    position = len(PNG_SIGNATURE) + 25  # behind the header
    return _cut(data, position, lambda store: png_chunk(_PNG_CHUNK, store), size + 12)


def _in_webp(data: bytes) -> Found | None:
    position = 12
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        end = position + 8 + size + size % 2
        if kind == _RIFF_CHUNK:
            if position + 8 + size > len(data):
                raise ValueError("a chunk that is cut off")
            span = (position, min(end, len(data)) - position)
            return Found(data[position + 8 : position + 8 + size], (span,))
        position = end
    return None


def _to_webp(data: bytes, size: int) -> Placement:
    taken = 8 + size + size % 2

    head = data[:4] + struct.pack("<I", len(data) - 8 + taken)
    return Placement((head, memoryview(data)[8:]), (), lambda store: webp_chunk(_RIFF_CHUNK, store), taken)


def _in_tiff(data: bytes) -> Found | None:
    try:
        order, entries, _ = _directory(data)
    except ValueError:
        return None
    for place in entries:
        tag, _, count, value = struct.unpack_from(order + "HHII", data, place)
        if tag == _TIFF_TAG:
            if count <= 4 or value + count > len(data):
                raise ValueError("a tag that leads nowhere")
            # Others leave out the length in the tag, too.
            return Found(data[value : value + count], ((place + 4, 8), (value, count)))
    return None


def _to_tiff(data: bytes, size: int) -> Placement:
    """At the end, a copy of the first directory with one more tag, then the store."""
    order, entries, end = _directory(data)
    kept = {struct.unpack_from(order + "H", data, place)[0]: data[place : place + 12] for place in entries}
    start = len(data) + len(data) % 2
    store = start + 2 + 12 * len(kept.keys() | {_TIFF_TAG}) + 4
    kept[_TIFF_TAG] = struct.pack(order + "HHII", _TIFF_TAG, _TIFF_UNDEFINED, size, store)
    tags = struct.pack(order + "H", len(kept)) + b"".join(kept[tag] for tag in sorted(kept))
    directory = bytes(len(data) % 2) + tags + data[end : end + 4]
    head = data[:4] + struct.pack(order + "I", start)
    return Placement((head, memoryview(data)[8:], directory), (), lambda store: store, size)


def _directory(data: bytes) -> tuple[str, range, int]:
    """Byte order, places of the first directory's entries, and where these end. Raises ValueError."""
    order = "<" if data[:2] == b"II" else ">"
    first = int.from_bytes(data[4:8], _ORDERS[order])
    count = int.from_bytes(data[first : first + 2], _ORDERS[order])
    end = first + 2 + 12 * count
    if count > _MOST_TAGS or end + 4 > len(data):
        raise ValueError("a directory that is cut off")
    return order, range(first + 2, end, 12), end


def _in_bmff(data: bytes) -> Found | None:
    for box in bmff_boxes(data if BMFF_USE in data else b""):
        content = data[box.content : box.end]
        if box.kind == "uuid" and content[:16] == BMFF_USE and content[20:].startswith(_MANIFEST):
            # Version and flags come before the purpose, and an unused offset behind it.
            return Found(content[20 + len(_MANIFEST) + 8 :], ((box.start, box.end - box.start),))
    return None


def _to_bmff(data: bytes, size: int) -> Placement:
    """Behind the first box. The offsets of what moves are adjusted."""
    first = next(bmff_boxes(data))
    taken = 8 + 16 + 4 + len(_MANIFEST) + 8 + size

    def wrap(store: bytes) -> bytes:
        content = b"uuid" + BMFF_USE + bytes(4) + _MANIFEST + bytes(8) + store
        return (4 + len(content)).to_bytes(4, "big") + content

    moved = bytearray(data)
    for box in bmff_boxes(data):
        if box.kind == "meta":
            inside = data[box.content + 4 : box.end]
            for inner in bmff_boxes(inside):
                if inner.kind == "iloc":
                    _move(moved, box.content + 4 + inner.content, box.content + 4 + inner.end, taken)
    return _cut(bytes(moved), first.end, wrap, taken)


def _move(data: bytearray, position: int, end: int, by: int) -> None:
    """Add to the offsets in the content of an item location box. Raises ValueError."""

    def number(size: int) -> int:
        nonlocal position
        position += size
        if position > end:
            raise ValueError("an item location box that is cut off")
        return int.from_bytes(data[position - size : position], "big")

    def add(place: int, size: int, value: int) -> None:
        if value + by >> 8 * size:
            raise ValueError("no room for an offset")
        data[place : place + size] = (value + by).to_bytes(size, "big")

    version = number(4) >> 24
    sizes = number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    for _ in range(number(4 if version == 2 else 2)):
        number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)  # whose data it is: this file's
        base = number(base_size)
        if method == 0 and base_size and base:
            add(position - base_size, base_size, base)
        for _ in range(number(2)):
            number(index_size)
            offset = number(offset_size)
            if method == 0 and not base:
                add(position - offset_size, offset_size, offset)
            number(length_size)


def _is_store(box: bytes) -> bool:
    """Whether a JUMBF superbox is one of C2PA: JPEG has others, too."""
    return box[4:8] == b"jumb" and box[16:20] == b"c2pa"
