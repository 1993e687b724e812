"""Every screen, light, dark, on a phone, in Chinese: python -m tests.browser.screenshots FOLDER"""

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.browser.app import PATIENCE_MS, App
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import ROOT, serving
from tests.support.pictures import sample_path

DEVICES = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


def mark(app: App, folder: Path) -> None:
    app.mark(sample_path("chelsea.png"), "pipe")
    app.download(folder)


def read(app: App, folder: Path) -> None:
    with Image.open(folder / "chelsea-marked.png") as image:
        image.convert("RGB").resize((360, 240)).save(folder / "from-a-chat.jpg", quality=75)
    app.read(folder / "from-a-chat.jpg")


def settings(app: App, folder: Path) -> None:
    expect(app.show("Settings").get_by_role("row", name="Weights")).to_be_visible(timeout=PATIENCE_MS)


def lab(app: App, folder: Path) -> None:
    panel = app.show("Try to break it")
    panel.get_by_label("Choose").set_input_files(folder / "chelsea-marked.png")
    panel.get_by_role("slider", name="Amount: JPEG quality").fill("50")
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)


def overlay(app: App, folder: Path) -> None:
    panel = app.show("Page overlay")
    panel.get_by_label("Message").select_option("text")
    panel.get_by_role("textbox", name="Text").fill("pipe")
    panel.get_by_role("button", name="Make the tile").click()
    expect(panel.locator(".status").first).to_have_text("The tile carries “pipe”.", timeout=PATIENCE_MS)


PREPARATIONS: tuple[Callable[[App, Path], None], ...] = (mark, read, lab, overlay, settings)
"""Steps before the screenshots, in this order."""


def take(app: App, path: Path, theme: Theme) -> None:
    """Write a screenshot of the window."""
    app.page.emulate_media(color_scheme=theme)
    app.page.mouse.move(0, 0)
    with Image.open(io.BytesIO(app.page.screenshot())) as image:
        image.save(path, quality=82, method=6)


def main() -> None:
    """Write all pictures into the folder of the first argument."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(ROOT / "dist") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        app = App(browser.new_page(viewport=DEVICES["desktop"], reduced_motion="reduce"), url)
        for prepare in PREPARATIONS:
            prepare(app, Path(folder))
        for link in app.page.get_by_role("navigation").get_by_role("link").all():
            link.click()
            name = urlsplit(app.page.url).fragment
            for device, size in DEVICES.items():
                app.page.set_viewport_size(size)
                for theme in THEMES:
                    take(app, out / f"{name}-{theme}-{device}.webp", theme)
        app.page.locator("select.language").select_option("zh")
        for link in app.page.get_by_role("navigation").get_by_role("link").all():
            link.click()
            take(app, out / f"{urlsplit(app.page.url).fragment}-chinese-phone.webp", "light")
        browser.close()


if __name__ == "__main__":
    main()
