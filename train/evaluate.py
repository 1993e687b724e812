"""Measure a model in the conditions of real use: whole pictures at full size, real files, 8-bit pixels.

    python -m train.evaluate --images photos/val --strength 1

Marks every picture with random ids by the product's own pipeline, applies each distortion, and reads it by
the product's own search. Prints a row per distortion with n, the share of messages read and verified, its
Wilson 95% interval and whether the target is reached; how visible the mark is; size and arithmetic of the
networks. The presence threshold is measured first, on the windows of searches of unmarked pictures, and false
alarms on whole such searches.
--card writes the model card's facts as JSON, --gallery a page to look at.

Each picture and message has its own random seed, so figures depend neither on --jobs nor on --only.
"""

import argparse
import asyncio
import io
import json
import math
import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from hushmark.card import ModelCard, Presence
from hushmark.forward import Forward
from hushmark.marking.budget import DEFAULT_STRENGTH
from hushmark.marking.overlay import overlay
from hushmark.message.kinds import Message, identifier
from hushmark.message.sealing import encode
from hushmark.picture.view import prepare
from hushmark.pipeline import mark
from hushmark.reading.reading import Reading
from hushmark.reading.reading import statistic as statistic_of_logits
from hushmark.reading.search import search
from hushmark.trials import cropped, page, through_file
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .benchmark import DISTORTIONS, GEOMETRIC, psnr, wilson
from .checks import Check, costs, print_checks, print_table, verdict_of
from .forward import Around, forward_of, networks_of
from .gallery import Exhibit, write_gallery
from .model import BITS, IMAGE_SIZE
from .samples import as_picture, hard_pictures, repeated
from .visibility import Visibility, butteraugli
from .waves import waves_of

MODEL = "hushmark-0.3"
FALSE_POSITIVE_RATE = 0.001
UNMEASURED = ModelCard(MODEL, BITS, IMAGE_SIZE, Presence(1, 1.0, math.inf, 1.0, FALSE_POSITIVE_RATE))
"""The card of networks whose presence is not measured yet: no window counts as marked."""
TAIL_SHARE = 0.05
"""The tail is fitted to this share of the unmarked windows."""
PRESENCE_ROWS = ("none", "JPEG 50")
"""Rows in which the whole picture must show the mark, without a search."""
MOST_LOOKS = 250
"""Most looks of a search."""
PAGE_PARTS = ("whole page", "top half", "section of 60% of each side")
"""The parts of pages with an overlay that are read. Each photo gets a page for each part."""
SEED = 1


def photos_in(folders: Iterable[Path]) -> list[Path]:
    """The photos of the folders, each sorted by name. Raises SystemExit when there are none."""
    endings = {".jpg", ".jpeg", ".png", ".webp"}
    paths = [p for folder in folders for p in sorted(folder.iterdir()) if p.suffix.lower() in endings]
    if not paths:
        raise SystemExit("No photos: give --images a folder of .jpg, .png or .webp files.")
    return paths


def load(path: Path) -> Image.Image:
    """A photo as displayed, in grey or RGB."""
    image = ImageOps.exif_transpose(Image.open(path))
    return image if image.mode == "L" else image.convert("RGB")


def draw_message(name: str, number: int) -> Message:
    """A picture's message: a random id."""
    return identifier(f"{random.Random(f'{SEED} {name} {number}').getrandbits(64):016x}")


def marked_image(
    cover: Image.Image, message: Message, strength: float, source: Path, card: ModelCard
) -> Image.Image:
    """The picture as the product marks it, RGB."""
    forward, bits = forward_of(source), encode(message, card.bits)
    marked, _ = asyncio.run(mark(as_picture(cover), bits, strength=strength, forward=forward, card=card))
    return marked.image.convert("RGB")


def statistic(image: Image.Image, source: Path) -> float:
    """The presence statistic of one window, the whole of `image`."""
    logits = asyncio.run(forward_of(source).decode(prepare(as_picture(image), IMAGE_SIZE)))
    return statistic_of_logits(logits, UNMEASURED)


def varied(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A window of 40-100% of each side, perhaps mirrored, turned, grey, on a page, a JPEG file."""
    cut = cropped(picture, rng.uniform(0.4, 1), rng)
    if rng.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < 0.3:
        cut = cut.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC)
    if rng.random() < 0.3:
        cut = cut.convert("L").convert("RGB")
    if rng.random() < 0.2:
        cut = page(cut, rng)
    return through_file(cut, "JPEG", rng.randint(30, 95)) if rng.random() < 0.5 else cut


def unmarked(path: Path, count: int) -> Iterator[Image.Image]:
    """An unmarked photo, RGB, and `count` - 1 variants of it."""
    picture = load(path).convert("RGB")
    yield picture
    for number in range(1, count):
        yield varied(picture, random.Random(f"{SEED} {path.name} unmarked {number}"))


def unmarked_statistics(path: Path, count: int, source: Path, card: ModelCard) -> list[float]:
    """The presence statistics of at least `count` windows, from one or more searches of an unmarked photo.

    `card`: the unmeasured one. The windows come from searches, since a search chooses windows by content and
    strength, and so finds stronger ones than chance.
    """
    listening = _Listening(forward_of(source))
    for image in unmarked(path, count):
        asyncio.run(search(as_picture(image), forward=listening, card=card))
        if len(listening.statistics) >= count:
            break
    return listening.statistics


class _Listening(Around):
    """Unchanged networks; `statistics` collects the presence statistics of the decoder's outputs."""

    def __init__(self, whole: Forward) -> None:
        super().__init__(whole)
        self.statistics: list[float] = []

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        logits = await super().decode(image)
        self.statistics.append(statistic_of_logits(logits, UNMEASURED))
        return logits


def unmarked_searches(path: Path, count: int, source: Path, card: ModelCard) -> list[Reading]:
    """The readings of `count` variants of an unmarked photo by the product's search."""
    forward = forward_of(source)
    return [
        asyncio.run(search(as_picture(image), forward=forward, card=card)) for image in unmarked(path, count)
    ]


def presence_of(statistics: list[float]) -> Presence:
    """The card's facts about presence, from unmarked windows.

    The tail is fitted to the largest twentieth.
    """
    start = float(np.quantile(statistics, 1 - TAIL_SHARE))
    beyond = [value - start for value in statistics if value > start]
    return Presence(
        windows=len(statistics),
        tail_share=TAIL_SHARE,
        tail_start=round(start, 4),
        tail_scale=round(float(np.mean(beyond)), 4),
        false_positive_rate=FALSE_POSITIVE_RATE,
    )


@dataclass(frozen=True)
class Answer:
    """The result of the search after one distortion.

    `right`: share of right raw bits; `found`: whether it found the mark; `is_read`, `is_false`: whether it
    read the message, or another one; `tried`: the windows it looked at.
    """

    right: float
    found: bool
    is_read: bool
    is_false: bool
    tried: int

    @classmethod
    def of(cls, reading: Reading, message: Message) -> "Answer":
        """The answer to a mark with this message."""
        bits = encode(message, len(reading.bits))
        is_read = reading.message == message
        return cls(
            right=float((np.array(reading.bits) == bits).mean()),
            found=reading.outcome != "none",
            is_read=is_read,
            is_false=reading.message is not None and not is_read,
            tried=reading.tried,
        )


@dataclass(frozen=True)
class Measured:
    """One marked picture: visibility, answers by row, the whole picture's statistic in PRESENCE_ROWS.

    `butteraugli`: its 3-norm and maximum.
    """

    visibility: Visibility
    butteraugli: tuple[float, float]
    answers: dict[str, Answer]
    statistics: dict[str, float]


def measure(
    path: Path, number: int, strength: float, rows: tuple[str, ...], source: Path, card: ModelCard
) -> Measured:
    """Mark a photo with one message and read it after each row of the table."""
    cover = load(path)
    message = draw_message(path.name, number)
    marked = marked_image(cover, message, strength, source, card)
    answers, statistics = {}, {}
    for row in DISTORTIONS:
        if row.name not in rows:
            continue
        seen = row.apply(marked, random.Random(f"{SEED} {path.name} {number} {row.name}"))
        reading = asyncio.run(search(as_picture(seen), forward=forward_of(source), card=card))
        answers[row.name] = Answer.of(reading, message)
        if row.name in PRESENCE_ROWS:
            statistics[row.name] = statistic(seen, source)
    rgb = cover.convert("RGB")
    return Measured(Visibility.of(rgb, marked), butteraugli(rgb, marked), answers, statistics)


def checks_of(measured: list[Measured], threshold: float) -> list[Check]:
    """Checks of how visible marks are, whether they are found, false readings, and the number of looks."""
    seen = [one.visibility for one in measured]
    decibels, likeness = [v.psnr for v in seen], [v.ssim for v in seen]
    flat = [v.flat_rms for v in seen]
    norms, peaks = np.array([one.butteraugli for one in measured]).T
    checks = [
        # Differences of hundredths are due to rounding.
        Check("butteraugli 3-norm, mean", float(norms.mean()), "", most=0.75),
        Check("butteraugli 3-norm, 95% of the pictures", float(np.quantile(norms, 0.95)), "", most=1.1),
        Check("butteraugli maximum, mean", float(peaks.mean()), "", most=2.2),
        Check("PSNR, mean", float(np.mean(decibels)), "dB"),
        Check("PSNR, least", min(decibels), "dB"),
        Check("SSIM, mean", float(np.mean(likeness)), "", least=0.99),
        Check("SSIM, least", min(likeness), ""),
        Check("mean change of a channel, largest", max(v.shift for v in seen), "of 255", most=0.2),
        Check("local RMS where it is flat, largest", max(flat), "of 255", most=1.5),
        Check("local RMS where it is flat, 99th percentile", float(np.quantile(flat, 0.99)), "of 255"),
    ]
    for name in PRESENCE_ROWS:
        if name in measured[0].answers:
            found = [one.statistics[name] >= threshold for one in measured]
            checks.append(Check(f"{name}: found without search", 100 * float(np.mean(found)), "%", least=99))
    answers = [answer for one in measured for answer in one.answers.values()]
    false = sum(answer.is_false for answer in answers)
    checks.append(Check("read as something else", false, f"of {len(answers)} readings", most=0))
    looks = [a.tried for one in measured for name, a in one.answers.items() if name in GEOMETRIC]
    if looks:
        checks.append(Check("looks, median of the geometric rows", float(np.median(looks)), "", most=20))
    checks.append(Check("looks, most of any search", max(a.tried for a in answers), "", most=MOST_LOOKS))
    return checks


def rows_of(measured: list[Measured]) -> dict[str, dict[str, float]]:
    """By row of the table: shares of messages read, of right raw bits and of marks found, median of looks."""
    return {
        name: {
            "message_read": float(np.mean([one.answers[name].is_read for one in measured])),
            "bit_accuracy": float(np.mean([one.answers[name].right for one in measured])),
            "found": float(np.mean([one.answers[name].found for one in measured])),
            "looks": float(np.median([one.answers[name].tried for one in measured])),
        }
        for name in measured[0].answers
    }


def print_rows(rows: dict[str, dict[str, float]], n: int) -> None:
    """The table of the distortions."""
    lines = []
    for row in DISTORTIONS:
        if row.name not in rows:
            continue
        rate, right, found, looks = rows[row.name].values()
        low, high = wilson(rate, n)
        cells = [row.name, str(n), f"{rate * 100:.1f}", f"{low * 100:.1f}-{high * 100:.1f}"]
        cells += [f"{row.target * 100:g}", verdict_of(rate >= row.target)]
        lines.append([*cells, f"{right * 100:.2f}", f"{found * 100:.1f}", f"{looks:g}"])
    head = ["distortion", "n", "messages read %", "95% interval", "at least", ""]
    print_table([*head, "raw bits right %", "found %", "looks (median)"], lines)


def overlaid(path: Path, part: str, source: Path, card: ModelCard) -> tuple[float, Answer]:
    """Repeat a tile over a page with the photo, save one of PAGE_PARTS as JPEG 75, and read it.

    Returns the PSNR of the whole page in dB, and the answer.
    """
    number = PAGE_PARTS.index(part)
    rng = random.Random(f"{SEED} {path.name} overlay {number}")
    message = draw_message(path.name, number)
    tile = Image.open(io.BytesIO(asyncio.run(overlay(message, forward=forward_of(source), card=card))))
    plain = page(load(path).convert("RGB"), rng)
    size = plain.width * 2, plain.height * 2
    plain = plain.resize(size, Image.Resampling.LANCZOS)
    laid = repeated(plain, tile)
    seen = laid
    if part == "top half":
        seen = laid.crop((0, 0, laid.width, laid.height // 2))
    elif part == "section of 60% of each side":
        seen = cropped(laid, 0.6, rng)
    seen = through_file(seen, "JPEG", 75)
    reading = asyncio.run(search(as_picture(seen), forward=forward_of(source), card=card))
    return psnr(plain, laid), Answer.of(reading, message)


def exhibits(paths: list[Path], strengths: list[float], source: Path, card: ModelCard) -> Iterator[Exhibit]:
    """Hard pictures and the photos, marked at each strength."""
    covers: dict[str, Callable[[], Image.Image]] = {
        name: partial(Image.Image.copy, image) for name, image in hard_pictures().items()
    }
    covers |= {path.stem: partial(load, path) for path in paths}
    for name, opened in covers.items():
        for strength in strengths:
            cover = opened()
            marked = marked_image(cover, draw_message(name, 0), strength, source, card)
            yield Exhibit(name, strength, cover.convert("RGB"), marked)


def presence(pool: Executor, paths: list[Path], windows: int, source: Path, card: ModelCard) -> Presence:
    """The presence statistic of so many windows of unmarked photos, for a card without it; prints it."""
    each = math.ceil(windows / len(paths))
    facts = card.presence
    # Twice: where a search looks depends on the threshold, and no look is strong enough for an infinite one.
    for _ in range(2):
        measured = replace(card, presence=facts)
        statistics = pool.map(partial(unmarked_statistics, count=each, source=source, card=measured), paths)
        facts = presence_of([value for some in statistics for value in some])
    print(f"\npresence: {json.dumps(vars(facts))}")
    return facts


def false_alarms(
    pool: Executor, paths: list[Path], searches: int, source: Path, card: ModelCard
) -> dict[str, int]:
    """How many of the searches of unmarked photos find a mark or a message, for --card; prints it."""
    each = math.ceil(searches / len(paths))
    some = pool.map(partial(unmarked_searches, count=each, source=source, card=card), paths)
    readings = [one for readings in some for one in readings]
    n, alarms = len(readings), sum(one.outcome != "none" for one in readings)
    messages, looks = sum(one.outcome == "read" for one in readings), max(one.tried for one in readings)
    low, high = wilson(alarms / n, n)
    print(f"\nsearches of {n} unmarked pictures\n")
    print_checks(
        [
            Check(f"called marked ({low:.2%}-{high:.2%})", alarms, f"of {n} searches", most=0),
            Check("read as a message", messages, f"of {n} searches", most=0),
            Check("looks, most of any search", looks, "", most=MOST_LOOKS),
        ]
    )
    return {"searches": n, "false_alarms": alarms, "false_messages": messages, "most_looks_unmarked": looks}


def overlays(
    pool: Executor, paths: list[Path], source: Path, card: ModelCard
) -> dict[str, float | dict[str, float]]:
    """How often tiles over pages with the photos are read, for --card; prints it."""
    pages = list(product(paths, PAGE_PARTS))
    one_page = partial(overlaid, source=source, card=card)
    decibels, answers = zip(*pool.map(one_page, *zip(*pages, strict=True)), strict=True)
    by_part = {
        part: float(np.mean([answer.is_read for answer in answers[number :: len(PAGE_PARTS)]]))
        for number, part in enumerate(PAGE_PARTS)
    }
    n = len(pages)
    rate = float(np.mean([answer.is_read for answer in answers]))
    right = float(np.mean([answer.right for answer in answers]))
    false, looks = sum(answer.is_false for answer in answers), max(answer.tried for answer in answers)
    low, high = wilson(rate, n)
    print(f"\noverlay on {n} pages, JPEG 75\n")
    print_checks(
        [
            Check("PSNR of the pages, mean", float(np.mean(decibels)), "dB"),
            Check(f"messages read ({low:.1%}-{high:.1%})", 100 * rate, "%", least=90),
            *(Check(f"messages read, {part}", 100 * share, "%") for part, share in by_part.items()),
            Check("raw bits right", 100 * right, "%"),
            Check("read as something else", false, f"of {n} readings", most=0),
            Check("looks, most of any search", looks, "", most=MOST_LOOKS),
        ]
    )
    return {
        "n": n,
        "psnr": float(np.mean(decibels)),
        "message_read": rate,
        "bit_accuracy": right,
        "message_read_by_part": by_part,
    }


def robustness(
    pool: Executor, photos: list[Path], messages: int, one: Callable[[Path, int], Measured], card: ModelCard
) -> dict[str, object]:
    """The measurements by `one` of each photo with each message, for --card; prints them."""
    measured = list(pool.map(one, *zip(*product(photos, range(messages)), strict=True)))
    checks = checks_of(measured, card.presence.threshold(1))
    rows = rows_of(measured)
    print_checks(checks)
    print()
    print_rows(rows, len(measured))
    return {"n": len(measured), **{check.what: round(check.figure, 4) for check in checks}, "rows": rows}


def arguments() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [row.name for row in DISTORTIONS]
    parser.add_argument(
        "--images", type=Path, nargs="+", required=True, help="folders of photos that were not trained on"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of exported weights")
    parser.add_argument("--checkpoint", type=Path, help="a training checkpoint instead of exported weights")
    parser.add_argument("--strength", type=float, nargs="+", default=[DEFAULT_STRENGTH])
    parser.add_argument("--messages", type=int, default=2, help="random messages a picture (default 2)")
    parser.add_argument("--windows", type=int, default=2200, help="unmarked windows (default 2200)")
    parser.add_argument(
        "--searches", type=int, default=1000, help="unmarked pictures searched (default 1000)"
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ROW")
    parser.add_argument("--limit", type=int, help="only the first photos, for a quick look")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--card", type=Path, help="write the model card's facts to this JSON file")
    parser.add_argument("--gallery", type=Path, help="write a page to look at into this folder")
    return parser.parse_args()


def main() -> None:
    """The command line."""
    args = arguments()
    source = args.checkpoint or args.weights
    paths = photos_in(args.images)[: args.limit]
    print_checks(costs(networks_of(source)))
    with ProcessPoolExecutor(args.jobs, get_context("spawn")) as pool:
        card = replace(UNMEASURED, waves=waves_of(forward_of(source), BITS))
        card = replace(card, presence=presence(pool, paths, args.windows, source, card))
        if args.gallery:
            write_gallery(exhibits(paths, args.strength, source, card), args.gallery)
        facts: dict[str, object] = {**asdict(card)}
        facts |= false_alarms(pool, paths, args.searches, source, card)
        facts["overlay"] = overlays(pool, paths, source, card)
        for strength in args.strength:
            print(f"\nstrength {strength:g}, {len(paths)} pictures x {args.messages} messages\n")
            one = partial(measure, strength=strength, rows=tuple(args.only), source=source, card=card)
            facts[f"strength {strength:g}"] = robustness(pool, paths, args.messages, one, card)
    if args.card:
        args.card.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
