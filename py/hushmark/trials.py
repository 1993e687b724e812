"""What happens to pictures on their way through the web, on exact 8-bit pixels: to try a mark against.

Every function takes and returns an RGB picture, and gives the same answer in every runtime. The rows that
models are measured by (train/benchmark.py) are made of these, and so is what the page's lab offers.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

Unit = Literal["quality", "share", "degrees", "factor", "amount"]

_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away")


def through_file(image: Image.Image, file_format: str, quality: int) -> Image.Image:
    """Save as JPEG or WebP of a quality 0..100 and open again."""
    file = io.BytesIO()
    image.save(file, file_format, quality=quality)
    return Image.open(file).convert("RGB")


def resized(image: Image.Image, across: float, down: float) -> Image.Image:
    """The width and the height times a factor each, at least one pixel."""
    size = (max(1, round(image.width * across)), max(1, round(image.height * down)))
    return image.resize(size, Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A window of `share` (0..1) of each side, at a random place."""
    return cut_out(image, share, share, rng)


def cut_out(image: Image.Image, across: float, down: float, rng: random.Random) -> Image.Image:
    """A window of a share (0..1) of the width and of the height, at a random place."""
    width, height = max(1, round(image.width * across)), max(1, round(image.height * down))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def rotated(image: Image.Image, degrees: float) -> Image.Image:
    """Anticlockwise; the canvas stays, so corners are cut off and black ones come in."""
    return image.rotate(degrees, Image.Resampling.BICUBIC)


def blurred(image: Image.Image, share: float) -> Image.Image:
    """Gaussian, its sigma a share of the shorter side."""
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * share))


def noisy(image: Image.Image, sigma: float, rng: random.Random) -> Image.Image:
    """Gaussian noise on each pixel and channel, sigma as a share of full range."""
    pixels = np.asarray(image, np.float32)
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, sigma * 255, pixels.shape)
    return Image.fromarray((pixels + noise).round().clip(0, 255).astype(np.uint8))


def brightened(image: Image.Image, factor: float) -> Image.Image:
    """All channels times a factor."""
    return ImageEnhance.Brightness(image).enhance(factor)


def contrasted(image: Image.Image, factor: float) -> Image.Image:
    """The distance of all channels from the mean grey times a factor."""
    return ImageEnhance.Contrast(image).enhance(factor)


def saturated(image: Image.Image, factor: float) -> Image.Image:
    """The distance of all channels from their grey times a factor; 0 is a grey picture."""
    return ImageEnhance.Color(image).enhance(factor)


def hue_turned(image: Image.Image, turn: float) -> Image.Image:
    """The hue of HSV turned by a share of the circle."""
    hue, saturation, value = image.convert("HSV").split()
    hue = hue.point([(level + round(turn * 256)) % 256 for level in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def page(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A made-up page that shows the picture at its size: header bar, lines of text, margins.

    The margin on each side has 5-40% of that side of the picture; the page is white, light or dark.
    """
    return page_and_place(picture, rng)[0]


def page_and_place(picture: Image.Image, rng: random.Random) -> tuple[Image.Image, tuple[int, int]]:
    """The same, and where on it the top left corner of the picture lies, x and y in pixels."""
    width, height = picture.size
    left, right = (round(width * rng.uniform(0.05, 0.4)) for _ in range(2))
    above, below = (round(height * rng.uniform(0.05, 0.4)) for _ in range(2))
    header = round(rng.uniform(24, 64))
    size = (left + width + right, header + above + height + below)
    paper, ink, bar = rng.choice(
        [
            ("#ffffff", "#222222", "#e8e8ec"),
            ("#f3f0e8", "#444038", "#2f5d8a"),
            ("#17191c", "#c8ccd0", "#26292e"),
        ]
    )
    canvas = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(canvas)
    for top in range(header + 8, size[1] - 12, 16):
        if rng.random() < 0.75:
            line = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(3, 8 + size[0] // 40)))
            draw.text((8, top), line, fill=ink)
    draw.rectangle((0, 0, size[0], header - 1), fill=bar)
    draw.ellipse((8, header // 2 - 6, 20, header // 2 + 6), fill=ink)
    draw.text((28, header // 2 - 6), "Pictures of the week", fill=ink)
    # Pages leave some room around a picture.
    gap = rng.randint(2, 8)
    box = (left - gap, header + above - gap, left + width + gap, header + above + height + gap)
    draw.rectangle(box, fill=paper)
    canvas.paste(picture, (left, header + above))
    return canvas, (left, header + above)


def screenshot(image: Image.Image, factor: float, rng: random.Random) -> Image.Image:
    """The picture at `factor` of its size on a made-up page, saved as JPEG of quality 75."""
    return through_file(page(resized(image, factor, factor), rng), "JPEG", 75)


def printed(image: Image.Image, amount: float, rng: random.Random) -> Image.Image:
    """As if printed and photographed: paler, softer, grainy, a little askew; `amount` 0 (fine) to 1 (poor).

    A likeness to play with, not a measurement of printers.
    """
    image = blurred(image, 0.002 + 0.006 * amount)
    paper, ink = 255 - 20 * amount, 40 * amount
    image = image.point([round(ink + level * (paper - ink) / 255) for level in range(256)] * 3)
    image = saturated(image, 1 - 0.3 * amount)
    image = noisy(image, 0.01 + 0.03 * amount, rng)
    return through_file(rotated(image, rng.choice((-1, 1)) * 2 * amount), "JPEG", 85)


@dataclass(frozen=True)
class Trial:
    """One thing to try on a picture, by one amount.

    `apply`: RGB picture, amount -> RGB picture; `least`..`most`: range of amounts, `start` in the middle of
    it; `unit` says what the amount is. Chance is fixed, so the same amount gives the same picture.
    """

    apply: Callable[[Image.Image, float], Image.Image]
    least: float
    most: float
    start: float
    unit: Unit


TRIALS: dict[str, Trial] = {
    "jpeg": Trial(lambda image, amount: through_file(image, "JPEG", round(amount)), 5, 95, 50, "quality"),
    "webp": Trial(lambda image, amount: through_file(image, "WEBP", round(amount)), 5, 95, 50, "quality"),
    "resize": Trial(lambda image, amount: resized(image, amount, amount), 0.1, 1.5, 0.5, "share"),
    "crop": Trial(lambda image, amount: cropped(image, amount, random.Random(1)), 0.5, 1, 0.84, "share"),
    "rotate": Trial(rotated, -15, 15, 5, "degrees"),
    "blur": Trial(blurred, 0, 0.03, 0.01, "share"),
    "noise": Trial(lambda image, amount: noisy(image, amount, random.Random(1)), 0, 0.2, 0.05, "share"),
    "brightness": Trial(brightened, 0.25, 3, 1.5, "factor"),
    "contrast": Trial(contrasted, 0.25, 3, 1.5, "factor"),
    "saturation": Trial(saturated, 0, 2, 0, "factor"),
    "hue": Trial(hue_turned, -0.25, 0.25, 0.1, "share"),
    "screenshot": Trial(
        lambda image, amount: screenshot(image, amount, random.Random(1)), 0.3, 1.5, 0.75, "share"
    ),
    "print": Trial(lambda image, amount: printed(image, amount, random.Random(1)), 0, 1, 0.5, "amount"),
}
"""What a mark can be tried against, by name."""
