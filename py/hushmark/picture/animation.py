"""Animated GIF, WebP and PNG: take the frames out of a file, and put them back with all playback data.

A file is taken apart into still files, one per frame, and put together from the marked ones in the same
places. So times, loops, disposal, blending and offsets stay as they were, byte by byte; where a frame is
transparent to show the one before, it stays so. Only one frame is decoded at a time.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from PIL import Image

from ..errors import PictureFrames, PictureTruncated, PictureUnreadable
from . import container, png16, previews
from .container import PNG_SIGNATURE, png_chunk, webp_chunk, webp_chunks, webp_head
from .metadata import clean_exif
from .previews import Removed

MAXIMUM_FRAMES = 3_000
MAXIMUM_FRAME_PIXELS = 400_000_000
"""Frames times pixels of the whole picture: this many take some minutes in a page."""

_HEADER = 13  # bytes of a GIF up to its colour table
_TRAILER = b"\x3b"
_NO_SUB_BLOCK = b"\0"
_TRANSPARENT_INDEX = 255
_COLOURS = 255  # besides one for transparency
PALETTE_SAMPLES = 16
"""Number of frames to pass to `Animation.prepare`."""
_PALETTE_SIDE = 160
_WEBP_QUALITY = 90
_LOOP = (b"NETSCAPE2.0", b"ANIMEXTS1.0")

AnimatedFormat = Literal["GIF", "WEBP", "PNG"]


class Frame(NamedTuple):
    """A frame's own pixels, which may be a part of the whole.

    `still`: a file of them alone; `corner`: where their top left one lies in the whole; `size`: width and
    height; `control`: how the frame plays, as the format has it.
    """

    still: bytes
    corner: tuple[int, int]
    size: tuple[int, int]
    control: bytes


class Animation(Protocol):
    """An animation taken apart. `size`: width and height of the whole in pixels."""

    file_format: AnimatedFormat
    size: tuple[int, int]
    frames: list[Frame]

    def prepare(self, samples: Sequence[Image.Image]) -> None:
        """Prepare encoding, from some marked frames, evenly spread. Call before the first `encode`."""
        ...

    def encode(self, frame: Frame, image: Image.Image, low: Image.Image | None, quality: int | None) -> bytes:
        """The bytes of a marked frame, as `assemble` takes them.

        `image`: RGB, RGBA, L or LA, of the frame's size; `low`: the low bytes of 16 bits a channel;
        `quality`: 1..100 of a lossy frame, None for a good one.
        """
        ...

    def assemble(self, encoded: Sequence[bytes]) -> list[bytes]:
        """The file in pieces, from all frames in their order."""
        ...


def open_animation(data: bytes, name: str) -> Animation | None:
    """Take an animation apart; None for a file that is none, or has one frame.

    No pixel is decoded. Raises PictureTruncated, PictureUnreadable, and PictureFrames where there are more
    frames, or more pixels in all of them, than are taken.
    """
    try:
        animation = _taken_apart(data, name)
    except (struct.error, IndexError, ValueError) as error:
        raise PictureUnreadable(name) from error
    if animation is None or len(animation.frames) < 2:
        return None
    return animation


def spread(count: int, most: int) -> list[int]:
    """Indices of at most so many frames, evenly spread from the first to the last."""
    return sorted({round(index) for index in np.linspace(0, count - 1, min(count, most))})


def _taken_apart(data: bytes, name: str) -> "_Gif | _WebP | _Png | None":
    source = container.detect(data)
    if source == "GIF":
        return _Gif.of(data, name)
    if source == "WEBP" and data[12:16] == b"VP8X" and data[20] & 2:
        return _WebP.of(data, name)
    if source == "PNG" and (count := _png_frames(data)) is not None:
        _check(count, container.png_size(data), name)
        return _Png.of(data, name)
    return None


def _check(frames: int, size: tuple[int, int], name: str) -> None:
    if frames > 1 and (frames > MAXIMUM_FRAMES or frames * size[0] * size[1] > MAXIMUM_FRAME_PIXELS):
        raise PictureFrames(name, frames, MAXIMUM_FRAMES, MAXIMUM_FRAME_PIXELS, pages=False)


# GIF


@dataclass
class _Gif:
    """`blocks`: the blocks before and between the frames, by the number of frames before each."""

    size: tuple[int, int]
    screen: bytes
    shared: bytes
    has_local: bool
    frames: list[Frame]
    blocks: list[tuple[int, bytes]]
    file_format: AnimatedFormat = "GIF"
    _palette: Image.Image | None = None

    @classmethod
    def of(cls, data: bytes, name: str) -> "_Gif":
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        shared = data[_HEADER : _HEADER + _table_size(flags)]
        position = _HEADER + len(shared)
        _check(_gif_frames(data, position, name), (width, height), name)
        frames: list[Frame] = []
        blocks: list[tuple[int, bytes]] = []
        has_local = False
        control = b"\0\0\0\0"
        while position < len(data) and data[position : position + 1] != _TRAILER:
            start = position
            if data[position] == 0x21:
                label = data[position + 1]
                position = _end_of_blocks(data, position + 2, name)
                block = data[start:position]
                if label == 0xF9:
                    control = block[3:7]
                elif label == 0xFE or (label == 0xFF and _is_kept(block)):
                    blocks.append((len(frames), block))
                continue
            left, top, *size, local = struct.unpack_from("<HHHHB", data, position + 1)
            table = data[position + 10 : position + 10 + _table_size(local)]
            has_local = has_local or bool(table)
            pixels = position + 10 + len(table)
            position = _end_of_blocks(data, pixels + 1, name)
            colours = table or shared
            still = (
                b"GIF89a"
                + struct.pack("<HHBBB", *size, _table_flags(colours), 0, 0)
                + colours
                + b"\x21\xf9\4"
                + bytes([control[0] & 1, 0, 0, control[3]])
                + b"\0\x2c"
                + struct.pack("<HHHHB", 0, 0, *size, local & 0x40)
                + data[pixels:position]
                + _TRAILER
            )
            frames.append(Frame(still, (left, top), (size[0], size[1]), control))
            control = b"\0\0\0\0"
        return cls((width, height), data[6:_HEADER], shared, has_local, frames, blocks)

    def prepare(self, samples: Sequence[Image.Image]) -> None:
        # Where the original has one colour table for all frames, tables of their own would flicker.
        if self.has_local:
            return
        strip = Image.new("RGB", (_PALETTE_SIDE * len(samples), _PALETTE_SIDE))
        for number, sample in enumerate(samples):
            small = sample.convert("RGB").resize((_PALETTE_SIDE, _PALETTE_SIDE), Image.Resampling.NEAREST)
            strip.paste(small, (number * _PALETTE_SIDE, 0))
        self._palette = strip.quantize(_COLOURS)

    def encode(self, frame: Frame, image: Image.Image, low: Image.Image | None, quality: int | None) -> bytes:
        colours = image.convert("RGB")
        palette = self._palette or colours.quantize(_COLOURS)
        # The mark is finer than the steps between 255 colours: without dithering it would be lost.
        indexed = colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        table = _table(palette)
        control = bytearray(frame.control)
        if image.mode == "RGBA":
            indexed.paste(_TRANSPARENT_INDEX, mask=image.getchannel("A").point(lambda a: 255 * (a == 0)))
        if control[0] & 1:
            control[3] = _TRANSPARENT_INDEX
        indexed.putpalette(table)
        buffer = io.BytesIO()
        indexed.save(buffer, "GIF", optimize=False, interlace=0)
        saved = buffer.getvalue()
        start = _image_at(saved)
        local = saved[start + 9]
        pixels = saved[start + 10 + _table_size(local) : -1]
        flags, own = (0, b"") if self._palette else (0x87, table)
        descriptor = b"\x2c" + struct.pack("<HHHHB", *frame.corner, *frame.size, flags)
        return b"\x21\xf9\4" + bytes(control) + _NO_SUB_BLOCK + descriptor + own + pixels

    def assemble(self, encoded: Sequence[bytes]) -> list[bytes]:
        width, height, flags, background, aspect = struct.unpack("<HHBBB", self.screen)
        table = self.shared
        if self._palette is not None:
            table = _table(self._palette)
            # The colour that is nearest to the old one.
            old = np.frombuffer(self.shared, np.uint8).reshape(-1, 3)[background : background + 1]
            new = np.frombuffer(table, np.uint8).reshape(-1, 3)[:_COLOURS]
            distances = np.square(new.astype(np.int32) - old).sum(axis=1) if len(old) else [0]
            background = int(np.argmin(distances))
            flags = flags & 0x70 | 0x87
        pieces = [b"GIF89a", struct.pack("<HHBBB", width, height, flags, background, aspect), table]
        for number, frame in enumerate(encoded):
            pieces += [block for before, block in self.blocks if before == number]
            pieces.append(frame)
        pieces += [block for before, block in self.blocks if before >= len(encoded)]
        return [*pieces, _TRAILER]


def _table(palette: Image.Image) -> bytes:
    """The colours of a palette's image as a table of 256."""
    return bytes(palette.getpalette() or ())[: 3 * _COLOURS].ljust(3 * 256, b"\0")


def _gif_frames(data: bytes, position: int, name: str) -> int:
    """How many frames there are, counted without taking them apart."""
    count = 0
    while position < len(data) and data[position : position + 1] != _TRAILER:
        if data[position] == 0x21:
            position = _end_of_blocks(data, position + 2, name)
        elif data[position] == 0x2C:
            count += 1
            position = _end_of_blocks(data, position + 11 + _table_size(data[position + 9]), name)
        elif data[position] == 0:  # some programs pad blocks with zeros
            position += 1
        else:
            raise PictureUnreadable(name)
    return count


def _end_of_blocks(data: bytes, position: int, name: str) -> int:
    """Where a series of sub-blocks ends, behind the empty one. Raises PictureTruncated."""
    while position < len(data) and data[position]:
        position += 1 + data[position]
    if position >= len(data):
        raise PictureTruncated(name)
    return position + 1


def _table_size(flags: int) -> int:
    """Bytes of a colour table, by the flags that announce it."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _table_flags(table: bytes) -> int:
    return 0x80 | (len(table) // 3).bit_length() - 2 if table else 0


def _is_kept(block: bytes) -> bool:
    """Whether an application's block is kept: loops, profile, XMP; nothing that may hold a picture."""
    identifier = block[3:14]
    known = identifier in (*_LOOP, b"ICCRGBG1012", b"XMP DataXMP")
    return known and previews.without_xmp_pictures(block) == block and not previews.starts_a_picture(block)


def _image_at(data: bytes) -> int:
    """The position of the image descriptor in a GIF that Pillow wrote."""
    position = _HEADER + _table_size(data[10])
    while data[position] == 0x21:
        position += 2
        while data[position]:
            position += 1 + data[position]
        position += 1
    return position


# WebP


@dataclass
class _WebP:
    """`before`, `after`: the chunks around the frames."""

    size: tuple[int, int]
    frames: list[Frame]
    before: list[bytes]
    after: list[bytes]
    file_format: AnimatedFormat = "WEBP"

    @classmethod
    def of(cls, data: bytes, name: str) -> "_WebP":
        if not container.is_whole(data, "WEBP"):
            raise PictureTruncated(name)
        chunks = list(webp_chunks(data))
        size = container.webp_size(data)
        _check(sum(kind == b"ANMF" for kind, _ in chunks), size, name)
        frames: list[Frame] = []
        around: list[list[bytes]] = [[], []]
        removed: set[Removed] = set()
        for kind, body in chunks:
            if kind == b"ANMF":
                frames.append(_webp_frame(body))
            elif kind == b"EXIF":
                around[bool(frames)].append(webp_chunk(kind, clean_exif(body, removed)))
            elif kind == b"XMP ":
                around[bool(frames)].append(webp_chunk(kind, previews.without_xmp_pictures(body)))
            elif kind in (b"VP8X", b"ICCP", b"ANIM"):
                around[bool(frames)].append(webp_chunk(kind, body))
        return cls(size, frames, around[0], around[1])

    def prepare(self, samples: Sequence[Image.Image]) -> None:
        pass

    def encode(self, frame: Frame, image: Image.Image, low: Image.Image | None, quality: int | None) -> bytes:
        buffer = io.BytesIO()
        if quality is None and container.is_lossless_webp(frame.still):
            image.save(buffer, "WEBP", lossless=True, exact=True)
        else:
            image.save(buffer, "WEBP", quality=quality or _WEBP_QUALITY, exact=True)
        pixels = [
            webp_chunk(kind, body)
            for kind, body in webp_chunks(buffer.getvalue())
            if kind in (b"ALPH", b"VP8 ", b"VP8L")
        ]
        return webp_chunk(b"ANMF", frame.control + b"".join(pixels))

    def assemble(self, encoded: Sequence[bytes]) -> list[bytes]:
        pieces = [*self.before, *encoded, *self.after]
        return [webp_head(sum(map(len, pieces))), *pieces]


def _webp_frame(body: bytes) -> Frame:
    """A frame of a WebP from the body of its chunk."""
    left, top, across, down = (int.from_bytes(body[place : place + 3], "little") for place in (0, 3, 6, 9))
    size = across + 1, down + 1
    pixels = [(k, b) for k, b in webp_chunks(body, 16) if k in (b"ALPH", b"VP8 ", b"VP8L")]
    packed = b"".join(webp_chunk(kind, part) for kind, part in pixels)
    if pixels and pixels[0][0] == b"ALPH":
        sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
        packed = webp_chunk(b"VP8X", b"\x10\0\0\0" + sides) + packed
    return Frame(webp_head(len(packed)) + packed, (2 * left, 2 * top), size, body[:16])


# PNG


@dataclass
class _Png:
    """`control` of a frame is empty for the default image, which is shown where nothing is animated."""

    size: tuple[int, int]
    frames: list[Frame]
    plays: bytes
    bits: int
    original: bytes
    file_format: AnimatedFormat = "PNG"
    _colour_type: int = 0

    @classmethod
    def of(cls, data: bytes, name: str) -> "_Png":
        if not container.is_whole(data, "PNG"):
            raise PictureTruncated(name)
        header = data[24:29]
        colours: list[bytes] = []
        frames: list[tuple[bytes, list[bytes]]] = []
        plays = b""
        control = b""
        for kind, start, end in container.png_chunks(data):
            body = data[start + 8 : end - 4]
            if kind in (b"PLTE", b"tRNS"):
                colours.append(data[start:end])
            elif kind == b"acTL":
                plays = body[4:8]
            elif kind == b"fcTL":
                control = body
                frames.append((control[4:], []))
            elif kind == b"IDAT":
                if not frames:
                    frames.append((b"", []))
                frames[-1][1].append(body)
            elif kind == b"fdAT":
                frames[-1][1].append(body[4:])
        size = container.png_size(data)
        bits, _ = container.png_kind(data)
        made = []
        for control, parts in frames:
            width, height, left, top = struct.unpack_from(">IIII", control) if control else (*size, 0, 0)
            head = png_chunk(b"IHDR", struct.pack(">II", width, height) + header)
            pixels = png_chunk(b"IDAT", b"".join(parts))
            still = PNG_SIGNATURE + head + b"".join(colours) + pixels + png_chunk(b"IEND", b"")
            made.append(Frame(still, (left, top), (width, height), control))
        return cls(size, made, plays, 16 if bits == 16 else 8, data)

    def prepare(self, samples: Sequence[Image.Image]) -> None:
        self._colour_type = png16.COLOUR_TYPES[samples[0].mode]

    def encode(self, frame: Frame, image: Image.Image, low: Image.Image | None, quality: int | None) -> bytes:
        if low is not None:
            saved = b"".join(png16.encode(image, low))
        else:
            buffer = io.BytesIO()
            image.save(buffer, "PNG", compress_level=6)
            saved = buffer.getvalue()
        return b"".join(saved[s + 8 : e - 4] for kind, s, e in container.png_chunks(saved) if kind == b"IDAT")

    def assemble(self, encoded: Sequence[bytes]) -> list[bytes]:
        insertion, _ = container.png_metadata(self.original, (self.bits, self._colour_type))
        head = struct.pack(">IIBBBBB", *self.size, self.bits, self._colour_type, 0, 0, 0)
        shown = [frame for frame in self.frames if frame.control]
        counts = struct.pack(">I", len(shown)) + self.plays
        pieces = [PNG_SIGNATURE, png_chunk(b"IHDR", head), png_chunk(b"acTL", counts), insertion.kept]
        number = 0
        for place, (frame, pixels) in enumerate(zip(self.frames, encoded, strict=True)):
            if frame.control:
                pieces.append(png_chunk(b"fcTL", struct.pack(">I", number) + frame.control))
                number += 1
            if place == 0:
                pieces.append(png_chunk(b"IDAT", pixels))
            else:
                pieces.append(png_chunk(b"fdAT", struct.pack(">I", number) + pixels))
                number += 1
        return [*pieces, png_chunk(b"IEND", b"")]


def _png_frames(data: bytes) -> int | None:
    """How many frames there are, by their own headers; None where nothing is animated."""
    is_animated = False
    count = 0
    for kind, _, _ in container.png_chunks(data):
        is_animated = is_animated or kind == b"acTL"
        if kind == b"IDAT" and not is_animated:
            return None
        count += kind == b"fcTL"
    return count if is_animated else None
