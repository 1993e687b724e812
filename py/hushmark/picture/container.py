"""File formats seen as containers of blocks: which one it is, whether it is whole, its metadata.

Pillow re-encodes pixels, but drops or rewrites part of the metadata (IPTC, extended XMP, gAMA, sRGB, ...).
So the metadata blocks of a JPEG or PNG are carried over byte by byte. What is only true of the old pixels is
left out: thumbnails, Adobe's colour transform, offsets to further pictures, signed manifests.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import Literal, NamedTuple

from . import previews
from .metadata import EXIF_PREFIX, clean_exif
from .previews import Removed

Format = Literal["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF"]
"""What is written; GIF for animations only."""
InputFormat = Format | Literal["BMP", "HEIC"]
"""What is read."""

MIME_TYPES: dict[InputFormat, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "HEIC": "image/heic",
}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"eXIf", b"tIME"}
_PNG_TEXT = {b"tEXt", b"zTXt", b"iTXt"}
_PNG_OF_ITS_KIND = {b"sBIT", b"bKGD"}  # true for one colour type and depth

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _JUMBF, _APP13, _ADOBE, _APP15 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xEF
_JFIF_SIZE = 18  # of the header that libjpeg writes
_JFIF_HEADER = 9  # without marker, length, identifier and thumbnail
_APPLICATION = range(_APP0, _APP15 + 1)
_LONGEST = 65_533  # bytes in a segment
_LONG_SEGMENT = 65_000
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_DIGEST = 32  # of the extended XMP, in hex
_PHOTOSHOP = b"Photoshop 3.0\0"
_ICC = b"ICC_PROFILE\0"
_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_IDENTIFIERS = {
    _APP0: (b"JFIF\0", b"JFXX\0"),
    _APP1: (EXIF_PREFIX, _XMP, _MORE_XMP),
    _APP2: (_ICC, b"MPF\0", _GAIN_MAP),
    _APP13: (_PHOTOSHOP,),
}
_RAW_PROFILE = b"Raw profile type "
_MOST_BOXES = 1000
"""Most boxes of a HEIC that are looked at. Files have some ten; millions would take minutes."""
MAXIMUM_TEXT = 16 << 20
"""Most bytes of a text or a profile in a PNG, uncompressed."""
_RAW_STARTS = (
    b"FUJIFILMCCD-RAW",
    b"IIRO",
    b"IIRS",
    b"MMOR",
    b"IIU\0",
    b"FOVb",
    b"\0MRM",
    b"II\x1a\0\0\0HEAP",
)
"""RAW files of Fujifilm, Olympus, Panasonic, Sigma, Minolta and old Canons; other makers' are TIFFs."""
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def detect(data: bytes) -> InputFormat | None:
    """The format by the file's first bytes, None where it is none of ours."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and b"avif" in data[8 : 8 + 4 * 16]:
        return "AVIF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC"
    if data[8:10] == b"CR":  # Canon's second RAW, otherwise a TIFF
        return None
    starts: dict[bytes, InputFormat] = {
        b"\xff\xd8\xff": "JPEG",
        PNG_SIGNATURE: "PNG",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"GIF8": "GIF",
        b"BM": "BMP",
    }
    return next((source for start, source in starts.items() if data.startswith(start)), None)


def name_foreign(data: bytes) -> str | None:
    """The name of a common format that is none of ours, for the error's sentence."""
    if data[4:8] == b"ftyp":
        return "RAW" if data[8:12] == b"crx " else "video"
    starts = {b"%PDF": "PDF", b"<svg": "SVG", b"8BPS": "PSD", b"\0\0\1\0": "ICO"}
    if data[8:10] == b"CR":
        return "RAW"
    starts |= dict.fromkeys(_RAW_STARTS, "RAW")
    return next((name for start, name in starts.items() if data.startswith(start)), None)


def is_whole(data: bytes, input_format: InputFormat) -> bool:
    """Whether the file has the end or length that its container states (its contents may still be damaged).

    True where the container states neither.
    """
    if input_format == "JPEG":
        start_of_scan = next((s.start for s in jpeg_segments(data) if s.marker == _SOS), len(data))
        return data.rfind(bytes([0xFF, _EOI]), start_of_scan) >= 0  # usually the last bytes
    if input_format == "PNG":
        return any(chunk.kind == b"IEND" for chunk in png_chunks(data))
    if input_format == "WEBP":
        return len(data) >= 12 and len(data) >= 8 + int.from_bytes(data[4:8], "little")
    return True


def jpeg_scans(data: bytes) -> int:
    """How many scans a JPEG has. Compressed data has no byte 255 before the byte of a marker."""
    return data.count(bytes([0xFF, _SOS]))


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header, anything where there is none."""
    kind, head = data[12:16], data[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def avif_is_deep(data: bytes) -> bool:
    """Whether an AVIF has more than 8 bits a channel, by the configuration of its codec."""
    place = data.find(b"av1C", 0, 1 << 16)
    return 0 <= place < len(data) - 6 and bool(data[place + 6] & 0x40)


class BmffBox(NamedTuple):
    """A top-level box of data.

    `kind`: its type; `start`, `end`: where it lies; `content`: where its content starts.
    """

    kind: str
    start: int
    content: int
    end: int


def bmff_boxes(data: bytes, *, may_be_cut: bool = False) -> Iterator[BmffBox]:
    """The top-level boxes of AVIF, HEIC or JUMBF (ISO 14496-12).

    `may_be_cut`: whether the last one may end with the data. Raises ValueError for a box that is cut off.
    """
    position = 0
    while position < len(data):
        size, start = int.from_bytes(data[position : position + 4], "big"), 8
        kind = data[position + 4 : position + 8]
        if size == 1:
            size, start = int.from_bytes(data[position + 8 : position + 16], "big"), 16
        elif size == 0:
            size = len(data) - position
        end = min(position + size, len(data))
        if size < start or (end < position + size and not may_be_cut):
            raise ValueError("a box that is cut off")
        yield BmffBox(kind.decode("latin-1"), position, position + start, end)
        position = end


def is_heif_sequence(data: bytes) -> bool:
    """Whether a HEIC has frames only, and no primary picture among them."""
    boxes: dict[str, BmffBox] = {}
    with suppress(ValueError):
        for box in islice(bmff_boxes(data, may_be_cut=True), _MOST_BOXES):
            boxes.setdefault(box.kind, box)
    meta = boxes.get("meta")
    return "moov" in boxes and (meta is None or b"pitm" not in data[meta.start : meta.end])


def png_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header."""
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def png_kind(data: bytes) -> tuple[int, int]:
    """Bits a channel and colour type (0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA) by the header."""
    return (data[24], data[25]) if len(data) > 25 else (0, 0)


def webp_chunks(data: bytes, position: int = 12) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of the complete chunks of a WebP from a position on."""
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if position + 8 + size > len(data):
            return
        yield kind, data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def webp_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length, and padded to an even one."""
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def webp_head(size: int) -> bytes:
    """The header of a WebP, before chunks of `size` bytes in all."""
    return b"RIFF" + struct.pack("<I", 4 + size) + b"WEBP"


def is_lossless_webp(data: bytes) -> bool:
    """Whether a still WebP holds its pixels in a VP8L chunk."""
    kinds = (kind for kind, _ in webp_chunks(data) if kind in (b"VP8L", b"VP8 "))
    return next(kinds, b"") == b"VP8L"


class Insertion(NamedTuple):
    """`kept` replaces the `dropped` bytes behind the first `head` bytes of an encoded file."""

    kept: bytes
    head: int
    dropped: int = 0


class Pieces:
    """A file to encode into, which keeps the written data in `pieces`, in order.

    A single buffer would move as it grows, and leave memory so fragmented that a large file no longer fits.
    """

    def __init__(self, insertion: Insertion) -> None:
        self.pieces: list[bytes] = []
        self._insertion = insertion
        self._start = b""

    def write(self, data: bytes) -> int:
        """Take the next bytes, and insert the metadata at its place."""
        head, end = self._insertion.head, self._insertion.head + self._insertion.dropped
        if self.pieces:
            self.pieces.append(data)
        else:
            self._start += data
            if len(self._start) >= end:
                self.pieces += [self._start[:head], self._insertion.kept, self._start[end:]]
        return len(data)


def jpeg_metadata(original: bytes, *, has_jfif: bool) -> tuple[Insertion, frozenset[Removed]]:
    """The application and comment segments of `original`, for a JPEG that is written without metadata.

    `has_jfif`: libjpeg starts it with a JFIF header (not where it holds RGB or CMYK). Also returns what was
    left out since it shows the unmarked picture.
    """
    removed: set[Removed] = set()
    kept = b"".join(_jpeg_metadata(original, removed))
    if has_jfif and kept[4:9] == b"JFIF\0":
        return Insertion(kept, 2, _JFIF_SIZE), frozenset(removed)
    return Insertion(kept, 2 + _JFIF_SIZE if has_jfif else 2), frozenset(removed)


def png_metadata(original: bytes, kind: tuple[int, int]) -> tuple[Insertion, frozenset[Removed]]:
    """The metadata chunks of `original`, for a PNG of this kind that is written without.

    Chunks behind the pixels move in front of them, which the format allows for all of these. Also returns
    what was left out since it shows the unmarked picture.
    """
    of_a_kind = _PNG_OF_ITS_KIND if png_kind(original) == kind else set()
    kept = []
    removed: set[Removed] = set()
    for chunk in png_chunks(original):
        body = original[chunk.start + 8 : chunk.end - 4]
        if chunk.kind == b"eXIf":
            kept.append(png_chunk(b"eXIf", clean_exif(body, removed)))
        elif chunk.kind in _PNG_TEXT:
            cleaned = _clean_text(chunk.kind, body, removed)
            if cleaned is not None:
                kept.append(png_chunk(chunk.kind, cleaned))
        elif chunk.kind in _PNG_METADATA | of_a_kind:
            kept.append(original[chunk.start : chunk.end])
    return Insertion(b"".join(kept), len(PNG_SIGNATURE) + 25), frozenset(removed)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


class _Segment(NamedTuple):
    marker: int
    start: int
    end: int


def jpeg_segments(data: bytes) -> Iterator[_Segment]:
    """The marker segments of a JPEG up to and including the first start of scan."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if end > len(data):
            return
        yield _Segment(marker, position, end)
        if marker == _SOS:
            return
        position = end


def _jpeg_metadata(data: bytes, removed: set[Removed]) -> Iterator[bytes]:
    segments = [(s.marker, data[s.start + 4 : s.end]) for s in jpeg_segments(data)]
    blocks = _whole_blocks([segment for segment in segments if segment[0] in (*_APPLICATION, _COM)])
    dropped_whole = False  # whether the last one was left out and had the longest possible size
    for marker, prefix, body in blocks:
        kept: bytes | None = body
        if marker == _APP0 and prefix == b"JFIF\0":
            if len(body) > _JFIF_HEADER and any(body[7:9]):
                removed.add("jfif")
                kept = body[:7] + bytes(2)
        elif marker == _APP0 and prefix == b"JFXX\0":
            removed.add("jfif")
            kept = None
        elif marker in (_JUMBF, _ADOBE) or prefix in (b"MPF\0", _GAIN_MAP):
            kept = None  # untrue of the marked picture
        elif prefix == EXIF_PREFIX:
            kept = clean_exif(body, removed)
        elif prefix == _XMP or prefix.startswith(_MORE_XMP):
            kept = _clean(body, previews.without_xmp_pictures, "xmp", removed)
        elif prefix == _PHOTOSHOP:
            kept = _clean(body, previews.without_photoshop_thumbnails, "photoshop", removed)
        elif marker == _COM:
            kept = None if previews.starts_a_picture(body) else body
        elif prefix != _ICC and (dropped_whole or previews.looks_like_pictures(body)):
            kept = None
            removed.add("segment")
        dropped_whole = kept is None and len(body) >= _LONG_SEGMENT
        if kept is not None:
            yield from _segments(marker, prefix, kept)
    start = next((s.end for s in jpeg_segments(data) if s.marker == _SOS), len(data))
    end = data.find(bytes([0xFF, _EOI]), start)
    if end >= 0 and previews.starts_a_picture(data, end + 2):
        removed.add("pictures")


def _whole_blocks(segments: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, identifier and the rest of each segment; a block that was split over several is joined."""
    joined: dict[bytes, list[tuple[int, bytes]]] = {}
    order: list[tuple[int, bytes, bytes | None]] = []
    for marker, body in segments:
        prefix = next((known for known in _IDENTIFIERS.get(marker, ()) if body.startswith(known)), b"")
        place = 0
        if prefix == _MORE_XMP:
            prefix = body[: len(_MORE_XMP) + _DIGEST]
            place = int.from_bytes(body[len(prefix) + 4 : len(prefix) + 8], "big")
            rest = body[len(prefix) + 8 :]
        else:
            rest = body[len(prefix) :]
            # A second EXIF does not continue the first.
            starts = prefix == EXIF_PREFIX and rest[:2] in (b"II", b"MM") and prefix in joined
            if prefix not in (EXIF_PREFIX, _PHOTOSHOP) or starts:
                order.append((marker, prefix, rest))
                continue
        if prefix not in joined:
            order.append((marker, prefix, None))
        joined.setdefault(prefix, []).append((place, rest))
    for marker, prefix, whole in order:
        if whole is None:
            whole = b"".join(part for _, part in sorted(joined[prefix], key=itemgetter(0)))
        yield marker, prefix, whole


def _segments(marker: int, prefix: bytes, body: bytes) -> Iterator[bytes]:
    """A block as segments, as many as it needs."""
    if prefix.startswith(_MORE_XMP):
        head = prefix + len(body).to_bytes(4, "big")
        for start in range(0, len(body), _LONG_SEGMENT):
            part = body[start : start + _LONG_SEGMENT]
            yield _segment(marker, head + start.to_bytes(4, "big") + part)
        return
    for start in range(0, max(len(body), 1), _LONGEST - len(prefix)):
        yield _segment(marker, prefix + body[start : start + _LONGEST - len(prefix)])


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _clean(block: bytes, without: Callable[[bytes], bytes], what: Removed, removed: set[Removed]) -> bytes:
    """The block as `without` returns it; if that differs, `what` is added to `removed`."""
    cleaned = without(block)
    if cleaned != block:
        removed.add(what)
    return cleaned


def _clean_text(kind: bytes, body: bytes, removed: set[Removed]) -> bytes | None:
    """The body of a PNG's text chunk without pictures, None where nothing is left of it."""
    keyword, _, rest = body.partition(b"\0")
    if kind == b"tEXt":
        head, text, packed = b"", rest, False
    elif kind == b"zTXt":
        head, text, packed = rest[:1], rest[1:], True
    else:
        packed = rest[:1] == b"\1"
        language, _, text = rest[2:].partition(b"\0")
        translated, _, text = text.partition(b"\0")
        head = rest[:2] + language + b"\0" + translated + b"\0"
    if packed:
        try:
            text = zlib.decompressobj().decompress(text, MAXIMUM_TEXT)
        except zlib.error:
            return None
    if keyword.startswith(_RAW_PROFILE):
        profile = _clean_profile(keyword.removeprefix(_RAW_PROFILE).lower(), text, removed)
        if profile is None:
            return None
        cleaned = profile
    elif keyword == b"XML:com.adobe.xmp":
        cleaned = _clean(text, previews.without_xmp_pictures, "xmp", removed)
    else:
        cleaned = _clean(text, previews.without_xmp_pictures, "text", removed)
    if cleaned == text:
        return body
    return keyword + b"\0" + head + (zlib.compress(cleaned) if packed else cleaned)


def _clean_profile(name: bytes, text: bytes, removed: set[Removed]) -> bytes | None:
    """The same for a block of another format that ImageMagick wrote as text: name, length, hex digits."""
    words = text.split()
    try:
        block = bytes.fromhex(b"".join(words[2:]).decode("ascii"))
    except ValueError:
        return None if previews.looks_like_pictures(text) else text
    prefix = next((p for p in (EXIF_PREFIX, _PHOTOSHOP, _XMP) if block.startswith(p)), b"")
    rest = block[len(prefix) :]
    if prefix == EXIF_PREFIX or name == b"exif":
        cleaned = clean_exif(rest, removed)
    elif prefix == _XMP or name == b"xmp":
        cleaned = _clean(rest, previews.without_xmp_pictures, "xmp", removed)
    elif name in (b"8bim", b"iptc") or prefix == _PHOTOSHOP:
        cleaned = _clean(rest, previews.without_photoshop_thumbnails, "photoshop", removed)
        cleaned = _clean(cleaned, previews.without_iptc_preview, "iptc", removed)
    elif name not in (b"icc", b"icm") and previews.looks_like_pictures(block):
        removed.add("text")
        return None
    else:
        return text
    if cleaned == rest:
        return text
    block = prefix + cleaned
    digits = block.hex().encode()
    lines = b"\n".join(digits[start : start + 72] for start in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (words[0], len(block), lines)


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int


def png_chunks(data: bytes) -> Iterator[_Chunk]:
    """The complete chunks of a PNG, up to and including IEND."""
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        chunk = _Chunk(data[position + 4 : position + 8], position, position + 12 + size)
        if chunk.end > len(data):
            return
        yield chunk
        if chunk.kind == b"IEND":
            return
        position = chunk.end
