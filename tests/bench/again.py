"""Which mark is read when a picture is marked twice: python -m tests.bench.again --images photos/val

Marks each picture with one random id, the marked file with another one, and reads the result. Prints how many
read as the second id, as the first one and as neither, with the Wilson 95% interval of the second.
"""

import argparse
import asyncio
from collections import Counter
from pathlib import Path

from hushmark.card import read_card
from hushmark.embedding import MarkOptions
from hushmark.errors import PictureError
from hushmark.hosts.native import NativeForward, weights_dir
from hushmark.message.kinds import Message, random_identifier
from hushmark.pipeline import embed, read

from train.benchmark import wilson
from train.evaluate import photos_in

FORWARD = NativeForward(weights_dir())
CARD = read_card(weights_dir() / "decoder.safetensors")


async def which(path: Path, strength: float) -> str:
    """The mark that is read in the end: "second", "first" or "neither"."""
    data = path.read_bytes()
    ids: dict[str, Message] = {}
    for order in ("first", "second"):
        ids[order] = random_identifier()
        marked = await embed(
            data,
            ids[order],
            name=path.name,
            forward=FORWARD,
            card=CARD,
            options=MarkOptions(strength=strength, again=order == "second"),
        )
        data = marked.data
    message = (await read(data, name=path.name, forward=FORWARD, card=CARD)).reading.message
    return next((order for order in ids if ids[order] == message), "neither")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of unmarked photos")
    parser.add_argument("--strength", type=float, nargs="+", default=[1.4])
    parser.add_argument("--limit", type=int, help="only the first photos, for a quick look")
    args = parser.parse_args()
    for strength in args.strength:
        counts: Counter[str] = Counter()
        for path in photos_in(args.images)[: args.limit]:
            try:
                counts[asyncio.run(which(path, strength))] += 1
            except PictureError as error:
                print(error)
        n = counts.total()
        low, high = wilson(counts["second"] / n, n)
        print(
            f"strength {strength:g}, {n} pictures marked twice: {counts['second']} read as the second mark "
            f"({low:.1%}-{high:.1%}), {counts['first']} as the first, {counts['neither']} as neither"
        )


if __name__ == "__main__":
    main()
