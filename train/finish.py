"""Continue to train the networks, on photos that the product marks and real codecs save.

    python -m train.finish --images photos/ --start weights --out runs/finished --minutes 60

`train.train` sees pictures of 160 pixels and JPEG only. Here a second process marks photos whose shorter
side has 240 to 420 pixels, by the product's pipeline with the networks as they are then. It changes them,
saves them with Pillow and prepares them as for a reading. The gradient at what the decoder sees passes
straight through all of that to the encoder's residual. Large tensors are rounded in each step as
`train.export` rounds them, so that training uses the weights that people load.

OUT becomes a folder of weights with the model card of START. To go on with a stopped run, start from its OUT.
"""

import argparse
import asyncio
import math
import multiprocessing
import os
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from hushmark import trials
from hushmark.card import read_card
from hushmark.hosts.native import NativeForward
from hushmark.marking.budget import to_grid
from hushmark.picture.view import prepare
from hushmark.pipeline import mark
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.func import functional_call

from . import budget
from .augment import straight_through
from .distortions import Change, camera, crop, fixed, grey, rotate, saved, then
from .evaluate import load, photos_in
from .export import export, load_encoder, load_networks, rounded, write_weights
from .model import IMAGE_SIZE, WORKING_SIZE, luma
from .samples import as_picture
from .train import Curve, Recipe, Run, Schedule, chosen

COLUMNS = ("step", "minutes", "loss", "right", "corner_error", "located")

Frame = tuple[float, float, float, float]
"""Left, top, right and bottom, in shares (0..1) of a picture's sides."""


@dataclass(frozen=True)
class FinishRecipe:
    """The hyperparameters. A step is one step of the optimiser."""

    fresh: int = 8
    """Photos that are marked for each step."""
    changed: int = 2
    """Copies of each of them that are changed as pictures often are."""
    older: int = 6
    """Changed copies of photos from earlier steps; the decoder alone learns from them."""
    unmarked: int = 2
    """Changed photos without a mark; the target of their bits is 0.5."""
    remembered: int = 120
    """Photos that `older` and `unmarked` are drawn from, the last ones that were marked."""
    unmarked_weight: float = 0.3
    """Weight of the loss of a picture without a mark."""
    augmented_weight: float = 0.6
    """Weight of the loss of a view that is augmented as in `train.train`; each fresh photo has two."""
    least_crop: float = 0.72
    """Least share of each side in a crop of a photo."""
    least_strength: float = 0.85
    most_strength: float = 1.2
    """Range of the strength of marks."""
    anchored: float = 1.0
    """Factor of the encoder's anchor, which the U-Net's part outgrows while it is trained."""
    map_rate: float = 5e-4
    """Learning rate of the linear map from bits to patterns."""
    rate: float = 1.5e-4
    """Learning rate of everything else."""
    averaging: float = 0.006
    """Share of the current weights that goes into their running average at each step."""
    warm_up: int = 80
    """Steps of linear warm-up."""
    decay: float = 0.6
    """Share of the minutes, at the end, in which the rates fall."""


@dataclass(frozen=True)
class Marked:
    """A photo before and after marking, RGB, the raw bits [n] of 0 and 1, and the strength."""

    cover: Image.Image
    image: Image.Image
    bits: NDArray[np.float32]
    strength: float


class Marker:
    """Marks photos by the product's pipeline, with the weights that lie in a folder at the time."""

    def __init__(self, paths: list[Path], weights: Path, recipe: FinishRecipe, rng: random.Random) -> None:
        self._paths = paths
        self._weights = weights
        self._recipe = recipe
        self._rng = rng
        self._card = read_card(weights / "decoder.safetensors")
        self._written = 0
        self.renew()

    def renew(self) -> None:
        """Load the weights again if they were written since; the decoder's are written last."""
        written = (self._weights / "decoder.safetensors").stat().st_mtime_ns
        if written != self._written:
            self._written = written
            self._forward = NativeForward(self._weights, 1)

    def marked(self) -> Marked:
        """A crop of a photo, resized and marked with random bits."""
        rng, recipe = self._rng, self._recipe
        photo = load(rng.choice(self._paths))
        share = rng.uniform(recipe.least_crop, 1)
        cover = trials.cut_out(photo, share, min(share * rng.uniform(0.9, 1.12), 1), rng)
        if rng.random() < 0.5:
            cover = ImageOps.mirror(cover)
        factor = rng.choice((240, 280, 320, 320, 320, 360, 420)) / min(cover.size)
        cover = trials.resized(cover, factor, factor)
        bits = np.array([rng.getrandbits(1) for _ in range(self._card.bits)], np.float32)
        strength = rng.uniform(recipe.least_strength, recipe.most_strength)
        marking = mark(as_picture(cover), bits, strength=strength, forward=self._forward, card=self._card)
        picture, _ = asyncio.run(marking)
        return Marked(cover.convert("RGB"), picture.image.convert("RGB"), bits, strength)


@dataclass(frozen=True)
class Changed:
    """A changed picture.

    `kept`: the part whose pixels are still in their place, None if all have moved; `is_grey`: it has lost its
    colour.
    """

    image: Image.Image
    kept: Frame | None = trials.WHOLE
    is_grey: bool = False


def often(image: Image.Image, rng: random.Random) -> Changed:
    """The image after common changes, strong enough that about half of the messages are lost."""
    kind = rng.random()
    if kind < 0.13:
        return Changed(_perhaps(0.5, _saved("JPEG", 40, 85))(_moved(image, rng), rng), None)
    if kind < 0.3:
        return _cut(image, rng)
    (change,) = rng.choices(list(_OFTEN), list(_OFTEN.values()))
    return Changed(change(image, rng), is_grey=change is _WITHOUT_COLOUR)


def _moved(image: Image.Image, rng: random.Random) -> Image.Image:
    kind = rng.random()
    if kind < 0.35:
        return rotate(rng.uniform(0, 4))(image, rng)
    if kind < 0.6:
        return crop(rng.uniform(0.92, 1))(image, rng)
    surface = rng.choice((None, None, trials.on_screen, trials.on_screen, trials.halftoned))
    return camera(rng.uniform(0.01, 0.06), surface)(image, rng)


def _cut(image: Image.Image, rng: random.Random) -> Changed:
    """A crop in its place on a plain picture, as a reader sees it that knows where it was."""
    width, height = image.size
    across, down = rng.choice(
        [
            (rng.uniform(0.58, 0.85), 1.0),
            (1.0, rng.uniform(0.58, 0.85)),
            tuple(rng.uniform(0.52, 0.8) for _ in "xy"),
        ]
    )
    left, top = (rng.choice((0, 0.5, 1, rng.random())) * (1 - share) for share in (across, down))
    frame = (left, top, left + across, top + down)
    part = trials.framed(image, frame)
    part = _perhaps(0.65, _saved("JPEG", 55, 85))(_perhaps(0.2, fixed(grey))(part, rng), rng)
    red, green, blue = np.asarray(part).mean(axis=(0, 1)).round().astype(int).tolist()
    canvas = Image.new("RGB", image.size, (red, green, blue))
    aside, above = (rng.uniform(-0.008, 0.008) for _ in "xy")  # the reader is not exact
    canvas.paste(part, (round((left + aside) * width), round((top + above) * height)))
    return Changed(canvas, frame)


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


_WITHOUT_COLOUR = then(fixed(grey), _perhaps(0.4, _tinted), _perhaps(0.45, _saved("JPEG", 40, 90)))
_OFTEN: dict[Change, float] = {
    _saved("JPEG", 14, 50): 28,
    _saved("WEBP", 20, 55): 13,
    _saved("AVIF", 30, 48): 8,
    then(_made_smaller(200, 300), _saved("JPEG", 40, 70), _saved("JPEG", 45, 70)): 8,
    _WITHOUT_COLOUR: 21,
    then(_made_smaller(110, 180), _saved("JPEG", 60, 90)): 6,
    then(_bright, _perhaps(0.4, _saved("JPEG", 60, 95))): 8,
    then(_noisy, _perhaps(0.3, _saved("JPEG", 40, 90))): 5,
    lambda image, rng: image: 3,
}
"""Common changes that leave pixels in their place, and their weights."""


def seen(image: Image.Image) -> NDArray[np.float32]:
    """The image on the networks' working grid: [3,160,160] in 0..1."""
    return to_grid(prepare(as_picture(image), IMAGE_SIZE)[0])


def _where(kept: Frame | None) -> NDArray[np.float32]:
    """[1,160,160]: 1 in the part that is kept."""
    where = np.zeros((1, WORKING_SIZE, WORKING_SIZE), np.float32)
    if kept is not None:
        left, top, right, bottom = (round(WORKING_SIZE * share) for share in kept)
        where[:, top:bottom, left:right] = 1
    return where


@dataclass(frozen=True)
class Batch:
    """The data of one step.

    Views [n,3,160,160] and their targets [n,bits]. The first m of them show the f fresh photos, `changed` of
    each one after the other: `kept` [m,1,160,160] is 1 where their pixels are in their place, `is_grey`
    [m,1,1,1] says whether they have lost their colour. Of the fresh photos: covers and marked ones
    [f,3,160,160], bits [f,bits], strengths [f,1,1,1].
    """

    views: Tensor
    targets: Tensor
    kept: Tensor
    is_grey: Tensor
    covers: Tensor
    marked: Tensor
    bits: Tensor
    strengths: Tensor


def drawn(
    fresh: Sequence[Marked], remembered: Sequence[Marked], recipe: FinishRecipe, rng: random.Random
) -> Batch:
    """A batch of photos."""
    changed = [often(photo.image, rng) for photo in fresh for _ in range(recipe.changed)]
    older, unmarked = rng.choices(remembered, k=recipe.older), rng.choices(remembered, k=recipe.unmarked)
    others = [often(photo.image, rng) for photo in older] + [often(photo.cover, rng) for photo in unmarked]
    targets = [photo.bits for photo in fresh for _ in range(recipe.changed)]
    targets += [photo.bits for photo in older] + [np.full_like(photo.bits, 0.5) for photo in unmarked]

    def stacked(arrays: list[NDArray[np.float32]]) -> Tensor:
        return torch.from_numpy(np.stack(arrays))

    return Batch(
        stacked([seen(view.image) for view in changed + others]),
        stacked(targets),
        stacked([_where(view.kept) for view in changed]),
        torch.tensor([view.is_grey for view in changed]).view(-1, 1, 1, 1),
        stacked([seen(photo.cover) for photo in fresh]),
        stacked([seen(photo.image) for photo in fresh]),
        stacked([photo.bits for photo in fresh]),
        torch.tensor([photo.strength for photo in fresh]).view(-1, 1, 1, 1),
    )


def _draw(
    paths: list[Path], weights: Path, recipe: FinishRecipe, seed: int, batches: "Queue[list[NDArray[Any]]]"
) -> None:
    os.nice(5)
    rng = random.Random(seed)
    marker = Marker(paths, weights, recipe, rng)
    remembered: deque[Marked] = deque(maxlen=recipe.remembered)
    while True:
        marker.renew()
        fresh = [marker.marked() for _ in range(recipe.fresh)]
        remembered.extend(fresh)
        batch = drawn(fresh, remembered, recipe, rng)
        batches.put([tensor.numpy() for tensor in vars(batch).values()])


class FinishRun(Run):
    """A run of `train.train` on these batches. The anchor is not trained."""

    def __init__(self, recipe: FinishRecipe, start: Path) -> None:
        bits = load_encoder(start / "encoder.safetensors").secret_dense.in_features
        rates = Recipe(bits=bits, map_rate=recipe.map_rate, rate=recipe.rate, averaging=recipe.averaging)
        super().__init__(torch.device("cpu"), Schedule(rates, settled=True))
        self.finishing = recipe
        self.start_from(start, torch.empty(0))
        self.encoder.anchor.requires_grad_(False).mul_(recipe.anchored)
        self.average.module.load_state_dict(self.networks.state_dict())

    def finish_step(self, batch: Batch, progress: float) -> Tensor:
        """One optimiser step, at `progress` 0..1 of the run -> the values of COLUMNS from `loss` on."""
        recipe = self.finishing
        falling = max(progress - (1 - recipe.decay), 0) / recipe.decay
        share = min(1.0, (self.step + 1) / recipe.warm_up) * (1 + math.cos(math.pi * falling)) / 2
        unit = rounded_call(self.encoder, "working_residual", batch.bits, batch.covers)
        residual = budget.shape(budget.precondition(unit, batch.covers), batch.covers, batch.strengths)
        views = batch.views.clone()
        views[: len(batch.kept)] += self._reached(residual, batch)
        marked = straight_through(batch.covers + residual, batch.marked)
        augmented, more = self.three_views(batch.covers, batch.bits, marked, 1.0)
        targets = torch.cat([batch.targets, more])
        views = torch.cat([views, augmented]).contiguous(memory_format=torch.channels_last)
        logits = rounded_call(self.decoder, "working_logits", views)
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=1)
        weights = torch.ones_like(losses)
        weights[len(batch.views) :] = recipe.augmented_weight
        weights[(targets == 0.5).all(dim=1)] = recipe.unmarked_weight
        loss = (losses * weights).sum() / weights.sum()
        off, error, located, _ = self.locate(batch.covers, marked, 1.0, 1.0)
        self.descend(loss + off, share)
        with_mark = slice(len(batch.views) - recipe.unmarked)
        right = ((logits > 0) == (targets > 0.5))[with_mark].float().mean()
        return torch.stack([loss, right, error, located]).detach()

    def _reached(self, residual: Tensor, batch: Batch) -> Tensor:
        """Zeros for the views of fresh photos, with the gradient of the residual where it is seen in them."""
        copies = residual.repeat_interleave(self.finishing.changed, dim=0)
        copies = torch.where(batch.is_grey, luma(copies), copies)
        return (copies - copies.detach()) * batch.kept

    def write(self, folder: Path, card: dict[str, object]) -> None:
        """Write the averages into a folder of weights, with this card; its graphs fit them as before."""
        for name in ("encoder", "locator", "decoder"):
            partial = folder / f"{name}.part"
            write_weights(self.average.module.get_submodule(name), partial, card)
            partial.replace(folder / f"{name}.safetensors")


def rounded_call(network: nn.Module, method: str, *inputs: Tensor) -> Tensor:
    """The output of a method with the weights as they are exported; gradients pass through the rounding."""
    weights = {
        f"network.{name}": straight_through(tensor, rounded(tensor.detach()).float())
        for name, tensor in network.named_parameters()
    }
    output: Tensor = functional_call(_Calling(network, method), weights, inputs)
    return output


class _Calling(nn.Module):
    """A method of a network as the forward pass, which is what `functional_call` calls."""

    def __init__(self, network: nn.Module, method: str) -> None:
        super().__init__()
        self.network = network
        self._method = method

    def forward(self, *inputs: Tensor) -> Tensor:
        output: Tensor = getattr(self.network, self._method)(*inputs)
        return output


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="folders of photos")
    parser.add_argument("--start", type=Path, required=True, help="folder of exported weights")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new weights and the curve")
    parser.add_argument("--minutes", type=float, default=60, help="minutes of training (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="use another one to go on with a stopped run")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="hyperparameters of FinishRecipe"
    )
    parser.add_argument("--interval", type=int, default=100, help="steps between two lines of the curve")
    args = parser.parse_args()
    torch.set_flush_denormal(True)
    torch.set_num_threads(max((os.cpu_count() or 2) - 1, 1))
    torch.manual_seed(args.seed)
    recipe = FinishRecipe(**chosen(args.set, FinishRecipe))
    card = asdict(read_card(args.start / "decoder.safetensors"))
    export(*load_networks(args.start), card, args.out)
    context: Any = multiprocessing.get_context("spawn")
    batches = context.Queue(4)
    paths = photos_in(args.images)
    drawing = (paths, args.out, recipe, args.seed, batches)
    context.Process(target=_draw, args=drawing, daemon=True).start()
    run = FinishRun(recipe, args.start)
    started = time.monotonic()
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = Curve(file, COLUMNS, args.interval)
        while (minutes := (time.monotonic() - started) / 60) < args.minutes:
            batch = Batch(*map(torch.from_numpy, batches.get()))
            means = run.finish_step(batch, minutes / args.minutes)
            curve.add(run.step, minutes, (), means)
            if run.step % args.interval == 0:
                run.write(args.out, card)
    run.write(args.out, card)


if __name__ == "__main__":
    main()
