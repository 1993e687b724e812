"""Pictures from the development packages or drawn here, which need no folder of photos."""

import io
import random
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from hushmark.picture.picture import Picture, open_picture
from hushmark.trials import page
from PIL import Image, ImageDraw, ImageEnhance


def as_picture(image: Image.Image) -> Picture:
    """Pixels as a picture that was opened from a lossless file."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=0)
    return open_picture(file.getvalue(), "picture.png")


def repeated(page: Image.Image, tile: Image.Image) -> Image.Image:
    """A page in RGB with an overlay's tile repeated over all of it, as in a browser."""
    over = Image.new("RGBA", page.size)
    for top in range(0, page.height, tile.height):
        for left in range(0, page.width, tile.width):
            over.paste(tile, (left, top))
    return Image.alpha_composite(page.convert("RGBA"), over).convert("RGB")


def sample_folder() -> Path:
    """The folder of scikit-image's sample photos. Raises SystemExit when it is not installed."""
    # Found without an import, since it is large, and the tests run inside Pyodide, too.
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "scikit-image is not installed; it carries the sample photos (requirements/dev.lock)."
        )
    return Path(spec.origin).parent / "data"


def hard_pictures() -> dict[str, Image.Image]:
    """Pictures by name on which marks are easily seen: drawings, a page, night, grey, a face, smooth sky."""

    def sample(name: str) -> Image.Image:
        return Image.open(sample_folder() / name)

    return {
        "flat drawing": _drawing(),
        "smooth sky": _sky(),
        "page": page(sample("coffee.png"), random.Random(3)),
        "text": sample("page.png"),
        "night": ImageEnhance.Brightness(sample("rocket.jpg")).enhance(0.25),
        "stars": sample("hubble_deep_field.jpg"),
        "grey photo": sample("camera.png"),
        "face": sample("astronaut.png"),
        "cat": sample("chelsea.png"),
    }


def _drawing() -> Image.Image:
    """Areas of one colour with hard edges, as in a cartoon or a chart."""
    image = Image.new("RGB", (640, 480), "#f4d35e")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 320, 640, 480), fill="#3a7d44")
    draw.polygon([(80, 320), (260, 120), (440, 320)], fill="#7d5ba6")
    draw.ellipse((460, 50, 580, 170), fill="#f25f5c")
    draw.rectangle((470, 240, 600, 400), fill="#ffffff", outline="#000000", width=4)
    draw.line((0, 470, 640, 330), fill="#000000", width=6)
    return image


def _sky() -> Image.Image:
    """A gradient from blue to pale orange, with the grain of a camera."""
    t = np.linspace(0, 1, 400)[:, None, None]
    pixels = (1 - t) * np.array([70, 120, 190]) + t * np.array([240, 210, 180])
    grain = np.random.default_rng(1).normal(0, 0.7, (400, 600, 1))
    return Image.fromarray((pixels + grain).round().clip(0, 255).astype(np.uint8))
