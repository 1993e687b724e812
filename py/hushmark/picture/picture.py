"""Decodes and encodes pictures, and keeps all else: orientation, ICC profile, EXIF, XMP, text, alpha.

Pixels and EXIF bytes stay as stored; `orientation` says how to turn the pixels for display, and only the
model's view of the picture is turned.
"""

import io
import warnings
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import PurePath
from typing import IO, Literal, cast

from PIL import Image, ImageCms, ImageFile, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, features

from ..errors import (
    FileTooLarge,
    OutputFormat,
    OutputMetadata,
    OutputQuality,
    OutputSide,
    PictureAnimated,
    PictureEmpty,
    PictureError,
    PictureFormat,
    PictureFrames,
    PictureMemory,
    PictureMetadata,
    PictureMode,
    PictureScans,
    PictureTexts,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
    PictureUnreadable,
    PictureUnsupported,
)
from . import container, memory, png16, tiff
from .animation import MAXIMUM_FRAME_PIXELS, MAXIMUM_FRAMES
from .container import Format, InputFormat
from .display_p3 import display_p3
from .metadata import (
    MAXIMUM_JPEG_BLOCK,
    ORIENTATION_TAG,
    Metadata,
    TiffTags,
    has_sub_directories,
    is_orientation,
    tiff_tags,
    upright_exif,
    upright_xmp,
)
from .previews import Removed

# Pillow's own limits are too low for profiles of printers.
PngImagePlugin.MAX_TEXT_CHUNK = container.MAXIMUM_TEXT
PngImagePlugin.MAX_TEXT_MEMORY = 4 * container.MAXIMUM_TEXT

# Pillow raises an error from twice as many on, which is more than our own limit, checked before.
if Image.MAX_IMAGE_PIXELS is not None:
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, 120_000_000)

MINIMUM_SIDE = 32
MAXIMUM_PIXELS = 200_000_000
MAXIMUM_WEBP_PIXELS = 40_000_000
"""libwebp takes up to 35 bytes a pixel, and a file of a few kilobytes may have so many pixels."""
MAXIMUM_SCANNED_PIXELS = 20 * MAXIMUM_PIXELS
"""Pixels times scans of a progressive JPEG, each of which goes over all of them; 10 scans are usual."""
MAXIMUM_BYTES = 10 * MAXIMUM_PIXELS
"""Largest file that is read: the largest picture without compression, 8 bytes a pixel, and some more."""
LOSSY_QUALITY: dict[Format, int] = {"JPEG": 92, "WEBP": 90, "AVIF": 85}
"""The quality where none is given and the original's is not known."""
_LONGEST_SIDES: dict[Format, int] = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 32_768}
"""In pixels: the limits of the libraries that write and read the formats."""
ENDINGS: dict[Format, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
    "GIF": (".gif",),
}
"""Endings of files of each format, the usual one first."""
PICTURE_ENDINGS = frozenset(chain(*ENDINGS.values(), (".bmp", ".gif", ".heic", ".heif")))
"""Endings of the files in a folder that are taken for pictures; those that are none fail with a sentence."""
_PLUGINS: dict[InputFormat, str] = {"HEIC": "HEIF"}
"""Pillow's name of a format, where it differs from ours."""
_HDR_TRANSFERS = (16, 18)  # PQ, HLG
_P3_PRIMARIES = 12
_SRGB_TRANSFERS = (1, 2, 6, 13)  # BT.709's and an unknown one are shown as sRGB's
_BYTES_PER_PIXEL = 6
"""Least memory for marking, besides the file: the picture, and the marked file of a smooth one."""
# Modes that are read, and the mode to work in where there is no transparency.
_MODES: dict[str, "Mode"] = {
    "1": "L",
    "I;16B": "L",
    "L": "L",
    "LA": "LA",
    "I;16": "L",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "RGBA": "RGBA",
    "CMYK": "CMYK",
}
_WITH_ALPHA: dict["Mode", "Mode"] = {"L": "LA", "RGB": "RGBA"}
_WRITTEN_MODES: dict[Format, dict["Mode", "Mode"]] = {
    "JPEG": {"LA": "L", "RGBA": "RGB"},
    "PNG": {"CMYK": "RGB"},
    "WEBP": {"CMYK": "RGB", "L": "RGB", "LA": "RGBA"},
    "TIFF": {},
    "AVIF": {"CMYK": "RGB", "L": "RGB", "LA": "RGBA"},
    "GIF": {},
}
"""Modes that a format cannot hold, and what they become."""

Mode = Literal["L", "LA", "RGB", "RGBA", "CMYK"]


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    `file_format`: to be written in, that of the original, but PNG for BMP and GIF, and for HEIC JPEG, or PNG
    where it has transparency; `image`: pixels as stored, mode L, LA, RGB, RGBA or CMYK, 8 bits;
    `orientation`: EXIF's 1..8; `low`: the low bytes of a picture with 16 bits a channel, whose high bytes are
    in `image`; `removed`: what was left out of the file since it shows the unmarked picture.
    """

    name: str
    file_format: Format
    image: Image.Image
    orientation: int
    metadata: Metadata
    low: Image.Image | None
    removed: frozenset[Removed]
    _encoding: "_Encoding"
    _to_rgb: ImageCms.ImageCmsTransform | None

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in pixels as displayed."""
        width, height = self.image.size
        return (height, width) if self.orientation >= 5 else (width, height)

    @property
    def marked_name(self) -> str:
        """A name for the marked picture, with the ending of its format: photo.jpg -> photo-marked.jpg.

        A second "-marked" is not added: photo-marked.jpg stays.
        """
        path = PurePath(self.name)
        endings = ENDINGS[self.file_format]
        ending = path.suffix if path.suffix.lower() in endings else endings[0]
        return f"{path.stem.removesuffix('-marked')}-marked{ending}"

    def in_colour(self, image: Image.Image) -> Image.Image:
        """Pixels of this picture's mode as displayed: CMYK as RGB by its profile, others unchanged."""
        if image.mode != "CMYK":
            return image
        if self._to_rgb is None:
            return image.convert("RGB")
        colours = ImageCms.applyTransform(image, self._to_rgb)
        assert colours is not None  # only missing where pixels are changed in place
        return colours

    def with_image(self, image: Image.Image) -> "Picture":
        """The same picture with other pixels of the same size and mode."""
        return replace(self, image=image)

    def in_format(self, file_format: Format | None, quality: int | None) -> "Picture":
        """The picture, to be saved in another format (None: the original's), or at a quality of 1..100.

        Its pixels are converted for the format: CMYK becomes RGB except in JPEG and TIFF, transparency
        becomes white in JPEG, 16 bits become 8 except in PNG and TIFF. PNG and TIFF ignore the quality.
        Raises OutputFormat where there is no encoder, OutputSide and OutputMetadata where the format cannot
        hold the picture, OutputQuality.
        """
        if quality is not None and not 1 <= quality <= 100:
            raise OutputQuality
        target = file_format or self.file_format
        if target not in writable_formats():
            raise OutputFormat(target)
        if target == self.file_format:
            if quality is None or target not in LOSSY_QUALITY:
                return self
            return replace(self, _encoding=self._encoding.at(quality))
        longest = _LONGEST_SIDES.get(target)
        if longest is not None and max(self.image.size) > longest:
            raise OutputSide(self.name, target, longest)
        if target == "JPEG" and (block := self.metadata.too_large_for_jpeg()):
            raise OutputMetadata(self.name, block, MAXIMUM_JPEG_BLOCK)
        image = self.image
        mode = _WRITTEN_MODES[target].get(image.mode, image.mode)  # type: ignore[call-overload]  # images have our modes
        if target == "JPEG" and image.mode in ("LA", "RGBA"):
            white = Image.new(image.mode, image.size, "white")
            image = Image.alpha_composite(white.convert("RGBA"), image.convert("RGBA")).convert(mode)
        elif image.mode == "CMYK" != mode:
            image = self.in_colour(image)
        elif image.mode != mode:
            image = image.convert(mode)
        low = self.low if target in ("PNG", "TIFF") else None
        return replace(self, file_format=target, image=image, low=low, _encoding=_foreign(target, quality))


@dataclass(frozen=True)
class _Encoding:
    """How pixels are written: arguments for Pillow's writer, and where the original's metadata blocks go."""

    options: dict[str, object]
    insertion: container.Insertion | None = None

    def at(self, quality: int) -> "_Encoding":
        """The same at another quality."""
        options = {key: value for key, value in self.options.items() if key not in ("qtables", "lossless")}
        return replace(self, options={**options, "quality": quality})


def format_of(path: PurePath) -> Format | None:
    """The format for the ending of a file's name, None for other endings."""
    return next((name for name, endings in ENDINGS.items() if path.suffix.lower() in endings), None)


def writable_formats() -> tuple[Format, ...]:
    """The formats that can be written here; in the page there is no encoder for AVIF."""
    always: tuple[Format, ...] = ("JPEG", "PNG", "WEBP", "TIFF")
    return (*always, "AVIF") if features.check("avif") else always


def open_pages(data: bytes, name: str) -> list[int]:
    """The pages of a TIFF, [0] for other files. Raises PictureFrames where there are too many.

    Small copies of other pages are left out: they show the unmarked picture.
    """
    if container.detect(data) != "TIFF":
        return [0]
    pages = [page for page in tiff.pages(data, MAXIMUM_FRAMES) if not page.is_small]
    pixels = sum(page.size[0] * page.size[1] for page in pages)
    if len(pages) > 1 and (len(pages) > MAXIMUM_FRAMES or pixels > MAXIMUM_FRAME_PIXELS):
        raise PictureFrames(name, len(pages), MAXIMUM_FRAMES, MAXIMUM_FRAME_PIXELS, pages=True)
    return [page.number for page in pages] or [0]


def open_picture(
    data: bytes,
    name: str,
    *,
    least_sides: tuple[int, int] | None = None,
    page: int | None = None,
    is_part: bool = False,
) -> Picture:
    """Decode a JPEG, PNG, WebP, TIFF, AVIF, HEIC, BMP or GIF; `name` is the file's name, for error sentences.

    Palettes become RGB, bilevel becomes grey, transparent colours become alpha. With `least_sides` a JPEG is
    decoded at a half, a quarter or an eighth of its size, if that leaves so many pixels along its longer and
    its shorter side, in a third of the time. `page`: which of several frames or pages, from 0 on; `is_part`:
    of a frame, which may be small.
    Raises FileTooLarge, or a PictureError: empty, other format, no decoder here, truncated, damaged, animated
    or with several pages where none is named, too small, too large (by the header, before pixels are
    decoded), with too many scans, with too long texts, samples that cannot be kept, not enough memory.
    """
    source_format = _format_to_open(data, name)
    try:
        if source_format == "WEBP":
            # Pillow allocates the canvas of a WebP as soon as it opens it.
            width, height = container.webp_size(data)
            if width * height > MAXIMUM_WEBP_PIXELS:
                raise PictureTooLarge(name, MAXIMUM_WEBP_PIXELS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about sizes that are checked below
            source = Image.open(io.BytesIO(data), formats=(_PLUGINS.get(source_format, source_format),))
            if page is None:
                _check_single(source, name, source_format, data)
            elif page:
                source.seek(page)
            if not is_part:
                _check_size(source.size, name)
            _check_header(source, data, name, source_format)
            if least_sides is not None:
                source.draft(None, least_sides if source.width > source.height else least_sides[::-1])
            image, low = _decode(source, data, page or 0, name)
            if source_format == "HEIC":
                _set_upright(source)
                _set_profile(source)
            metadata = Metadata.of(source)
            encoding, removed = _encoding_of(source, image, data, source_format)
    except Image.DecompressionBombError as error:
        raise PictureTooLarge(name, MAXIMUM_PIXELS) from error
    except MemoryError as error:
        raise PictureMemory(name) from error
    except PictureError:
        raise
    except Exception as error:  # Pillow's plugins raise errors of any type on damaged files, even SystemError
        if "MAX_TEXT" in str(error):
            raise PictureTexts(name, container.MAXIMUM_TEXT) from error
        whole = container.is_whole(data, source_format) and "truncated" not in str(error)
        raise (PictureUnreadable(name) if whole else PictureTruncated(name)) from error
    if not container.is_whole(data, source_format):
        raise PictureTruncated(name)
    # Pillow turns a TIFF upright when it decodes it.
    orientation = 1 if source_format == "TIFF" else _orientation(source.info.get("exif", b""))
    # Pillow's writers fall back on `info`, and on a TIFF's own tags; what to keep is passed explicitly.
    image.info.clear()
    for attribute in ("tag", "tag_v2"):
        vars(image).pop(attribute, None)
    return Picture(
        name=name,
        file_format=_written(source_format, image, metadata),
        image=image,
        orientation=orientation,
        metadata=metadata,
        low=low,
        removed=metadata.removed | removed,
        _encoding=encoding,
        _to_rgb=_to_rgb(metadata.icc) if image.mode == "CMYK" else None,
    )


def _format_to_open(data: bytes, name: str) -> InputFormat:
    """The file's format, by its first bytes. Raises as `open_picture` where it cannot be opened."""
    if not data:
        raise PictureEmpty(name)
    if len(data) > MAXIMUM_BYTES:
        raise FileTooLarge(name, MAXIMUM_BYTES)
    source_format = container.detect(data)
    if source_format is None:
        raise PictureFormat(name, container.name_foreign(data))
    if source_format == "TIFF" and tiff.is_raw(data):
        raise PictureFormat(name, "RAW")
    if source_format == "HEIC" and container.is_heif_sequence(data):
        raise PictureAnimated(name, pages=False)
    if source_format in ("AVIF", "HEIC") and not _has_decoder(source_format):
        raise PictureUnsupported(name, source_format)
    return source_format


def _decode(
    source: ImageFile.ImageFile, data: bytes, page: int, name: str
) -> tuple[Image.Image, Image.Image | None]:
    """The pixels in a working mode and, for 16 bits a channel, the low bytes by themselves."""
    if tiff.is_deep(source):
        return tiff.decode(source, data, page, name)
    source.load()
    if source.format == "PNG" and not page and container.png_kind(data)[0] == 16:
        return png16.decode(source, data)
    mode = _working_mode(source)
    return (source if mode == source.mode else source.convert(mode)), None


def encode_picture(picture: Picture) -> list[bytes]:
    """The file in pieces, in its own format or that of `Picture.in_format`, with the same metadata.

    Join the pieces after the memory of the picture was freed. JPEG keeps its quantisation tables, chroma
    subsampling and progressive scans; WebP stays lossless if it was; TIFF keeps its compression. Raises
    PictureMetadata when the metadata does not fit.
    """
    encoding = picture._encoding
    output = container.Pieces(encoding.insertion or container.Insertion(b"", 0))
    options = dict(encoding.options)
    try:
        if encoding.insertion is None:
            options = {**picture.metadata.for_writer(picture.file_format, picture.image.mode), **options}
        if picture.low is not None and picture.file_format == "TIFF":
            for piece in tiff.encode(picture.image, picture.low, options):
                output.write(piece)
        elif picture.low is not None:
            for piece in png16.encode(picture.image, picture.low):
                output.write(piece)
        elif picture.file_format in ("JPEG", "PNG"):
            file = cast(IO[bytes], output)  # these writers only write to it
            picture.image.save(file, picture.file_format, **options)
        else:
            if has_sub_directories(cast(TiffTags, options.get("tiffinfo", {}))):
                options["compression"] = "raw"
            buffer = io.BytesIO()
            picture.image.save(buffer, picture.file_format, **options)
            output.write(buffer.getvalue())
    except MemoryError as error:
        raise PictureMemory(picture.name) from error
    except Exception as error:  # the pixels are ours, so the writer failed on the metadata
        raise PictureMetadata(picture.name) from error
    return output.pieces


def _has_decoder(source_format: InputFormat) -> bool:
    if source_format == "AVIF":
        return bool(features.check("avif"))
    try:
        import pillow_heif
    except ImportError:
        return _PLUGINS["HEIC"] in Image.OPEN  # the page loads a decoder of its own on demand
    pillow_heif.register_heif_opener(thumbnails=False)
    return True


def _check_size(size: tuple[int, int], name: str) -> None:
    if min(size) < MINIMUM_SIDE:
        raise PictureTooSmall(name, *size, MINIMUM_SIDE)
    if size[0] * size[1] > MAXIMUM_PIXELS:
        raise PictureTooLarge(name, MAXIMUM_PIXELS)
    if not memory.may_take(size[0] * size[1] * _BYTES_PER_PIXEL):
        raise PictureMemory(name)


def _check_single(source: ImageFile.ImageFile, name: str, source_format: InputFormat, data: bytes) -> None:
    # Several pictures in one JPEG (MPO: depth, gain map, second lens) or HEIC are no animation; the first one
    # is used. A TIFF's small copy of itself is no page.
    several = getattr(source, "is_animated", False) and source_format not in ("JPEG", "HEIC")
    if several and not (source_format == "TIFF" and len(open_pages(data, name)) == 1):
        raise PictureAnimated(name, pages=source_format == "TIFF")


def _check_header(source: ImageFile.ImageFile, data: bytes, name: str, source_format: InputFormat) -> None:
    if source_format == "JPEG" and "progressive" in source.info:
        scans = container.jpeg_scans(data)
        if scans * source.width * source.height > MAXIMUM_SCANNED_PIXELS:
            raise PictureScans(name, scans)
    if source_format == "TIFF":
        tags = source.tag_v2  # type: ignore[attr-defined]  # TIFF images have tags
        bits = max(tags.get(258, (1,)))
        if bits > 8 and not tiff.is_deep(source):
            raise PictureMode(name, f"{bits}-bit")
        packing = source.info.get("compression")
        if packing != "raw" and not features.check("libtiff"):
            raise PictureUnsupported(name, f"TIFF ({packing})")
    if source_format == "AVIF" and container.avif_is_deep(data):
        raise PictureMode(name, "10/12-bit")
    if source_format == "HEIC":
        transfer = (source.info.get("nclx_profile") or {}).get("transfer_characteristics")
        if transfer in _HDR_TRANSFERS:
            raise PictureMode(name, "HDR")
    if source.mode not in _MODES:
        raise PictureMode(name, source.mode)


def _working_mode(source: ImageFile.ImageFile) -> Mode:
    """The mode that holds all of the picture: with alpha if it has any, in colour if it has any."""
    mode = _MODES[source.mode]
    return _WITH_ALPHA.get(mode, mode) if "transparency" in source.info else mode


def _encoding_of(
    source: ImageFile.ImageFile, image: Image.Image, data: bytes, source_format: InputFormat
) -> tuple[_Encoding, frozenset[Removed]]:
    """How to encode as the original was; and what of its container shows the unmarked picture."""
    nothing: frozenset[Removed] = frozenset()
    if isinstance(source, JpegImagePlugin.JpegImageFile):
        # RGB without a colour transform, which Pillow would otherwise turn into YCbCr.
        keep_rgb = (
            image.mode == "RGB" and source.info.get("adobe_transform") == 0 and "jfif" not in source.info
        )
        tables = source.quantization
        options: dict[str, object] = {
            # Inks are not split into luma and colour: the table for luma serves all four.
            "qtables": {0: tables[min(tables)]} if image.mode == "CMYK" else tables,
            # Layouts that Pillow cannot write (4:4:0, 4:1:1) become 4:4:4.
            "subsampling": max(JpegImagePlugin.get_sampling(source), 0),
            "progressive": bool(source.info.get("progressive")),
            "keep_rgb": keep_rgb,
        }
        has_jfif = image.mode != "CMYK" and not keep_rgb
        insertion, removed = container.jpeg_metadata(data, has_jfif=has_jfif)
        return _Encoding(options, insertion), removed
    if source_format == "PNG":
        kind = (container.png_kind(data)[0], png16.COLOUR_TYPES[image.mode])
        insertion, removed = container.png_metadata(data, kind)
        return replace(_foreign("PNG", None), insertion=insertion), removed
    if source_format == "WEBP" and container.is_lossless_webp(data):
        return _Encoding({"lossless": True, "exact": True}), nothing
    if isinstance(source, TiffImagePlugin.TiffImageFile):
        return _Encoding(_tiff_options(source)), nothing
    return _foreign(_written(source_format, image, Metadata.of(source)), None), nothing


def _written(source_format: InputFormat, image: Image.Image, metadata: Metadata) -> Format:
    if source_format == "HEIC":
        # JPEG, as cameras write it, unless JPEG cannot hold all of it.
        return "PNG" if image.mode == "RGBA" or metadata.too_large_for_jpeg() else "JPEG"
    return "PNG" if source_format == "BMP" or source_format == "GIF" else source_format


def _foreign(file_format: Format, quality: int | None) -> _Encoding:
    """How to encode in another format than the original's, or where the original's settings are unknown."""
    if file_format == "PNG":
        # Noise hardly compresses: level 6 takes three times as long as 1 for a tenth less.
        return _Encoding({"compress_level": 1})
    if file_format == "TIFF":
        return _Encoding({"compression": "tiff_adobe_deflate" if features.check("libtiff") else "raw"})
    options: dict[str, object] = {"quality": quality or LOSSY_QUALITY[file_format]}
    return _Encoding({**options, "exact": True} if file_format == "WEBP" else options)


def _tiff_options(source: TiffImagePlugin.TiffImageFile) -> dict[str, object]:
    compression = source.info["compression"]
    if compression.startswith(("group", "tiff_ccitt")):
        compression = "tiff_adobe_deflate"  # the others hold black and white only
    # libtiff's default of 75 would be lower than the quality of most originals.
    quality = {"quality": LOSSY_QUALITY["JPEG"]} if compression in ("jpeg", "tiff_jpeg") else {}
    return {"compression": compression, "tiffinfo": tiff_tags(source, set()), **quality}


def _to_rgb(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """The transform from a profile's CMYK to sRGB; None where the profile is damaged."""
    try:
        cmyk, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(cmyk, srgb, "CMYK", "RGB")
    except Exception:  # a damaged profile
        return None


def _set_upright(source: ImageFile.ImageFile) -> None:
    """Set the metadata of a HEIC to upright, as its pixels were decoded."""
    source.info["exif"] = upright_exif(source.info.get("exif") or b"")
    source.info["xmp"] = upright_xmp(source.info.get("xmp") or b"")


def _set_profile(source: ImageFile.ImageFile) -> None:
    """Give a HEIC that names Display P3 by numbers the ICC profile, which other formats need."""
    numbers = source.info.get("nclx_profile") or {}
    is_p3 = numbers.get("color_primaries") == _P3_PRIMARIES
    if is_p3 and numbers.get("transfer_characteristics") in _SRGB_TRANSFERS:
        source.info.setdefault("icc_profile", display_p3())


def _orientation(exif_bytes: bytes) -> int:
    """EXIF orientation 1..8; 1 where there is none or it makes no sense."""
    exif = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF is kept as it is, and means upright
            exif.load(exif_bytes)
            value = exif.get(ORIENTATION_TAG, 1)
    except Exception:  # damaged EXIF
        return 1
    return value if is_orientation(value) else 1
