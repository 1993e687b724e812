"""The table that a model is measured by: changes of a marked picture, and how often it must be read.

It needs Pillow, numpy and sample photos only, so that other watermarks can be measured by the same rows.
"""

import math
from dataclasses import dataclass

import numpy as np
from hushmark.trials import (
    blurred,
    brightened,
    contrasted,
    gamma,
    halftoned,
    hue_turned,
    noisy,
    of_colours,
    on_screen,
    resized,
    sepia,
    vintage,
)
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from .distortions import (
    Change,
    any_angle,
    any_angle_grown,
    aspect,
    at_most,
    barred,
    camera,
    captioned,
    centre_square,
    centred,
    collage,
    crop,
    erased,
    fixed,
    grey,
    on_any_page,
    on_page,
    perspective,
    quarter_turn,
    rotate,
    saved,
    scrolled,
    several,
    strip,
    then,
)


@dataclass(frozen=True)
class Distortion:
    """A row of the table: a change of the marked RGB picture.

    `target`: the share of messages that must be read and verified, 0..1.
    """

    name: str
    apply: Change
    target: float


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson score interval at 95% of a share (0..1) observed n times."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Rounding may exceed the limits slightly.
    return max(middle - half, 0.0), min(middle + half, 1.0)


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


def _transposed(how: Image.Transpose) -> Change:
    return lambda image, rng: image.transpose(how)


def _filtered(how: ImageFilter.Filter) -> Change:
    return lambda image, rng: image.filter(how)


_IN_PLACE = (
    Distortion("none", lambda image, rng: image, 1),
    Distortion("JPEG 80", saved("JPEG", 80), 1),
    Distortion("PNG of 256 colours", fixed(of_colours, 256), 1),
    Distortion("twice as large", fixed(resized, 2, 2), 1),
    Distortion("JPEG 50", saved("JPEG", 50), 0.99),
    Distortion("WebP 50", saved("WEBP", 50), 0.99),
    Distortion("AVIF 40", saved("AVIF", 40), 0.99),
    Distortion("blur, sigma 1% of the short side", fixed(blurred, 0.01), 0.99),
    Distortion("resize to 160 px", at_most(160), 0.99),
    Distortion("resize to 32% of each side", fixed(resized, 0.32, 0.32), 0.99),
    Distortion("aspect changed by 10%", aspect, 0.99),
    Distortion("JPEG 30", saved("JPEG", 30), 0.97),
    Distortion(
        "chat: 360 px, JPEG 55, JPEG 60", then(at_most(360), saved("JPEG", 55), saved("JPEG", 60)), 0.97
    ),
    Distortion("noise, sigma 0.05", lambda image, rng: noisy(image, 0.05, rng), 0.97),
    Distortion("contrast x0.5", fixed(contrasted, 0.5), 0.97),
    Distortion("brightness x0.5", fixed(brightened, 0.5), 0.97),
    Distortion("brightness x1.5", fixed(brightened, 1.5), 0.97),
    Distortion("gamma 0.6", fixed(gamma, 0.6), 0.97),
    Distortion("gamma 1.7", fixed(gamma, 1.7), 0.97),
    Distortion("hue +0.1", fixed(hue_turned, 0.1), 0.97),
    Distortion("hue -0.1", fixed(hue_turned, -0.1), 0.97),
    Distortion("JPEG 20", saved("JPEG", 20), 0.93),
    Distortion("WebP 30", saved("WEBP", 30), 0.93),
    Distortion("contrast x2", fixed(contrasted, 2), 0.93),
    Distortion("brightness x2", fixed(brightened, 2), 0.93),
    Distortion("saturation x0 (grey)", fixed(grey), 0.93),
    Distortion("erase 10% of the area", erased(0.1), 0.93),
    Distortion("caption over a quarter", captioned, 0.93),
    Distortion("vintage filter", fixed(vintage), 0.93),
    Distortion("sharpened", _filtered(ImageFilter.UnsharpMask(2, 150, 0)), 0.93),
    Distortion("median 5", _filtered(ImageFilter.MedianFilter(5)), 0.93),
    Distortion("grey, JPEG 60", then(fixed(grey), saved("JPEG", 60)), 0.8),
    Distortion("sepia", fixed(sepia), 0.8),
    Distortion("erase 25% of the area", erased(0.25), 0.8),
    Distortion("noise, sigma 0.1", lambda image, rng: noisy(image, 0.1, rng), 0.8),
    Distortion("128 px, JPEG 80", then(at_most(128), saved("JPEG", 80)), 0.8),
)
_ONE_SIDED = {
    "centre square of 3:2": fixed(centre_square),
    "crop to 4:5": centred(4, 5),
    "crop to 16:9": centred(16, 9),
    "crop to 70% of the width": strip(0.7, 1),
    "crop to 70% of the height": strip(1, 0.7),
}
_MOVED = (
    *(Distortion(name, apply, 0.95) for name, apply in _ONE_SIDED.items()),
    *(
        Distortion(f"{name}, JPEG 75", then(apply, saved("JPEG", 75)), 0.95)
        for name, apply in _ONE_SIDED.items()
    ),
    Distortion("crop to 95% of each side", crop(0.95), 0.98),
    Distortion("crop to 84% of each side", crop(0.84), 0.98),
    Distortion("crop to 71% of each side", crop(0.71), 0.93),
    Distortion("crop to 60% of each side", crop(0.6), 0.75),
    Distortion("crop to 50% of each side", crop(0.5), 0.4),
    Distortion("rotate by 2 degrees", rotate(2), 0.95),
    Distortion("rotate by 5 degrees", rotate(5), 0.95),
    Distortion("rotate by 10 degrees", rotate(10), 0.95),
    Distortion("turned by any angle", any_angle, 0.95),
    Distortion("turned by any angle, frame grown", any_angle_grown, 0.95),
    Distortion("rotate by 90 degrees", _transposed(Image.Transpose.ROTATE_90), 0.97),
    Distortion("rotate by 180 degrees", _transposed(Image.Transpose.ROTATE_180), 0.97),
    Distortion("rotate by 270 degrees", _transposed(Image.Transpose.ROTATE_270), 0.97),
    Distortion("quarter turn, crop to 90%", then(quarter_turn, crop(0.9)), 0.97),
    Distortion("mirrored", fixed(ImageOps.mirror), 0.97),
    Distortion("mirrored, crop to 90%", then(fixed(ImageOps.mirror), crop(0.9)), 0.97),
    Distortion("screenshot at 0.5-1.5x, JPEG 75", on_any_page, 0.96),
    Distortion("screenshot, light page", on_page("light"), 0.96),
    Distortion("screenshot, dark page", on_page("dark"), 0.96),
    Distortion("screenshot, light page, JPEG 70", then(on_page("light"), saved("JPEG", 70)), 0.96),
    Distortion("screenshot, dark page, JPEG 70", then(on_page("dark"), saved("JPEG", 70)), 0.96),
    Distortion("collage of 2x2", collage, 0.96),
    Distortion("bars on one or two sides", barred, 0.96),
    Distortion("screenshot, 10% scrolled out", scrolled(0.1), 0.95),
    Distortion("screenshot, 25% scrolled out", scrolled(0.25), 0.88),
    Distortion("screenshot, 40% scrolled out", scrolled(0.4), 0.6),
    Distortion("perspective, corners moved by 3%", perspective, 0.93),
    Distortion("camera, perspective 5%", camera(0.05), 0.93),
    Distortion("camera, perspective 10%", camera(0.1), 0.93),
    Distortion("camera at a screen (moire)", camera(0.05, on_screen), 0.93),
    Distortion("camera at a print (halftone)", camera(0.05, halftoned), 0.93),
    Distortion("several at once", several, 0.95),
)
GEOMETRIC = frozenset(row.name for row in _MOVED)
"""Names of the rows that move the picture in its frame, so that it has to be searched."""
DISTORTIONS = _IN_PLACE + _MOVED
