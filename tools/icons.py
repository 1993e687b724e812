"""Draws the PNG icons from app/icons/icon.svg, in Chromium: python -m tools.icons

Run it after the drawing has changed. The PNG files are in the repository, so that a build needs no browser.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import ARGUMENTS, executable

FOLDER = Path(__file__).resolve().parents[1] / "app" / "icons"
ROUND = 'rx="112"'
"""The drawing's round corners. Icons that the system crops itself (maskable, Apple) fill the square."""

ICONS = {
    "icon-192": (192, True),
    "icon-512": (512, True),
    "maskable-512": (512, False),
    "apple-180": (180, False),
}


def main() -> None:
    """Write every icon."""
    drawing = (FOLDER / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        page = browser.new_page()
        for name, (size, has_corners) in ICONS.items():
            page.set_viewport_size({"width": size, "height": size})
            page.set_content(
                "<style>body{margin:0}svg{display:block}</style>"
                + (drawing if has_corners else drawing.replace(ROUND, ""))
            )
            png = page.screenshot(omit_background=True)
            # With few colours it takes an eighth of the bytes.
            colours = Image.open(io.BytesIO(png)).quantize(64, method=Image.Quantize.FASTOCTREE)
            colours.save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
