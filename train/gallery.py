"""A page to look at marked pictures by eye: original, marked, what was added, and both enlarged.

python -m train.evaluate --images photos/val --only none --gallery runs/gallery
"""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from .visibility import Visibility, local_deviation

GAIN = 16
"""Factor of the difference, shown about mid-grey."""
_CLOSE_UP = 160  # side, in pixels of the picture; shown at 200%

_STYLE = """
body { margin: 2rem; font: 14px/1.5 system-ui, sans-serif; color: #222; background: #fff; }
section { margin-bottom: 3rem; }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: flex-start; }
figure { margin: 0; }
img { display: block; }
.close-up { width: 320px; image-rendering: pixelated; }
"""


@dataclass(frozen=True)
class Exhibit:
    """A picture, RGB, before and after it was marked at `strength`."""

    name: str
    strength: float
    cover: Image.Image
    marked: Image.Image


def write_gallery(exhibits: Iterable[Exhibit], folder: Path) -> None:
    """Write `index.html` and the pictures it shows, as PNG at full size, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = [_section(exhibit, number, folder) for number, exhibit in enumerate(exhibits)]
    (folder / "index.html").write_text(
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Hushmark, by eye</title>\n'
        f"<style>{_STYLE}</style>\n<h1>Marked pictures</h1>\n"
        f"<p>Original, marked, difference x{GAIN} about mid-grey; then original and marked at 200%,\n"
        f"where the picture is flattest. Look at them in a browser that shows a pixel as a pixel.</p>\n"
        f"{''.join(sections)}</html>\n"
    )


def flattest(image: Image.Image, side: int) -> tuple[int, int, int, int]:
    """A crop box of `side` pixels (less in small pictures) about where an RGB picture is flattest."""
    deviation = local_deviation(image)
    y, x = np.unravel_index(deviation.argmin(), deviation.shape)
    width, height = min(side, image.width), min(side, image.height)
    # An element of `deviation` has the place of its neighbourhood's corner.
    centre_x = int(x) + (image.width - deviation.shape[1]) // 2
    centre_y = int(y) + (image.height - deviation.shape[0]) // 2
    left = min(max(centre_x - width // 2, 0), image.width - width)
    top = min(max(centre_y - height // 2, 0), image.height - height)
    return left, top, left + width, top + height


def _section(exhibit: Exhibit, number: int, folder: Path) -> str:
    """HTML of one picture; writes its files."""
    seen = Visibility.of(exhibit.cover, exhibit.marked)
    box = flattest(exhibit.cover, _CLOSE_UP)
    figures = []
    for kind, image, style in (
        ("original", exhibit.cover, ""),
        ("marked", exhibit.marked, ""),
        ("difference", ImageChops.subtract(exhibit.marked, exhibit.cover, 1 / GAIN, 128), ""),
        ("original at 200%", exhibit.cover.crop(box), "close-up"),
        ("marked at 200%", exhibit.marked.crop(box), "close-up"),
    ):
        name = f"{number:03d}-{kind.replace(' at 200%', '-close')}.png"
        image.save(folder / name)
        figures.append(
            f'<figure><img class="{style}" src="{name}" alt="{kind}">'
            f"<figcaption>{kind}</figcaption></figure>\n"
        )
    title = html.escape(f"{exhibit.name} at strength {exhibit.strength:g}")
    return (
        f"<section><h2>{title}</h2>\n<p>PSNR {seen.psnr:.2f} dB, SSIM {seen.ssim:.4f}, mean change of a\n"
        f"channel {seen.shift:.3f}, local RMS where it is flat {seen.flat_rms:.2f} of 255</p>\n"
        f'<div class="row">{"".join(figures)}</div></section>\n'
    )
