import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hushmark import container
from hushmark.errors import (
    PictureAnimated,
    PictureEmpty,
    PictureError,
    PictureFormat,
    PictureMode,
    PictureTooLarge,
    PictureTooSmall,
    PictureTruncated,
    PictureUnreadable,
)
from hushmark.picture import open_picture, save_picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from support import encoded, photo

from tests.pictures import sample_photo

XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Camera"
    return tags.tobytes()


def reopened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(data: bytes, name: str = "photo") -> bytes:
    """Through the package and out again, with pixels that count as changed."""
    picture = open_picture(data, name)
    return save_picture(picture.with_image(picture.image.copy()))


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_keeps_tables_subsampling_and_scans(quality: int, subsampling: int, progressive: bool) -> None:
    data = encoded(photo(65, 47), "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
    before, after = reopened(data), reopened(saved(data))
    assert after.quantization == before.quantization  # type: ignore[attr-defined]  # JPEG images have tables
    assert after.layer == before.layer  # type: ignore[attr-defined]  # and sampling factors
    assert after.info.get("progressive") == before.info.get("progressive")


def test_grey_jpeg_stays_grey() -> None:
    assert reopened(saved(encoded(photo(40, 40, "L"), "JPEG"))).mode == "L"


def test_jpeg_metadata_is_kept_byte_for_byte() -> None:
    data = encoded(
        photo(40, 50), "JPEG", exif=exif(6), icc_profile=ICC, xmp=XMP, comment=b"a comment", dpi=(300, 300)
    )
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x05\0\x03abc"
    data = data[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + data[2:]
    before, after = reopened(data).info, reopened(saved(data)).info
    for key in ("exif", "icc_profile", "xmp", "comment", "dpi", "photoshop"):
        assert before[key] == after[key], key


def test_jpeg_leaves_behind_what_would_be_untrue() -> None:
    cover = encoded(photo(40, 40), "JPEG")
    stale = b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
        for marker, body in (
            (0xE2, b"MPF\0offsets"),
            (0xEB, b"JP\0manifest"),
            (0xEE, b"Adobe\0d\0\0\0\0\0\1"),
        )
    )
    marked = saved(cover[:2] + stale + cover[2:])
    assert not any(word in marked for word in (b"MPF\0", b"manifest", b"Adobe"))
    assert reopened(marked).size == (40, 40)


def test_several_pictures_in_one_jpeg_count_as_the_first() -> None:
    data = encoded(photo(40, 40), "MPO", save_all=True, append_images=[photo(40, 40, seed=2)])
    assert reopened(saved(data)).format == "JPEG"


def test_png_metadata_is_kept_byte_for_byte() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "A title")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    data = encoded(photo(40, 50), "PNG", exif=exif(8), icc_profile=ICC, dpi=(300, 300), pnginfo=text)
    end = data.rindex(b"IEND") - 4
    data = data[:33] + png_chunk(b"gAMA", struct.pack(">I", 45455)) + data[33:end]
    data += png_chunk(b"tEXt", b"Late\0behind the pixels") + png_chunk(b"IEND", b"")
    before, after = reopened(data).info, reopened(saved(data)).info
    assert before == after
    assert {"exif", "icc_profile", "gamma", "dpi", "Title", "Late", "xmp"} <= set(after)


@pytest.mark.parametrize("lossless", [False, True])
def test_webp_metadata_and_losslessness_are_kept(lossless: bool) -> None:
    data = encoded(photo(40, 50), "WEBP", lossless=lossless, exif=exif(3), icc_profile=ICC, xmp=XMP)
    marked = saved(data)
    assert reopened(marked).info == reopened(data).info
    assert container.is_lossless_webp(marked) == lossless
    if lossless:
        assert reopened(marked).tobytes() == reopened(data).tobytes()


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_and_hidden_colours_come_back(file_format: str, mode: str) -> None:
    image = photo(48, 40, mode)
    alpha = np.zeros((40, 48), np.uint8)
    alpha[:, 10:] = np.arange(38) * 6
    image.putalpha(Image.fromarray(alpha))
    picture = open_picture(
        encoded(image, file_format, **({"lossless": True, "exact": True} if file_format == "WEBP" else {})),
        "a",
    )
    again = open_picture(save_picture(picture), "a")
    assert again.image.mode == picture.image.mode
    assert again.image.tobytes() == picture.image.tobytes()


@pytest.mark.parametrize(
    ("image", "options", "mode"),
    [
        (photo(40, 40).convert("P"), {}, "RGB"),
        (photo(40, 40).convert("P"), {"transparency": 3}, "RGBA"),
        (photo(40, 40).convert("1"), {}, "L"),
        (photo(40, 40, "L"), {"transparency": 100}, "LA"),
        (photo(40, 40), {"transparency": (1, 2, 3)}, "RGBA"),
    ],
)
def test_png_of_every_kind_opens_without_loss(image: Image.Image, options: dict[str, Any], mode: str) -> None:
    data = encoded(image, "PNG", **options)
    picture = open_picture(data, "a.png")
    assert picture.image.mode == mode
    assert picture.image.tobytes() == reopened(data).convert(mode).tobytes()
    assert reopened(saved(data)).tobytes() == picture.image.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_read_and_kept(orientation: int, file_format: str) -> None:
    data = encoded(photo(64, 48), file_format, exif=exif(orientation))
    picture = open_picture(data, "a")
    assert picture.orientation == orientation
    assert picture.image.size == (64, 48)
    assert picture.display_size == ((48, 64) if orientation >= 5 else (64, 48))
    assert open_picture(saved(data), "a").orientation == orientation


@pytest.mark.parametrize("block", [b"Exif\0\0garbage", exif(9), exif(0), b"Exif\0\0II*\0\xff\xff\xff\x7f"])
def test_senseless_exif_means_upright_and_is_kept(block: bytes) -> None:
    data = encoded(photo(40, 40), "JPEG", exif=block)
    assert open_picture(data, "a").orientation == 1
    assert reopened(saved(data)).info["exif"] == block


@pytest.mark.parametrize(
    ("name", "marked_name"),
    [
        ("photo.jpg", "photo-marked.jpg"),
        ("a.b.JPEG", "a.b-marked.JPEG"),
        ("x.png", "x-marked.jpg"),
        ("plain", "plain-marked.jpg"),
    ],
)
def test_the_marked_name_fits_the_format(name: str, marked_name: str) -> None:
    assert open_picture(encoded(photo(32, 32), "JPEG"), name).marked_name == marked_name


def test_empty() -> None:
    with pytest.raises(PictureEmpty, match=r"photo\.jpg is empty"):
        open_picture(b"", "photo.jpg")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Just some text.\n" * 10, r"note\.png is not a picture in a known format"),
        (
            encoded(photo(40, 40), "GIF", save_all=True, append_images=[photo(40, 40, seed=2)]),
            "is of type GIF",
        ),
        (encoded(photo(40, 40), "BMP"), "is of type BMP"),
        (encoded(photo(40, 40), "TIFF"), "is of type TIFF"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "is of type HEIC or video"),
        (b"\0\0\0\x18ftypavif" + bytes(40), "is of type AVIF"),
    ],
)
def test_other_formats_are_named(data: bytes, said: str) -> None:
    with pytest.raises(PictureFormat, match=said):
        open_picture(data, "note.png")


@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 0.98])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_truncated(file_format: str, share: float) -> None:
    data = encoded(photo(160, 120), file_format)
    with pytest.raises(PictureTruncated, match=r"photo is cut off"):
        open_picture(data[: max(int(share * len(data)), 12)], "photo")


def test_a_real_jpeg_cut_in_half_is_truncated() -> None:
    data = sample_photo("rocket.jpg")
    with pytest.raises(PictureTruncated):
        open_picture(data[: len(data) // 2], "rocket.jpg")


def test_damaged_but_whole() -> None:
    data = bytearray(encoded(photo(160, 120), "PNG"))
    data[200] ^= 0xFF
    with pytest.raises(PictureUnreadable, match="damaged"):
        open_picture(bytes(data), "photo.png")


@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
def test_damage_never_ends_in_another_kind_of_error(file_format: str, data: st.DataObject) -> None:
    picture = bytearray(encoded(photo(48, 40), file_format, exif=exif(6)))
    for _ in range(data.draw(st.integers(1, 8))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(picture))))
    try:
        opened = open_picture(bytes(picture[:cut]), "photo")
    except PictureError:
        return
    assert opened.image.mode in ("L", "LA", "RGB", "RGBA")


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 31)])
def test_too_small(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooSmall, match=f"{size[0]}x{size[1]} pixels.*at least 32"):
        open_picture(encoded(photo(*size), "PNG"), "dot.png")


@pytest.mark.parametrize("side", [11_000, 60_000])
def test_too_large_by_the_header_alone(side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    )
    with pytest.raises(PictureTooLarge, match="more than 120 million pixels"):
        open_picture(data, "huge.png")


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_animated(file_format: str) -> None:
    frames = {"save_all": True, "append_images": [photo(40, 40, seed=2)], "duration": 100}
    with pytest.raises(PictureAnimated, match="animated"):
        open_picture(encoded(photo(40, 40), file_format, **frames), "a")


def test_cmyk_and_16_bit() -> None:
    with pytest.raises(PictureMode, match="CMYK"):
        open_picture(encoded(photo(40, 40).convert("CMYK"), "JPEG"), "print.jpg")
    with pytest.raises(PictureMode, match="16-bit"):
        open_picture(encoded(Image.new("I;16", (40, 40), 1000), "PNG"), "deep.png")
    deep = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0))
    rows = png_chunk(b"IDAT", zlib.compress((b"\0" + bytes(192)) * 32))
    with pytest.raises(PictureMode, match="16-bit"):
        open_picture(b"\x89PNG\r\n\x1a\n" + deep + rows + png_chunk(b"IEND", b""), "deep-colour.png")
