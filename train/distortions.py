"""What happens to pictures on their way through the web, as exact 8-bit pixels, and how it is counted.

The rows of the table that a model is measured by, each with the bit accuracy to reach. Pillow and numpy
only, so that other watermarks can be measured by the same rows in an environment of their own.
"""

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away")

Change = Callable[[Image.Image, random.Random], Image.Image]
"""An RGB picture and what to draw from -> another RGB picture."""


@dataclass(frozen=True)
class Distortion:
    """A row of the table.

    `apply`: what happens to the marked RGB picture; `target`: bit accuracy to reach, 0..1; `searched`:
    whether the frame of the picture is lost, so that a reader has to look for it.
    """

    name: str
    apply: Change
    target: float
    searched: bool = False


def through_file(image: Image.Image, file_format: str, quality: int) -> Image.Image:
    """Save and open again: RGB."""
    file = io.BytesIO()
    image.save(file, file_format, quality=quality)
    return Image.open(file).convert("RGB")


def cropped(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A window of `share` (0..1) of each side, at a random place."""
    width, height = round(image.width * share), round(image.height * share)
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def page(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A made-up page, RGB, that shows the picture at its size: header bar, lines of text, margins.

    The margin on each side has 5-40% of that side of the picture; the page is white, light or dark.
    """
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
    return canvas


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson score interval at 95% of a share (0..1) observed n times."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def psnr(one: Image.Image, other: Image.Image) -> float:
    """PSNR in dB of two pictures of one size and mode, over all pixels and channels; inf if equal."""
    change = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    power = float(np.square(change).mean())
    return 10 * math.log10(255**2 / power) if power else math.inf


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of the luma of two pictures of one size (at least 11 px a side), as published.

    Wang et al. 2004: Gaussian window of 11 px with sigma 1.5, K1 0.01, K2 0.03; where the window fits.
    """
    x, y = (np.asarray(image.convert("L"), np.float64) for image in (one, other))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    alike = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float((alike / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))).mean())


def _windowed(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted mean under the window: [H,W] -> [H-10,W-10]."""
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    for _ in range(2):
        length = plane.shape[0] - 10
        plane = sum(w * plane[i : i + length] for i, w in enumerate(weights)).T
    return plane


def _jpeg(quality: int) -> Change:
    return lambda image, rng: through_file(image, "JPEG", quality)


def _crop(share: float) -> Change:
    return lambda image, rng: cropped(image, share, rng)


def _brightness(factor: float) -> Change:
    return lambda image, rng: ImageEnhance.Brightness(image).enhance(factor)


def _contrast(factor: float) -> Change:
    return lambda image, rng: ImageEnhance.Contrast(image).enhance(factor)


def _transpose(how: Image.Transpose) -> Change:
    return lambda image, rng: image.transpose(how)


def _rotate(degrees: float) -> Change:
    """Either way round; the canvas stays, so corners are cut off and black ones come in."""
    return lambda image, rng: image.rotate(rng.choice((-degrees, degrees)), Image.Resampling.BICUBIC)


def _hue(turn: float) -> Change:
    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        hue, saturation, value = image.convert("HSV").split()
        hue = hue.point([(level + round(turn * 256)) % 256 for level in range(256)])
        return Image.merge("HSV", (hue, saturation, value)).convert("RGB")

    return apply


def _scaled(image: Image.Image, across: float, down: float) -> Image.Image:
    size = (max(1, round(image.width * across)), max(1, round(image.height * down)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _blur(image: Image.Image, rng: random.Random) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * 0.01))


def _noise(image: Image.Image, rng: random.Random) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, 0.05 * 255, pixels.shape)
    return Image.fromarray((pixels + noise).round().clip(0, 255).astype(np.uint8))


def _aspect(image: Image.Image, rng: random.Random) -> Image.Image:
    factors = [rng.choice((0.9, 1.1)), 1.0]
    rng.shuffle(factors)
    return _scaled(image, *factors)


def _erase(image: Image.Image, rng: random.Random) -> Image.Image:
    """One flat rectangle over 10% of the area, its sides 1:2 to 2:1."""
    area = 0.1 * image.width * image.height
    width = min(image.width, round(math.sqrt(area * 2 ** rng.uniform(-1, 1))))
    height = min(image.height, round(area / width))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    erased = image.copy()
    erased.paste(tuple(rng.randrange(256) for _ in range(3)), (left, top, left + width, top + height))
    return erased


def _perspective(image: Image.Image, rng: random.Random) -> Image.Image:
    """Each corner of what is shown lies 3% of the sides from its own, in a direction of its own.

    What lies outside of the picture is black.
    """
    width, height = image.size
    rows: list[list[float]] = []
    places: list[float] = []
    for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
        angle = rng.uniform(0, 2 * math.pi)
        u, v = x + 0.03 * width * math.cos(angle), y + 0.03 * height * math.sin(angle)
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        places += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(places)).tolist()
    return image.transform(image.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)


def _screenshot(image: Image.Image, rng: random.Random) -> Image.Image:
    factor = rng.uniform(0.5, 1.5)
    return through_file(page(_scaled(image, factor, factor), rng), "JPEG", 75)


def _several(image: Image.Image, rng: random.Random) -> Image.Image:
    image = through_file(_scaled(image, 0.5, 0.5), "JPEG", 60)
    return cropped(ImageEnhance.Brightness(image).enhance(1.2), 0.9, rng)


DISTORTIONS = (
    Distortion("none", lambda image, rng: image, 0.998),
    Distortion("JPEG 80", _jpeg(80), 0.998),
    Distortion("JPEG 50", _jpeg(50), 0.995),
    Distortion("JPEG 30", _jpeg(30), 0.99),
    Distortion("WebP 50", lambda image, rng: through_file(image, "WEBP", 50), 0.993),
    Distortion("resize to 32% of each side", lambda image, rng: _scaled(image, 0.32, 0.32), 0.995),
    Distortion("blur, sigma 1% of the short side", _blur, 0.995),
    Distortion("brightness x0.5", _brightness(0.5), 0.995),
    Distortion("brightness x1.5", _brightness(1.5), 0.99),
    Distortion("brightness x2", _brightness(2), 0.97),
    Distortion("contrast x0.5", _contrast(0.5), 0.995),
    Distortion("contrast x2", _contrast(2), 0.98),
    Distortion("hue +0.1", _hue(0.1), 0.99),
    Distortion("hue -0.1", _hue(-0.1), 0.99),
    Distortion("saturation x0 (grey)", lambda image, rng: image.convert("L").convert("RGB"), 0.98),
    Distortion("noise, sigma 0.05", _noise, 0.995),
    Distortion("aspect changed by 10%", _aspect, 0.99),
    Distortion("erase 10% of the area", _erase, 0.99),
    Distortion("perspective, corners moved by 3%", _perspective, 0.98, searched=True),
    Distortion("crop to 95% of each side", _crop(0.95), 0.995, searched=True),
    Distortion("crop to 84% of each side", _crop(0.84), 0.98, searched=True),
    Distortion("crop to 71% of each side", _crop(0.71), 0.95, searched=True),
    Distortion("rotate by 2 degrees", _rotate(2), 0.99, searched=True),
    Distortion("rotate by 5 degrees", _rotate(5), 0.98, searched=True),
    Distortion("rotate by 10 degrees", _rotate(10), 0.95, searched=True),
    Distortion("rotate by 90 degrees", _transpose(Image.Transpose.ROTATE_90), 0.99, searched=True),
    Distortion("rotate by 180 degrees", _transpose(Image.Transpose.ROTATE_180), 0.99, searched=True),
    Distortion("rotate by 270 degrees", _transpose(Image.Transpose.ROTATE_270), 0.99, searched=True),
    Distortion("mirrored", _transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.99, searched=True),
    Distortion("screenshot at 0.5-1.5x, JPEG 75", _screenshot, 0.97, searched=True),
    Distortion("several at once", _several, 0.97, searched=True),
)
