"""What a file says about its picture, apart from the file's format; and what of it marking makes untrue."""

import struct
from dataclasses import dataclass

from PIL import Image, PngImagePlugin

EXIF_PREFIX = b"Exif\0\0"

_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_PHOTOSHOP_PREFIX = b"Photoshop 3.0\0"
_PHOTOSHOP_THUMBNAILS = (0x0409, 0x040C)
_ICC_SPACES = {"L": b"GRAY", "LA": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB ", "CMYK": b"CMYK"}
_COMMENT = "Comment"
_XMP_TAG = 0x02BC
# Tags that say where a TIFF's pixels lie and how they are packed or turned,
_TIFF_LAYOUT = {*range(254, 263), 266, 273, 274, *range(277, 282), 284, 292, 293, 317, 320, *range(322, 326)}
_TIFF_LAYOUT |= {330, 338, 339, 347, *range(512, 522), 529, 530, 531, 532}
# and blocks (XMP, IPTC, Photoshop's, ICC) that lie elsewhere in other formats.
_TIFF_BLOCKS = {_XMP_TAG, 33723, 34377, 34675}


@dataclass(frozen=True)
class Metadata:
    """What any format may take over: EXIF (a TIFF structure), ICC, XMP, dots per inch, texts by keyword."""

    exif: bytes
    icc: bytes
    xmp: bytes
    dpi: tuple[float, float] | None
    texts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, image: Image.Image) -> "Metadata":
        """The metadata of an image that Pillow has loaded."""
        info = image.info
        dpi = info.get("dpi")
        exif = _bytes(info.get("exif"))
        if image.format == "TIFF":
            tags = tiff_tags(image)
            for tag in _TIFF_BLOCKS & tags.keys():
                del tags[tag]
            exif = tags.tobytes() if tags else b""
        texts = getattr(image, "text", {}) if image.format == "PNG" else {_COMMENT: info.get("comment", b"")}
        return cls(
            exif=without_thumbnail(exif.removeprefix(EXIF_PREFIX)),
            icc=_bytes(info.get("icc_profile")),
            xmp=_bytes(info.get("xmp")),
            # Nonsense (0, infinity) and Pillow's 1 for a TIFF without any mean that there is no resolution.
            dpi=(float(dpi[0]), float(dpi[1])) if dpi and all(1 < v < 1e6 for v in dpi) else None,
            texts=tuple(
                (key, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
                for key, text in texts.items()
                if text and key != "XML:com.adobe.xmp"
            ),
        )

    def for_writer(self, file_format: str, mode: str) -> dict[str, object]:
        """Arguments for Pillow's writer of this format: whatever it can keep of a picture of this mode."""
        options: dict[str, object] = {}
        if self.icc[16:20] == _ICC_SPACES[mode]:
            options["icc_profile"] = self.icc
        if self.exif:
            options["exif"] = EXIF_PREFIX + self.exif
        if self.dpi is not None and file_format in ("JPEG", "PNG", "TIFF"):
            options["dpi"] = self.dpi
        if file_format == "PNG":
            options["pnginfo"] = self._png_texts()
        elif file_format == "TIFF":
            tags = Image.Exif()
            tags.load(EXIF_PREFIX + self.exif if self.exif else b"")
            if self.xmp:
                tags[_XMP_TAG] = self.xmp
            options["exif"] = tags
        elif self.xmp:
            options["xmp"] = self.xmp
        if file_format == "JPEG" and (comment := dict(self.texts).get(_COMMENT)):
            options["comment"] = comment
        return options

    def _png_texts(self) -> PngImagePlugin.PngInfo:
        texts = PngImagePlugin.PngInfo()
        for key, text in self.texts:
            texts.add_itxt(key, text)
        if self.xmp:
            texts.add_itxt("XML:com.adobe.xmp", self.xmp.decode("utf-8", "replace"))
        return texts


def tiff_tags(image: Image.Image) -> Image.Exif:
    """The tags of a TIFF, but those of its layout."""
    tags = Image.Exif()
    tags.load(image.getexif().tobytes())
    for tag in _TIFF_LAYOUT & tags.keys():
        del tags[tag]
    return tags


def without_thumbnail(exif: bytes) -> bytes:
    """EXIF (a TIFF structure) without its thumbnail, which shows the unmarked picture; all else as it was."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return exif
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        link = first + 2 + 12 * struct.unpack_from(order + "H", exif, first)[0]
        (second,) = struct.unpack_from(order + "I", exif, link)
        if second == 0:
            return exif
        entries = {}
        for number in range(struct.unpack_from(order + "H", exif, second)[0]):
            tag, _, _, value = struct.unpack_from(order + "HHII", exif, second + 2 + 12 * number)
            entries[tag] = value
    except struct.error:
        return exif
    changed = bytearray(exif)
    struct.pack_into(order + "I", changed, link, 0)
    start = entries.get(_THUMBNAIL_OFFSET, 0)
    end = start + entries.get(_THUMBNAIL_LENGTH, 0)
    if end == len(exif) > start > link:
        del changed[start:]
    elif link < start < end < len(exif):
        changed[start:end] = bytes(end - start)
    return bytes(changed)


def without_photoshop_thumbnail(block: bytes) -> bytes:
    """A JPEG's APP13 block without Photoshop's thumbnails; all else as it was."""
    if not block.startswith(_PHOTOSHOP_PREFIX):
        return block
    position = len(_PHOTOSHOP_PREFIX)
    kept = [_PHOTOSHOP_PREFIX]
    while block.startswith(b"8BIM", position) and position + 12 <= len(block):
        kind = int.from_bytes(block[position + 4 : position + 6], "big")
        size_at = position + 6 + (block[position + 6] // 2 + 1) * 2
        size = int.from_bytes(block[size_at : size_at + 4], "big")
        end = size_at + 4 + size + size % 2
        if kind not in _PHOTOSHOP_THUMBNAILS:
            kept.append(block[position:end])
        position = end
    return b"".join([*kept, block[position:]])


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""
