"""What is written back of a TIFF's tags, and that none ends the process. Needs libtiff: not in the page."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hushmark.picture.picture import open_picture
from PIL import Image, TiffImagePlugin

from tests.support.corpus import SRGB_PRIMARIES, XMP, rgb_profile, tiff_with
from tests.support.fakes import encoded, photo, written

REPOSITORY = Path(__file__).parents[3]
ICC = rgb_profile(SRGB_PRIMARIES)
TIFF_HEADER = b"II*\0\x08\0\0\0\0\0\0\0\0\0"
"""A TIFF without a tag."""


def reopened(data: bytes) -> TiffImagePlugin.TiffImageFile:
    image = Image.open(io.BytesIO(data))
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    image.load()
    return image


DNG_VERSION = (50706, 1, b"\1\4\0\0")
"""libtiff's table has another idea of it than Pillow's writer up to 12.2, and the process ended."""


def in_a_process(script: str, data: bytes) -> bytes:
    """What a script prints that is given the data; it may die of what it does."""
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


SAVE_AS_TIFF = """
import sys
from hushmark.picture.picture import encode_picture, open_picture
picture = open_picture(sys.stdin.buffer.read(), "photo")
sys.stdout.buffer.write(b"".join(encode_picture(picture.in_format("TIFF", None))))
"""


def test_a_tag_that_libtiff_stumbles_over_stays_behind() -> None:
    tiff = tiff_with(encoded(photo(64, 48), "TIFF", compression="tiff_lzw"), DNG_VERSION)
    jpeg = encoded(photo(64, 48), "JPEG", exif=b"Exif\0\0" + tiff_with(TIFF_HEADER, DNG_VERSION))
    for data in (tiff, jpeg):
        marked = reopened(in_a_process(SAVE_AS_TIFF, data))
        assert marked.size == (64, 48)
        assert DNG_VERSION[0] not in marked.tag_v2


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_tags_that_describe_a_tiff_are_kept(compression: str) -> None:
    iptc = b"\x1c\x02\x78\0\x03abc"
    kept = {
        315: (2, "J\u00fcrgen \u00a9".encode() + b"\0"),
        33432: (2, "\u00a9 J".encode("latin-1") + b"\0"),
        270: (2, b"A description\0"),
        305: (2, b"Software\0"),
        306: (2, b"2026:01:02 03:04:05\0"),
        282: (5, struct.pack("<II", 600, 2)),
        283: (5, struct.pack("<II", 300, 1)),
        296: (3, b"\2\0"),
        700: (1, XMP),
        33723: (4, iptc),
        34675: (7, ICC),
        40091: (1, "title".encode("utf-16-le")),
        18246: (3, b"\4\0"),
        33550: (12, struct.pack("<3d", 1.5, 1.5, 0)),
        34735: (3, struct.pack("<4H", 1, 1, 0, 0)),
        42112: (2, b"<GDALMetadata/>\0"),
    }
    cover = tiff_with(
        encoded(photo(64, 48), "TIFF", compression=compression),
        *((tag, kind, values) for tag, (kind, values) in kept.items()),
    )
    before, after = (reopened(data).tag_v2 for data in (cover, written(open_picture(cover, "a.tif"))))
    for tag in kept.keys() - {33723}:
        assert after[tag] == before[tag], tag
    assert after[33723].startswith(iptc)


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_no_value_of_a_tag_ends_the_process(mode: str) -> None:
    """Each tag that is kept, and some that are not, with values of each type and of several lengths."""
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from hushmark.errors import PictureError
from hushmark.picture.metadata import _TIFF_TYPES
from hushmark.picture.picture import open_picture
from tests.support import corpus
from tests.support.fakes import written
cover = corpus.encoded(corpus.base(sys.argv[2]).resize((40, 40)), "TIFF", compression="tiff_lzw")
for tag in (*_TIFF_TYPES, 254, 301, 330, 333, 337, 339, 529, 532, 34016, 50706, 50708, 50838, 65000):
    for kind, size in corpus.TIFF_SIZES.items():
        for count in (1, 2, 5, 300):
            values = (b"ab\\xff\\0\\1\\xfe\\x7f\\x80" * 300)[: size * count]
            data = corpus.tiff_with(cover, (tag, kind, values))
            try:
                picture = open_picture(data, "photo")
            except PictureError:
                continue
            for again in (picture, open_picture(written(picture, "JPEG"), "photo")):
                written(again, "TIFF")
"""
    command = [sys.executable, "-W", "ignore", "-c", script, str(REPOSITORY), mode]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
