"""Every kind of picture through the real network and back, and what exiftool sees of it before and after."""

import asyncio
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hushmark import Marked, text
from hushmark.card import ModelCard, read_card
from hushmark.embedding import MarkOptions
from hushmark.hosts.native import NativeForward
from hushmark.picture.container import Format
from hushmark.picture.picture import encode_picture, open_picture
from hushmark.pipeline import embed, read
from PIL import Image, ImageCms

from tests.support import corpus

PICTURES = {**corpus.formats(), **corpus.native_formats(), **corpus.annotated()}
SEVERAL = corpus.several()
Engine = tuple[NativeForward, ModelCard]


@pytest.fixture(scope="module")
def engine(repo_root: Path) -> Engine:
    weights = repo_root / "weights"
    return NativeForward(weights), read_card(weights / "decoder.safetensors")


@pytest.fixture(scope="module")
def marked(engine: Engine) -> dict[str, Marked]:
    return {name: mark(engine, name) for name in (*PICTURES, *SEVERAL)}


def mark(
    engine: Engine, name: str, output_format: Format | None = None, quality: int | None = None
) -> Marked:
    forward, card = engine
    return asyncio.run(
        embed(
            {**PICTURES, **SEVERAL}[name],
            text("pipe"),
            name=name,
            forward=forward,
            card=card,
            # They are small.
            options=MarkOptions(strength=2, output_format=output_format, quality=quality),
        )
    )


def loaded(data: bytes) -> Image.Image:
    image: Image.Image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("name", PICTURES)
def test_every_kind_of_picture_reads_back(name: str, marked: dict[str, Marked]) -> None:
    result = marked[name]
    if name == "1.png":  # black and white dots leave no room for a mark, and that is said
        assert result.warnings == ("unreadable",)
    else:
        assert result.check.message == text("pipe")
    before, after = loaded(PICTURES[name]), loaded(result.data)
    assert after.size == before.size
    if name.endswith((".bmp", ".gif")):
        assert after.format == "PNG"
    elif name.endswith(".heic"):
        assert after.format == ("PNG" if name == "clear.heic" else "JPEG")
    else:
        assert after.format == before.format
        assert result.name == name.replace(".", "-marked.")
    if name == "deep-lzw.tif":
        assert (before.mode, after.mode) == ("I;16", "I;16")
    elif name not in ("1.png", "palette.png", "palette-clear.png", "image.gif"):
        assert after.mode == before.mode


@pytest.mark.parametrize("name", [name for name in PICTURES if "A" in name or "clear" in name])
def test_alpha_is_untouched_and_so_is_what_it_hides(name: str, marked: dict[str, Marked]) -> None:
    before, after = open_picture(PICTURES[name], name), open_picture(marked[name].data, name)
    cover, result = np.asarray(before.image), np.asarray(after.image)
    if name.endswith((".avif", ".heic")):
        return  # lossy, alpha too
    assert np.array_equal(cover[..., -1], result[..., -1])
    if name != "clear.webp":
        hidden = cover[..., -1] == 0
        assert hidden.any()
        assert np.array_equal(cover[hidden], result[hidden])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_low_bits_of_16_are_kept(mode: str, marked: dict[str, Marked]) -> None:
    samples = corpus.deep_samples(mode)
    result = open_picture(marked[f"{mode}16.png"].data, "a.png")
    assert result.low is not None
    assert np.array_equal(np.asarray(result.low).reshape(samples.shape), samples & 255)
    change = np.asarray(result.image, np.int16).reshape(samples.shape) - (samples >> 8).astype(np.int16)
    # Where a picture lets half of the light through, half of a change is seen, so more is put there.
    shown = samples[..., -1:] / 65535 if mode[-1] == "A" else 1
    assert 0 < np.abs(change * shown).max() < 100


def test_low_bits_of_a_tiff_are_kept(marked: dict[str, Marked]) -> None:
    for name, mode in (("deep.tif", "RGB"), ("deep-lzw.tif", "L")):
        result = open_picture(marked[name].data, name)
        assert result.low is not None
        low = corpus.deep_samples(mode).reshape(180, 240, -1) & 255
        assert np.array_equal(np.asarray(result.low).reshape(low.shape), low)


@pytest.mark.parametrize("name", SEVERAL)
def test_first_middle_and_last_frame_read_back(name: str, marked: dict[str, Marked], engine: Engine) -> None:
    forward, card = engine
    result = marked[name]
    assert result.frames == 5 and result.check.message == text("pipe")
    for page in (0, 2, 4):
        image = open_picture(result.data, name, page=page).image.convert("RGB")
        taken = read(corpus.encoded(image, "PNG"), name=name, forward=forward, card=card)
        assert asyncio.run(taken).reading.message == text("pipe"), page


def seen_by_exiftool(folder: Path) -> dict[str, dict[str, str]]:
    """Tags with their groups by file name, apart from those of the file as such."""
    if shutil.which("exiftool") is None:
        pytest.fail("exiftool is missing: install Debian's libimage-exiftool-perl, as make test does")
    command = ["exiftool", "-j", "-G1", "-a", "-u", "-b", folder]
    answers = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {
        Path(tags["SourceFile"]).name: {
            key: value
            for key, value in tags.items()
            if key.split(":")[0]
            not in ("SourceFile", "System", "File", "Composite", "ExifTool", "JFIF", "Adobe")
        }
        for tags in answers
    }


PACKING = {
    "PNG:BitDepth",
    "PNG:ColorType",
    "PNG:Interlace",
    "PNG:Palette",
    "PNG:Transparency",
    "IFD0:StripOffsets",
    "IFD0:PreviewImage",  # the strips of JPEG themselves
    "IFD0:JPEGTables",
    "IFD0:PlanarConfiguration",
    "IFD0:Predictor",
    "IFD0:SamplesPerPixel",
    "IFD0:PreviewImageStart",
    "IFD0:PreviewImageLength",
    "IFD0:StripByteCounts",
    "IFD0:RowsPerStrip",
    "QuickTime:MediaData",
    "QuickTime:MediaDataSize",
    "RIFF:AlphaUse",
    "RIFF:AlphaPreprocessing",
    "RIFF:AlphaFiltering",
    "RIFF:AlphaCompression",
}


def test_exiftool_sees_the_same_metadata(tmp_path: Path, marked: dict[str, Marked]) -> None:
    covers = {**PICTURES, **SEVERAL}
    names = [name for name in covers if not name.endswith((".bmp", ".heic")) and name != "image.gif"]
    for name in names:
        for state, data in (("before", covers[name]), ("after", marked[name].data)):
            (tmp_path / state).mkdir(exist_ok=True)
            (tmp_path / state / name).write_bytes(data)
    before, after = seen_by_exiftool(tmp_path / "before"), seen_by_exiftool(tmp_path / "after")
    for name in names:
        # A thumbnail, but for documents, whose second page it is.
        dropped = {key for key in before[name] if key.startswith("IFD1:") and name != "pages.tif"}
        keys = {*before[name], *after[name]}
        packing = {key for key in keys if re.sub(r"^IFD\d", "IFD0", key) in PACKING}
        assert bool(dropped) == (name in ("all.jpg", "all.png")), name
        if name == "turned5.tif":  # Pillow turns it upright
            dropped |= {"IFD0:Orientation", "IFD0:ImageWidth", "IFD0:ImageHeight"}
        if name == "deep-lzw.tif":  # 16 bits are packed by Deflate, or not at all
            dropped |= {"IFD0:Compression"}
        for key in before[name].keys() - dropped - packing:
            assert after[name].get(key) == before[name][key], (name, key)
        assert after[name].keys() - packing <= before[name].keys(), name


@pytest.mark.parametrize("output_format", [None, "PNG", "AVIF"])
def test_heic_takes_its_metadata_along(output_format: Format | None, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "before.heic").write_bytes(PICTURES["turned.heic"])
    result = mark(engine, "turned.heic", output_format)
    (tmp_path / result.name).write_bytes(result.data)
    seen = seen_by_exiftool(tmp_path)
    before, after = seen["before.heic"], seen[result.name]
    kept = {
        key: value
        for key, value in before.items()
        if key.startswith(("IFD0:", "ExifIFD:", "GPS:", "ICC", "XMP"))
    }
    assert len(kept) > 20
    assert kept.pop("IFD0:Orientation") == "Rotate 90 CW"  # its pixels are upright now
    assert after.get("IFD0:Orientation", "Horizontal (normal)") == "Horizontal (normal)"
    assert {key: after.get(key) for key in kept} == kept


def test_a_heic_of_display_p3_in_numbers_gets_its_profile() -> None:
    heics = corpus.heics()
    profile = open_picture(heics["wide.heic"], "wide.heic").metadata.icc
    assert not open_picture(heics["deep.heic"], "deep.heic").metadata.icc
    colours = np.array([(170, 120, 90), (100, 160, 110), (90, 90, 90), (240, 240, 250)], np.uint8)
    image, srgb = Image.fromarray(colours[np.newaxis]), ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), srgb)
    # From linear Display P3 to linear sRGB, as CSS Color 4 has it.
    matrix = np.array([(1.2249, -0.2247, 0), (-0.0420, 1.0419, 0), (-0.0197, -0.0786, 1.0979)])
    values = colours / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) @ matrix.T
    wanted = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(np.asarray(shown)[0] - wanted).max() <= 1.5
    assert np.abs(wanted - colours).max() > 5


@pytest.mark.parametrize(
    "name", ["all.jpg", "all.png", "RGBA16.png", "cmyk-profile.jpg", "clear.webp", "all.tif"]
)
@pytest.mark.parametrize("output_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_another_format_takes_mark_and_metadata_along(
    name: str, output_format: Format, engine: Engine
) -> None:
    result = mark(engine, name, output_format)
    assert result.check.message == text("pipe")
    assert result.file_format == output_format
    cover, picture = open_picture(PICTURES[name], name), open_picture(result.data, result.name)
    assert picture.metadata.exif or not cover.metadata.exif
    if cover.image.mode == picture.image.mode:
        assert picture.metadata.icc == cover.metadata.icc
    assert picture.metadata.xmp == cover.metadata.xmp


@pytest.mark.parametrize("block", [corpus.exif_of_other_types(), corpus.exif(0)])
def test_exif_of_other_types_goes_into_an_avif(block: bytes) -> None:
    cover = open_picture(corpus.encoded(corpus.base(), "JPEG", exif=block), "a.jpg")
    picture = open_picture(b"".join(encode_picture(cover.in_format("AVIF", None))), "a.avif")
    assert picture.orientation == 1
    assert b"Camera" in picture.metadata.exif


def test_a_lower_quality_makes_a_smaller_file(engine: Engine) -> None:
    sizes = [len(mark(engine, "sampled2.jpg", quality=quality).data) for quality in (95, 60)]
    assert sizes[1] < 0.6 * sizes[0]
