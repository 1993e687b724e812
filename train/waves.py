"""The waves that the marks of trained networks have in common, for the model card."""

import asyncio
from itertools import product

import numpy as np
from hushmark.card import PERIOD, ModelCard, Presence, Wave
from hushmark.forward import Forward
from hushmark.marking.budget import DEFAULT_STRENGTH, GRID, to_grid
from hushmark.picture.colour import TO_YCC
from hushmark.pipeline import mark
from numpy.typing import NDArray
from PIL import Image

from .model import IMAGE_SIZE
from .samples import as_picture

MARKS = 48
"""Marks of random messages whose mean is taken."""
WORTH = (0.8, 1.0, 0.6)
"""How well waves of luma, Cb and Cr stand out from pictures, relative to each other."""
LEAST = 0.06
"""The weakest wave that is kept, as a share of all waves of its channel together."""


def waves_of(forward: Forward, bits: int) -> tuple[Wave, ...]:
    """The waves in the marks of networks with so many raw bits, the strongest first.

    Measured on synthetic pictures of noise: marks of photos have the same waves.
    """
    rng = np.random.default_rng(1)
    card = ModelCard("unnamed", bits, IMAGE_SIZE, Presence(1, 1.0, 0.0, 1.0, 0.001))
    mean = np.mean([_mark(forward, card, rng) for _ in range(MARKS)], axis=0)
    line = (np.arange(GRID) + 0.5) / GRID - 0.5
    most = round(GRID * PERIOD / 2)
    # Only one of a wave and its opposite.
    steps = [(x, y) for x, y in product(range(most), range(1 - most, most)) if (x, y) > (0, 0)]
    waves = []
    for channel, plane in enumerate(np.tensordot(TO_YCC, mean, 1)):
        found = np.array(
            [
                np.exp(-2j * np.pi / PERIOD * y * line) @ plane @ np.exp(-2j * np.pi / PERIOD * x * line)
                for x, y in steps
            ]
        )
        found /= np.sqrt(np.square(np.abs(found)).sum())
        waves += [
            Wave(
                channel,
                round(x / PERIOD),
                round(y / PERIOD),
                round(WORTH[channel] * float(abs(wave)), 3),
                round(float(np.angle(wave)), 3),
            )
            for (x, y), wave in zip(steps, found, strict=True)
            if abs(wave) >= LEAST
        ]
    return tuple(sorted(waves, key=lambda wave: wave.amplitude, reverse=True))


def _mark(forward: Forward, card: ModelCard, rng: np.random.Generator) -> NDArray[np.float32]:
    """The mark of a random message in a synthetic picture: the change, [3,160,160]."""
    colour, texture = rng.normal(0.5, 0.15, 3), rng.normal(0, 0.08, (IMAGE_SIZE, IMAGE_SIZE, 3))
    cover = np.clip(255 * (colour + texture), 0, 255).round().astype(np.uint8)
    bits = rng.integers(2, size=card.bits).astype(np.float32)
    marking = mark(
        as_picture(Image.fromarray(cover)), bits, strength=DEFAULT_STRENGTH, forward=forward, card=card
    )
    marked = np.asarray(asyncio.run(marking)[0].image.convert("RGB"))
    change = (marked.astype(np.float32) - cover.astype(np.float32)) / np.float32(255)
    return to_grid(change.transpose(2, 0, 1))
