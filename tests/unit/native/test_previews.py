"""Whatever shows the unmarked picture stays behind, wherever programs put it; the rest is kept."""

import base64
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hushmark.picture import previews
from hushmark.picture.container import Format
from hushmark.picture.picture import open_picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support import corpus
from tests.support.fakes import written

CARRIERS = {**corpus.carriers(), **corpus.native_carriers()}
REMOVED = {
    "jfif.jpg": {"jfif"},
    "jfxx.jpg": {"jfif"},
    "photoshop.jpg": {"photoshop"},
    "photoshop-cut.jpg": {"photoshop"},
    "exif.jpg": {"exif"},
    "raw-exif.jpg": {"exif"},
    "maker-note.jpg": {"maker-note"},
    "altered-note.jpg": {"maker-note"},
    "xmp.jpg": {"xmp"},
    "more-xmp.jpg": {"xmp"},
    "flashpix.jpg": {"segment"},
    "app2.jpg": {"segment"},
    "app4.jpg": {"segment"},
    "two.jpg": {"pictures"},
    "trailing.jpg": {"pictures"},
    "8bim.png": {"photoshop"},
    "xmp.png": {"xmp"},
    "text.png": {"text"},
    "raw-exif.png": {"exif"},
    "exif.webp": {"exif"},
    "xmp.webp": {"xmp"},
    "photoshop.tif": {"photoshop"},
    "xmp.tif": {"xmp"},
    "iptc.tif": {"iptc"},
    "photoshop-lzw.tif": {"photoshop"},
    "xmp.avif": {"xmp"},
}
PICTURES = ["-ThumbnailImage", "-PhotoshopThumbnail", "-PreviewImage", "-ThumbnailTIFF", "-ObjectPreviewData"]
PICTURES += ["-XMP:all", "-MPImage2", "-JpgFromRaw", "-Trailer:all", "-JFXX:all", "-FlashPix:all"]


UNSEEN = ("app2.jpg", "app4.jpg", "flashpix.jpg", "jfif.jpg", "altered-note.jpg", "text.png", "trailing.jpg")
"""exiftool shows what is in them in another way, or not at all."""


def saved(name: str, *, like: Format | None = None) -> bytes:
    picture = open_picture(CARRIERS[name], name)
    return written(picture.with_image(picture.image.copy()), like)


def seen(data: bytes, folder: Path, name: str, *options: str) -> bytes:
    """What exiftool prints of the file."""
    if shutil.which("exiftool") is None:
        pytest.fail("exiftool is missing: install Debian's libimage-exiftool-perl, as make test does")
    path = folder / name
    path.write_bytes(data)
    return subprocess.run(["exiftool", *options, path], capture_output=True, check=False).stdout


def small_pictures(data: bytes) -> list[tuple[int, int]]:
    """Sizes of the JPEGs that start behind the first bytes of a file, in plain, in hex or in Base64."""
    parts = [data[3:]]
    for text in re.findall(rb"[0-9A-Fa-f\s]{400,}", data):
        parts.append(bytes.fromhex(re.sub(rb"\s", b"", text).decode()[: len(text) // 2 * 2 - 2]))
    sizes = []
    for part in parts:
        for start in (found.start() for found in re.finditer(rb"\xff\xd8\xff", part)):
            try:
                sizes.append(Image.open(io.BytesIO(part[start:])).size)
            except OSError:
                continue
    for text in re.findall(rb"/9j/[A-Za-z0-9+/=]{60,}", data):
        sizes.append(Image.open(io.BytesIO(base64.b64decode(text[: len(text) // 4 * 4]))).size)
    return sizes


def test_the_corpus_carries_pictures() -> None:
    assert CARRIERS.keys() == REMOVED.keys()


@pytest.mark.parametrize("name", CARRIERS)
def test_no_carrier_yields_a_picture_after_marking(name: str, tmp_path: Path) -> None:
    data = saved(name)
    # `-ee3` looks into what is embedded; each value is printed as it is.
    options = ["-b", "-a", "-ee3", *PICTURES]
    before = seen(CARRIERS[name], tmp_path, name, *options)
    after = seen(data, tmp_path, f"after-{name}", *options)
    if name not in UNSEEN:
        assert small_pictures(b"---" + before) or b"II*\0" in before or b"MM\0*" in before
    assert small_pictures(b"---" + after) == []
    assert b"II*\0" not in after and b"MM\0*" not in after
    if not name.endswith(".png"):  # their texts are compressed
        assert small_pictures(data) == []


@pytest.mark.parametrize(
    ("name", "size"), [("jfif.jpg", (20, 15)), ("raw-exif.jpg", (40, 30)), ("raw-exif.png", (40, 30))]
)
def test_no_pixel_of_an_uncompressed_thumbnail_stays(name: str, size: tuple[int, int]) -> None:
    row = corpus.base().resize(size).tobytes()[: 3 * size[0]]
    assert row in CARRIERS[name]
    assert row not in saved(name)


@pytest.mark.parametrize("name", CARRIERS)
def test_what_went_is_said(name: str) -> None:
    assert open_picture(CARRIERS[name], name).removed == REMOVED[name]
    assert open_picture(saved(name), name).removed == set()


@pytest.mark.parametrize("name", CARRIERS)
def test_the_rest_of_the_metadata_is_kept(name: str, tmp_path: Path) -> None:
    options = ["-j", "-a", "-G1", "-IFD0:Make", "-IFD0:Software", "-XMP-dc:all", "-IPTC:Caption-Abstract"]
    options += ["-File:Comment", "-Photoshop:XResolution", "-ExifIFD:DateTimeOriginal", "-GPS:all"]
    (before,) = json.loads(seen(CARRIERS[name], tmp_path, name, *options))
    (after,) = json.loads(seen(saved(name), tmp_path, f"after-{name}", *options))
    del before["SourceFile"], after["SourceFile"]
    assert before == after
    assert before or name in ("two.jpg", "text.png")


@pytest.mark.parametrize("target", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_another_format_carries_none_either(target: Format, tmp_path: Path) -> None:
    for name in CARRIERS:
        (tmp_path / name).write_bytes(saved(name, like=target))
    command = ["exiftool", "-b", "-a", "-ee3", *PICTURES, tmp_path]
    after = subprocess.run(command, capture_output=True, check=False).stdout
    assert small_pictures(b"---" + after) == []


def test_a_large_maker_note_may_hide_a_picture() -> None:
    noise = bytes(range(256)) * 4
    assert not previews.may_hide_a_picture(noise * 100)
    assert previews.may_hide_a_picture(corpus.base().tobytes()[:40_000])
    exif = corpus.exif_with_a_maker_note(b"a note of the maker")
    assert previews.maker_note(exif[6:]) == b"a note of the maker"
    assert previews.maker_note(b"nothing") == b""


def test_blocks_without_a_picture_stay_as_they_are() -> None:
    for clean, block in (
        (previews.without_thumbnail, corpus.exif(6)[6:]),
        (previews.without_embedded, corpus.exif(6)[6:]),
        (previews.without_photoshop_thumbnails, b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x05\0\x03abc"),
        (previews.without_xmp_pictures, corpus.XMP),
        (previews.without_xmp_pictures, corpus.XMP.decode().encode("utf-16-le")),
        (previews.without_iptc_preview, b"\x1c\x02\x05\0\x03abc"),
    ):
        assert clean(block) == block


@given(
    st.binary(max_size=300),
    st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"8BIM\x04\x04", b"\x1c\x02", b""]),
)
def test_no_block_is_too_damaged(block: bytes, start: bytes) -> None:
    for clean in (
        previews.without_thumbnail,
        previews.without_embedded,
        previews.maker_note,
        previews.without_photoshop_thumbnails,
        previews.without_xmp_pictures,
        previews.without_iptc_preview,
    ):
        clean(start + block)
