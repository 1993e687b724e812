"""File formats seen as containers of blocks: which one it is, whether it is whole, its metadata.

Pillow re-encodes pixels, but drops or rewrites part of the metadata (IPTC, extended XMP, gAMA, sRGB, ...).
So the metadata blocks of a JPEG or PNG are carried over byte by byte. What describes the old pixels or is
untrue of the new ones stays behind: thumbnails, Adobe's colour transform, offsets to further pictures, signed
manifests.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .metadata import EXIF_PREFIX, without_photoshop_thumbnail, without_thumbnail

Format = Literal["JPEG", "PNG", "WEBP", "TIFF", "AVIF"]
"""What is written."""
Source = Format | Literal["BMP", "GIF"]
"""What is read."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"eXIf", b"tIME"}
_PNG_TEXT = {b"tEXt", b"zTXt", b"iTXt"}
_PNG_OF_ITS_KIND = {b"sBIT", b"bKGD"}  # true for one colour type and depth

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _JUMBF, _APP13, _ADOBE, _APP15 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xEF
_JFIF_SIZE = 18  # of the header that libjpeg writes
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def detect(data: bytes) -> Source | None:
    """The format by the file's first bytes, None where it is none of ours."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and b"avif" in data[8 : 8 + 4 * 16]:
        return "AVIF"
    starts: dict[bytes, Source] = {
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
        return "HEIC" if data[8:12] in _HEIC_BRANDS else "video"
    starts = {b"%PDF": "PDF", b"<svg": "SVG", b"8BPS": "PSD", b"\0\0\1\0": "ICO"}
    return next((name for start, name in starts.items() if data.startswith(start)), None)


def is_whole(data: bytes, source: Source) -> bool:
    """Whether the file reaches the end that its container promises (its contents may still be damaged).

    True where the container promises nothing.
    """
    if source == "JPEG":
        start_of_scan = next((s.start for s in _jpeg_segments(data) if s.marker == _SOS), len(data))
        return data.rfind(bytes([0xFF, _EOI]), start_of_scan) >= 0  # usually the last bytes
    if source == "PNG":
        return any(chunk.kind == b"IEND" for chunk in _png_chunks(data))
    if source == "WEBP":
        return len(data) >= 12 and len(data) >= 8 + int.from_bytes(data[4:8], "little")
    return True


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


def png_kind(data: bytes) -> tuple[int, int]:
    """Bits a channel and colour type (0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA) by the header."""
    return (data[24], data[25]) if len(data) > 25 else (0, 0)


def is_lossless_webp(data: bytes) -> bool:
    """Whether a still WebP holds its pixels in a VP8L chunk."""
    position = 12
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind in (b"VP8L", b"VP8 "):
            return bool(kind == b"VP8L")
        position += 8 + size + size % 2
    return False


class Insertion(NamedTuple):
    """`kept`, put behind the first `head` bytes of an encoded file instead of the `dropped` next ones."""

    kept: bytes
    head: int
    dropped: int = 0


class Pieces:
    """A file to encode into, which keeps what is written as it comes: `pieces`, one behind the other.

    A buffer in one piece would move while it grows, and leave holes behind that a large picture's file fits
    into no more.
    """

    def __init__(self, insertion: Insertion) -> None:
        self.pieces: list[bytes] = []
        self._insertion = insertion
        self._start = b""

    def write(self, data: bytes) -> int:
        """Take the next bytes, and put in what is to be inserted once its place is reached."""
        head, end = self._insertion.head, self._insertion.head + self._insertion.dropped
        if self.pieces:
            self.pieces.append(data)
        else:
            self._start += data
            if len(self._start) >= end:
                self.pieces += [self._start[:head], self._insertion.kept, self._start[end:]]
        return len(data)


def jpeg_metadata(original: bytes, *, has_jfif: bool) -> Insertion:
    """The application and comment segments of `original`, for a JPEG that is written without metadata.

    `has_jfif`: libjpeg starts it with a JFIF header (not where it holds RGB or CMYK).
    """
    kept = b"".join(_jpeg_metadata(original))
    if has_jfif and kept[4:9] == b"JFIF\0":
        return Insertion(kept, 2, _JFIF_SIZE)
    return Insertion(kept, 2 + _JFIF_SIZE if has_jfif else 2)


def png_metadata(original: bytes, kind: tuple[int, int]) -> Insertion:
    """The metadata chunks of `original`, for a PNG of this kind that is written without.

    Chunks that stood behind the pixels move in front of them, which the format allows for all of these.
    """
    of_a_kind = _PNG_OF_ITS_KIND if png_kind(original) == kind else set()
    kept = []
    for chunk in _png_chunks(original):
        if chunk.kind == b"eXIf":
            body = original[chunk.start + 8 : chunk.end - 4]
            kept.append(png_chunk(b"eXIf", without_thumbnail(body)))
        elif chunk.kind in _PNG_METADATA | _PNG_TEXT | of_a_kind:
            kept.append(original[chunk.start : chunk.end])
    return Insertion(b"".join(kept), len(PNG_SIGNATURE) + 25)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


class _Segment(NamedTuple):
    marker: int
    start: int
    end: int


def _jpeg_segments(data: bytes) -> Iterator[_Segment]:
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


def _jpeg_metadata(data: bytes) -> Iterator[bytes]:
    for segment in _jpeg_segments(data):
        marker, body = segment.marker, data[segment.start + 4 : segment.end]
        if marker == _APP0 and body.startswith(b"JFXX\0"):
            continue  # nothing but a thumbnail
        if marker in (_JUMBF, _ADOBE) or (marker == _APP2 and body.startswith(b"MPF\0")):
            continue
        if marker == _APP1 and body.startswith(EXIF_PREFIX):
            body = EXIF_PREFIX + without_thumbnail(body.removeprefix(EXIF_PREFIX))
        elif marker == _APP13:
            body = without_photoshop_thumbnail(body)
        if marker == _COM or _APP0 <= marker <= _APP15:
            yield struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int


def _png_chunks(data: bytes) -> Iterator[_Chunk]:
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
