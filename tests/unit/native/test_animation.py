import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
import pytest
from hushmark import text
from hushmark.embedding import EMBED_PHASES, MarkOptions
from hushmark.errors import (
    OutputQuality,
    OutputSeveral,
    PictureAnimated,
    PictureError,
    PictureFrames,
    PictureTruncated,
)
from hushmark.picture import animation, view
from hushmark.picture.animation import open_animation, spread
from hushmark.picture.picture import open_picture
from hushmark.pipeline import Marked, embed, open_still
from hushmark.progress import Progress
from hushmark.reading.opener import Opener
from hushmark.reading.reading import decide
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tests.support.corpus import SRGB_PRIMARIES, XMP, exif, png_chunk, rgb_profile
from tests.support.fakes import CARD, SpreadForward, opened, photo, run

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "GIF": ("GIF", {}),
    "GIF with own colours": ("GIF", {"own": True}),
    "WebP": ("WEBP", {"quality": 85}),
    "lossless WebP": ("WEBP", {"lossless": True}),
    "PNG": ("PNG", {}),
    "clear PNG": ("PNG", {"mode": "RGBA"}),
    "grey PNG": ("PNG", {"mode": "L"}),
    "PNG with a default picture": ("PNG", {"default_image": True}),
}
FORWARD = SpreadForward()
DURATIONS = [50, 120, 70, 200, 90]


def moving(mode: str = "RGB", size: tuple[int, int] = (160, 120)) -> list[Image.Image]:
    """A disc that moves over a photo: most of a frame stays as the one before."""
    frames = []
    for place in range(len(DURATIONS)):
        frame = photo(*size, mode)
        colour = (220, 120, 40, 255)[: len(frame.getbands())]
        left = 10 + 30 * place
        ImageDraw.Draw(frame).ellipse((left, 40, left + 40, 80), fill=colour if len(colour) > 1 else 220)
        if mode == "RGBA":
            frame.paste((0, 0, 0, 0), (0, 0, 30, size[1]))
        frames.append(frame)
    return frames


@cache
def saved(kind: str, **more: Any) -> bytes:
    file_format, options = KINDS[kind]
    options = {**options, **more}
    frames = moving(options.pop("mode", "RGB"))
    if file_format == "GIF":
        shared = frames[0].quantize(250)
        own = options.pop("own", False)
        frames = [frame.quantize(250) if own else frame.quantize(palette=shared) for frame in frames]
    durations = DURATIONS[1:] if options.get("default_image") else DURATIONS
    buffer = io.BytesIO()
    frames[0].save(
        buffer, file_format, save_all=True, append_images=frames[1:], duration=durations, loop=3, **options
    )
    return buffer.getvalue()


def marked(data: bytes, name: str = "a.gif", **options: Any) -> Marked:
    marking = MarkOptions(strength=2.8, **options)
    return run(embed(data, text("pipe"), name=name, forward=FORWARD, card=CARD, options=marking))


@cache
def example(kind: str) -> Marked:
    """Marked, nothing asked for."""
    return marked(saved(kind))


def composed(data: bytes) -> list[tuple[Image.Image, dict[str, Any]]]:
    """Each frame as it is shown, and how it plays."""
    image = Image.open(io.BytesIO(data))
    frames = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        plays = {key: image.info.get(key) for key in ("duration", "loop", "disposal", "blend", "background")}
        plays["disposal"] = getattr(image, "disposal_method", plays["disposal"])
        frames.append((image.convert("RGBA"), plays))
    return frames


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_is_marked_and_plays_as_before(kind: str) -> None:
    cover, result = saved(kind), example(kind)
    assert result.file_format == KINDS[kind][0]
    before, after = composed(cover), composed(result.data)
    assert len(before) == len(after) == result.frames == len(DURATIONS)
    assert [plays for _, plays in after] == [plays for _, plays in before]
    for whole, _ in after:
        if kind == "grey PNG":
            break  # these networks mark colours
        look = run(FORWARD.decode(view.prepare(opened(whole), CARD.image_size)))
        assert decide(look, Opener(CARD, None)).message == text("pipe")
    for (was, _), (now, _) in zip(before, after, strict=True):
        assert np.array_equal(was.getchannel("A"), now.getchannel("A"))
        clear = np.asarray(was.getchannel("A")) == 0
        change = np.abs(np.asarray(now, np.int16) - np.asarray(was, np.int16))[..., :3]
        assert not change[clear].any()
        assert 0 < np.sqrt(np.square(change[~clear]).mean()) < 12


@pytest.mark.parametrize("kind", ["lossless WebP", "PNG", "clear PNG"])
def test_the_change_is_the_same_in_all_frames(kind: str) -> None:
    cover = saved(kind)
    changes = [
        np.asarray(now, np.int16)[..., :3] - np.asarray(was, np.int16)[..., :3]
        for (was, _), (now, _) in zip(composed(cover), composed(example(kind).data), strict=True)
    ]
    for change in changes[1:]:
        assert np.array_equal(change[85:], changes[0][85:])  # below the disc


@pytest.mark.parametrize("kind", KINDS)
def test_frames_stay_the_parts_that_they_were(kind: str) -> None:
    before, after = open_animation(saved(kind), "a"), open_animation(example(kind).data, "a")
    assert before is not None and after is not None
    assert [(frame.corner, frame.size) for frame in after.frames] == [
        (frame.corner, frame.size) for frame in before.frames
    ]
    if kind != "GIF with own colours":
        assert any(frame.size != before.size for frame in before.frames)


def test_what_a_gif_says_besides_is_kept() -> None:
    cover = saved("GIF", comment=b"A comment")
    with_profile = cover[:-1] + b"\x21\xff\x0bICCRGBG1012\4abcd\0" + b"\x21\xff\x0bSOMEBODY1.0\4abcd\0" + b";"
    result = marked(with_profile).data
    assert Image.open(io.BytesIO(result)).info["comment"] == b"A comment"
    assert b"\x0bICCRGBG1012\4abcd\0" in result
    assert b"SOMEBODY" not in result


@pytest.mark.parametrize("kind", ["WebP", "PNG"])
def test_metadata_is_kept(kind: str) -> None:
    options: dict[str, Any] = {"exif": exif(1, thumbnail=True), "icc_profile": rgb_profile(SRGB_PRIMARIES)}
    cover = saved(kind, **options, **({"xmp": XMP} if kind == "WebP" else {}))
    result = marked(cover)
    assert result.removed == ("exif",)
    before, after = (open_picture(data, "a", page=0).metadata for data in (cover, result.data))
    assert (before.exif, before.icc, before.xmp) == (after.exif, after.icc, after.xmp)
    assert b"Camera" in after.exif


def test_a_png_of_16_bits_keeps_its_low_ones() -> None:
    rng = np.random.default_rng(1)
    rows = [b"\0" + row.tobytes() for row in rng.integers(0, 1 << 16, (64, 64 * 3)).astype(">u2")]
    pixels = zlib.compress(b"".join(rows))
    control = struct.pack(">IIIIHHBB", 64, 64, 0, 0, 1, 10, 0, 0)
    cover = b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 16, 2, 0, 0, 0)),
            png_chunk(b"acTL", struct.pack(">II", 2, 0)),
            *(png_chunk(b"fcTL", struct.pack(">I", 0) + control), png_chunk(b"IDAT", pixels)),
            *(png_chunk(b"fcTL", struct.pack(">I", 1) + control),),
            *(png_chunk(b"fdAT", struct.pack(">I", 2) + pixels), png_chunk(b"IEND", b"")),
        )
    )
    after = open_animation(marked(cover, again=True).data, "a")
    assert after is not None
    for frame in after.frames:
        low = open_picture(frame.still, "a").low
        assert low is not None
        assert np.array_equal(np.asarray(low), np.asarray(open_picture(cover, "a", page=0).low))


def test_the_first_frame_alone_becomes_a_single_picture() -> None:
    for kind, file_format in (("GIF", "PNG"), ("WebP", "WEBP")):
        result = marked(saved(kind), first=True)
        assert (result.frames, result.file_format) == (1, file_format)
        assert not getattr(Image.open(io.BytesIO(result.data)), "is_animated", False)


def test_another_format_or_quality() -> None:
    with pytest.raises(OutputSeveral, match=r"a\.gif has several frames, and is not saved as JPEG:"):
        marked(saved("GIF"), output_format="JPEG")
    with pytest.raises(OutputQuality):
        marked(saved("WebP"), quality=0)
    assert len(marked(saved("WebP"), quality=30, output_format="WEBP").data) < len(example("WebP").data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.97])
def test_truncated(kind: str, share: float) -> None:
    data = saved(kind)
    with pytest.raises(PictureTruncated, match="is cut off"):
        marked(data[: int(share * len(data))])


@settings(max_examples=60)
@given(st.sampled_from(list(KINDS)), st.data())
def test_damage_never_ends_in_another_kind_of_error(kind: str, data: st.DataObject) -> None:
    damaged = bytearray(saved(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(10, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        opened_again = open_animation(bytes(damaged), "a.gif")
        for frame in opened_again.frames if opened_again else ():
            open_picture(frame.still, "a.gif", is_part=True)
        open_still(bytes(damaged), "a.gif")
    except PictureError as error:
        assert error.facts["name"] == "a.gif"


def many_frames(kind: str, count: int, side: int) -> bytes:
    """So many frames that hold next to nothing."""
    small = io.BytesIO()
    if kind == "GIF":
        Image.new("P", (1, 1)).save(small, "GIF")
        frame = small.getvalue()[small.getvalue().index(b",") : -1]
        return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + frame * count + b";"
    if kind == "PNG":
        head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        control = png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0))
        data = png_chunk(b"IDAT", b"")
        start = b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"acTL", struct.pack(">II", count, 0))
        return start + control + data + control * (count - 1) + png_chunk(b"IEND", b"")
    sides = (side - 1).to_bytes(3, "little") * 2
    frames = (b"ANMF" + struct.pack("<I", 16) + bytes(16)) * count
    head = b"VP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + sides
    return b"RIFF" + struct.pack("<I", 4 + len(head + frames)) + b"WEBP" + head + frames


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WebP"])
@pytest.mark.parametrize(("count", "side"), [(100_000, 64), (2000, 1000)])
def test_too_many_frames_or_pixels_are_refused_before_any_is_decoded(
    kind: str, count: int, side: int
) -> None:
    with pytest.raises(
        PictureFrames, match=rf"a\.gif has {count:,} frames\. Hushmark takes up to 3,000, with"
    ):
        marked(many_frames(kind, count, side))


def test_a_picture_is_no_animation() -> None:
    for file_format in ("GIF", "PNG", "WEBP", "JPEG", "TIFF"):
        buffer = io.BytesIO()
        photo(40, 40).save(buffer, file_format)
        assert open_animation(buffer.getvalue(), "a") is None
    with pytest.raises(PictureAnimated):
        open_picture(saved("GIF"), "a.gif")


def test_progress_goes_by_frames_and_each_lets_the_loop_run() -> None:
    steps: list[tuple[str, int, int]] = []

    def note(progress: Progress) -> None:
        steps.append((progress.phase, progress.done, progress.total))

    job = embed(saved("GIF"), text("a"), name="a", forward=FORWARD, card=CARD, progress=note)
    turns = 0
    with pytest.raises(StopIteration):
        while True:
            job.send(None)
            turns += 1
    assert [step for step in steps if step[0] == "apply"] == [("apply", 0, 1)] + [
        ("apply", done, len(DURATIONS)) for done in range(len(DURATIONS))
    ]
    assert turns == len(EMBED_PHASES) + len(DURATIONS) + 4


def test_what_is_read_is_the_frame_that_shows_most() -> None:
    frames = [Image.new("RGB", (100, 100)), photo(100, 100), Image.new("RGB", (100, 100), "white")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    assert np.array_equal(np.asarray(open_still(buffer.getvalue(), "a").image), np.asarray(frames[1]))


def test_frames_are_spread_evenly() -> None:
    assert spread(2, 4) == [0, 1]
    assert spread(10, 4) == [0, 3, 6, 9]
    assert animation.MAXIMUM_FRAMES > len(spread(animation.MAXIMUM_FRAMES, 16)) == 16
