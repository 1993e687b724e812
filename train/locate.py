"""Train the locator on the marks of trained networks, which stay as they are.

    python -m train.locate --images photos/ --start runs/first --out runs/locator --minutes 90

START is a folder of exported weights; if it has no locator, a new one starts with the decoder's convolutions.
At first the locator learns nothing from weak marks and from windows far from the cover, so marks get weaker
and windows further away gradually. Resumes from OUT/checkpoint.pt as `train.train` does.
"""

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .descent import Descent, DescentRecipe
from .export import load_encoder
from .train import (
    CHECKPOINT,
    Curve,
    Recipe,
    Run,
    Schedule,
    chosen,
    draw_covers,
    load_photos,
    write_checkpoint,
)

COLUMNS = ("step", "minutes", "moved", "strength", "loss", "corner_error", "located", "told_apart")


@dataclass(frozen=True)
class LocatorRecipe(DescentRecipe):
    """The hyperparameters of training the locator. A step is one step of the optimiser."""

    steps: int = 6000
    batch: int = 32
    kept: int = 768
    """Marked pictures in memory, from which batches are drawn."""
    renewed: int = 4
    """How many of these are marked again at each step."""
    decay: float = 0.4
    """Share of the steps, at the end, over which the rate falls."""
    rise: float = 0.35
    """Share of the steps after which windows are at their largest distance from the cover."""
    least_moved: float = 0.15
    """Their distance at first, as a share of the largest."""
    first_strength: float = 2.5
    """Strength of the marks at first."""
    last_strength: float = 1.0
    """Strength of the marks from `rise` on."""
    distortion: float = 0.8
    """Strength of the distortions in the end, as a share of the decoder's."""


class LocatorRun(Descent):
    """The state of a run, and its marked pictures."""

    def __init__(self, recipe: LocatorRecipe, start: Path, photos: Tensor, device: torch.device) -> None:
        self.recipe = recipe
        self.photos = photos
        bits = load_encoder(start / "encoder.safetensors").secret_dense.in_features
        self.run = Run(device, Schedule(Recipe(bits=bits), settled=True))
        self.run.start_from(start, photos)
        if not (start / "locator.safetensors").exists():
            self.see_as_the_decoder()
        self.run.encoder.requires_grad_(False)
        self.run.decoder.requires_grad_(False)
        parameters = list(self.run.locator.parameters())
        super().__init__(self.run.locator, [{"params": parameters, "lr": recipe.rate}], [parameters], recipe)
        self.minutes = 0.0
        self.covers = self.marked = torch.empty(0, 3, 0, 0, device=device)

    @torch.no_grad()
    def see_as_the_decoder(self) -> None:
        """Start with the decoder's convolutions, which are trained to separate marks from pictures."""
        theirs = dict(self.run.decoder.features.named_parameters())
        for name, weights in self.run.locator.features.named_parameters():
            weights.copy_(theirs[name][: weights.shape[0], ...])

    def progress(self) -> float:
        """0 at first, 1 from `rise` on."""
        return min(1.0, self.step / (self.recipe.rise * self.recipe.steps))

    def strength(self) -> float:
        """The current strength of marks."""
        recipe = self.recipe
        return recipe.first_strength * math.pow(recipe.last_strength / recipe.first_strength, self.progress())

    def moved(self) -> float:
        """The current distance of windows from the cover."""
        return self.recipe.least_moved + (1 - self.recipe.least_moved) * self.progress()

    def mark(self, count: int) -> tuple[Tensor, Tensor]:
        """New covers and marked pictures: two [count,3,160,160]."""
        covers = draw_covers(self.photos, count, Recipe.least_crop, Recipe.varied)
        bits = torch.randint(2, (count, self.run.recipe.bits), device=covers.device).float()
        spread = 0.7 + 0.6 * torch.rand(count, 1, 1, 1, device=covers.device)
        return covers, self.run.marked(bits, covers, self.strength() * spread, refine=True).detach()

    def renew(self) -> None:
        """Mark some of the pictures again, at first all of them."""
        recipe = self.recipe
        if not len(self.marked):
            parts = [self.mark(recipe.batch) for _ in range(recipe.kept // recipe.batch)]
            self.covers, self.marked = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        place = int(torch.randint(recipe.kept // recipe.renewed, ())) * recipe.renewed
        chosen = slice(place, place + recipe.renewed)
        self.covers[chosen], self.marked[chosen] = self.mark(recipe.renewed)

    def train_step(self) -> Tensor:
        """One optimiser step -> the values of COLUMNS from `loss` on."""
        recipe = self.recipe
        left = (recipe.steps - self.step) / (recipe.decay * recipe.steps)
        share = min(1.0, (self.step + 1) / recipe.warm_up, max(0.01, left))
        self.renew()
        chosen = torch.randperm(recipe.kept, device=self.marked.device)[: recipe.batch]
        distortion = recipe.distortion * self.progress()
        loss, *others = self.run.locate(
            self.covers[chosen], self.marked[chosen], self.moved(), max(distortion, 0.05)
        )
        self.descend(loss, share)
        return torch.stack([loss, *others]).detach()

    def save(self, path: Path) -> None:
        """Write the checkpoint."""
        state = {"locator": self.run.locator.state_dict(), "average": self.average.state_dict()}
        more = {"optimizer": self.optimizer.state_dict(), "step": self.step, "minutes": self.minutes}
        write_checkpoint(state | more, path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, map_location=self.run.device, weights_only=True)
        self.run.locator.load_state_dict(state["locator"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes = state["step"], state["minutes"]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photos to train on")
    parser.add_argument("--start", type=Path, required=True, help="folder of exported weights")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint and the curve")
    parser.add_argument("--minutes", type=float, default=90, help="stop after this many minutes (default 90)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="hyperparameters of LocatorRecipe"
    )
    parser.add_argument("--interval", type=int, default=50, help="steps between two lines of the curve")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    device = torch.device(args.device)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    recipe = LocatorRecipe(**chosen(args.set, LocatorRecipe))
    photos = load_photos(args.images, Recipe.picture_size).to(device)
    run = LocatorRun(recipe, args.start, photos, device)
    checkpoint = args.out / CHECKPOINT
    if checkpoint.exists():
        run.load(checkpoint)
        torch.manual_seed(1 + run.step)
        print(f"resumed at step {run.step} after {run.minutes:.1f} minutes", flush=True)
    started, before = time.monotonic(), run.minutes
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = Curve(file, COLUMNS, args.interval)
        while run.step < run.recipe.steps and run.minutes - before < args.minutes:
            means = run.train_step()
            run.minutes = before + (time.monotonic() - started) / 60
            curve.add(run.step, run.minutes, (run.moved(), run.strength()), means)
            if run.step % args.interval == 0:
                run.save(checkpoint)
    run.save(checkpoint)


if __name__ == "__main__":
    main()
