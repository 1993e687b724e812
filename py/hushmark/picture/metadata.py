"""The metadata of a picture, whatever the format, and what of it is no longer true after marking."""

import math
import re
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin, TiffImagePlugin
from PIL import TiffTags as tag_names

from . import previews
from .previews import SUB_IFDS, Removed

EXIF_PREFIX = b"Exif\0\0"
MAXIMUM_JPEG_BLOCK = 65_500
"""Most bytes of EXIF, XMP or a comment: a segment of JPEG holds 65,533 with the identifier."""

_ICC_SPACES = {"L": b"GRAY", "LA": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK"}
_COMMENT = "Comment"
# The tags of a TIFF that are written back. libtiff trusts its own table for the type and length of a value,
# and a value that differs crashes the process: so each tag here was tried.
_BYTE, _ASCII, _SHORT, _RATIONAL, _UNDEFINED, _DOUBLE = 1, 2, 3, 5, 7, 12
_XMP_TAG, _IPTC, _PHOTOSHOP, _ICC = 0x02BC, 33723, 34377, 34675
_TIFF_BLOCKS = {_XMP_TAG, _IPTC, _PHOTOSHOP, _ICC}
"""Other formats keep these outside of EXIF."""
_MAP_TAGS = {33550: _DOUBLE, 33922: _DOUBLE, 34264: _DOUBLE, 34735: _SHORT, 34736: _DOUBLE}
_MAP_TAGS |= dict.fromkeys((34737, 42112, 42113), _ASCII)
"""GeoTIFF's and GDAL's, which mean nothing in other formats."""
_TIFF_TYPES = {
    # Document, description, make, model, page, software, date, artist, host, copyright.
    **dict.fromkeys((269, 270, 271, 272, 285, 305, 306, 315, 316, 33432), _ASCII),
    **dict.fromkeys((282, 283, 286, 287), _RATIONAL),  # resolution and position
    **dict.fromkeys((296, 18246, 18249), _SHORT),  # unit of the resolution, rating in stars and in percent
    **dict.fromkeys(range(40091, 40096), _BYTE),  # Windows' title, comment, author, keywords, subject
    **{_XMP_TAG: _BYTE, _IPTC: _UNDEFINED, _PHOTOSHOP: _BYTE, _ICC: _UNDEFINED},
    **_MAP_TAGS,
}
_RESOLUTION_UNIT = 296
ORIENTATION_TAG = 0x0112
_XMP_ORIENTATION = re.compile(rb"""(\btiff:Orientation(?:\s*=\s*["']|>\s*))\d""")
_SUB_DIRECTORIES = (0x8769, 0x8825)
"""EXIF's own tags and the place."""


TiffTags = TiffImagePlugin.ImageFileDirectory_v2
"""Values by tag, as Pillow's writer takes them."""


@dataclass(frozen=True)
class Metadata:
    """Metadata for any format: EXIF (a TIFF structure), ICC, XMP, dots per inch, texts by keyword.

    `removed`: what was left out since it shows the unmarked picture.
    """

    exif: bytes
    icc: bytes
    xmp: bytes
    dpi: tuple[float, float] | None
    texts: tuple[tuple[str, str], ...]
    removed: frozenset[Removed]

    @classmethod
    def of(cls, image: Image.Image) -> "Metadata":
        """The metadata of an image that Pillow has loaded."""
        info = image.info
        dpi = info.get("dpi")
        removed: set[Removed] = set()
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            exif = _to_exif(tiff_tags(image, removed))
        else:
            exif = _bytes(info.get("exif"))
        texts = getattr(image, "text", {}) if image.format == "PNG" else {_COMMENT: info.get("comment", b"")}
        xmp = _bytes(info.get("xmp"))
        cleaned = previews.without_xmp_pictures(xmp)
        if cleaned != xmp:
            removed.add("xmp")
        return cls(
            exif=clean_exif(exif.removeprefix(EXIF_PREFIX), removed),
            icc=_bytes(info.get("icc_profile")),
            xmp=cleaned,
            # 0, infinity, and Pillow's 1 for a TIFF without a resolution all mean that there is none.
            dpi=(float(dpi[0]), float(dpi[1])) if dpi and all(1 < v < 1e6 for v in dpi) else None,
            texts=tuple(
                (key, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
                for key, text in texts.items()
                if text and key != "XML:com.adobe.xmp"
            ),
            removed=frozenset(removed),
        )

    def for_writer(self, file_format: str, mode: str) -> dict[str, object]:
        """Arguments for Pillow's writer of this format: whatever it can keep of a picture of this mode."""
        options: dict[str, object] = {}
        if self.icc[16:20] == _ICC_SPACES[mode]:
            options["icc_profile"] = self.icc
        exif = _loaded(self.exif)
        if exif is not None and file_format != "TIFF":
            is_written_anew = file_format == "AVIF" and ORIENTATION_TAG in exif
            options["exif"] = _writable(exif) if is_written_anew else EXIF_PREFIX + self.exif
        if self.dpi is not None and file_format in ("JPEG", "PNG", "TIFF"):
            options["dpi"] = self.dpi
        if file_format == "PNG":
            options["pnginfo"] = self._png_texts()
        elif file_format == "TIFF":
            tags = TiffTags() if exif is None else _safe_tags(exif)
            # The pixels are written as they were stored; viewers turn them by this tag.
            if exif is not None and is_orientation(exif.get(ORIENTATION_TAG)):
                tags[ORIENTATION_TAG] = exif[ORIENTATION_TAG]
            if self.xmp:
                tags[_XMP_TAG] = self.xmp
            options["tiffinfo"] = tags
        elif self.xmp:
            options["xmp"] = self.xmp
        if file_format == "JPEG" and (comment := dict(self.texts).get(_COMMENT)):
            options["comment"] = comment
        return options

    def too_large_for_jpeg(self) -> str | None:
        """The name of the block that is too large for a JPEG, if there is one."""
        comment = dict(self.texts).get(_COMMENT, "").encode()
        blocks = {"EXIF": self.exif, "XMP": self.xmp, "comment": comment}
        return next((name for name, block in blocks.items() if len(block) > MAXIMUM_JPEG_BLOCK), None)

    def _png_texts(self) -> PngImagePlugin.PngInfo:
        texts = PngImagePlugin.PngInfo()
        for key, text in self.texts:
            texts.add_itxt(key, text)
        if self.xmp:
            texts.add_itxt("XML:com.adobe.xmp", self.xmp.decode("utf-8", "replace"))
        return texts


def tiff_tags(image: TiffImagePlugin.TiffImageFile, removed: set[Removed]) -> TiffTags:
    """The tags of a TIFF that describe the picture and are written back, not those of its layout.

    Tags that show the unmarked picture are named in `removed`.
    """
    tags = _safe_tags(image.getexif(), image.tag_v2)
    clean: dict[int, tuple[Callable[[bytes], bytes], Removed]] = {
        _XMP_TAG: (previews.without_xmp_pictures, "xmp"),
        _IPTC: (previews.without_iptc_preview, "iptc"),
        _PHOTOSHOP: (previews.without_photoshop_thumbnails, "photoshop"),
    }
    for tag, (without, what) in clean.items():
        if tag in tags and (cleaned := without(tags[tag])) != tags[tag]:
            removed.add(what)
            tags[tag] = cleaned
    for directory in _SUB_DIRECTORIES:
        for tag, value in tags.get(directory, {}).items():
            if isinstance(value, bytes) and (cleaned := previews.without_embedded(value)) != value:
                removed.add("maker-note")
                tags[directory][tag] = cleaned
    if SUB_IFDS in image.tag_v2:
        removed.add("pictures")
    return tags


def is_orientation(value: object) -> bool:
    """Whether it is one of EXIF's orientations, whole numbers 1..8."""
    return isinstance(value, int) and 1 <= value <= 8


def has_sub_directories(tags: TiffTags) -> bool:
    """Whether there are EXIF's own tags or a place, which Pillow can write only without libtiff."""
    return any(tag in tags for tag in _SUB_DIRECTORIES)


def _safe_tags(exif: Image.Exif, values: TiffTags | None = None) -> TiffTags:
    """The values (those of the EXIF, unless given) of the tags that are written back, in their types.

    Values that do not fit their tag's type are left out.
    """
    tags = TiffTags()
    for tag, value in (exif if values is None else values).items():
        kind = _TIFF_TYPES.get(tag)
        if values is not None and tag == _IPTC:
            # Adobe's software types it as whole numbers, of which Pillow would take the first alone.
            value = values._tagdata.get(tag)
        if kind is not None and (safe := _safe_value(tag, kind, value)) is not None:
            tags[tag] = safe
            tags.tagtype[tag] = kind
    for tag in _SUB_DIRECTORIES:
        if inner := exif.get_ifd(tag):
            as_bytes = {key: _text_as_bytes(key, value, tag) for key, value in inner.items()}
            tags[tag] = {key: value for key, value in as_bytes.items() if _is_writable(key, value, tag)}
    return tags


def _safe_value(tag: int, kind: int, value: Any) -> Any:
    """The value for a tag of this type, None where it does not fit."""
    several = value if isinstance(value, tuple) else (value,)
    single = several[0] if len(several) == 1 else None
    if kind == _ASCII:
        # Pillow's writer would replace what is not ASCII by "?"; its reader decodes bytes as Latin-1.
        return single.encode("latin-1", "replace") if isinstance(single, str) else None
    if kind in (_BYTE, _UNDEFINED):
        return single if isinstance(single, bytes) and single else None
    if kind == _RATIONAL:
        return float(several[0]) if _is_number(single) and 0 < float(several[0]) < 2**32 else None
    if kind == _DOUBLE:
        return tuple(map(float, several)) if several and all(map(_is_number, several)) else None
    if not several or not all(isinstance(number, int) and 0 <= number < 2**16 for number in several):
        return None
    if tag in _MAP_TAGS:
        return several
    return single if tag != _RESOLUTION_UNIT or single in (1, 2, 3) else None


def _to_exif(tags: TiffTags) -> bytes:
    """EXIF with those tags of a TIFF that belong in EXIF."""
    exif = Image.Exif()
    for tag in tags.keys() - _TIFF_BLOCKS - _MAP_TAGS.keys():
        if tag in _SUB_DIRECTORIES:
            exif.get_ifd(tag).update(tags[tag])
        else:
            exif[tag] = tags[tag]
    return exif.tobytes() if len(exif) or has_sub_directories(tags) else b""


def _text_as_bytes(tag: int, value: Any, directory: int) -> Any:
    """A value of a directory; text as bytes, see `_safe_value`."""
    is_text = isinstance(value, str) and tag_names.lookup(tag, directory).type == _ASCII
    return value.encode("latin-1", "replace") if is_text else value


def _is_number(value: Any) -> bool:
    """Whether it is a finite number, as a fraction with the denominator 0 is not."""
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return False


def clean_exif(exif: bytes, removed: set[Removed]) -> bytes:
    """EXIF (a TIFF structure) without pictures of the unmarked picture, which are named in `removed`."""
    cleaned = previews.without_thumbnail(exif)
    if cleaned != exif:
        removed.add("exif")
    without = previews.without_embedded(cleaned)
    if without != cleaned:
        removed.add("maker-note")
    return without


def upright_exif(exif: bytes) -> bytes:
    """EXIF with the orientation, if it has one, set to upright."""
    head = len(EXIF_PREFIX) if exif.startswith(EXIF_PREFIX) else 0
    order = {b"II": "<", b"MM": ">"}.get(exif[head : head + 2])
    changed = bytearray(exif)
    try:
        if order is not None:
            first = struct.unpack_from(order + "I", exif, head + 4)[0]
            for place in previews.tag_places(exif, order, head + first):
                if struct.unpack_from(order + "HH", exif, place) == (ORIENTATION_TAG, _SHORT):
                    struct.pack_into(order + "H", changed, place + 8, 1)
    except struct.error:  # damaged EXIF is kept as it is
        return exif
    return bytes(changed)


def upright_xmp(xmp: bytes) -> bytes:
    """The same for XMP."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def _loaded(exif: bytes) -> Image.Exif | None:
    """EXIF as Pillow reads it, None where there is none, or it is so damaged that writers would fail."""
    if not exif:
        return None
    tags = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tags.load(EXIF_PREFIX + exif)
            for directory in _SUB_DIRECTORIES:
                tags.get_ifd(directory)
    except Exception:  # whatever Pillow raises on it
        return None
    return tags


def _writable(exif: Image.Exif) -> Image.Exif:
    """The same EXIF, without values that Pillow's writer cannot write."""
    for directory in _SUB_DIRECTORIES:
        inner = exif.get_ifd(directory)
        for tag in [tag for tag, value in inner.items() if not _is_writable(tag, value, directory)]:
            del inner[tag]
    for tag, value in list(exif.items()):
        if tag not in _SUB_DIRECTORIES and not _is_writable(tag, value, None):
            del exif[tag]
    if not is_orientation(exif.get(ORIENTATION_TAG, 1)):
        del exif[ORIENTATION_TAG]
    return exif


def _is_writable(tag: int, value: Any, directory: int | None) -> bool:
    """Whether Pillow can write it: in damaged files a value may be of another type than its tag."""
    trial = TiffTags(group=directory)
    try:
        trial[tag] = value
        trial.tobytes()
    except Exception:  # whatever Pillow raises on it
        return False
    return True


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""
