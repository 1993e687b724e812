"""Small pictures in metadata. They show the picture without its mark, so they are left out.

Each function returns its bytes without them, or equal bytes where there are none, so a caller can tell.
All else stays as it was; blocks with offsets in them keep their length.
"""

import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Literal

Removed = Literal[
    "exif", "maker-note", "jfif", "photoshop", "iptc", "xmp", "text", "segment", "pictures", "manifest"
]
"""What showed the unmarked picture, or was untrue of the marked one.

EXIF's thumbnail; another preview in EXIF, usually the maker's; one of JFIF, Photoshop, IPTC or XMP; one in a
text of a PNG; an application segment of a JPEG; further pictures behind the first one; a C2PA manifest, which
is signed for the unmarked picture and may show it.
"""

LARGE = 16_384
"""An unknown block of so many bytes may hold a picture that cannot be recognised."""

_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
SUB_IFDS = 330
"""The tag that leads to further directories."""
_JPEG, _JPEG_SIZE = 513, 514
_EXIF, _PLACE, _MAKER_NOTE = 0x8769, 0x8825, 0x927C
_INTEGERS = {3: "H", 4: "I", 13: "I"}  # by the type of a tag: SHORT, LONG, IFD
_MOST_DIRECTORIES = 64
_PHOTOSHOP_THUMBNAILS = (0x0409, 0x040C)
_PHOTOSHOP_IPTC = 0x0404
_PHOTOSHOP_SIGNATURES = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
_IPTC_PREVIEWS = {(2, 202), (8, 10)}  # record and number of the data set
# Some makers alter the first byte of a preview, so any first byte is accepted.
_START_OF_JPEG = re.compile(rb"(?s)[\0-\xff]\xd8\xff[\xc0-\xcf\xdb\xdd\xe0-\xef\xfe]")
_START_OF_PNG = b"\x89PNG\r\n\x1a\n"
_END_OF_PNG = b"IEND\xaeB`\x82"
_SIGNATURES = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|ftyp", re.DOTALL)
_BASE64 = r"[\w+/=\s&#;]"  # with line ends as XML may write them
_BASE64_PICTURE = re.compile(rf"(?:/9j/|iVBORw0KGgo|R0lGODlh|R0lGODdh|UklGR){_BASE64}{{60,}}", re.ASCII)
_XMP_PICTURE = re.compile(rf"""(:(?:image|Image|Data)\s*(?:=\s*["']|>)){_BASE64}{{64,}}(?=["'<])""", re.ASCII)
"""Base64 under a name that stands for a picture, whatever it starts with."""


def looks_like_pictures(block: bytes) -> bool:
    """Whether an unknown block may hold a picture: it is large, or a picture starts in it."""
    return len(block) >= LARGE or _SIGNATURES.search(block) is not None


def starts_a_picture(data: bytes, position: int = 0) -> bool:
    """Whether a picture or a video starts somewhere in the data from this position on."""
    return _SIGNATURES.search(data, position) is not None


def without_thumbnail(exif: bytes) -> bytes:
    """EXIF (a TIFF structure) without its thumbnail, compressed or not, and without other small pictures."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return exif
    try:
        first = struct.unpack_from(order + "I", exif, 4)[0]
        entries, link, second = _directory(exif, order, first)
    except struct.error:
        return exif
    found = list(_directories(exif, order, [second, *entries.get(SUB_IFDS, ())], first))
    if not found:
        return exif
    changed = bytearray(exif)
    struct.pack_into(order + "I", changed, link, 0)
    in_use = [first, *entries.get(_EXIF, ()), *entries.get(_PLACE, ())]
    for start, size in (span for directory in found for span in _spans(directory)):
        end = start + size
        if end > len(exif) or any(start <= place < end for place in in_use) or start <= link:
            continue
        changed[start:end] = bytes(size)
    if (tail := _jpeg_span(found)) is not None and sum(tail) == len(exif) and tail[0] > link:
        del changed[tail[0] :]
    return bytes(changed)


def without_embedded(block: bytes) -> bytes:
    """A block of tags with zeros in place of each JPEG or PNG, so that offsets hold."""
    changed = bytearray(block)
    position = 0
    while found := _START_OF_JPEG.search(block, position):
        end = _end_of_jpeg(block, found.start())
        if end is None:
            position = found.start() + 1
        else:
            changed[found.start() : end] = bytes(end - found.start())
            position = end
    position = block.find(_START_OF_PNG)
    while position >= 0:
        end = block.find(_END_OF_PNG, position)
        end = len(block) if end < 0 else end + len(_END_OF_PNG)
        changed[position:end] = bytes(end - position)
        position = block.find(_START_OF_PNG, end)
    return bytes(changed)


def maker_note(exif: bytes) -> bytes:
    """The maker note in EXIF, empty where there is none."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return b""
    try:
        entries, _, _ = _directory(exif, order, struct.unpack_from(order + "I", exif, 4)[0])
        (inner,) = entries.get(_EXIF, (0,))[:1]
        for place in tag_places(exif, order, inner):
            tag, _, size, start = struct.unpack_from(order + "HHII", exif, place)
            if tag == _MAKER_NOTE:
                return exif[start : start + size]
    except struct.error:
        pass
    return b""


def may_hide_a_picture(note: bytes) -> bool:
    """Whether a maker note is so large that a picture in an unknown form may be in it."""
    return len(note) >= LARGE and len(zlib.compress(note, 1)) >= LARGE


def without_photoshop_thumbnails(resources: bytes) -> bytes:
    """Photoshop's image resources without thumbnails, including those in their IPTC."""
    position = 0
    kept = []
    while resources[position : position + 4] in _PHOTOSHOP_SIGNATURES and position + 12 <= len(resources):
        kind = int.from_bytes(resources[position + 4 : position + 6], "big")
        start = position + 6 + (resources[position + 6] // 2 + 1) * 2 + 4
        size = int.from_bytes(resources[start - 4 : start], "big")
        end = start + size + size % 2
        if kind == _PHOTOSHOP_IPTC:
            body = without_iptc_preview(resources[start : start + size])
            if len(body) == size:
                kept.append(resources[position:end])
            else:
                kept += [
                    resources[position : start - 4],
                    len(body).to_bytes(4, "big"),
                    body,
                    bytes(len(body) % 2),
                ]
        elif kind not in _PHOTOSHOP_THUMBNAILS:
            kept.append(resources[position:end])
        position = end
    return b"".join([*kept, resources[position:]])


def without_iptc_preview(records: bytes) -> bytes:
    """IPTC's records without the data sets that hold a preview."""
    position = 0
    kept = []
    while records[position : position + 1] == b"\x1c" and position + 5 <= len(records):
        size = int.from_bytes(records[position + 3 : position + 5], "big")
        start = position + 5
        if size & 0x8000:  # the length of the length
            start += size & 0x7FFF
            size = int.from_bytes(records[position + 5 : start][:8], "big")
        if (records[position + 1], records[position + 2]) not in _IPTC_PREVIEWS:
            kept.append(records[position : start + size])
        position = start + size
    return b"".join([*kept, records[position:]])


def without_xmp_pictures(xmp: bytes) -> bytes:
    """XMP without thumbnails and without pictures in Base64, whatever they are called."""
    encoding = "utf-16-le" if xmp[1:2] == b"\0" else "utf-16-be" if xmp[:1] == b"\0" else "utf-8"
    # Bytes that are no text are kept in UTF-8, and left out in UTF-16.
    errors = "surrogateescape" if encoding == "utf-8" else "ignore"
    text = xmp.decode(encoding, errors)
    changed = without_base64_pictures(_XMP_PICTURE.sub(r"\1", text))
    return xmp if changed == text else changed.encode(encoding, errors)


def without_base64_pictures(text: str) -> str:
    """A text without pictures in Base64."""
    return _BASE64_PICTURE.sub("", text)


_Directory = dict[int, tuple[int, ...]]


def tag_places(tiff: bytes | bytearray, order: str, offset: int) -> range:
    """Where the tags of a directory lie; the link to the next one follows. Raises struct.error."""
    count = struct.unpack_from(order + "H", tiff, offset)[0]
    return range(offset + 2, offset + 2 + 12 * count, 12)


def _directory(exif: bytes, order: str, offset: int) -> tuple[_Directory, int, int]:
    """Whole numbers by tag, where the link to the next directory lies, and the link. Raises struct.error."""
    entries: _Directory = {}
    places = tag_places(exif, order, offset)
    for place in places:
        tag, kind, count = struct.unpack_from(order + "HHI", exif, place)
        if kind in _INTEGERS and 0 < count <= len(exif):
            layout = f"{order}{count}{_INTEGERS[kind]}"
            start = place + 8
            if struct.calcsize(layout) > 4:
                start = struct.unpack_from(order + "I", exif, start)[0]
            if start + struct.calcsize(layout) <= len(exif):
                entries[tag] = struct.unpack_from(layout, exif, start)
    return entries, places.stop, struct.unpack_from(order + "I", exif, places.stop)[0]


def _directories(exif: bytes, order: str, offsets: Iterable[int], first: int) -> Iterator[_Directory]:
    """The directories at these offsets, and those that they link to; each once."""
    waiting, seen = [offset for offset in offsets if offset], {first}
    while waiting and len(seen) < _MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if offset in seen:
            continue
        seen.add(offset)
        try:
            entries, _, following = _directory(exif, order, offset)
        except struct.error:
            continue
        yield entries
        waiting += [following, *entries.get(SUB_IFDS, ())] if following else entries.get(SUB_IFDS, ())


def _spans(directory: _Directory) -> Iterator[tuple[int, int]]:
    """Start and size of each part that holds pixels of a directory."""
    for starts, sizes in ((_JPEG, _JPEG_SIZE), (_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        yield from zip(directory.get(starts, ()), directory.get(sizes, ()), strict=False)


def _jpeg_span(directories: list[_Directory]) -> tuple[int, int] | None:
    spans = (directory for directory in directories if {_JPEG, _JPEG_SIZE} <= directory.keys())
    return next(((entries[_JPEG][0], entries[_JPEG_SIZE][0]) for entries in spans), None)


def _end_of_jpeg(block: bytes, start: int) -> int | None:
    """The end of the JPEG that starts here; None where it is none: its segments lead to no picture."""
    position = start + 2
    has_frame = False
    while position + 4 <= len(block) and block[position] == 0xFF:
        marker = block[position + 1]
        has_frame |= 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        position += 2 + int.from_bytes(block[position + 2 : position + 4], "big")
        if marker == 0xDA:
            end = block.find(b"\xff\xd9", position)
            return len(block) if end < 0 else end + 2
    # Its header may be cut off by the end of the block.
    return len(block) if has_frame or position > len(block) > start + 200 else None
