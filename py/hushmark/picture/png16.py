"""PNG with 16 bits a channel, as two pictures of 8 bits: the high bytes and the low ones.

Pillow has no mode for it and reads the high bytes alone. But its unpackers of little-endian samples read the
low bytes of PNG's big-endian ones, so decoding twice gives all bits, with Pillow's own filters, checks and
interlacing. Pillow cannot write such a file, so `encode` does: each row minus the one above it, compressed.
"""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import container

COLOUR_TYPES = {"L": 0, "LA": 4, "RGB": 2, "RGBA": 6}

_FILTER_UP = 2
_STRIP_PIXELS = 1 << 18


def decode(source: Image.Image, data: bytes) -> tuple[Image.Image, Image.Image]:
    """High and low bytes of a PNG of 16 bits a channel, mode L, LA, RGB or RGBA; `source` is it, loaded.

    A transparent colour becomes alpha. Raises what Pillow raises.
    """
    _, colour_type = container.png_kind(data)
    if colour_type == 0:
        levels = np.asarray(source)
        high = Image.fromarray((levels >> 8).astype(np.uint8))
        low = Image.fromarray((levels & 255).astype(np.uint8))
    elif colour_type == 4:
        grey, low_grey, alpha, low_alpha = _raw(data, "RGBA").split()
        return Image.merge("LA", (grey, alpha)), Image.merge("LA", (low_grey, low_alpha))
    else:
        high, low = source, _raw(data, f"{source.mode};16L")
    if (colour := source.info.get("transparency")) is not None:
        alpha = _alpha(high, low, np.array(colour, np.uint16).reshape(-1))
        high.putalpha(alpha)
        low.putalpha(alpha)
    return high, low


def encode(high: Image.Image, low: Image.Image) -> Iterator[bytes]:
    """The PNG in parts: signature and header first, then the pixels."""
    width, height = high.size
    header = struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[high.mode], 0, 0, 0)
    yield container.PNG_SIGNATURE + container.png_chunk(b"IHDR", header)
    # Noise hardly compresses, whatever the level.
    packer = zlib.compressobj(1)
    above = np.zeros((1, 2 * width * len(high.getbands())), np.uint8)
    rows = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        halves = [np.asarray(half.crop(box)) for half in (high, low)]
        samples = np.stack(halves, axis=-1).reshape(box[3] - top, -1)
        filtered = np.full((len(samples), 1 + samples.shape[1]), _FILTER_UP, np.uint8)
        filtered[:, 1:] = samples - np.concatenate([above, samples[:-1]])
        above = samples[-1:]
        if packed := packer.compress(filtered.tobytes()):
            yield container.png_chunk(b"IDAT", packed)
    yield container.png_chunk(b"IDAT", packer.flush()) + container.png_chunk(b"IEND", b"")


def _raw(data: bytes, layout: str) -> Image.Image:
    """The pixels, unpacked by the name of a layout of samples in Pillow."""
    source = Image.open(io.BytesIO(data), formats=("PNG",))
    source.tile = [source.tile[0]._replace(args=layout)]
    source.load()
    source.info.clear()
    return source


def _alpha(high: Image.Image, low: Image.Image, colour: NDArray[np.uint16]) -> Image.Image:
    """Alpha 0 where high and low bytes are those of the colour, 255 elsewhere."""
    same = np.ones((high.height, high.width), np.bool_)
    for band, value in enumerate(colour):
        same &= np.asarray(high.getchannel(band)) == value >> 8
        same &= np.asarray(low.getchannel(band)) == value & 255
    return Image.fromarray(np.where(same, 0, 255).astype(np.uint8))
