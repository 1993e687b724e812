"""Bytes <-> pixels, with all that is not a pixel kept: orientation, ICC profile, EXIF, XMP, text, alpha.

The pixels stay as stored and the EXIF bytes stay as they are; `orientation` says how to turn the pixels for
display, and only the model's view of the picture is turned.
"""

import io
import struct
import warnings
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

from PIL import Image, ImageFile, JpegImagePlugin, UnidentifiedImageError

from . import container
from .errors import (
    PictureAnimated,
    PictureEmpty,
    PictureFormat,
    PictureMetadata,
    PictureMode,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
    PictureUnreadable,
)

MINIMUM_SIDE = 32
MAXIMUM_PIXELS = 120_000_000
WEBP_QUALITY = 90
MIME_TYPES: dict[container.Format, str] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

_ORIENTATION_TAG = 0x0112
_EXTENSIONS: dict[container.Format, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"),
    "PNG": (".png",),
    "WEBP": (".webp",),
}
# What Pillow's plugins raise on damaged files (OverflowError on 32 bits only, in the page), as fuzzing finds.
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
)

Mode = Literal["L", "LA", "RGB", "RGBA"]


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    `image`: pixels as stored, mode L, LA, RGB or RGBA, 8 bits; `orientation`: EXIF's 1..8;
    `original`: the file's bytes, which the metadata and the way of encoding are taken from.
    """

    name: str
    file_format: container.Format
    image: Image.Image
    orientation: int
    original: bytes
    _encoding: dict[str, object]

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in pixels as displayed."""
        width, height = self.image.size
        return (height, width) if self.orientation >= 5 else (width, height)

    @property
    def marked_name(self) -> str:
        """A name for the marked picture: photo.jpg -> photo-marked.jpg, its extension true to the format."""
        path = PurePath(self.name)
        extensions = _EXTENSIONS[self.file_format]
        extension = path.suffix if path.suffix.lower() in extensions else extensions[0]
        return f"{path.stem}-marked{extension}"

    def in_colour(self, image: Image.Image) -> Image.Image:
        """Pixels of this picture's mode as they look: CMYK as RGB through its profile, others as they are."""
        return image.convert("RGB") if image.mode == "CMYK" else image

    def with_image(self, image: Image.Image) -> "Picture":
        """The same picture with other pixels of the same size and mode."""
        return replace(self, image=image)


def open_picture(data: bytes, name: str) -> Picture:
    """Decode a JPEG, PNG or WebP; `name` is the file's name, for error sentences.

    Palettes become RGB, bilevel becomes grey, transparent colours become alpha.
    Raises a PictureError: empty, other format, truncated, damaged, animated, too small, too large (by the
    header, before pixels are decoded), CMYK or 16 bit.
    """
    if not data:
        raise PictureEmpty(name)
    file_format = container.detect(data)
    if file_format is None:
        raise PictureFormat(name, container.name_foreign(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about sizes that are checked below
            source = Image.open(io.BytesIO(data), formats=(file_format,))
        _check_header(source, data, name, file_format)
        source.load()
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(name, MAXIMUM_PIXELS) from error
    except (UnidentifiedImageError, *_DECODE_ERRORS) as error:
        whole = container.is_whole(data, file_format)
        raise (PictureUnreadable(name) if whole else PictureTruncated(name)) from error
    if not container.is_whole(data, file_format):
        raise PictureTruncated(name)

    encoding = _encoding_of(source, data, file_format)
    orientation = _orientation(source.info.get("exif", b""))
    mode = _working_mode(source)
    image = source if mode == source.mode else source.convert(mode)
    # Pillow's writers fall back on `info`; what to keep is said explicitly in `save_picture`.
    image.info.clear()
    return Picture(name, file_format, image, orientation, data, encoding)


def save_picture(picture: Picture) -> bytes:
    """Encode in the format it came in, with the same metadata.

    JPEG keeps its quantisation tables, chroma subsampling and progressive scans; WebP stays lossless if it
    was, else has quality 90. Raises PictureMetadata when the metadata does not fit.
    """
    buffer = io.BytesIO()
    try:
        picture.image.save(buffer, picture.file_format, **picture._encoding)
    except ValueError as error:
        raise PictureMetadata(picture.name) from error
    encoded = buffer.getvalue()
    if picture.file_format == "JPEG":
        return container.carry_jpeg_metadata(picture.original, encoded)
    if picture.file_format == "PNG":
        return container.carry_png_metadata(picture.original, encoded)
    return encoded


def _check_header(source: ImageFile.ImageFile, data: bytes, name: str, file_format: container.Format) -> None:
    # Several pictures in one JPEG (MPO: depth, gain map, second lens) are no animation; the first one counts.
    if file_format != "JPEG" and getattr(source, "is_animated", False):
        raise PictureAnimated(name)
    if min(source.size) < MINIMUM_SIDE:
        raise PictureTooSmall(name, source.size, MINIMUM_SIDE)
    if source.width * source.height > MAXIMUM_PIXELS:
        raise PictureTooLarge(name, MAXIMUM_PIXELS)
    if source.mode == "CMYK":
        raise PictureMode(name, "CMYK")
    if file_format == "PNG" and container.png_bit_depth(data) == 16:
        raise PictureMode(name, "16-bit")


def _working_mode(source: ImageFile.ImageFile) -> Mode:
    """The mode that holds all of the picture: alpha where it has any, colour where it has any."""
    grey = source.mode in ("1", "L", "LA")
    if source.mode in ("LA", "RGBA", "PA") or "transparency" in source.info:
        return "LA" if grey else "RGBA"
    return "L" if grey else "RGB"


def _encoding_of(
    source: ImageFile.ImageFile, data: bytes, file_format: container.Format
) -> dict[str, object]:
    """Arguments for Pillow's writer that encode as the original was."""
    if file_format == "JPEG" and isinstance(source, JpegImagePlugin.JpegImageFile):
        return {
            "qtables": source.quantization,
            # Layouts that Pillow cannot write (4:4:0, 4:1:1) are kept whole: 4:4:4.
            "subsampling": max(JpegImagePlugin.get_sampling(source), 0),
            "progressive": bool(source.info.get("progressive")),
        }
    if file_format == "WEBP":
        kept = ("icc_profile", "exif", "xmp")
        metadata: dict[str, object] = {key: source.info[key] for key in kept if key in source.info}
        if container.is_lossless_webp(data):
            return {"lossless": True, "exact": True, **metadata}
        return {"quality": WEBP_QUALITY, "exact": True, **metadata}
    # Noise hardly compresses: level 6 takes three times as long as 1 for a tenth less.
    return {"compress_level": 1}


def _orientation(exif_bytes: bytes) -> int:
    """EXIF orientation 1..8; 1 where there is none or it makes no sense."""
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF is kept as it is, and means upright
            exif.load(exif_bytes)
            value = exif.get(_ORIENTATION_TAG, 1)
    except _DECODE_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
