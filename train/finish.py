"""Continue to train the decoder, on photos that the product marked and real codecs saved.

    python -m train.finish --images photos/ --start weights --out runs/finished --minutes 25

`train.train` sees pictures of 160 pixels and JPEG only. Here the product's pipeline marks photos whose
shorter side has 240 to 420 pixels, with the networks in START. They are changed, saved by Pillow and prepared
as for a reading. Large tensors are rounded in each step as `train.export` rounds them, so that training uses
the weights that people load. Encoder and locator stay as they are.

OUT becomes a folder of weights with the model card of START. Marking uses the decoder: a second run that
starts from OUT trains on marks that fit it. A stopped run is continued in the same way.
"""

import argparse
import asyncio
import math
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from hushmark import trials
from hushmark.card import ModelCard, read_card
from hushmark.forward import Forward
from hushmark.hosts.native import NativeForward
from hushmark.marking.budget import to_grid
from hushmark.picture.view import prepare
from hushmark.pipeline import mark
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.func import functional_call

from .augment import straight_through
from .descent import Descent, DescentRecipe
from .distortions import Change, camera, crop, fixed, grey, rotate, saved, then
from .evaluate import load, photos_in
from .export import export, load_encoder, load_networks, rounded, write_weights
from .model import IMAGE_SIZE, Decoder
from .samples import as_picture
from .train import Curve, Recipe, Run, Schedule, chosen

COLUMNS = ("step", "minutes", "loss", "right")


@dataclass(frozen=True)
class FinishRecipe(DescentRecipe):
    """The hyperparameters. A step is one step of the optimiser."""

    changed: int = 22
    """Marked photos in each step that are changed as pictures often are."""
    unmarked: int = 2
    """Photos without a mark in each step; the target of their bits is 0.5."""
    augmented: int = 8
    """Marked photos in each step that get the augmentations of `train.train`."""
    unmarked_weight: float = 0.3
    """Weight of the loss of a picture without a mark."""
    augmented_weight: float = 0.6
    """Weight of the loss of an augmented view."""
    least_crop: float = 0.72
    """Least share of each side in a crop of a photo."""
    least_strength: float = 0.85
    most_strength: float = 1.2
    """Range of the strength of marks."""
    rate: float = 1.2e-4
    warm_up: int = 60
    decay: float = 0.7
    """Share of the minutes, at the end, in which the rate falls."""


@dataclass(frozen=True)
class Marked:
    """A photo before and after marking, RGB, and the raw bits [n] of 0 and 1."""

    cover: Image.Image
    image: Image.Image
    bits: NDArray[np.float32]


def marked_photos(
    paths: list[Path], forward: Forward, card: ModelCard, recipe: FinishRecipe, rng: random.Random
) -> Iterator[Marked]:
    """A crop of each photo, resized and marked with random bits."""
    for path in paths:
        photo = load(path)
        share = rng.uniform(recipe.least_crop, 1)
        cover = trials.cut_out(photo, share, min(share * rng.uniform(0.9, 1.12), 1), rng)
        if rng.random() < 0.5:
            cover = ImageOps.mirror(cover)
        factor = rng.choice((240, 280, 320, 320, 320, 360, 420)) / min(cover.size)
        cover = trials.resized(cover, factor, factor)
        bits = np.array([rng.getrandbits(1) for _ in range(card.bits)], np.float32)
        strength = rng.uniform(recipe.least_strength, recipe.most_strength)
        marking = mark(as_picture(cover), bits, strength=strength, forward=forward, card=card)
        picture, _ = asyncio.run(marking)
        yield Marked(cover.convert("RGB"), picture.image.convert("RGB"), bits)


def often(image: Image.Image, rng: random.Random) -> Image.Image:
    """The image after common changes, strong enough that about half of the messages are lost."""
    if rng.random() < 0.22:
        kind = rng.random()
        if kind < 0.35:
            image = rotate(rng.uniform(0, 4))(image, rng)
        elif kind < 0.6:
            image = crop(rng.uniform(0.92, 1))(image, rng)
        else:
            surface = rng.choice((None, None, trials.on_screen, trials.on_screen, trials.halftoned))
            image = camera(rng.uniform(0.01, 0.06), surface)(image, rng)
        if rng.random() < 0.6:
            return image
    (change,) = rng.choices(list(_OFTEN), list(_OFTEN.values()))
    return change(image, rng)


def _saved(file_format: str, least: int, most: int) -> Change:
    return lambda image, rng: saved(file_format, rng.randint(least, most))(image, rng)


def _made_smaller(least: int, most: int) -> Change:
    """Shrinks until the shorter side has `least` to `most` pixels."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        factor = min(rng.randint(least, most) / min(image.size), 1)
        return trials.resized(image, factor, factor)

    return apply


def _perhaps(probability: float, change: Change) -> Change:
    return lambda image, rng: change(image, rng) if rng.random() < probability else image


def _tinted(image: Image.Image, rng: random.Random) -> Image.Image:
    tint = [rng.uniform(0.85, 1.2), rng.uniform(0.85, 1.05), rng.uniform(0.6, 1)]
    return Image.fromarray((np.asarray(image) * np.array(tint)).clip(0, 255).round().astype(np.uint8))


def _bright(image: Image.Image, rng: random.Random) -> Image.Image:
    change = rng.choice((trials.contrasted, trials.brightened))
    return change(image, rng.uniform(1.5, 2.3))


def _noisy(image: Image.Image, rng: random.Random) -> Image.Image:
    return trials.noisy(image, rng.uniform(0.02, 0.1), rng)


_OFTEN: dict[Change, float] = {
    _saved("JPEG", 12, 50): 28,
    _saved("WEBP", 18, 55): 12,
    _saved("AVIF", 28, 48): 5,
    then(_made_smaller(200, 300), _saved("JPEG", 40, 70), _saved("JPEG", 45, 70)): 9,
    then(fixed(grey), _perhaps(0.4, _tinted), _perhaps(0.5, _saved("JPEG", 40, 90))): 18,
    then(_made_smaller(100, 180), _saved("JPEG", 60, 90)): 7,
    then(_bright, _perhaps(0.4, _saved("JPEG", 60, 95))): 7,
    then(_noisy, _perhaps(0.3, _saved("JPEG", 40, 90))): 7,
    lambda image, rng: image: 7,
}
"""Common changes and their weights."""


def seen(image: Image.Image) -> NDArray[np.float32]:
    """The image on the networks' working grid: [3,160,160] in 0..1."""
    return to_grid(prepare(as_picture(image), IMAGE_SIZE)[0])


@dataclass(frozen=True)
class Batch:
    """The data of one step: views [n,3,160,160] with targets [n,bits], and marked covers to augment."""

    views: NDArray[np.float32]
    targets: NDArray[np.float32]
    covers: NDArray[np.float32]
    marked: NDArray[np.float32]
    bits: NDArray[np.float32]


def drawn(photos: list[Marked], recipe: FinishRecipe, rng: random.Random) -> Batch:
    """A batch of the marked photos."""
    unmarked = rng.choices(photos, k=recipe.unmarked)
    changed = rng.choices(photos, k=recipe.changed)
    augmented = rng.choices(photos, k=recipe.augmented)
    views = [often(photo.cover, rng) for photo in unmarked] + [often(photo.image, rng) for photo in changed]
    targets = [np.full_like(photo.bits, 0.5) for photo in unmarked] + [photo.bits for photo in changed]
    return Batch(
        np.stack([seen(view) for view in views]),
        np.stack(targets),
        np.stack([seen(photo.cover) for photo in augmented]),
        np.stack([seen(photo.image) for photo in augmented]),
        np.stack([photo.bits for photo in augmented]),
    )


def _draw(photos: list[Marked], recipe: FinishRecipe, seed: int, batches: "Queue[Batch]") -> None:
    os.nice(5)
    rng = random.Random(seed)
    while True:
        batches.put(drawn(photos, recipe, rng))


class FinishRun(Descent):
    """The decoder and its optimiser."""

    def __init__(self, recipe: FinishRecipe, start: Path) -> None:
        self.recipe = recipe
        bits = load_encoder(start / "encoder.safetensors").secret_dense.in_features
        self.augmenting = Run(torch.device("cpu"), Schedule(Recipe(bits=bits), settled=True))
        self.augmenting.start_from(start, torch.empty(0))
        self.decoder: Decoder = self.augmenting.decoder
        super().__init__(self.decoder, recipe)

    def train_step(self, batch: Batch, progress: float) -> Tensor:
        """One optimiser step, at `progress` 0..1 of the run -> the values of COLUMNS from `loss` on."""
        recipe = self.recipe
        falling = max(progress - (1 - recipe.decay), 0) / recipe.decay
        share = min(1.0, (self.step + 1) / recipe.warm_up) * (1 + math.cos(math.pi * falling)) / 2
        covers, bits, marked = map(torch.from_numpy, (batch.covers, batch.bits, batch.marked))
        augmented, more = self.augmenting.three_views(covers, bits, marked, 1.0)
        views = torch.cat([torch.from_numpy(batch.views), augmented])
        targets = torch.cat([torch.from_numpy(batch.targets), more])
        logits = self.rounded_logits(views.contiguous(memory_format=torch.channels_last))
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=1)
        weights = torch.ones_like(losses)
        weights[len(batch.views) :] = recipe.augmented_weight
        weights[(targets == 0.5).all(dim=1)] = recipe.unmarked_weight
        loss = (losses * weights).sum() / weights.sum()
        self.descend(loss, share)
        changed = slice(recipe.unmarked, len(batch.views))
        right = ((logits > 0) == (targets > 0.5))[changed].float().mean()
        return torch.stack([loss, right]).detach()

    def write(self, folder: Path, card: dict[str, object]) -> None:
        """Write the average into a folder of weights with this card; the graphs point into it as before."""
        partial = folder / "decoder.part"
        write_weights(self.average.module, partial, card)
        partial.replace(folder / "decoder.safetensors")

    def rounded_logits(self, views: Tensor) -> Tensor:
        """Logits with the weights as they are exported; the gradient passes straight through the rounding."""
        weights = {
            f"network.{name}": straight_through(tensor, rounded(tensor.detach()).float())
            for name, tensor in self.decoder.named_parameters()
        }
        logits: Tensor = functional_call(_Logits(self.decoder), weights, (views,))
        return logits


class _Logits(torch.nn.Module):
    """`working_logits` as the forward pass, which is what `functional_call` calls."""

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.network = decoder

    def forward(self, views: Tensor) -> Tensor:
        return self.network.working_logits(views)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of photos")
    parser.add_argument("--start", type=Path, required=True, help="folder of exported weights")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new weights and the curve")
    parser.add_argument("--minutes", type=float, default=25, help="minutes of training (default 25)")
    parser.add_argument("--seed", type=int, default=1, help="use another one to continue a stopped run")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="hyperparameters of FinishRecipe"
    )
    parser.add_argument("--interval", type=int, default=100, help="steps between two lines of the curve")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.set_num_threads(max((os.cpu_count() or 2) - 1, 1))
    torch.manual_seed(args.seed)
    recipe = FinishRecipe(**chosen(args.set, FinishRecipe))
    forward = NativeForward(args.start, 1)
    rng = random.Random(args.seed)
    card = read_card(args.start / "decoder.safetensors")
    photos = list(marked_photos(photos_in(args.images), forward, card, recipe, rng))
    print(f"marked {len(photos)} photos", flush=True)
    context: Any = multiprocessing.get_context("fork")  # a fork does not copy the photos
    batches = context.Queue(6)
    context.Process(target=_draw, args=(photos, recipe, args.seed, batches), daemon=True).start()
    run = FinishRun(recipe, args.start)
    export(*load_networks(args.start), asdict(card), args.out)
    started = time.monotonic()
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = Curve(file, COLUMNS, args.interval)
        while (minutes := (time.monotonic() - started) / 60) < args.minutes:
            means = run.train_step(batches.get(), minutes / args.minutes)
            curve.add(run.step, minutes, (), means)
            if run.step % args.interval == 0:
                run.write(args.out, asdict(card))
    run.write(args.out, asdict(card))


if __name__ == "__main__":
    main()
