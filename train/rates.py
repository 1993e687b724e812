"""How often whole messages are read from networks with more raw bits: figures to choose a checkpoint by.

    python -m train.rates --images photos/train --checkpoint runs/next/checkpoint.pt
    python -m train.rates --images photos/train --checkpoint weights

Marks every picture with a random id as a sealed message (`hushmark.message.sealing`), by the product's own
marking, applies each distortion that does not move the picture, and decodes one look at the whole picture,
without search. Information is the most that a raw bit says about the message, in bits.
"""

import argparse
import asyncio
import math
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from hushmark.card import ModelCard, Presence
from hushmark.marking.budget import DEFAULT_STRENGTH
from hushmark.message import kinds, sealing
from hushmark.picture.view import prepare
from hushmark.pipeline import mark

from .benchmark import DISTORTIONS, wilson
from .checks import print_table
from .evaluate import SEED, load, photos_in
from .forward import forward_of, networks_of
from .model import IMAGE_SIZE, Encoder
from .samples import as_picture
from .visibility import butteraugli

IN_PLACE = (
    "none",
    "JPEG 50",
    "JPEG 30",
    "WebP 50",
    "resize to 32% of each side",
    "blur, sigma 1% of the short side",
    "brightness x2",
    "contrast x2",
    "saturation x0 (grey)",
    "noise, sigma 0.05",
    "erase 10% of the area",
)
"""Rows of the benchmark that need no search."""


@dataclass(frozen=True)
class Look:
    """One look after one distortion: share of right raw bits, information of a raw bit, message read."""

    right: float
    information: float
    is_read: bool


def looks(path: Path, checkpoint: Path, bits: int, strength: float) -> tuple[float, dict[str, Look]]:
    """Mark one photo and look at it after each distortion -> butteraugli's 3-norm, looks by row."""
    forward = forward_of(checkpoint)
    message = kinds.identifier(f"{random.Random(f'{SEED} {path.name}').getrandbits(64):016x}")
    raw = sealing.encode(message, bits)
    cover = load(path)
    card = ModelCard("checkpoint", bits, IMAGE_SIZE, Presence(1, 1.0, 0.0, 1.0, 0.001))
    marking = mark(as_picture(cover), raw, strength=strength, forward=forward, card=card)
    marked = asyncio.run(marking)[0].image.convert("RGB")
    seen: dict[str, Look] = {}
    for row in DISTORTIONS:
        if row.name in IN_PLACE:
            changed = row.apply(marked, random.Random(f"{SEED} {path.name} {row.name}"))
            logits = asyncio.run(forward.decode(prepare(as_picture(changed), IMAGE_SIZE)))[0].astype(
                np.float64
            )
            signed = logits * (2 * raw - 1)
            loss = float(np.logaddexp(0, -signed).mean())
            (decoded,) = sealing.decode_each(logits[np.newaxis])
            is_read = decoded is not None and decoded.message == message
            seen[row.name] = Look(float((signed > 0).mean()), 1 - loss / math.log(2), is_read)
    return butteraugli(cover.convert("RGB"), marked)[0], seen


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of photos")
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="a training checkpoint, or a folder of weights"
    )
    parser.add_argument("--strength", type=float, nargs="+", default=[DEFAULT_STRENGTH])
    parser.add_argument("--every", type=int, default=1, help="take one photo of so many (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    args = parser.parse_args()
    paths = photos_in(args.images)[:: args.every]
    encoder = networks_of(args.checkpoint).networks["encoder"]
    assert isinstance(encoder, Encoder)
    bits = encoder.secret_dense.in_features
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        for strength in args.strength:
            look = partial(looks, checkpoint=args.checkpoint, bits=bits, strength=strength)
            norms, rows = zip(*pool.map(look, paths), strict=True)
            print(
                f"\nstrength {strength:g}, {bits} raw bits, 3-norm {np.mean(norms):.2f}, n = {len(paths)}\n"
            )
            print_table(
                ["distortion", "messages read %", "95% interval", "raw bits right %", "information"],
                [[name, *_cells([row[name] for row in rows])] for name in IN_PLACE],
            )


def _cells(seen: list[Look]) -> list[str]:
    """The columns of a row of the table."""
    share = float(np.mean([look.is_read for look in seen]))
    low, high = wilson(share, len(seen))
    right = float(np.mean([look.right for look in seen]))
    information = float(np.mean([look.information for look in seen]))
    return [f"{share:.0%}", f"{low:.0%}-{high:.0%}", f"{right:.1%}", f"{information:.2f}"]


if __name__ == "__main__":
    main()
