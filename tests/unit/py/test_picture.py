import io
import struct
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from hushmark.errors import (
    FileTooLarge,
    OutputFormat,
    OutputMetadata,
    OutputQuality,
    OutputSide,
    PictureAnimated,
    PictureEmpty,
    PictureError,
    PictureFormat,
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
from hushmark.picture import container, memory, view
from hushmark.picture.container import Format
from hushmark.picture.picture import Picture, open_picture
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, PngImagePlugin, features

from tests.support.corpus import exif_of_other_types, tiff_with
from tests.support.fakes import encoded, photo, written
from tests.support.pictures import sample_photo

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
    return written(picture.with_image(picture.image.copy()))


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


def test_a_jpeg_comes_no_smaller_than_asked_for_and_looks_the_same() -> None:
    cover = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).resize((1400, 700))
    data = encoded(cover, "JPEG", quality=90, exif=exif(6))
    whole, quarter = open_picture(data, "a.jpg"), open_picture(data, "a.jpg", least_sides=(160, 160))
    assert quarter.image.size == (350, 175)
    assert quarter.orientation == 6
    difference = view.prepare(quarter, 160) - view.prepare(whole, 160)
    assert np.sqrt(np.square(difference).mean()) < 1.5 / 255
    assert open_picture(data, "a.jpg", least_sides=(701, 701)).image.size == (1400, 700)
    assert open_picture(data, "a.jpg", least_sides=(700, 160)).image.size == (700, 350)
    with pytest.raises(PictureTruncated):
        open_picture(data[: len(data) // 2], "a.jpg", least_sides=(160, 160))


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
    again = open_picture(written(picture), "a")
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
    "block", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\x7f", exif_of_other_types()]
)
@pytest.mark.parametrize("target", ["PNG", "WEBP", "TIFF"])
def test_damaged_exif_does_not_keep_a_picture_from_another_format(block: bytes, target: Format) -> None:
    picture = open_picture(encoded(photo(40, 40), "JPEG", exif=block), "a.jpg")
    assert reopened(written(picture, target)).format == target


@pytest.mark.parametrize(
    ("name", "marked_name"),
    [
        ("photo.jpg", "photo-marked.jpg"),
        ("a.b.JPEG", "a.b-marked.JPEG"),
        ("x.png", "x-marked.jpg"),
        ("plain", "plain-marked.jpg"),
        ("photo-marked.jpg", "photo-marked.jpg"),
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
        (b"\0\0\0\x18ftypisom" + bytes(40), "is of type video"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), "is of type RAW. Develop it first"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "is of type RAW"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(40), "is of type RAW"),
        (b"II\x1a\0\0\0HEAPCCDR" + bytes(40), "is of type RAW"),
        (b"IIRO\x08\0\0\0" + bytes(40), "is of type RAW"),
        (b"%PDF-1.7" + bytes(40), "is of type PDF"),
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


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"]), st.data())
def test_damage_never_ends_in_another_kind_of_error(file_format: str, data: st.DataObject) -> None:
    picture = bytearray(encoded(photo(48, 40), file_format, exif=exif(6)))
    for _ in range(data.draw(st.integers(1, 8))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(picture))))
    try:
        opened = open_picture(bytes(picture[:cut]), "photo")
    except PictureError:
        return
    assert opened.image.mode in ("L", "LA", "RGB", "RGBA", "CMYK")


@pytest.mark.parametrize("size", [(1, 1), (31, 400), (400, 31)])
def test_too_small(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooSmall, match=f"{size[0]}x{size[1]} pixels.*at least 32"):
        open_picture(encoded(photo(*size), "PNG"), "dot.png")


@pytest.mark.parametrize("side", [14_200, 60_000])
def test_too_large_by_the_header_alone(side: int) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    )
    with pytest.raises(PictureTooLarge, match="more than 200 million pixels"):
        open_picture(data, "huge.png")


def test_too_large_for_the_memory_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    header = struct.pack(">IIBBBBB", 14_000, 14_000, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    )
    asked: list[int] = []

    def may_take(size: int) -> bool:
        asked.append(size)
        return False

    monkeypatch.setattr(memory, "may_take", may_take)
    with pytest.raises(PictureMemory, match=r"There is not enough memory for huge\.png"):
        open_picture(data, "huge.png")
    assert asked == [6 * 14_000 * 14_000]


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "GIF", "TIFF"])
def test_animated(file_format: str) -> None:
    frames = {"save_all": True, "append_images": [photo(40, 40, seed=2)], "duration": 100}
    with pytest.raises(PictureAnimated, match="several pages" if file_format == "TIFF" else "animated"):
        open_picture(encoded(photo(40, 40), file_format, **frames), "a")


@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_16_bits_come_back_to_the_last(colour_type: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    samples = np.random.default_rng(1).integers(0, 65536, (40, 33, channels), dtype=np.uint16)
    data = deep_png(samples, colour_type)
    picture = open_picture(data, "deep.png")
    assert picture.low is not None
    high, low = (np.asarray(image).reshape(samples.shape) for image in (picture.image, picture.low))
    assert np.array_equal(high.astype(np.uint16) * 256 + low, samples)
    marked = saved(data)
    assert container.png_kind(marked) == (16, colour_type)
    again = open_picture(marked, "deep.png")
    assert again.low is not None
    assert np.array_equal(np.asarray(again.image).reshape(samples.shape), high)
    assert np.array_equal(np.asarray(again.low).reshape(samples.shape), low)


def test_a_transparent_colour_of_16_bits_must_fit_to_the_last() -> None:
    samples = np.full((32, 32, 3), 0x1234, np.uint16)
    samples[:, :10] = 0x1235
    picture = open_picture(deep_png(samples, 2, png_chunk(b"tRNS", struct.pack(">HHH", *[0x1234] * 3))), "a")
    assert picture.image.mode == "RGBA"
    alpha = np.asarray(picture.image)[..., 3]
    assert (alpha[:, :10] == 255).all()
    assert (alpha[:, 10:] == 0).all()


def deep_png(samples: NDArray[np.uint16], colour_type: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    parts = [png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + png_chunk(b"IEND", b"")


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_stays_cmyk(file_format: str) -> None:
    data = encoded(photo(40, 40).convert("CMYK"), file_format)
    picture = open_picture(data, "print.jpg")
    assert picture.image.mode == "CMYK"
    assert np.array_equal(np.asarray(picture.image), np.asarray(reopened(data)))
    marked = reopened(saved(data))
    assert marked.mode == "CMYK"
    assert np.abs(np.asarray(marked, np.int16) - np.asarray(reopened(data))).mean() < 2


def test_samples_that_would_lose_bits_are_refused() -> None:
    apart = tiff_with(
        encoded(photo(40, 40), "TIFF"), (258, 3, struct.pack("<3H", 16, 16, 16)), (284, 3, b"\2\0")
    )
    with pytest.raises(PictureError, match="deep"):
        open_picture(apart, "deep.tif")
    with pytest.raises(PictureMode, match="32-bit"):
        open_picture(encoded(Image.new("F", (40, 40)), "TIFF"), "float.tif")
    with pytest.raises(PictureMode, match="LAB"):
        open_picture(encoded(Image.new("LAB", (40, 40)), "TIFF"), "lab.tif")


def test_a_heic_of_frames_alone_is_not_called_damaged() -> None:
    for brand in (b"msf1", b"hevc"):
        head = b"\0\0\0\x10ftyp" + brand + bytes(4)
        for more in (b"", b"\0\0\0\x08meta", b"\0\0\0\x01free\0\0\0\0\0\0\0\x10"):
            with pytest.raises(PictureAnimated, match=r"burst.heic is animated\..*save one frame of it"):
                open_picture(head + more + b"\0\0\0\x08moov\0\0\0\0mdat" + bytes(40), "burst.heic")


def test_no_more_boxes_of_a_heic_are_looked_at_than_files_have() -> None:
    """A file of nothing but boxes would take minutes."""
    head, frames, other = b"\0\0\0\x10ftypmsf1" + bytes(4), b"\0\0\0\x08moov", b"\0\0\0\x08free"
    assert container.is_heif_sequence(head + 900 * other + frames)
    assert not container.is_heif_sequence(head + 1100 * other + frames)


def test_what_takes_a_missing_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = b"II*\0\x08\0\0\0" + struct.pack("<H", 9)
    fields = ((256, 40), (257, 40), (258, 8), (259, 5), (262, 1), (273, 8), (277, 1), (278, 40), (279, 99))
    packed += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields) + bytes(200)
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(PictureUnsupported, match=r"of type TIFF \(tiff_lzw\), which cannot be read here"):
        open_picture(packed, "scan.tif")
    with pytest.raises(PictureUnsupported, match=r"type HEIC, which .* here\. Export it as JPEG"):
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
        open_picture(b"\0\0\0\x18ftypheic" + bytes(40), "photo.heic")
    with pytest.raises(PictureUnsupported, match="of type AVIF"):
        open_picture(b"\0\0\0\x18ftypavif" + bytes(40), "photo.avif")
    with pytest.raises(OutputFormat, match="AVIF cannot be written here"):
        open_picture(encoded(photo(40, 40), "PNG"), "a.png").in_format("AVIF", None)


def test_a_webp_canvas_is_measured_before_it_is_set_up() -> None:
    chunk = b"VP8X" + struct.pack("<II", 10, 0) + b"\x57\x1b\0" * 2  # 7,000 pixels a side
    data = b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
    with pytest.raises(PictureTooLarge, match="more than 40 million pixels"):
        open_picture(data, "huge.webp")


@pytest.mark.parametrize("error", [SystemError, AttributeError, ZeroDivisionError, MemoryError])
def test_whatever_a_plugin_raises_is_a_problem_of_that_picture(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    data = encoded(photo(40, 40), "PNG")
    picture = open_picture(data, "photo.png")
    expected = (
        (PictureMemory, PictureMemory) if error is MemoryError else (PictureUnreadable, PictureMetadata)
    )
    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(expected[1], match=r"photo\.png"):
        written(picture)
    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(expected[0], match=r"photo\.png"):
        open_picture(data, "photo.png")


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_bomb_in_a_chunk_of_metadata_does_not_go_off(kind: bytes) -> None:
    bomb = png_chunk(kind, b"Title\0\0" + zlib.compress(bytes(100_000_000)))
    data = encoded(photo(40, 40), "PNG")
    with pytest.raises(PictureTexts, match=r"bomb\.png has a colour profile or a text of more than 16 MB"):
        open_picture(data[:33] + bomb + data[33:], "bomb.png")


def test_profiles_and_texts_of_a_png_may_be_large() -> None:
    profile = ICC + bytes(range(256)) * 8000
    text = png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"long" * 500_000))
    data = encoded(photo(40, 40), "PNG", icc_profile=profile)
    after = reopened(saved(data[:33] + text + data[33:]))
    assert after.info["icc_profile"] == profile
    assert len(after.text["Title"]) == 2_000_000  # type: ignore[attr-defined]  # PNG images have texts


RAW_TAGS = {
    "preview first": ((254, 4, struct.pack("<I", 1)), (330, 4, struct.pack("<I", 8))),
    "linear DNG": ((262, 3, struct.pack("<H", 34892)), (50706, 1, b"\1\4\0\0")),
    "colour filter": ((262, 3, struct.pack("<H", 32803)),),
}


@pytest.mark.parametrize("tags", RAW_TAGS.values(), ids=list(RAW_TAGS))
def test_a_raw_file_is_not_taken_for_its_preview(tags: tuple[tuple[int, int, bytes], ...]) -> None:
    with pytest.raises(PictureFormat, match="Develop it first"):
        open_picture(tiff_with(encoded(photo(64, 48), "TIFF"), *tags), "photo.nef")


def test_scans_without_end_are_refused() -> None:
    data = encoded(Image.new("RGB", (1000, 800), "teal"), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    assert open_picture(data[:-2] + data[start:-2] * 100 + data[-2:], "a.jpg").image.size == (1000, 800)
    with pytest.raises(PictureScans, match=r"a\.jpg is stored in \d{4} scans"):
        open_picture(data[:-2] + data[start:-2] * 6000 + data[-2:], "a.jpg")


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hushmark.picture.picture.MAXIMUM_BYTES", 1 << 20)
    with pytest.raises(FileTooLarge, match=r"a\.jpg is larger than 1 million bytes"):
        open_picture(encoded(photo(40, 40), "JPEG") + bytes(1 << 20), "a.jpg")


def test_thumbnails_of_the_unmarked_picture_are_dropped() -> None:
    photoshop = b"Photoshop 3.0\x00" + b"".join(
        b"8BIM" + struct.pack(">HHI", kind, 0, len(body)) + body
        for kind, body in ((0x0404, b"a caption!"), (0x040C, b"a thumbnail."), (0x03ED, b"resolution"))
    )
    cover = encoded(photo(40, 40), "JPEG")
    blocks = ((0xE0, b"JFXX\0\x10a small picture"), (0xED, photoshop))
    extra = b"".join(
        b"\xff" + bytes([kind]) + struct.pack(">H", len(body) + 2) + body for kind, body in blocks
    )
    marked = saved(cover[:2] + extra + cover[2:])
    assert b"a caption!" in marked
    assert b"resolution" in marked
    assert b"a thumbnail." not in marked
    assert b"a small picture" not in marked


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("target", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_another_format_holds_what_it_can(mode: str, target: Format) -> None:
    image = photo(64, 48, mode)
    picture = open_picture(encoded(image, "TIFF"), "a.tif").in_format(target, None)
    assert picture.marked_name.endswith((".jpg", ".png", ".webp", ".tif"))
    after = reopened(written(picture))
    assert after.format == target
    assert after.mode == picture.image.mode
    expected = image if mode == "CMYK" == after.mode or mode != "CMYK" else image.convert("RGB")
    if target in ("PNG", "TIFF"):
        assert np.array_equal(np.asarray(after), np.asarray(expected))


def test_what_a_jpeg_has_no_room_for_is_named() -> None:
    tags = Image.Exif()
    tags[0x010F] = "a" * 70_000
    texts = {key: PngImagePlugin.PngInfo() for key in ("Comment", "XML:com.adobe.xmp")}
    for key, text in texts.items():
        text.add_itxt(key, "x" * 70_000)
    files = {
        "EXIF": encoded(photo(40, 40), "PNG", exif=tags),
        "comment": encoded(photo(40, 40), "PNG", pnginfo=texts["Comment"]),
        "XMP": encoded(photo(40, 40), "PNG", pnginfo=texts["XML:com.adobe.xmp"]),
    }
    for block, data in files.items():
        picture = open_picture(data, "a.png")
        with pytest.raises(OutputMetadata, match=rf"a\.png has more {block} than the 65,500 bytes that JPEG"):
            picture.in_format("JPEG", None)
        assert written(picture, "WEBP")


@pytest.mark.parametrize(("target", "longest"), [("JPEG", 65_500), ("WEBP", 16_383)])
def test_a_side_that_a_format_does_not_hold_is_told(target: Format, longest: int) -> None:
    def picture(side: int) -> Picture:
        return open_picture(encoded(photo(side, 32), "PNG"), "a.png")

    assert written(picture(longest), target)
    with pytest.raises(
        OutputSide, match=rf"a\.png is longer than {longest:,} pixels, the most that {target} "
    ):
        picture(longest + 1).in_format(target, None)


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(OutputQuality, match="from 1 to 100"):
        open_picture(encoded(photo(40, 40), "JPEG"), "a.jpg").in_format(None, quality)
