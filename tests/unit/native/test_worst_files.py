"""The worst files that can be made within the limits on pixels and scans: the memory they take is bounded."""

import io
import struct
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hushmark.picture.picture import MAXIMUM_PIXELS, MAXIMUM_WEBP_PIXELS, open_picture
from PIL import Image

from tests.support.corpus import png_chunk

SIDE = int(MAXIMUM_PIXELS**0.5)
MOST_BYTES = 2_500 << 20
"""Of memory, for all of the process: nothing else is read while one of these is."""


def deep_png(path: Path) -> None:
    """16 bits a channel, with alpha, in a file of 2 MB."""
    packing = zlib.compressobj()
    pixels = [packing.compress(b"\0" + bytes(range(8)) * SIDE) for _ in range(SIDE)]
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", b"".join(pixels) + packing.flush()), (b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, data) for kind, data in chunks))


def many_scans(path: Path) -> None:
    """20 scans over all pixels, each of which is decoded for itself."""
    file = io.BytesIO()
    Image.new("CMYK", (SIDE, SIDE), (1, 200, 3, 4)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scans, last = data.count(b"\xff\xda"), data.rindex(b"\xff\xda")
    path.write_bytes(data[:-2] + data[last:-2] * (20 - scans) + data[-2:])


def webp(path: Path) -> None:
    """40 million pixels in 180 bytes."""
    side = int(MAXIMUM_WEBP_PIXELS**0.5)
    Image.new("RGBA", (side, side), (1, 2, 3, 4)).save(path, "WEBP", lossless=True, method=0)


def avif(path: Path) -> None:
    """With alpha, which is a picture of its own."""
    Image.new("RGBA", (SIDE, SIDE), (1, 2, 3, 4)).save(path, "AVIF", speed=10)


def tiff(path: Path) -> None:
    """Strips that are decoded at once by libtiff."""
    Image.new("CMYK", (SIDE, SIDE), (1, 2, 3, 4)).save(path, "TIFF", compression="tiff_adobe_deflate")


def gif(path: Path) -> None:
    """Becomes RGB."""
    Image.new("P", (SIDE, SIDE)).save(path, "GIF")


def memory_to_open(path: Path) -> int:
    """Bytes that a process took at most, of which opening the picture is by far the largest part."""
    import resource  # not on Windows

    open_picture(path.read_bytes(), path.name)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted in other ways")
@pytest.mark.parametrize("make", [deep_png, many_scans, webp, avif, tiff, gif])
def test_memory_is_bounded_by_pixels(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "worst"
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        pool.submit(make, path).result()
        most = pool.submit(memory_to_open, path).result()
    assert 100 << 20 < most < MOST_BYTES, f"{most >> 20} MB"
