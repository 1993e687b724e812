"""Shared by unit tests: made-up pictures, a forward pass without a network, a runner without an event loop.

Everything here runs inside Pyodide too.
"""

import io
import math
from collections.abc import Coroutine
from functools import cache
from typing import Any, TypeVar

import numpy as np
from hushmark.card import ModelCard, Presence, Wave
from hushmark.picture.colour import TO_RGB
from hushmark.picture.container import Format
from hushmark.picture.picture import Picture, encode_picture, open_picture
from numpy.typing import NDArray
from PIL import Image, ImageOps

T = TypeVar("T")

CARD = ModelCard("test", 256, 320, Presence(1000, 0.05, 1.0, 1 / math.log(50), 0.001))
"""One unmarked window in a thousand reaches a statistic of 2."""
WAVES = (
    Wave(1, 40, 0, 0.7, -3.1),
    Wave(1, 30, 10, 0.4, -3.0),
    Wave(1, 30, 0, 0.35, 1.4),
    Wave(1, 50, -10, 0.3, 2.9),
    Wave(1, 40, -10, 0.25, -0.8),
    Wave(1, 50, 0, 0.25, -1.9),
    Wave(1, 40, 10, 0.15, 0.8),
    Wave(0, 40, 0, 0.6, -3.1),
    Wave(0, 30, 10, 0.3, -3.0),
    Wave(0, 50, -10, 0.2, 2.9),
    Wave(2, 40, 0, 0.4, -3.1),
    Wave(2, 30, 10, 0.3, -3.0),
)
"""Waves like those that the networks put into marks."""


def with_waves(
    planes: NDArray[np.float32], matrix: NDArray[np.float64], shift: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Planes [3,H,W], RGB in 0..1, with the WAVES of a window at this place in a marked picture.

    `matrix` [2,2] and `shift` [2] as in `hushmark.reading.carrier.Place`.
    """
    height, width = planes.shape[1:]
    x, y = (np.arange(width) + 0.5) / width - 0.5, (np.arange(height) + 0.5) / height - 0.5
    across, down = np.tensordot(matrix, np.stack(np.meshgrid(x, y)), 1) + shift[:, np.newaxis, np.newaxis]
    ycc = np.zeros(planes.shape)
    for wave in WAVES:
        turns = wave.across * across + wave.down * down
        ycc[wave.channel] += 0.012 * wave.amplitude * np.cos(2 * np.pi * turns + wave.phase)
    return (planes + np.tensordot(TO_RGB, ycc, 1)).astype(np.float32)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing but the next turn of the loop.

    Inside Pyodide nothing may block, so `asyncio.run` does not run there.
    """
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value


def photo(width: int, height: int, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """A smooth picture with some texture, low in colour, far from black and white."""
    rng = np.random.default_rng(seed)
    bands = len(Image.new(mode, (1, 1)).getbands())
    coarse = Image.fromarray(rng.integers(60, 200, (8, 8), dtype=np.uint8)).resize((width, height))
    luma = np.asarray(coarse, np.int16)[..., np.newaxis]
    pixels = luma + rng.integers(-12, 13, (height, width, bands))
    clipped = np.clip(pixels, 0, 255).astype(np.uint8)
    return Image.fromarray(clipped[..., 0] if bands == 1 else clipped, mode)


def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """`image.save` to bytes."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def opened(image: Image.Image, **options: object) -> Picture:
    """The image as a PNG that was opened."""
    return open_picture(encoded(image, "PNG", **options), "a.png")


def oriented(image: Image.Image, orientation: int) -> Picture:
    """The same with this EXIF orientation."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return opened(image, exif=tags)


def displayed(picture: Picture, image: Image.Image) -> NDArray[np.int16]:
    """Pixels turned by Pillow's own reading of the orientation."""
    tags = Image.Exif()
    tags[0x0112] = picture.orientation
    turned = image.copy()
    turned.info["exif"] = tags.tobytes()
    return np.asarray(ImageOps.exif_transpose(turned), np.int16)


def written(picture: Picture, file_format: Format | None = None) -> bytes:
    """The file of a picture, in its own format or in another."""
    return b"".join(encode_picture(picture.in_format(file_format, None)))


def smooth_residual(strength_db: float = 38.0, *, grey: bool = False, seed: int = 1) -> NDArray[np.float32]:
    """A residual float32 [1,3,320,320] with the bandwidth of the network's, at this PSNR."""
    rng = np.random.default_rng(seed)
    planes = [
        np.asarray(Image.fromarray(rng.standard_normal((60, 60)).astype(np.float32)).resize((320, 320)))
        for _ in range(3)
    ]
    residual = np.stack(planes[:1] * 3 if grey else planes)[np.newaxis]
    return residual * np.float32(10 ** (-strength_db / 20) / np.sqrt(np.mean(residual**2)))


@cache
def _patterns(bits: int) -> NDArray[np.float32]:
    """The pattern of each bit, by cells of ten by ten pixels: [bits,32,32]."""
    # Rows of a Hadamard matrix, so that bits do not interfere, with the places in random order.
    rows = np.ones((1, 1), np.float32)
    while len(rows) < 1024:
        rows = np.block([[rows, rows], [rows, -rows]])
    return np.random.default_rng(7).permutation(rows, axis=1)[1 : 1 + bits].reshape(bits, 32, 32)


class SpreadForward:
    """A forward pass without a network: bit k adds or subtracts pattern k; decoding correlates.

    A textbook spread-spectrum watermark on colour differences: enough to test the real pipeline.
    """

    def __init__(self, bits: int = CARD.bits) -> None:
        self.patterns = _patterns(bits)

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        signs = bits[0] * 2 - 1
        cells = np.tensordot(signs, self.patterns, 1) * np.float32(0.0007)
        added = cells.repeat(10, axis=0).repeat(10, axis=1)
        return np.stack([added, -added, added])[np.newaxis].astype(np.float32)

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        gradient = (await self.encode(bits, image))[..., ::2, ::2]
        margins = await self.decode(image + residual.repeat(2, axis=2).repeat(2, axis=3)) * (bits * 2 - 1)
        return gradient, margins

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        red, green, blue = image[0]
        cells = (red + blue - 2 * green).reshape(32, 10, 32, 10).mean(axis=(1, 3))
        # Colour that is like the neighbouring places' is the picture's own.
        around = sum(np.roll(cells, step, axis) for step in (1, -1) for axis in (0, 1)) / 4
        logits = np.tensordot(self.patterns, cells - around, 2) / cells.size
        return (logits * 3000)[np.newaxis].astype(np.float32)

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        # If there is a mark at all, the window is the whole picture.
        marked = 10 * (np.abs(await SpreadForward.decode(self, image)).mean() - 4)
        return np.array([[-1, -1, 1, -1, -1, 1, 1, 1, 0, marked]], np.float32)
