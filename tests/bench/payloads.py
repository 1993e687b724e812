"""What of a payload is read: python -m tests.bench.payloads --images photos/val

Two tables. The first: random protected numbers through the table's distortions, how many are read when all 32
bits have to be right, and how many when the code corrects them. The second: random ids in small pictures and
in narrow ones, read as marked and after a JPEG of quality 80: the figures of `hushmark.marking.sizes`.

A message counts as read where a mark was found and the message is right. Without --images the photos are
those that come with scikit-image.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hushmark.card import read_card
from hushmark.hosts.native import NativeForward, weights_dir
from hushmark.marking.budget import DEFAULT_STRENGTH
from hushmark.message.payload import Payload, hex_payload, protected_payload, to_bits
from hushmark.pipeline import mark
from hushmark.reading.reading import Reading
from hushmark.reading.search import search
from hushmark.trials import through_file
from PIL import Image, ImageOps

from train.benchmark import DISTORTIONS, wilson
from train.evaluate import as_picture, load, photos_in, print_table
from train.samples import sample_folder

SEED = 1
SIDES = (48, 64, 96, 128, 160)
SHAPES = (1, 4, 8)
"""The longer side as a multiple of the shorter one."""
FORWARD = NativeForward(weights_dir())
CARD = read_card(weights_dir() / "decoder.safetensors")


@dataclass(frozen=True)
class Trial:
    """A protected number, read: whether all bits were right, whether the number was, and how sure it was."""

    raw: bool
    protected: bool
    named: bool
    certainty: float


def marked(cover: Image.Image, payload: Payload, strength: float) -> Image.Image:
    bits = to_bits(payload, CARD.bits)
    picture, _ = asyncio.run(mark(as_picture(cover), bits, strength=strength, forward=FORWARD, card=CARD))
    return picture.image.convert("RGB")


def read(image: Image.Image) -> Reading:
    return asyncio.run(search(as_picture(image), forward=FORWARD, card=CARD))


def trial(image: Image.Image, payload: Payload) -> Trial:
    reading = read(image)
    right = tuple(int(bit) for bit in to_bits(payload, CARD.bits))
    return Trial(
        raw=reading.found and reading.bits == right,
        protected=reading.carries(payload),
        named=reading.payload == payload,
        certainty=reading.protected.certainty if reading.protected else 0.0,
    )


def distorted(paths: list[Path], rows: list[str], strength: float) -> dict[str, list[Trial]]:
    """Every photo with a protected number of its own, after each of the rows."""
    trials: dict[str, list[Trial]] = {name: [] for name in rows}
    for path in paths:
        rng = random.Random(f"{SEED} {path.name} protected")
        payload = protected_payload(rng.randrange(0x10000))
        image = marked(load(path), payload, strength)
        for row in DISTORTIONS:
            if row.name in trials:
                seen = row.apply(image, random.Random(f"{SEED} {path.name} {row.name}"))
                trials[row.name].append(trial(seen, payload))
    return trials


def pictures_of(paths: list[Path], side: int, shape: int) -> Iterator[tuple[Image.Image, Payload]]:
    """From the middle of each photo a picture of that size and an id; every other one stands upright."""
    for number, path in enumerate(paths):
        rng = random.Random(f"{SEED} {path.name} {side} {shape}")
        size = (shape * side, side) if number % 2 else (side, shape * side)
        cover = ImageOps.fit(load(path), size, Image.Resampling.LANCZOS)
        yield cover, hex_payload(f"{rng.getrandbits(CARD.bits):0{CARD.bits // 4}x}")


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

    trials = distorted(paths, [name for name in names if name in args.only], args.strength)
    head = ["distortion", "all 32 bits right", "protected number right", "named as such", "mean certainty"]
    lines = []
    for name, row in trials.items():
        shares = [[one.raw for one in row], [one.protected for one in row], [one.named for one in row]]
        certainty = sum(one.certainty for one in row) / len(row)
        lines.append([name, *(share(right) for right in shares), f"{certainty:.3f}"])
    if lines:
        print_table(head, lines)

    if "sizes" in args.only:
        lines = []
        for side in SIDES:
            for shape in SHAPES:
                plain, saved = [], []
                for cover, payload in pictures_of(paths, side, shape):
                    image = marked(cover, payload, args.strength)
                    plain.append(read(image).carries(payload))
                    saved.append(read(through_file(image, "JPEG", 80)).carries(payload))
                lines.append([str(side), f"{shape}:1", share(plain), share(saved)])
        print_table(["shorter side, px", "shape", "read as marked", "read after JPEG 80"], lines)


if __name__ == "__main__":
    main()
