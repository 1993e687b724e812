"""The worst possible files within the limits on pixels and scans, and the memory that they need."""

import io
import re
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from hushmark.picture.picture import MAXIMUM_PIXELS, MAXIMUM_WEBP_PIXELS, open_picture
from PIL import Image

from tests.support.corpus import png_chunk

Maker = Callable[[Path, int], None]
MOST_BYTES = 2_500 << 20
"""Most memory of a process that opens one of them and nothing else."""


def _side(pixels: int, parts: int) -> int:
    return int((pixels // parts) ** 0.5)


def deep_png(path: Path, parts: int) -> None:
    """16 bits a channel, with alpha, in a file of 2 MB."""
    side = _side(MAXIMUM_PIXELS, parts)
    packing = zlib.compressobj()
    pixels = [packing.compress(b"\0" + bytes(range(8)) * side) for _ in range(side)]
    header = struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"".join(pixels) + packing.flush()), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks))


def many_scans(path: Path, parts: int) -> None:
    """20 scans over all pixels, each of which is decoded separately."""
    file, side = io.BytesIO(), _side(MAXIMUM_PIXELS, parts)
    Image.new("CMYK", (side, side), (1, 200, 3, 4)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scans, last = data.count(b"\xff\xda"), data.rindex(b"\xff\xda")
    path.write_bytes(data[:-2] + data[last:-2] * (20 - scans) + data[-2:])


def webp(path: Path, parts: int) -> None:
    """40 million pixels in 180 bytes."""
    side = _side(MAXIMUM_WEBP_PIXELS, parts)
    Image.new("RGBA", (side, side), (1, 2, 3, 4)).save(path, "WEBP", lossless=True, method=0)


def avif(path: Path, parts: int) -> None:
    """With alpha, which is a picture of its own."""
    side = _side(MAXIMUM_PIXELS, parts)
    Image.new("RGBA", (side, side), (1, 2, 3, 4)).save(path, "AVIF", speed=10)


def tiff(path: Path, parts: int) -> None:
    """Strips that are decoded at once by libtiff."""
    side = _side(MAXIMUM_PIXELS, parts)
    Image.new("CMYK", (side, side), (1, 2, 3, 4)).save(path, "TIFF", compression="tiff_adobe_deflate")


def gif(path: Path, parts: int) -> None:
    """Becomes RGB."""
    side = _side(MAXIMUM_PIXELS, parts)
    Image.new("P", (side, side)).save(path, "GIF")


MAKERS: tuple[Maker, ...] = (deep_png, many_scans, webp, avif, tiff, gif)


def memory_to_open(make: Maker, path: Path, parts: int) -> int:
    """Peak memory in bytes of a process that opens the file, if memory grows with the pixels.

    `parts`: the file has the largest number of pixels divided by this; 1 measures without extrapolation.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        pool.submit(make, path, parts).result()
        idle, most = pool.submit(_open, path).result()
    assert most > idle
    return idle + parts * (most - idle)


def _open(path: Path) -> tuple[int, int]:
    """Peak memory of this process before it opened the picture, and afterwards."""

    def peak() -> int:
        # Of this process alone: getrusage's peak starts with the memory of the parent process.
        (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
        return int(kilobytes) * 1024

    data = path.read_bytes()
    idle = peak()
    open_picture(data, path.name)
    return idle, peak()
