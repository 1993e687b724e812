"""Pillow's plugin for HEIC in the page, where libheif is outside of Python (app/engine/heif.js)."""

from typing import Any, Protocol

import js
from PIL import Image, ImageFile
from pyodide.ffi import JsException, JsProxy, jsnull

from ..picture.picture import MAXIMUM_PIXELS

_ROWS = 256
"""How many rows are copied at once, so that a large picture is not in memory twice."""
_EXIF, _MIME, _XMP = "Exif", "mime", "application/rdf+xml"
_OFFSET = 4
"""Size of the number before EXIF that says how many more bytes come before it."""


class JsHeifPicture(Protocol):
    """See `HeifPicture` in app/engine/heif.js."""

    width: int
    height: int
    hasAlpha: bool
    isPremultiplied: bool
    isGrey: bool
    profile: JsProxy
    primaries: int
    transfer: int
    blocks: JsProxy

    def decode(self) -> None:
        """Decode the pixels."""
        ...

    def rows(self, start: int, end: int) -> JsProxy:
        """Rows of the decoded pixels: a Uint8Array."""
        ...


class JsHeifDecoder(Protocol):
    """See `HeifDecoder` in app/engine/heif.js."""

    def open(self, file: JsProxy, maximum_side: int, /) -> JsHeifPicture:
        """Read all but the pixels of a file: a Uint8Array."""
        ...


class _HeifImageFile(ImageFile.ImageFile):
    """The primary picture, upright, with 8 bits; `info` as pillow-heif has it."""

    format = "HEIF"
    decoder: JsHeifDecoder

    def _open(self) -> None:
        assert self.fp is not None  # Pillow has just opened it
        data = self.fp.read()
        array = js.Uint8Array.new(len(data))
        array.assign(data)
        try:
            self._picture = picture = self.decoder.open(array, int(MAXIMUM_PIXELS**0.5))
        except JsException as error:
            raise _python_error(error) from error
        self._size = (picture.width, picture.height)
        self._mode = "RGBA" if picture.hasAlpha else "L" if picture.isGrey else "RGB"
        for block in picture.blocks:
            content = block.data.to_bytes()
            if block.kind == _EXIF:
                self.info.setdefault("exif", _exif(content))
            elif block.kind == _MIME and block.type == _XMP:
                self.info.setdefault("xmp", content)
        if picture.profile is not None and picture.profile is not jsnull:
            self.info["icc_profile"] = picture.profile.to_bytes()
        elif picture.primaries:
            self.info["nclx_profile"] = {
                "color_primaries": picture.primaries,
                "transfer_characteristics": picture.transfer,
            }

    def load(self) -> Any:
        """Decode the pixels. Raises OSError, MemoryError."""
        if self._im is None:
            picture = self._picture
            stored = "RGBA" if picture.hasAlpha else "RGB"
            if picture.isPremultiplied:
                stored = "RGBa"
            image = Image.new(self.mode, self.size)
            try:
                picture.decode()
                for start in range(0, self.height, _ROWS):
                    end = min(start + _ROWS, self.height)
                    rows = picture.rows(start, end).to_bytes()
                    strip = Image.frombytes(stored, (self.width, end - start), rows)
                    if stored == "RGBa":
                        strip = strip.convert("RGBA")
                    image.paste(strip.convert(self.mode), (0, start))
            except JsException as error:
                raise _python_error(error) from error
            self.im = image.im
            del self._picture
        return super().load()


def register(decoder: JsHeifDecoder) -> None:
    """From now on, Pillow opens HEIC by this decoder."""
    _HeifImageFile.decoder = decoder
    Image.register_open("HEIF", _HeifImageFile)


def _exif(content: bytes) -> bytes:
    """EXIF from where the number before it says; right behind that number where it makes no sense."""
    start = _OFFSET + int.from_bytes(content[:_OFFSET], "big")
    return content[start:] if start < len(content) - _OFFSET else content[_OFFSET:]


def _python_error(error: JsException) -> Exception:
    return MemoryError() if error.name == "RangeError" else OSError(error.message)
