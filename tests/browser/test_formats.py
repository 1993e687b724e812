"""Pictures of more kinds in the page: animations, and what takes a decoder that is loaded on demand."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from hushmark.picture.picture import open_picture
from PIL import Image
from playwright.sync_api import Page

from tests.browser.app import App
from tests.support import corpus


def test_an_animation_an_avif_and_a_packed_tiff_are_marked(app: App, tmp_path: Path) -> None:
    covers = {
        "moving.gif": corpus.several()["moving.gif"],
        "photo.avif": corpus.encoded(corpus.base(), "AVIF", quality=90, exif=corpus.exif()),
        "scan.tif": corpus.encoded(corpus.base(), "TIFF", compression="tiff_lzw"),
    }
    for name, data in covers.items():
        path = tmp_path / name
        path.write_bytes(data)
        app.mark(path, "pipe")
        marked = Image.open(app.download(tmp_path))
        before = Image.open(path)
        assert (marked.format, marked.size) == (before.format, before.size)
        frames = getattr(before, "n_frames", 1)
        assert getattr(marked, "n_frames", 1) == frames
        for number in range(frames):
            before.seek(number)
            marked.seek(number)
            assert marked.info.get("duration") == before.info.get("duration")
            change = np.asarray(marked.convert("RGB"), np.int16) - np.asarray(before.convert("RGB"), np.int16)
            assert 0 < np.square(change).mean() < 100
        assert marked.getexif().get(0x010F) == before.getexif().get(0x010F)


def test_heic_is_marked_with_its_metadata(app: App, tmp_path: Path) -> None:
    profile = corpus.rgb_profile(corpus.DISPLAY_P3_PRIMARIES)
    data = corpus.heic(exif=corpus.exif(6), icc_profile=profile, xmp=corpus.XMP)
    path = tmp_path / "phone.heic"
    path.write_bytes(data)
    for chosen, name in ((None, "phone-marked.jpg"), ("AVIF", "phone-marked.avif")):
        panel = app.choose(path)
        app.say(panel, "pipe")
        app.more_options(panel)
        choice = panel.get_by_label("Format", exact=True)
        if chosen:
            choice.select_option(chosen)
        panel.get_by_role("button", name="Mark picture").click()
        app.await_batch(panel)
        saved = app.download(tmp_path)
        assert saved.name == name
        marked, before = Image.open(saved), open_picture(data, path.name)
        assert marked.size == before.image.size == (180, 240)
        change = np.asarray(marked.convert("RGB"), np.int16) - np.asarray(before.image, np.int16)
        assert 0 < np.square(change).mean() < 100
        assert marked.info["icc_profile"] == profile
        assert marked.info["xmp"] == corpus.XMP
        assert marked.getexif().get(0x0112, 1) == 1
        wanted = Image.Exif()
        wanted.load(before.metadata.exif)
        assert marked.getexif().get(0x010F) == wanted.get(0x010F) is not None
    choice.select_option(index=0)


def test_of_several_pages_all_are_marked_or_the_first_is_taken(app: App, tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    path.write_bytes(corpus.several()["pages.tif"])
    app.mark(path, "pipe")
    assert Image.open(app.download(tmp_path)).n_frames == 5  # type: ignore[attr-defined]  # of several pages
    panel = app.choose(path)
    app.say(panel, "pipe")
    app.more_options(panel)
    choice = panel.get_by_label("Several pages or frames")
    choice.select_option("Take the first alone")
    panel.get_by_role("button", name="Mark picture").click()
    app.await_batch(panel)
    assert getattr(Image.open(app.download(tmp_path)), "n_frames", 1) == 1
    choice.select_option("Mark all of them")


def test_the_browser_decodes_what_python_cannot(harness: Page) -> None:
    def decoded(mode: str) -> tuple[bytes, Any]:
        file = corpus.encoded(corpus.base(mode), "AVIF", quality=95, subsampling="4:4:4")
        return file, harness.evaluate(
            "(file) => harness.decode(file, 'image/avif')", base64.b64encode(file).decode()
        )

    file, (width, height, text) = decoded("RGB")
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
    wanted = np.asarray(Image.open(io.BytesIO(file)).convert("RGBA"))
    # Decoders round colours differently, but by no more than a step or two.
    assert np.abs(pixels.astype(np.int16) - wanted).max() <= 3
    # Its alpha would not be true.
    assert decoded("RGBA")[1] is None
    assert harness.evaluate("harness.decode('eA==', 'image/heic')") is None
