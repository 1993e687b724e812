import io
import struct
from typing import Any

import numpy as np
import pytest
from hushmark import text
from hushmark.embedding import MarkOptions
from hushmark.errors import OutputSeveral, PictureAnimated, PictureFrames, PictureTooSmall
from hushmark.picture import tiff
from hushmark.picture.picture import open_pages, open_picture
from hushmark.pipeline import Marked, embed
from numpy.typing import NDArray
from PIL import Image

from tests.support.corpus import ADOBE_RGB_PRIMARIES, exif, rgb_profile, tiff_with
from tests.support.fakes import CARD, SpreadForward, encoded, photo, run, written

COMPRESSIONS = ["raw", "tiff_lzw", "tiff_adobe_deflate"]


def deep(mode: str, order: str = "<", size: tuple[int, int] = (90, 70)) -> tuple[bytes, NDArray[np.uint16]]:
    """A TIFF of 16 bits a channel in one strip, and its samples."""
    bands = len(mode)
    rng = np.random.default_rng(5)
    samples = rng.integers(0, 1 << 16, (size[1], size[0], bands)).astype(np.uint16)
    pixels = samples.astype(order + "u2").tobytes()
    bits = struct.pack(f"{order}{bands}H", *(16,) * bands)
    extra = ((338, 3, 1, 2),) if mode == "RGBA" else ()
    entries = (
        *((256, 4, 1, size[0]), (257, 4, 1, size[1]), (258, 3, bands, 8), (259, 3, 1, 1)),
        *((262, 3, 1, 1 if mode == "L" else 2), (273, 4, 1, 16), (277, 3, 1, bands)),
        *((278, 4, 1, size[1]), (279, 4, 1, len(pixels)), *extra),
    )
    directory = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        is_short = kind == 3 and not (tag == 258 and bands > 2)
        value = 16 if tag == 258 and bands == 1 else value
        packed = struct.pack(order + "HH", value, 0) if is_short else struct.pack(order + "I", value)
        directory += struct.pack(order + "HHI", tag, kind, count) + packed
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 16 + len(pixels))
    return head + bits.ljust(8, b"\0") + pixels + directory + bytes(4), samples


def samples_of(data: bytes) -> NDArray[np.uint16]:
    """By this package's own reading."""
    picture = open_picture(data, "a.tif")
    assert picture.low is not None
    high, low = (np.asarray(half, np.uint16) for half in (picture.image, picture.low))
    return (high * 256 + low).reshape(picture.image.height, picture.image.width, -1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_16_bits_come_back_to_the_last(mode: str, order: str) -> None:
    data, samples = deep(mode, order)
    assert np.array_equal(samples_of(data), samples)
    assert np.array_equal(samples_of(written(open_picture(data, "a.tif"))), samples)
    # In a PNG and from there, too.
    png = open_picture(written(open_picture(data, "a.tif"), "PNG"), "a.png")
    assert np.array_equal(samples_of(written(png, "TIFF")), samples)


def test_16_bits_of_grey_are_what_pillow_reads() -> None:
    data, samples = deep("L")
    again = Image.open(io.BytesIO(written(open_picture(data, "a.tif"))))
    assert np.array_equal(np.asarray(again), samples[..., 0])


def test_metadata_of_16_bits_is_kept() -> None:
    profile = rgb_profile(ADOBE_RGB_PRIMARIES)
    data, samples = deep("RGB")
    data = tiff_with(data, (270, 2, b"A description\0"), (34675, 7, profile))
    result = written(open_picture(data, "a.tif"))
    assert np.array_equal(samples_of(result), samples)
    after = Image.open(io.BytesIO(result))
    assert after.info["icc_profile"] == profile
    assert after.getexif()[270] == "A description"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_16_bits_are_read_however_they_are_packed(compression: str) -> None:
    data, samples = deep("L")
    packed = encoded(Image.open(io.BytesIO(data)), "TIFF", compression=compression)
    assert np.array_equal(samples_of(packed), samples)


def document(*sizes: tuple[int, int], **options: Any) -> bytes:
    """A page of each size."""
    pages = [photo(*size, seed=number) for number, size in enumerate(sizes)]
    return encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], **options)


def marked(data: bytes, **options: Any) -> Marked:
    marking = MarkOptions(strength=2.8, **options)
    return run(
        embed(data, text("pipe"), name="scan.tif", forward=SpreadForward(), card=CARD, options=marking)
    )


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_page_is_marked_by_itself(compression: str) -> None:
    sizes = (200, 160), (120, 300), (160, 160)
    # Pillow writes EXIF's own directories without compression only.
    more = {"exif": exif(1)} if compression == "raw" else {}
    result = marked(document(*sizes, compression=compression, **more))
    assert (result.frames, result.check.message) == (3, text("pipe"))
    image = Image.open(io.BytesIO(result.data))
    for number, size in enumerate(sizes):
        image.seek(number)
        assert (image.size, image.info["compression"]) == (size, compression)
        if more:
            assert image.getexif()[0x010F] == "Camera"
            assert image.getexif().get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        change = np.asarray(image, np.int16) - np.asarray(photo(*size, seed=number), np.int16)
        assert 0 < np.abs(change).max() < 100
    assert image.n_frames == 3  # type: ignore[attr-defined]  # TIFF images have pages


def test_the_first_page_alone() -> None:
    result = marked(document((200, 160), (120, 300)), first=True)
    assert (result.frames, result.width, result.height) == (1, 200, 160)
    assert Image.open(io.BytesIO(result.data)).n_frames == 1  # type: ignore[attr-defined]  # TIFF images have pages


def test_what_pages_cannot_become() -> None:
    with pytest.raises(OutputSeveral, match=r"scan\.tif has several pages, and is not saved as PNG"):
        marked(document((90, 70), (90, 70)), output_format="PNG")
    with pytest.raises(PictureTooSmall, match=r"scan\.tif, page 2 has 20x20 pixels"):
        marked(document((90, 70), (20, 20)), again=True)
    with pytest.raises(PictureAnimated, match="several pages"):
        open_picture(document((90, 70), (90, 70)), "scan.tif")


def test_a_small_copy_is_no_page() -> None:
    pages = document((200, 160), (100, 80))
    start = struct.unpack_from("<I", pages, 4)[0]
    after = start + 2 + 12 * struct.unpack_from("<H", pages, start)[0]
    second = struct.unpack_from("<I", pages, after)[0]
    # The tag is the first of a directory: put it in place of the width, and the width where the height was.
    small = bytearray(pages)
    struct.pack_into("<HHII", small, second + 2, 254, 4, 1, 1)
    assert open_pages(bytes(small), "a.tif") == [0]
    assert open_picture(bytes(small), "a.tif").image.size == (200, 160)


def test_pages_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    page = struct.pack("<H", 2) + struct.pack("<HHII", 256, 4, 1, 64) + struct.pack("<HHII", 257, 4, 1, 64)
    count = 100_000
    data = b"II*\0" + struct.pack("<I", 8)
    size = len(page) + 4
    data += b"".join(page + struct.pack("<I", 8 + (number + 1) * size) for number in range(count))
    with pytest.raises(PictureFrames, match=r"scan\.tif has 3,001 pages\. Hushmark takes up to 3,000"):
        marked(data)


def test_a_chain_that_bites_its_tail_ends() -> None:
    data = bytearray(document((90, 70), (90, 70)))
    start = struct.unpack_from("<I", data, 4)[0]
    after = start + 2 + 12 * struct.unpack_from("<H", data, start)[0]
    second = struct.unpack_from("<I", data, after)[0]
    struct.pack_into("<I", data, second + 2 + 12 * struct.unpack_from("<H", data, second)[0], start)
    assert len(tiff.pages(bytes(data), 100)) == 2
