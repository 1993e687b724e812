"""Python's memory cannot grow any more: the pictures that do not fit fail, and the others are marked."""

import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.app import App, watched
from tests.browser.lists import mark
from tests.browser.serving import release_running, serving
from tests.support.pictures import sample_path

CAP = """{
    const { grow } = WebAssembly.Memory.prototype;
    WebAssembly.Memory.prototype.grow = function (pages) {
        if (this.buffer.byteLength + pages * 65536 > 300e6)
            throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
        return grow.call(this, pages);
    };
}
"""
"""As browsers refuse it where a device has no more memory. The engine's worker runs it first."""


def test_a_picture_for_which_there_is_no_memory_fails_alone(
    browser: Browser, copy: Path, tmp_path: Path
) -> None:
    release_running(copy, "python-worker.js", CAP)
    paths = [tmp_path / "small.jpg"]
    shutil.copy(sample_path("rocket.jpg"), paths[0])
    with Image.open(sample_path("rocket.jpg")) as photo:
        # The first does not fit when it is decoded. For the second, memory ends while it is marked.
        for megapixels in (110, 40):
            side = round((megapixels * 1e6) ** 0.5)
            paths.append(tmp_path / f"{megapixels}-megapixels.jpg")
            photo.resize((side, side), Image.Resampling.NEAREST).save(paths[-1], quality=50)
    paths.append(tmp_path / "last.jpg")
    shutil.copy(sample_path("rocket.jpg"), paths[-1])

    with serving(copy) as url, watched(browser, url, service_workers="block") as visit:
        app = App(visit.context.new_page(), url)
        panel = mark(app, paths)
        app.await_batch(panel)
        rows = panel.get_by_role("listitem")
        for name in ("small.jpg", "last.jpg"):
            expect(rows.filter(has_text=name)).to_have_attribute("data-state", "marked")
        largest = rows.filter(has_text="110-megapixels.jpg")
        expect(largest).to_have_attribute("data-state", "failed")
        for row in panel.locator('[data-state="failed"]').all():
            expect(row).to_contain_text("There is not enough memory")
        # A picture of its size is marked as soon as the large ones are gone.
        expect(app.mark(sample_path("rocket.jpg"), "pipe").locator('[data-state="marked"]')).to_have_count(1)
