"""The table that a model is measured by: what happens to a marked picture, and how it is counted.

Each row has the bit accuracy to reach. Pillow and numpy only, so that other watermarks can be measured by the
same rows.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hushmark.trials import (
    blurred,
    brightened,
    contrasted,
    cropped,
    hue_turned,
    noisy,
    resized,
    rotated,
    screenshot,
    through_file,
)
from numpy.typing import NDArray
from PIL import Image

Change = Callable[[Image.Image, random.Random], Image.Image]
"""An RGB picture and what to draw from -> another RGB picture."""


@dataclass(frozen=True)
class Distortion:
    """A row of the table: what happens to the marked RGB picture, and the bit accuracy to reach, 0..1."""

    name: str
    apply: Change
    target: float


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
    return lambda image, rng: brightened(image, factor)


def _contrast(factor: float) -> Change:
    return lambda image, rng: contrasted(image, factor)


def _hue(turn: float) -> Change:
    return lambda image, rng: hue_turned(image, turn)


def _rotate(degrees: float) -> Change:
    return lambda image, rng: rotated(image, rng.choice((-degrees, degrees)))


def _transpose(how: Image.Transpose) -> Change:
    return lambda image, rng: image.transpose(how)


def _aspect(image: Image.Image, rng: random.Random) -> Image.Image:
    factors = [rng.choice((0.9, 1.1)), 1.0]
    rng.shuffle(factors)
    return resized(image, *factors)


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
    return screenshot(image, rng.uniform(0.5, 1.5), rng)


def _several(image: Image.Image, rng: random.Random) -> Image.Image:
    image = through_file(resized(image, 0.5, 0.5), "JPEG", 60)
    return cropped(brightened(image, 1.2), 0.9, rng)


DISTORTIONS = (
    Distortion("none", lambda image, rng: image, 0.998),
    Distortion("JPEG 80", _jpeg(80), 0.998),
    Distortion("JPEG 50", _jpeg(50), 0.995),
    Distortion("JPEG 30", _jpeg(30), 0.99),
    Distortion("WebP 50", lambda image, rng: through_file(image, "WEBP", 50), 0.993),
    Distortion("resize to 32% of each side", lambda image, rng: resized(image, 0.32, 0.32), 0.995),
    Distortion("blur, sigma 1% of the short side", lambda image, rng: blurred(image, 0.01), 0.995),
    Distortion("brightness x0.5", _brightness(0.5), 0.995),
    Distortion("brightness x1.5", _brightness(1.5), 0.99),
    Distortion("brightness x2", _brightness(2), 0.97),
    Distortion("contrast x0.5", _contrast(0.5), 0.995),
    Distortion("contrast x2", _contrast(2), 0.98),
    Distortion("hue +0.1", _hue(0.1), 0.99),
    Distortion("hue -0.1", _hue(-0.1), 0.99),
    Distortion("saturation x0 (grey)", lambda image, rng: image.convert("L").convert("RGB"), 0.98),
    Distortion("noise, sigma 0.05", lambda image, rng: noisy(image, 0.05, rng), 0.995),
    Distortion("aspect changed by 10%", _aspect, 0.99),
    Distortion("erase 10% of the area", _erase, 0.99),
    Distortion("perspective, corners moved by 3%", _perspective, 0.98),
    Distortion("crop to 95% of each side", _crop(0.95), 0.995),
    Distortion("crop to 84% of each side", _crop(0.84), 0.98),
    Distortion("crop to 71% of each side", _crop(0.71), 0.95),
    Distortion("rotate by 2 degrees", _rotate(2), 0.99),
    Distortion("rotate by 5 degrees", _rotate(5), 0.98),
    Distortion("rotate by 10 degrees", _rotate(10), 0.95),
    Distortion("rotate by 90 degrees", _transpose(Image.Transpose.ROTATE_90), 0.99),
    Distortion("rotate by 180 degrees", _transpose(Image.Transpose.ROTATE_180), 0.99),
    Distortion("rotate by 270 degrees", _transpose(Image.Transpose.ROTATE_270), 0.99),
    Distortion("mirrored", _transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.99),
    Distortion(
        "screenshot at 0.5-1.5x, JPEG 75",
        lambda image, rng: screenshot(image, rng.uniform(0.5, 1.5), rng),
        0.97,
    ),
    Distortion("several at once", _several, 0.97),
)
