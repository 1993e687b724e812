"""A transparent tile that marks whatever it is laid over: web pages, documents, video.

What the published StegaStamp adaptation was made for: the residual of a blank picture, blended over a page
whose pixels are never known here. A screenshot of the page is read like any other picture.
"""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..card import ModelCard
from ..errors import ModelOutput
from ..forward import Forward
from ..message.keys import Key
from ..message.kinds import Message
from ..message.sealing import encode
from .budget import DEFAULT_STRENGTH, check_strength, to_grid

TILE_NAME = "hushmark-overlay.png"
"""What its file is called where nobody chooses a name."""

_PSNR = 36.0
"""Of a page of pictures and text with a tile of strength 1 against the page without it, in dB."""
_STEPS = 3
_STEP = 0.2  # of the residual's RMS; more or longer steps would fit the blank picture, and pages less
_CONTRAST = np.float32(1.8)
"""Times by which the pattern is stronger where it is refined: it is read on pages of much more contrast."""
_CREST = 0.8  # of the RMS: what goes beyond is cut off
_MIDDLE = 127.5
_DISTANCE = 0.77  # of half of the range: how far the pixels of a page lie from the middle, as an RMS


async def overlay(
    message: Message,
    *,
    forward: Forward,
    card: ModelCard,
    strength: float = DEFAULT_STRENGTH,
    key: Key | None = None,
) -> bytes:
    """The tile: an RGBA PNG of 160 x 160 pixels, to be stretched over the page.

    `strength`: 0.25 (faint) to 4 (strong); at 1 a page of pictures and text has a PSNR of 36 dB against the
    page without the tile, some 2.5 dB less where it is all white or black; twice the strength is 6 dB less.
    The alpha is the same everywhere, so that the pattern comes through on every background: white gets a
    little darker and black a little lighter. `key` is needed to read it, then.
    Raises StrengthError, ModelOutput.
    """
    check_strength(strength)
    bits = encode(message, card.bits, key)[np.newaxis]
    blank = np.full((1, 3, card.image_size, card.image_size), 0.5, np.float32)
    wanted = strength * 10 ** (-_PSNR / 20)
    rms = wanted / math.sqrt(2)
    pattern = _at(rms, to_grid(await forward.encode(bits, blank)))
    for _ in range(_STEPS):
        gradient, _ = await forward.refine(bits, blank, _CONTRAST * pattern)
        pattern = _at(rms, pattern + _at(_STEP * rms, gradient))
    if not np.isfinite(pattern).all():
        raise ModelOutput
    colours = np.clip(pattern[0] / (_CREST * rms), -1, 1)
    alpha, swing = _alpha_and_swing(255 * wanted, float(np.square(colours).mean()))
    levels = np.rint(_MIDDLE + swing * colours).astype(np.uint8).transpose(1, 2, 0)
    tile = np.concatenate([levels, np.full((*levels.shape[:2], 1), alpha, np.uint8)], axis=2)
    file = io.BytesIO()
    Image.fromarray(tile).save(file, "PNG", optimize=True)
    return file.getvalue()


def css(address: str) -> str:
    """The rule that lays the tile over a whole page."""
    return (
        'body::after { content: ""; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; '
        f'background: url("{address}") 0 0 / 100% 100%; }}'
    )


def _at(rms: float, pattern: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pattern without its mean, at this RMS."""
    centred: NDArray[np.float32] = pattern - pattern.mean(axis=(2, 3), keepdims=True)
    return centred * np.float32(rms / max(float(np.square(centred).mean()) ** 0.5, 1e-12))


def _alpha_and_swing(wanted: float, power: float) -> tuple[int, float]:
    """Alpha 1..255, and how far the colours of a tile of this power (1 is full range) go from the middle.

    `wanted`: RMS of the change of a page, of 255.
    """
    # What the middle of the tile does to a page, and the pattern on top.
    alpha = math.ceil(255 * wanted / (_MIDDLE * math.sqrt(_DISTANCE**2 + power)))
    left = max(wanted**2 - (alpha / 255 * _DISTANCE * _MIDDLE) ** 2, 0.0)
    return alpha, min(math.sqrt(left / power) / (alpha / 255), _MIDDLE)
