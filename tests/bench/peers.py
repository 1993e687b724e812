"""Hushmark beside the watermarks on PyPI, as tables: python -m tests.bench.peers [--images photos/val]

Every method marks the same pictures with the same 32 bits at its own strength, and Hushmark marks them once
more as visibly (by butteraugli's 3-norm) as each of the others. All go through the same distortions as exact
8-bit pixels. Hushmark carries the bits as a number in its message of 64, and reads as in normal use: with the
search and the check, so that it has all bits right or refuses. The others have neither check nor search, and
most read pixels by their place: so they get the size of the cover, and read a picture of another size twice,
unchanged and resized back; the better row counts. A refusal to mark or to read counts as a guess: half of the
bits.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from blind_watermark import WaterMark, bw_notes
from hushmark.card import ModelCard, read_card
from hushmark.hosts.native import NativeForward, weights_dir
from hushmark.marking.budget import DEFAULT_STRENGTH, MAXIMUM_STRENGTH, MINIMUM_STRENGTH
from hushmark.message.kinds import number
from hushmark.message.sealing import encode
from hushmark.pipeline import mark
from hushmark.reading.search import search
from imwatermark import WatermarkDecoder, WatermarkEncoder
from numpy.typing import NDArray
from PIL import Image

from tests.support.pictures import SamplePhoto, sample_path
from train.benchmark import DISTORTIONS, psnr, ssim, wilson
from train.checks import print_table
from train.evaluate import PRESENCE_ROWS, SEED, load, photos_in
from train.samples import as_picture
from train.visibility import butteraugli

BITS = 32
OURS = "Hushmark"
PEERS = ("dwtDct", "dwtDctSvd", "rivaGan", "blind-watermark")
TIMED = 5
# Not retina.jpg: rivaGan alone would take many minutes for its two megapixels.
SAMPLES: tuple[SamplePhoto, ...] = ("rocket.jpg", "astronaut.png", "chelsea.png", "coffee.png", "camera.png")

Bits = NDArray[np.float32]


@dataclass(frozen=True)
class Method:
    """`mark`: RGB cover and bits [32] of 0 and 1 -> marked picture; `read`: picture -> bits [32].

    `told_size`: whether it may also read the picture resized back to the size of the cover.
    """

    mark: Callable[[Image.Image, Bits], Image.Image]
    read: Callable[[Image.Image], NDArray[np.bool_]]
    told_size: bool = True


class Seen(NamedTuple):
    """`norm`, `peak`: butteraugli's 3-norm and maximum; PSNR in dB; SSIM of luma."""

    norm: float
    peak: float
    psnr: float
    ssim: float


@dataclass
class Trial:
    """One method on one picture.

    `seen`: None if it refused to mark it; `right`: share of right bits by row, read as it is and resized
    back; `refused`: the rows that it refused to read.
    """

    seen: Seen | None = None
    right: dict[str, tuple[float, float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


class Column:
    """All trials of one method, one a picture."""

    def __init__(self, name: str, trials: list[Trial]) -> None:
        self.name = name
        self._trials = trials

    def head(self) -> str:
        seen = [trial.seen for trial in self._trials if trial.seen is not None]
        if not seen:
            return self.name
        norm, peak, decibels, similarity = (statistics.fmean(values) for values in zip(*seen, strict=True))
        return f"{self.name}, {norm:.2f} / {peak:.1f}, {decibels:.1f} dB, {similarity:.3f}"

    def right(self, row: str) -> list[float]:
        ways = zip(*(trial.right[row] for trial in self._trials), strict=True)
        return list(max(ways, key=statistics.fmean))

    def accuracy(self, row: str) -> float:
        return 100 * statistics.fmean(self.right(row))

    def interval(self, row: str) -> str:
        low, high = wilson(statistics.fmean(self.right(row)), BITS * len(self._trials))
        return f"{100 * low:.2f}-{100 * high:.2f}"

    def whole(self, row: str) -> float:
        """Share of the pictures, in percent, that were read without an error."""
        return 100 * statistics.fmean(share == 1 for share in self.right(row))

    def refusals(self) -> list[str]:
        """What was refused how often."""
        counts = Counter(f"reading after {row}" for trial in self._trials for row in trial.refused)
        counts["marking"] = sum(trial.seen is None for trial in self._trials)
        return [f"{what}: {count}" for what, count in counts.items() if count]


def to_bgr(picture: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(picture)[..., ::-1])


def from_bgr(pixels: NDArray[np.number]) -> Image.Image:
    """As OpenCV saves them: rounded."""
    return Image.fromarray(np.rint(pixels[..., ::-1]).astype(np.uint8))


def invisible_watermark(method: str) -> Method:
    def embed(cover: Image.Image, bits: Bits) -> Image.Image:
        encoder = WatermarkEncoder()
        encoder.set_watermark("bits", bits.tolist())
        return from_bgr(encoder.encode(to_bgr(cover), method))

    def read(picture: Image.Image) -> NDArray[np.bool_]:
        return np.asarray(WatermarkDecoder("bits", BITS).decode(to_bgr(picture), method), bool)

    return Method(embed, read)


def blind_watermark() -> Method:
    def embed(cover: Image.Image, bits: Bits) -> Image.Image:
        watermark = WaterMark()
        watermark.read_img(img=to_bgr(cover))
        watermark.read_wm(bits, mode="bit")
        return from_bgr(watermark.embed())

    def read(picture: Image.Image) -> NDArray[np.bool_]:
        return WaterMark().extract(embed_img=to_bgr(picture), wm_shape=BITS, mode="bit")

    return Method(embed, read)


def hushmark(strength: float) -> Method:
    """Our method at this strength, or the nearest that is allowed."""
    forward, card = product()
    strength = min(max(strength, MINIMUM_STRENGTH), MAXIMUM_STRENGTH)

    def embed(cover: Image.Image, bits: Bits) -> Image.Image:
        raw = encode(number(int("".join(str(int(bit)) for bit in bits), 2)), card.bits)
        marking = mark(as_picture(cover), raw, strength=strength, forward=forward, card=card)
        return asyncio.run(marking)[0].image

    def read(picture: Image.Image) -> NDArray[np.bool_]:
        message = asyncio.run(search(as_picture(picture), forward=forward, card=card)).message
        if message is None or message.kind != "number":
            raise LookupError("no message was read")
        return np.array([digit == "1" for digit in f"{int(message.value):0{BITS}b}"])

    return Method(embed, read, told_size=False)


@cache
def product() -> tuple[NativeForward, ModelCard]:
    """Our networks, loaded in each process, because sessions do not survive a fork; the same for `peer`."""
    return NativeForward(weights_dir()), read_card(weights_dir() / "decoder.safetensors")


@cache
def peer(name: str) -> Method:
    if name == "blind-watermark":
        bw_notes.close()  # otherwise it prints a greeting
        return blind_watermark()
    if name == "rivaGan":
        WatermarkEncoder.loadModel()
    return invisible_watermark(name)


def share_right(method: Method, picture: Image.Image, bits: Bits) -> float | None:
    """Share of the bits that are read right, None if it refuses."""
    try:
        return float((method.read(picture) == (bits > 0)).mean())
    except Exception:  # the others raise errors of any type: RuntimeError, AssertionError, cv2.error
        return None


def attempt(method: Method, cover: Image.Image, bits: Bits, seed: str) -> Trial:
    """Mark the cover, distort it in the same way for every method, and read it."""
    trial = Trial()
    try:
        marked = method.mark(cover, bits)
    except Exception as error:  # as above
        print(f"{seed} was not marked: {error!r}", file=sys.stderr)
        trial.right = {row.name: (0.5, 0.5) for row in DISTORTIONS}
        return trial
    trial.seen = Seen(*butteraugli(cover, marked), psnr(cover, marked), ssim(cover, marked))
    for row in DISTORTIONS:
        seen = row.apply(marked, random.Random(f"{seed} {row.name}"))
        ways = [share_right(method, seen, bits)] * 2
        if method.told_size and seen.size != cover.size:
            ways[1] = share_right(method, seen.resize(cover.size, Image.Resampling.LANCZOS), bits)
        if ways == [None, None]:
            trial.refused.append(row.name)
        as_it_is, resized = (0.5 if share is None else share for share in ways)
        trial.right[row.name] = as_it_is, resized
    return trial


def matched(name: str) -> str:
    """The name of the column of ours that is as visible as a peer."""
    return f"{OURS} as {name}"


def attempt_all(path: Path) -> dict[str, Trial]:
    """Every column's trial on one picture, by the column's name; ours as `train.evaluate` makes it."""
    cover, bits = load(path).convert("RGB"), draw_bits(path.name)
    attempt_at = partial(attempt, cover=cover, bits=bits, seed=f"{SEED} {path.name} 0")
    trials = {OURS: attempt_at(hushmark(DEFAULT_STRENGTH))}
    for name in PEERS:
        trial = trials[name] = attempt_at(peer(name))
        own, theirs = trials[OURS].seen, trial.seen
        # What is seen grows with the strength.
        strength = DEFAULT_STRENGTH * theirs.norm / own.norm if own and theirs else DEFAULT_STRENGTH
        trials[matched(name)] = attempt_at(hushmark(strength))
    print(f"{path.name} is done", file=sys.stderr)
    return trials


def draw_bits(name: str) -> Bits:
    """A picture's bits: [32] of 0 and 1."""
    rng = random.Random(f"{SEED} {name} 0")
    return np.array([rng.getrandbits(1) for _ in range(BITS)], np.float32)


def milliseconds(method: Method, path: Path) -> list[str]:
    """Medians of marking a picture and of reading it undistorted."""
    cover, bits = load(path).convert("RGB"), draw_bits(path.name)
    marking, reading = [], []
    for _ in range(TIMED + 1):
        start = time.perf_counter()
        marked = method.mark(cover, bits)
        middle = time.perf_counter()
        method.read(marked)
        marking.append(1000 * (middle - start))
        reading.append(1000 * (time.perf_counter() - middle))
    return [f"{statistics.median(times[1:]):.0f}" for times in (marking, reading)]


def report(columns: dict[str, Column], pictures: int) -> None:
    """Print the figures, their intervals, and the differences to explain."""
    names, shown = [row.name for row in DISTORTIONS], columns.values()
    print(f"Bit accuracy in %, {pictures} pictures of {BITS} bits each; in the head butteraugli's 3-norm and")
    print("maximum, PSNR and SSIM:\n")
    rows = [[name, *(f"{column.accuracy(name):.2f}" for column in shown)] for name in names]
    for name in PRESENCE_ROWS:
        rows.append([f"whole message, {name}", *(f"{column.whole(name):.1f}" for column in shown)])
    print_table(["distortion", *(column.head() for column in shown)], rows)
    print("\nTheir Wilson 95% intervals:\n")
    rows = [[name, *(column.interval(name) for column in shown)] for name in names]
    print_table(["distortion", *columns], rows)
    print()
    for name in PEERS:
        for ours in (columns[OURS], columns[matched(name)]):
            level = []
            for row in names:
                one, other = ours.accuracy(row), columns[name].accuracy(row)
                if one < other:
                    apart = f"{ours.interval(row)} against {columns[name].interval(row)}"
                    print(f"- {ours.name} is behind {name} at {row}: {one:.2f} to {other:.2f} ({apart})")
                elif one == other:
                    level.append(f"{row} ({one:.2f})")
            if level:
                print(f"- {ours.name} is level with {name} at: {', '.join(level)}")
    for column in shown:
        if refusals := column.refusals():
            print(f"- {column.name} refused: {', '.join(refusals)}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images", type=Path, help="folder of photos not trained on (default: sample photos)"
    )
    images = parser.parse_args().images

    paths = photos_in([images]) if images else [sample_path(name) for name in SAMPLES]
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
        results = list(pool.map(attempt_all, paths))
    report({name: Column(name, [r[name] for r in results]) for name in results[0]}, len(paths))

    width, height = load(paths[0]).size
    methods = {OURS: hushmark(DEFAULT_STRENGTH)} | {name: peer(name) for name in PEERS}
    rows = [[name, *milliseconds(method, paths[0])] for name, method in methods.items()]
    print(f"\nMedians of {TIMED}, one picture of {width}x{height}, one after the other, in ms:\n")
    print_table(["method", "mark", "read"], rows)


if __name__ == "__main__":
    main()
