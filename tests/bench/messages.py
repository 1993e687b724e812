"""Which messages are read: python -m tests.bench.messages --images photos/val

Two tables. The first: random ids after the benchmark's distortions, and which of the three answers they gave.
The second: random ids in small and narrow pictures, read as marked and after a JPEG of quality 80: the
figures of `hushmark.marking.sizes`.

Without --images the photos are those of scikit-image.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

from hushmark.card import read_card
from hushmark.hosts.native import NativeForward, weights_dir
from hushmark.marking.budget import DEFAULT_STRENGTH
from hushmark.message.kinds import Message, identifier
from hushmark.message.sealing import encode
from hushmark.pipeline import mark
from hushmark.reading.reading import Reading
from hushmark.reading.search import search
from hushmark.trials import through_file
from PIL import Image, ImageOps

from train.benchmark import DISTORTIONS, wilson
from train.checks import print_table
from train.evaluate import draw_message, load, photos_in
from train.samples import as_picture, sample_folder

SEED = 1
SIDES = (48, 64, 96, 128, 160)
SHAPES = (1, 4, 8)
"""The longer side as a multiple of the shorter one."""
FORWARD = NativeForward(weights_dir())
CARD = read_card(weights_dir() / "decoder.safetensors")


def marked(cover: Image.Image, message: Message, strength: float) -> Image.Image:
    bits = encode(message, CARD.bits)
    picture, _ = asyncio.run(mark(as_picture(cover), bits, strength=strength, forward=FORWARD, card=CARD))
    return picture.image.convert("RGB")


def read(image: Image.Image) -> Reading:
    return asyncio.run(search(as_picture(image), forward=FORWARD, card=CARD))


def distorted(paths: list[Path], rows: list[str], strength: float) -> dict[str, list[str]]:
    """By row, how every photo was read with an id of its own: the outcome, or "wrong" for another message."""
    answers: dict[str, list[str]] = {name: [] for name in rows}
    for path in paths:
        message = draw_message(path.name, 0)
        image = marked(load(path), message, strength)
        for row in DISTORTIONS:
            if row.name in answers:
                reading = read(row.apply(image, random.Random(f"{SEED} {path.name} {row.name}")))
                is_wrong = reading.message not in (None, message)
                answers[row.name].append("wrong" if is_wrong else reading.outcome)
    return answers


def pictures_of(paths: list[Path], side: int, shape: int) -> Iterator[tuple[Image.Image, Message]]:
    """A picture of that size from the middle of each photo, and an id; every second one is upright."""
    for number, path in enumerate(paths):
        rng = random.Random(f"{SEED} {path.name} {side} {shape}")
        size = (shape * side, side) if number % 2 else (side, shape * side)
        cover = ImageOps.fit(load(path), size, Image.Resampling.LANCZOS)
        yield cover, identifier(f"{rng.getrandbits(64):016x}")


def share(right: list[bool]) -> str:
    low, high = wilson(sum(right) / len(right), len(right))
    return f"{sum(right) / len(right):.0%} ({low:.0%}-{high:.0%})"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [row.name for row in DISTORTIONS]
    parser.add_argument("--images", type=Path, nargs="+", default=[sample_folder()], help="folders of photos")
    parser.add_argument("--strength", type=float, default=DEFAULT_STRENGTH)
    parser.add_argument("--only", nargs="+", choices=["sizes", *names], default=["sizes", *names])
    parser.add_argument("--limit", type=int, help="only the first photos, for a quick look")
    args = parser.parse_args()
    paths = photos_in(args.images)[: args.limit]
    print(f"{len(paths)} photos, strength {args.strength:g}, Wilson 95% intervals\n")

    answers = distorted(paths, [name for name in names if name in args.only], args.strength)
    outcomes = ("read", "unreadable", "none", "wrong")
    lines = [
        [name, *(share([answer == outcome for answer in row]) for outcome in outcomes)]
        for name, row in answers.items()
    ]
    if lines:
        print_table(["distortion", *outcomes], lines)

    if "sizes" in args.only:
        lines = []
        for side in SIDES:
            for shape in SHAPES:
                plain, saved = [], []
                for cover, message in pictures_of(paths, side, shape):
                    image = marked(cover, message, args.strength)
                    plain.append(read(image).message == message)
                    saved.append(read(through_file(image, "JPEG", 80)).message == message)
                lines.append([str(side), f"{shape}:1", share(plain), share(saved)])
        print_table(["shorter side, px", "shape", "read as marked", "read after JPEG 80"], lines)


if __name__ == "__main__":
    main()
