"""Reading live by a camera, whose pictures come from a film of a marked picture that moves."""

import io
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hushmark.sync
import numpy as np
import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.access import assert_accessible, said_aloud
from tests.browser.app import PATIENCE_MS, App, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.lists import visited
from tests.support.pictures import sample_path

SIZE = (640, 480)
PLACES = ((40, 75), (600, 75), (600, 447), (40, 447))
"""About where the corners of the picture lie: top left, top right, bottom right, bottom left."""
STREAMS = """
    window.streams = [];
    const { mediaDevices } = navigator;
    const getUserMedia = mediaDevices?.getUserMedia.bind(mediaDevices);
    if (getUserMedia) mediaDevices.getUserMedia = async (wishes) => {
        const stream = await getUserMedia(wishes);
        streams.push(stream);
        return stream;
    };
"""
"""Notes down each stream of a camera that a page is given."""
LIVE = 'streams.filter((stream) => stream.getTracks().some((track) => track.readyState === "live")).length'
BUSY = """
    if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException("Could not start video source", "NotReadableError");
    };
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of film, of a picture that says "pipe", held a little askew by a hand that shakes."""
    path = tmp_path_factory.mktemp("film") / "film.y4m"
    # A thread of its own: Playwright's has a loop already.
    with ThreadPoolExecutor(1) as thread:
        marking = thread.submit(hushmark.sync.embed, sample_path("chelsea.png"), "pipe", strength=1.5)
        marked = Image.open(io.BytesIO(marking.result().data)).convert("RGB")
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for number in range(10):
            luma, blue, red = filmed(marked, number / 10).convert("YCbCr").split()
            file.write(b"FRAME\n" + luma.tobytes() + blue.reduce(2).tobytes() + red.reduce(2).tobytes())
    return path


def filmed(picture: Image.Image, time: float) -> Image.Image:
    """What the camera sees at a time, 0..1."""
    corners = [
        (x + 6 * math.sin(2 * math.pi * time + y / 90), y + 5 * math.cos(2 * math.pi * time + x / 90))
        for x, y in PLACES
    ]
    width, height = picture.size
    rows: list[list[float]] = []
    wanted: list[float] = []
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(wanted)).tolist()
    how = Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    wall = ImageOps.colorize(Image.linear_gradient("L"), "#6b7178", "#aab0a4").resize(SIZE)
    there = Image.new("L", picture.size, 255).transform(SIZE, *how)
    wall.paste(picture.transform(SIZE, *how), (0, 0), there)
    return wall


@pytest.fixture(scope="module")
def filming(playwright: Playwright, film: Path) -> Iterator[Browser]:
    """A browser with a camera that sees the film."""
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    browser = playwright.chromium.launch(executable_path=executable(), args=[*ARGUMENTS, *camera])
    yield browser
    browser.close()


def test_a_picture_is_read_live_without_a_network(filming: Browser, url: str) -> None:
    with watched(filming, url, service_workers="block", permissions=["camera"]) as visit:
        visit.context.add_init_script(STREAMS)
        app = App(visit.context.new_page(), url)
        panel = app.show("Read")
        visit.context.set_offline(True)
        assert app.page.evaluate("streams.length") == 0  # nobody is asked before they want it

        start = panel.get_by_role("button", name="Read by camera")
        with said_aloud(app.page, "“pipe”"):
            start.click()
            expect(panel.locator(".said")).to_have_text("“pipe”", timeout=PATIENCE_MS)
        expect(panel.locator(".picker")).to_be_hidden()
        assert app.page.evaluate(LIVE) == 1
        assert_accessible(app.page)
        outline = panel.locator(".viewfinder .edge").get_attribute("points")
        assert outline is not None
        seen = np.array([float(each) for each in outline.replace(" ", ",").split(",")]).reshape(4, 2)
        assert np.abs(seen - PLACES).max() < 45

        panel.get_by_role("button", name="Take this picture").click()
        expect(panel.locator(".answer")).to_have_text("“pipe”")
        expect(panel.locator(".drop-title")).to_have_text("camera.jpg")
        expect(panel.locator(".place polygon")).to_have_count(2)
        assert app.page.evaluate(LIVE) == 0

        start.click()
        expect(panel.get_by_role("button", name="Take this picture")).to_be_focused()
        expect(panel.locator(".result").first).to_be_hidden()
        panel.get_by_role("button", name="Turn the camera off").click()
        expect(start).to_be_focused()
        assert app.page.evaluate(LIVE) == 0

        start.click()
        expect(panel.locator(".viewfinder")).to_be_visible()
        app.show("Register")
        assert app.page.evaluate(LIVE) == 0
        app.show("Read")
        expect(panel.locator(".viewfinder")).to_be_hidden()

        start.click()
        expect(panel.locator(".viewfinder")).to_be_visible()
        app.page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
        app.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(panel.get_by_role("alert")).to_contain_text(["turned off while you were away"])
        assert app.page.evaluate(LIVE) == 0


def test_a_camera_that_cannot_be_had_is_told(filming: Browser, browser: Browser, url: str) -> None:
    for where, script, sentence in (
        (filming, "", "This page may not use the camera."),
        (browser, "", "No camera was found"),
        (browser, BUSY, "another app may be using it"),
    ):
        with visited(where, url, script) as visit:
            panel = visit.show("Read")
            start = panel.get_by_role("button", name="Read by camera")
            start.click()
            expect(panel.locator(".camera .error")).to_contain_text(sentence)
            expect(start).to_be_visible()
            expect(panel.locator(".viewfinder")).to_be_hidden()
