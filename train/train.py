"""Train the encoder and decoder on a folder of photos, on a CPU or a CUDA card.

    python -m train.train --images photos/ --out runs/first --minutes 90

Resumes from OUT/checkpoint.pt, stops after --minutes, prints one line an interval and appends it to
OUT/curve.csv. The losses are the binary cross-entropy of the bits and the locator's error; the schedule sets
the visibility of the residual, so there is nothing else to balance.
"""

import argparse
import csv
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
import torch.nn.functional as F
from hushmark.marking.pattern import REFINING_STEP
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from . import budget
from .augment import elsewhere, everyday, misplace, round_to_8_bits, straight_through
from .descent import Descent, DescentRecipe
from .model import (
    BITS,
    VIEWS,
    WANTED_MARGIN,
    WORKING_SIZE,
    Decoder,
    Encoder,
    Locator,
    back_through_view,
    luma,
    smooth,
    view_of,
)
from .windows import draw_corners, turned_away, windows_of


@dataclass(frozen=True)
class Recipe(DescentRecipe):
    """The hyperparameters of training, except the ranges of the augmentations (train/augment.py).

    A step is one step of the optimiser. `settled` in a name: for runs that start from trained weights.
    """

    steps: int = 4500
    batch: int = 16
    bits: int = BITS
    """Raw bits that the networks write and read."""

    picture_size: int = 224
    """Side in pixels that photos are squashed to in memory; crops of them become covers."""
    least_crop: float = 0.7
    """Least share of each side that a crop has."""

    map_rate: float = 3e-3
    """Base learning rate of the linear map from bits to patterns; `rate` is that of everything else."""
    settled_rate: float = 0.4
    """Factor of both rates once the bits are learnt: higher rates would undo that."""
    decay: float = 0.5
    """Share of the steps, at the end, over which the rates fall."""
    last_rate: float = 0.01
    """Factor of the rates in the end."""
    averaging: float = 0.002

    plain_steps: int = 400
    """Steps until the bits are learnt: no distortion, and marks at `plain_db`."""
    plain_db: float = 30.0
    """PSNR in dB of these first marks."""
    adapted_step: int = 900
    """The step from which on the U-Net is used."""
    settled_step: int = 1800
    """The step from which on the strength falls and the residual is refined."""
    rise: int = 2000
    """Steps over which the distortions grow to full strength."""
    settled_distortion: float = 0.1
    """Strength of the distortions at the first settled step."""
    settled_rise: float = 0.4
    """Share of the steps over which settled runs let the distortions grow."""
    first_strength: float = 4.0
    """Strength of the marks until it falls."""
    last_strength: float = 1.0
    """Strength of the marks in the end."""
    fall: float = 0.6
    """Share of the steps after which marks have their last strength."""
    least_spread: float = 0.7
    """Each mark of a batch is stronger or weaker by a factor between this and 2 minus this."""

    refining_odds: tuple[float, ...] = (0.08, 0.20, 0.30, 0.27, 0.15)
    """Probability of 0, 1, 2... refining steps."""
    refining_views: int = 2
    """Views of the marked picture that a refining step sees."""

    grey_share: float = 0.6
    """Share of the second view of each picture that loses its colour, at full distortion."""
    grey_distortion: float = 0.8
    """Strength of that view's distortions, as a share of the first view's."""
    batch_for_unmarked: int = 8
    """Number of marked pictures per unmarked one, and per window from elsewhere."""
    unmarked_grey: float = 0.2
    """Share of the unmarked pictures that loses its colour."""
    unmarked_weight: float = 0.3
    """Weight of an unmarked picture in the loss, relative to a marked one."""
    varied: float = 0.3
    """Share of the covers that are paler, darker, brighter or without colour."""

    locator_weight: float = 1.5
    """Weight of the locator's loss, relative to that of the bits."""
    locator_beta: float = 0.05
    """Error of a corner, where the cover is 2 wide, up to which the loss is quadratic."""
    lost_weight: float = 0.1
    """Weight of telling windows of marked pictures from others, in the locator's loss."""
    located: float = 0.08
    """Error of the worst corner, where the cover is 2 wide, up to which a window counts as located."""

    fitted: int = 12288
    """Pictures that new dense layers are fitted to."""
    fitted_batch: int = 64
    ridge: float = 0.03
    """Regularisation of the fit."""
    fitted_noise: float = 0.05
    """Factor of the random weights that the fit is added to."""


CHECKPOINT = "checkpoint.pt"
COLUMNS = (
    "step",
    "minutes",
    "distortion",
    "strength",
    "colour_loss",
    "grey_loss",
    "colour_accuracy",
    "grey_accuracy",
    "unmarked_logit",
    "corner_error",
    "located",
    "told_apart",
)


@dataclass(frozen=True)
class Schedule:
    """Everything that depends on the step; `settled`: the bits are learnt already."""

    recipe: Recipe
    settled: bool = False

    def learning_rate(self, step: int) -> float:
        """Factor of the base rate: linear warm-up, then linear decay at the end."""
        recipe = self.recipe
        left = (recipe.steps - step) / (recipe.decay * recipe.steps)
        rate = min(1.0, (step + 1) / recipe.warm_up, max(recipe.last_rate, left))
        return rate * (recipe.settled_rate if self.settled else 1.0)

    def adapted(self, step: int) -> bool:
        """Whether the U-Net is used yet."""
        return self.settled or step >= self.recipe.adapted_step

    def distortion(self, step: int) -> float:
        """Strength of the distortions, 0..1."""
        recipe = self.recipe
        if self.settled:
            start = recipe.settled_distortion
            return min(1.0, start + (1 - start) * step / (recipe.settled_rise * recipe.steps))
        return max(0.0, min(1.0, (step - recipe.plain_steps) / recipe.rise))

    def strength(self, step: int) -> float:
        """Strength of the marks; falls by the same factor at each step."""
        begin = 0 if self.settled else self.recipe.settled_step
        end = self.recipe.fall * self.recipe.steps
        progress = min(1.0, max(0.0, (step - begin) / max(1.0, end - begin)))
        return math.pow(self.recipe.first_strength, 1 - progress) * math.pow(
            self.recipe.last_strength, progress
        )

    def refinement(self, step: int) -> bool:
        """Whether the residual is refined with the decoder's gradient, as the pipeline does."""
        return self.settled or step >= self.recipe.settled_step


def load_photos(folder: Path, side: int) -> Tensor:
    """Every photo of a folder, squashed to a square as the pipeline does: uint8 [N,3,side,side]."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    if not files:
        raise SystemExit(f"No photos in {folder}: give --images a folder of .jpg, .png or .webp files.")
    size = (side, side)

    def pixels(path: Path) -> NDArray[np.uint8]:
        return np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS))

    with ThreadPoolExecutor() as pool:
        photos = np.stack(list(pool.map(pixels, files)))
    return torch.from_numpy(photos).permute(0, 3, 1, 2).contiguous()


def draw_covers(photos: Tensor, batch: int, least_crop: float, varied: float = 0.0) -> Tensor:
    """Random crops (from `least_crop` of each side up, mirrored half the time): [B,3,160,160] in 0..1.

    A share of them, `varied`, is paler, darker, brighter or without colour.
    """
    device = photos.device
    x = photos[torch.randint(len(photos), (batch,), device=device)].float() / 255
    zoom = torch.rand(batch, 2, device=device) * (1 - least_crop) + least_crop
    shift = (torch.rand(batch, 2, device=device) * 2 - 1) * (1 - zoom)
    mirror = torch.where(torch.rand(batch, device=device) < 0.5, -1.0, 1.0)
    theta = torch.zeros(batch, 2, 3, device=device)
    theta[:, 0, 0] = zoom[:, 0] * mirror
    theta[:, 1, 1] = zoom[:, 1]
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, [batch, 3, WORKING_SIZE, WORKING_SIZE], align_corners=False)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    changed, pale, grey = torch.rand(3, batch, 1, 1, 1, device=device)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    contrast = 1.2 * pale.sqrt()
    other = torch.where(grey < 0.3, luma(x), x)
    other = (other - mean) * contrast + mean + (torch.rand_like(mean) - 0.5) * (1.6 - contrast)
    return torch.where(changed < varied, other, x).clamp(0, 1)


def write_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write through a temporary file, so that an interruption never leaves half a checkpoint."""
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


class Run(Descent):
    """The state of a training run: everything a checkpoint holds."""

    def __init__(self, device: torch.device, schedule: Schedule) -> None:
        self.device = device
        self.schedule = schedule
        self.recipe = recipe = schedule.recipe
        self.encoder = Encoder(recipe.bits).to(device)
        self.decoder = Decoder(recipe.bits).to(device)
        self.locator = Locator().to(device)
        self.networks = torch.nn.ModuleDict(
            {"encoder": self.encoder, "decoder": self.decoder, "locator": self.locator}
        )
        map_names = ("secret_dense.weight", "anchor")
        map_weights = [p for name, p in self.encoder.named_parameters() if name in map_names]
        rest = [p for name, p in self.encoder.named_parameters() if name not in map_names]
        marking = [*self.encoder.parameters(), *self.decoder.parameters()]
        locating = list(self.locator.parameters())
        rest += [*self.decoder.parameters(), *locating]
        groups = [{"params": map_weights, "lr": recipe.map_rate}, {"params": rest, "lr": recipe.rate}]
        super().__init__(self.networks, groups, [marking, locating], recipe)
        self.minutes = 0.0

    def save(self, path: Path) -> None:
        """Write the checkpoint."""
        write_checkpoint(
            {
                "networks": self.networks.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "minutes": self.minutes,
            },
            path,
        )

    def start_from(self, weights: Path, photos: Tensor) -> None:
        """Start with exported weights, as far as they fit; the folder may lack a locator.

        For another number of bits the decoder's dense layers are fitted again.
        """
        head_fits = True
        for name, network in self.networks.items():
            path = weights / f"{name}.safetensors"
            if network is self.locator and not path.exists():
                continue
            tensors = load_file(path)
            own = network.state_dict()
            fitting = {
                key: tensor.float() for key, tensor in tensors.items() if own[key].shape == tensor.shape
            }
            network.load_state_dict(fitting, strict=False)
            if network is self.decoder:
                head_fits = len(fitting) == len(own)
        if not head_fits:
            self.fit_head(photos)
        self.average.module.load_state_dict(self.networks.state_dict())

    @torch.no_grad()
    def fit_head(self, photos: Tensor) -> None:
        """Dense layers that read the bits linearly from the features, by ridge regression.

        Bits of so little power are not learnt from random dense layers, but from these they are. The two
        layers after `squeeze` pass its values and their negatives through ReLU, and join them again.
        """
        batch = self.recipe.fitted_batch
        strength = torch.full((batch, 1, 1, 1), self.schedule.strength(0), device=self.device)
        features, signs = [], []
        for _ in range(self.recipe.fitted // batch):
            covers = draw_covers(photos, batch, self.recipe.least_crop)
            bits = torch.randint(2, (batch, self.recipe.bits), device=self.device).float()
            marked = self.marked(bits, covers, strength, refine=False)
            features.append(self.decoder.features(F.pixel_unshuffle(marked * 2 - 1, 2)).flatten(1))
            signs.append(bits * 2 - 1)
        x, y = torch.cat(features), torch.cat(signs)
        mean = x.mean(dim=0)
        x = x - mean
        gram = x.T @ x
        gram += self.recipe.ridge * gram.diagonal().mean() * torch.eye(len(gram), device=self.device)
        weight = torch.linalg.solve(gram, x.T @ y)
        weight = weight / (x @ weight).std()
        first, last = self.decoder.head[0], self.decoder.head[2]
        assert isinstance(first, torch.nn.Linear) and isinstance(last, torch.nn.Linear)
        for layer in (first, last):
            layer.weight.mul_(self.recipe.fitted_noise)
            layer.bias.zero_()
        n = self.recipe.bits
        self.decoder.squeeze.weight[:n] = weight.T
        eye, offset = torch.eye(n, device=self.device), mean @ weight
        first.weight[: 2 * n, :n] += torch.cat([eye, -eye])
        first.bias[: 2 * n] = torch.cat([-offset, offset])
        last.weight[:, : 2 * n] += torch.cat([eye, -eye], dim=1)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.networks.load_state_dict(state["networks"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes = state["step"], state["minutes"]

    def refined(self, bits: Tensor, covers: Tensor, residual: Tensor, strength: Tensor) -> Tensor:
        """The residual after a few steps along the decoder's gradient; gradients pass straight through them.

        As in `Refiner`, but with some of the views each time, and by autograd, which is faster here.
        """
        refined = residual.detach()
        few = self.recipe.refining_views
        sign = (bits * 2 - 1).repeat(few, 1)
        for _ in range(int(torch.multinomial(torch.tensor(self.recipe.refining_odds), 1))):
            marked = covers + refined
            chosen = torch.randperm(VIEWS)[:few].tolist()
            views = torch.cat([view_of(marked, which) for which in chosen])
            views = views.contiguous(memory_format=torch.channels_last).requires_grad_()
            margins = self.decoder.working_logits(views) * sign
            (found,) = torch.autograd.grad(F.softplus(WANTED_MARGIN - margins).sum(), views)
            gradient = torch.zeros_like(covers)
            for which, part in zip(chosen, found.chunk(few), strict=True):
                gradient = gradient - back_through_view(marked, part, which)
            gradient = smooth(gradient)
            direction = budget.precondition(gradient, covers)
            seen = budget.visibility(direction, covers).clamp(min=1e-12).view(-1, 1, 1, 1)
            refined = budget.shape(refined + REFINING_STEP * strength * direction / seen, covers, strength)
        return straight_through(residual, refined)

    def marked(self, bits: Tensor, covers: Tensor, strength: Tensor, *, refine: bool) -> Tensor:
        """The covers with bits [B,n] in them at a strength [B,1,1,1], in 8 bits."""
        unit = self.encoder.working_residual(bits, covers, adapted=self.schedule.adapted(self.step))
        residual = budget.shape(budget.precondition(unit, covers), covers, strength)
        if refine:
            residual = self.refined(bits, covers, residual, strength)
        return round_to_8_bits(covers + residual)

    def plainly_marked(self, bits: Tensor, covers: Tensor) -> Tensor:
        """As `marked`, but by PSNR: until the bits are learnt, visibility is ignored."""
        unit = self.encoder.working_residual(bits, covers, adapted=self.schedule.adapted(self.step))
        return round_to_8_bits(covers + unit * 10 ** (-self.recipe.plain_db / 20))

    def train_step(self, covers: Tensor) -> Tensor:
        """One optimiser step -> the values of COLUMNS from `colour_loss` on: means of the batch."""
        batch = len(covers)
        bits = torch.randint(2, (batch, self.recipe.bits), device=self.device).float()
        distortion = self.schedule.distortion(self.step)
        located = None
        if distortion == 0:
            views, targets = self.plainly_marked(bits, covers).repeat(2, 1, 1, 1), bits.repeat(2, 1)
        else:
            least = self.recipe.least_spread
            spread = least + 2 * (1 - least) * torch.rand(batch, 1, 1, 1, device=self.device)
            strength = self.schedule.strength(self.step) * spread
            marked = self.marked(bits, covers, strength, refine=self.schedule.refinement(self.step))
            views, targets = self.three_views(covers, bits, marked, distortion)
            located = self.locate(covers, marked, distortion, distortion)
        logits = self.decoder.working_logits(views.contiguous(memory_format=torch.channels_last))
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=1)
        weights = torch.ones_like(losses)
        weights[2 * batch :] = self.recipe.unmarked_weight
        loss = (losses * weights).sum() / (2 * batch)
        if located is not None:
            loss = loss + self.recipe.locator_weight * located[0]
        self.descend(loss, self.schedule.learning_rate(self.step))
        right = ((logits > 0) == (targets > 0.5)).float().mean(dim=1)
        unmarked = logits[2 * batch :].abs()
        nothing = torch.zeros((), device=self.device)
        means = [losses[:batch].mean(), losses[batch : 2 * batch].mean()]
        means += [right[:batch].mean(), right[batch : 2 * batch].mean()]
        means += [unmarked.mean() if len(unmarked) else nothing]
        means += located[1:] if located is not None else 3 * [nothing]
        return torch.stack(means).detach()

    def three_views(
        self, covers: Tensor, bits: Tensor, marked: Tensor, strength: float
    ) -> tuple[Tensor, Tensor]:
        """The decoder's inputs for a batch [B,3,160,160] -> views [9/4 B,3,160,160], targets [9/4 B,n]."""
        batch = len(covers)
        recipe = self.recipe
        few = batch // recipe.batch_for_unmarked
        # The decoder costs little, so each marked picture gives two views. The second one is grey for most of
        # the samples; otherwise the bits would be learnt in the chroma alone.
        colour_view = everyday(misplace(marked, strength), strength, grey=0.0)
        grey_strength = recipe.grey_distortion * strength
        grey_share = recipe.grey_share * min(1.0, strength * 2)
        grey_view = everyday(misplace(marked, grey_strength), grey_strength, grey=grey_share)
        unmarked = torch.cat([covers[:few], elsewhere(marked.detach()[few : 2 * few])])
        unmarked = everyday(misplace(unmarked, strength), strength, grey=recipe.unmarked_grey)
        # For pictures without a mark, both values of a bit should be equally likely: logits of 0.
        targets = torch.cat([bits, bits, torch.full_like(bits[: 2 * few], 0.5)])
        return torch.cat([colour_view, grey_view, unmarked]), targets

    def locate(self, covers: Tensor, marked: Tensor, moved: float, strength: float) -> list[Tensor]:
        """The locator's loss, and means: error of a corner, share of windows located and told apart.

        `moved`, `strength`: 0..1, how far windows are from the cover, and how hard they are distorted.

        Its inputs are a window of each marked picture, and windows that it should not locate: of unmarked
        pictures, and of marked ones that are mirrored or turned by quarters.
        """
        recipe = self.recipe
        batch = len(covers)
        few = batch // recipe.batch_for_unmarked
        corners = draw_corners(batch + 2 * few, moved, self.device)
        turned = turned_away(marked.detach()[few : 2 * few])
        seen = windows_of(torch.cat([marked, covers[:few], turned]), corners, moved)
        seen = everyday(seen, strength, grey=recipe.unmarked_grey)
        place = self.locator.working_place(seen.contiguous(memory_format=torch.channels_last))
        wanted = corners[:batch].flatten(1)
        off = F.smooth_l1_loss(place[:batch, :8], wanted, beta=recipe.locator_beta)
        worst = (place[:batch, :8] - wanted).detach().abs().amax(dim=1)
        # The likelihood of the error under a Laplace distribution, to train its scale only.
        expected = place[:batch, 8]
        off = off + recipe.lost_weight * (worst * (-expected).exp() + expected).mean()
        is_there = torch.zeros(len(place), device=self.device)
        is_there[:batch] = 1
        off = off + recipe.lost_weight * F.binary_cross_entropy_with_logits(place[:, 9], is_there)
        told_apart = ((place[:, 9] > 0) == (is_there > 0.5)).float().mean()
        error = (place[:batch, :8] - wanted).abs().mean()
        return [off, error, (worst < recipe.located).float().mean(), told_apart]


class Curve:
    """The lines of OUT/curve.csv, one an interval of steps, with the means over it.

    `columns`: step, minutes, values of the schedule, then values of a step.
    """

    def __init__(self, file: TextIO, columns: tuple[str, ...], interval: int) -> None:
        self.file = file
        self.columns = columns
        self.interval = interval
        self.writer = csv.writer(file)
        self.means: list[Tensor] = []
        if file.tell() == 0:
            self.writer.writerow(columns)

    def add(self, step: int, minutes: float, scheduled: tuple[float, ...], means: Tensor) -> None:
        """Add the values of a step; print and write the line when it is due.

        Raises SystemExit when a loss is not finite.
        """
        self.means.append(means)
        if step % self.interval:
            return
        values = torch.stack(self.means).mean(dim=0).tolist()
        self.means.clear()
        if not all(map(math.isfinite, values)):
            raise SystemExit(f"A loss is not finite at step {step}; the last checkpoint is kept.")
        row = [str(step), f"{minutes:.1f}", *(f"{value:.2f}" for value in scheduled)]
        row += [f"{value:.4f}" for value in values]
        self.writer.writerow(row)
        self.file.flush()
        print(" ".join(f"{name} {value}" for name, value in zip(self.columns, row, strict=True)), flush=True)


def train(run: Run, photos: Tensor, folder: Path, *, minutes: float, interval: int) -> None:
    """Train to the last step or for so many minutes; curve and checkpoints go to the folder.

    A checkpoint is written every four intervals and at the end. Raises SystemExit when a loss is not finite.
    """
    checkpoint = folder / CHECKPOINT
    started, minutes_before = time.monotonic(), run.minutes
    recipe = run.recipe
    with (folder / "curve.csv").open("a", newline="") as file:
        curve = Curve(file, COLUMNS, interval)
        while run.step < recipe.steps:
            means = run.train_step(draw_covers(photos, recipe.batch, recipe.least_crop, recipe.varied))
            elapsed = (time.monotonic() - started) / 60
            run.minutes = minutes_before + elapsed
            scheduled = run.schedule.distortion(run.step), run.schedule.strength(run.step)
            curve.add(run.step, run.minutes, scheduled, means)
            if run.step % (4 * interval) == 0:
                run.save(checkpoint)
            if elapsed >= minutes:
                break
    run.save(checkpoint)


def chosen(settings: list[str], recipe: type) -> dict[str, Any]:
    """Hyperparameters of a recipe from NAME=VALUE. Raises SystemExit for an unknown name."""
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        kind = type(getattr(recipe, name, None))
        if kind not in (int, float):
            raise SystemExit(f"{name} is not a number of the recipe: see class {recipe.__name__}.")
        values[name] = kind(value)
    return values


def arguments() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photos to train on")
    parser.add_argument("--start", type=Path, help="folder of exported weights to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint and the curve")
    parser.add_argument("--minutes", type=float, default=90, help="stop after this many minutes (default 90)")
    parser.add_argument(
        "--steps", type=int, default=Recipe.steps, help="length of the schedule (default %(default)s)"
    )
    parser.add_argument("--bits", type=int, default=Recipe.bits, help="raw bits (default %(default)s)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="other hyperparameters of Recipe"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interval", type=int, default=50, help="steps between two lines of the curve")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


def main() -> None:
    """The command line."""
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device)
    # Tails of blur kernels and tiny gradients are denormal numbers, with which x86 is 100 times slower.
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    recipe = replace(Recipe(steps=args.steps, bits=args.bits), **chosen(args.set, Recipe))
    run = Run(device, Schedule(recipe, settled=args.start is not None))
    photos = load_photos(args.images, recipe.picture_size).to(device)
    if (args.out / CHECKPOINT).exists():
        run.load(args.out / CHECKPOINT)
        torch.manual_seed(args.seed + run.step)
        print(f"resumed at step {run.step} after {run.minutes:.1f} minutes")
    elif args.start:
        run.start_from(args.start, photos)
    print(f"{len(photos)} photos, {args.steps} steps of {recipe.batch} on {device}", flush=True)
    train(run, photos, args.out, minutes=args.minutes, interval=args.interval)
    print(f"stopped at step {run.step} after {run.minutes:.1f} minutes")


if __name__ == "__main__":
    main()
