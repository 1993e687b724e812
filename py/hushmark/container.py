"""The three file formats seen as containers of blocks: which one it is, whether it is whole, its metadata.

Pillow re-encodes pixels, but drops or rewrites part of the metadata (IPTC, extended XMP, gAMA, sRGB, ...).
So the metadata blocks of the original are carried over byte by byte. What describes the old pixels or would
be untrue of the new ones (Adobe's colour transform, offsets to further pictures, signed manifests) stays
behind.
"""

import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

Format = Literal["JPEG", "PNG", "WEBP"]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"eXIf", b"tIME"}
_PNG_TEXT = {b"tEXt", b"zTXt", b"iTXt"}

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP2, _JUMBF, _ADOBE, _APP15 = 0xE0, 0xE2, 0xEB, 0xEE, 0xEF


def detect(data: bytes) -> Format | None:
    """The format by the file's first bytes, None where it is none of ours."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(_PNG_SIGNATURE):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def name_foreign(data: bytes) -> str | None:
    """The name of a common format that is none of ours, for the error's sentence."""
    if data[4:8] == b"ftyp":
        return {b"avif": "AVIF", b"avis": "AVIF"}.get(data[8:12], "HEIC or video")
    starts = {
        b"GIF8": "GIF",
        b"BM": "BMP",
        b"II*\0": "TIFF",
        b"MM\0*": "TIFF",
        b"%PDF": "PDF",
        b"<svg": "SVG",
    }
    return next((name for start, name in starts.items() if data.startswith(start)), None)


def is_whole(data: bytes, file_format: Format) -> bool:
    """Whether the file reaches the end that its container promises (its contents may still be damaged)."""
    if file_format == "JPEG":
        start_of_scan = next((s.start for s in _jpeg_segments(data) if s.marker == _SOS), len(data))
        return data.find(bytes([0xFF, _EOI]), start_of_scan) >= 0
    if file_format == "PNG":
        return any(chunk.kind == b"IEND" for chunk in _png_chunks(data))
    return len(data) >= 12 and len(data) >= 8 + int.from_bytes(data[4:8], "little")


def png_bit_depth(data: bytes) -> int:
    """Bits per channel of a PNG, from its header."""
    return data[24] if len(data) > 24 else 0


def is_lossless_webp(data: bytes) -> bool:
    """Whether a still WebP holds its pixels in a VP8L chunk."""
    position = 12
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind in (b"VP8L", b"VP8 "):
            return bool(kind == b"VP8L")
        position += 8 + size + size % 2
    return False


def carry_jpeg_metadata(original: bytes, encoded: bytes) -> bytes:
    """`encoded` (a JPEG without metadata) with the application and comment segments of `original`."""
    kept = [original[s.start : s.end] for s in _jpeg_segments(original) if _is_jpeg_metadata(original, s)]
    body = next(s.start for s in _jpeg_segments(encoded) if not _APP0 <= s.marker <= _APP15)
    return b"".join([encoded[:2], *kept, encoded[body:]])


def carry_png_metadata(original: bytes, encoded: bytes) -> bytes:
    """`encoded` (a PNG without metadata) with the metadata chunks of `original` behind its IHDR.

    Chunks that stood behind the pixels move in front of them, which the format allows for all of these.
    """
    kept = [
        original[c.start : c.end]
        for c in _png_chunks(original)
        if c.kind in _PNG_METADATA or c.kind in _PNG_TEXT
    ]
    header_end = next(_png_chunks(encoded)).end
    return b"".join([encoded[:header_end], *kept, encoded[header_end:]])


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


def _is_jpeg_metadata(data: bytes, segment: _Segment) -> bool:
    if segment.marker == _APP2:
        return not data.startswith(b"MPF\0", segment.start + 4)
    if segment.marker in (_JUMBF, _ADOBE):
        return False
    return segment.marker == _COM or _APP0 <= segment.marker <= _APP15


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int


def _png_chunks(data: bytes) -> Iterator[_Chunk]:
    """The complete chunks of a PNG, up to and including IEND."""
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        chunk = _Chunk(data[position + 4 : position + 8], position, position + 12 + size)
        if chunk.end > len(data):
            return
        yield chunk
        if chunk.kind == b"IEND":
            return
        position = chunk.end
