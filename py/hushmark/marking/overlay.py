"""A transparent tile that marks whatever it is laid over: web pages, documents, video.

What the published StegaStamp adaptation was made for: the residual of a blank picture, blended over a page
whose pixels are not known here. Pages have flat places, where nothing hides a mark. So the tile is fainter
than the mark of a picture, but repeated: what one repetition is too faint for, all of them together give. Any
part of a page that is not much smaller than a tile has all of the mark.
"""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..card import ModelCard
from ..errors import ModelOutput
from ..forward import Forward
from ..guide import GUIDE
from ..message.keys import Key
from ..message.kinds import Message
from ..message.sealing import encode
from ..picture.colour import TO_RGB, TO_YCC
from .budget import DEFAULT_STRENGTH, GRID, check_strength
from .pattern import REFINING_STEPS, Pattern

TILE_NAME = "hushmark-overlay.png"
"""The default name of its file."""
TILE_SIDE = 250
"""Pixels of the page that a tile takes up. The waves are 5 to 12 pixels long, then: finer ones are lost in
JPEG files, coarser ones are seen. No multiple of 8, so that no two tiles beside each other lie alike in the
blocks of a JPEG file."""

_LUMA_RMS, _COLOUR_RMS = 0.48 / 255, 0.17 / 255
"""Of the mark in a tile of strength 1: files of screenshots lose the colour first."""
_CREST = 2.0
"""Values beyond this multiple of the RMS are cut off: on flat ground they would be seen first."""
_GUIDE_SHARE = 0.42
"""RMS of the guide over that of the mark's luma."""
_WITHIN = 99
"""Percentage of the values that the levels of the tile cover."""
_MARGIN = 8  # pixels of the neighbouring tiles that the filter needs


async def overlay(
    message: Message,
    *,
    forward: Forward,
    card: ModelCard,
    strength: float = DEFAULT_STRENGTH,
    key: Key | None = None,
) -> bytes:
    """The tile: an RGBA PNG of TILE_SIDE x TILE_SIDE pixels, to be repeated over the page.

    `strength`: 0.25 to 4; at 1 a flat page changes by half a level of luma (RMS), twice as much at 2. The
    alpha is the same everywhere, so that the pattern comes through alike on every background: white gets a
    little darker and black a little lighter. `key` is needed to read it, then.
    Raises StrengthError, ModelOutput.
    """
    check_strength(strength)
    bits = encode(message, card.bits, key)
    blank = np.full((1, 3, card.image_size, card.image_size), 0.5, np.float32)
    pattern = Pattern([blank], bits, grey=False, strength=DEFAULT_STRENGTH, forward=forward)
    await pattern.propose()
    await pattern.refine(REFINING_STEPS)
    if not np.isfinite(pattern.residual).all():
        raise ModelOutput
    levels = _enlarged(255 * strength * _guided(_cut(pattern.residual[0])))
    # Half of an even alpha is a whole level, so that flat parts are not dithered.
    alpha = 2 * math.ceil(float(np.percentile(np.abs(levels), _WITHIN)))
    # Multiplied by alpha, a colour of 8 bits keeps only these whole levels.
    whole = _dithered(np.clip(levels + alpha / 2, 0, alpha))
    colours = np.rint(whole * np.float32(255 / alpha)).astype(np.uint8).transpose(1, 2, 0)
    tile = np.concatenate([colours, np.full((*colours.shape[:2], 1), alpha, np.uint8)], axis=2)
    file = io.BytesIO()
    Image.fromarray(tile).save(file, "PNG", optimize=True)
    return file.getvalue()


def css(address: str) -> str:
    """The rule that lays the tile over a whole page, pixel by pixel: smoothed, its levels would be lost."""
    return (
        'body::after { content: ""; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; '
        f'background: url("{address}") 0 0 / {TILE_SIDE}px {TILE_SIDE}px; image-rendering: pixelated; }}'
    )


def _cut(residual: NDArray[np.float32]) -> NDArray[np.float64]:
    """Y, Cb and Cr [3,160,160] of a residual, as strong as in a tile, with its peaks cut off."""
    ycc = np.tensordot(TO_YCC, residual, 1).astype(np.float64)
    for _ in range(3):
        most = _CREST * ycc.std(axis=(1, 2), keepdims=True)
        ycc = np.clip(ycc, -most, most)
    ycc[0] *= _LUMA_RMS / max(float(ycc[0].std()), 1e-12)
    ycc[1:] *= _COLOUR_RMS / max(math.sqrt(float(np.square(ycc[1:]).mean())), 1e-12)
    return ycc


def _guided(ycc: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same in RGB, with the guide."""
    line = 2 * np.pi * np.arange(GRID) / GRID
    waves = [np.cos(wave.across * line + wave.down * line[:, np.newaxis] + wave.phase) for wave in GUIDE]
    guide = np.sum(waves, axis=0)
    ycc[0] += _GUIDE_SHARE * ycc[0].std() / guide.std() * guide
    rgb: NDArray[np.float64] = np.tensordot(TO_RGB, ycc, 1)
    return rgb


def _enlarged(planes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Planes [3,160,160] at the tile's size, as if they were repeated."""
    around = np.pad(planes, ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN)), "wrap").astype(np.float32)
    box = (_MARGIN, _MARGIN, _MARGIN + GRID, _MARGIN + GRID)
    size = (TILE_SIDE, TILE_SIDE)
    return np.stack(
        [
            np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BICUBIC, box=box))
            for plane in around
        ]
    )


def _dithered(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Planes of whole levels whose local means are those of `levels`."""
    below = np.floor(levels)
    above = [
        np.asarray(Image.fromarray(np.rint(255 * rest).astype(np.uint8)).convert("1"), np.float32)
        for rest in levels - below
    ]
    return below + np.stack(above)
