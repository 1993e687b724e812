"""Train the encoder and decoder on a folder of photos, on a CPU or a CUDA card.

    python -m train.train --images photos/ --out runs/first --minutes 90

Resumes from OUT/checkpoint.pt, stops after --minutes, prints one line an interval and appends it to
OUT/curve.csv. The only loss is the binary cross-entropy of the bits: the energy of the residual is fixed
by the schedule, so there is nothing to balance.
"""

import argparse
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from hushmark.pipeline import REFINING_STEP
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from . import budget
from .distort import elsewhere, everyday, round_to_8_bits, straight_through
from .model import (
    BITS,
    VIEWS,
    WANTED_MARGIN,
    WORKING_SIZE,
    Decoder,
    Encoder,
    back_through_views,
    smooth,
    views_of,
)

PICTURE_SIZE = 224
"""Side the photos are kept at in memory; crops of it become covers of the working size."""


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
)
UNMARKED_WEIGHT = 0.3
"""Of a picture without a mark in the loss, where that of a marked one is 1."""
FITTED, FITTED_BATCH, RIDGE = 12288, 64, 0.03
"""Pictures that new dense layers are fitted to, how many at a time, and by how much they are held back."""


@dataclass(frozen=True)
class Schedule:
    """Everything that depends on the step, of `steps` in all; `settled`: the bits are learnt already."""

    steps: int
    settled: bool = False
    warm_up: int = 100
    plain_db: float = 30.0
    """PSNR in dB until the bits are learnt."""

    def learning_rate(self, step: int) -> float:
        """Factor of the base rate: linear warm-up, then linear decay to 1% over the last half."""
        left = (self.steps - step) / (0.5 * self.steps)
        # Higher rates undo what is learnt already.
        return min(1.0, (step + 1) / self.warm_up, max(0.01, left)) * (0.4 if self.settled else 1.0)

    def adapted(self, step: int) -> bool:
        """Whether the U-Net takes part yet."""
        return self.settled or step >= 900

    def distortion(self, step: int) -> float:
        """Strength of the distortions: to 1 over 40% of the steps, or over 2,000 once the bits are learnt."""
        rise = 0.1 + 0.9 * step / (0.4 * self.steps) if self.settled else (step - 400) / 2000
        return max(0.0, min(1.0, rise))

    def strength(self, step: int) -> float:
        """How strong the marks are: 4 until the U-Net has settled, in the end 1; falls by a factor a step."""
        begin = 0 if self.settled else 1800
        progress = min(1.0, max(0.0, (step - begin) / max(1.0, 0.6 * self.steps - begin)))
        return math.pow(4.0, 1 - progress)

    def refinement(self, step: int) -> bool:
        """Whether the residual is refined with the decoder's gradient, as the pipeline does."""
        return self.settled or step >= 1800


def load_photos(folder: Path) -> Tensor:
    """Every photo of a folder, squashed to a square as the pipeline does: uint8 [N,3,224,224]."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    if not files:
        raise SystemExit(f"No photos in {folder}: give --images a folder of .jpg, .png or .webp files.")
    size = (PICTURE_SIZE, PICTURE_SIZE)
    pixels = [np.asarray(Image.open(p).convert("RGB").resize(size, Image.Resampling.LANCZOS)) for p in files]
    return torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()


def draw_covers(photos: Tensor, batch: int) -> Tensor:
    """Random crops (70-100% of each side, mirrored half the time): [B,3,160,160] in 0..1."""
    device = photos.device
    x = photos[torch.randint(len(photos), (batch,), device=device)].float() / 255
    zoom = torch.rand(batch, 2, device=device) * 0.3 + 0.7
    shift = (torch.rand(batch, 2, device=device) * 2 - 1) * (1 - zoom)
    mirror = torch.where(torch.rand(batch, device=device) < 0.5, -1.0, 1.0)
    theta = torch.zeros(batch, 2, 3, device=device)
    theta[:, 0, 0] = zoom[:, 0] * mirror
    theta[:, 1, 1] = zoom[:, 1]
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, [batch, 3, WORKING_SIZE, WORKING_SIZE], align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False).clamp(0, 1)


class Run:
    """The state of a training run: everything a checkpoint holds."""

    def __init__(self, device: torch.device, schedule: Schedule) -> None:
        self.device = device
        self.schedule = schedule
        self.encoder = Encoder().to(device)
        self.decoder = Decoder().to(device)
        self.networks = torch.nn.ModuleDict({"encoder": self.encoder, "decoder": self.decoder})
        self.average = AveragedModel(
            self.networks,
            avg_fn=lambda average, current, _: torch.lerp(average, current, 0.002),
        )
        map_weights = list(self.encoder.secret_dense.parameters())
        others = [p for name, p in self.encoder.named_parameters() if not name.startswith("secret_dense")]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": map_weights, "lr": 3e-3},
                {"params": [*others, *self.decoder.parameters()], "lr": 1e-3},
            ],
            weight_decay=1e-4,
        )
        self.base_rates = [group["lr"] for group in self.optimizer.param_groups]
        self.step = 0
        self.minutes = 0.0

    def save(self, path: Path) -> None:
        """Write the checkpoint through a temporary file, so that a stop never leaves half of one."""
        partial = path.with_suffix(".part")
        torch.save(
            {
                "encoder": self.encoder.state_dict(),
                "decoder": self.decoder.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "minutes": self.minutes,
            },
            partial,
        )
        partial.replace(path)

    def start_from(self, weights: Path, photos: Tensor) -> None:
        """Begin with exported weights; for another number of bits the dense layers are fitted anew."""
        for name, network in self.networks.items():
            tensors = load_file(weights / f"{name}.safetensors")
            own = network.state_dict()
            fitting = {
                key: tensor.float() for key, tensor in tensors.items() if own[key].shape == tensor.shape
            }
            network.load_state_dict(fitting, strict=False)
        if len(fitting) < len(own):  # the decoder comes last
            self.fit_head(photos)
        self.average.module.load_state_dict(self.networks.state_dict())

    @torch.no_grad()
    def fit_head(self, photos: Tensor) -> None:
        """Dense layers that read the bits linearly from the features, by ridge regression.

        From random dense layers bits of this little power are not learnt, from these they are. The two
        layers after `squeeze` are its values and their negatives through ReLU, taken apart again.
        """
        strength = torch.full((FITTED_BATCH, 1, 1, 1), self.schedule.strength(0), device=self.device)
        features, signs = [], []
        for _ in range(FITTED // FITTED_BATCH):
            covers = draw_covers(photos, FITTED_BATCH)
            bits = torch.randint(2, (FITTED_BATCH, BITS), device=self.device).float()
            marked = self.marked(bits, covers, strength, refine=False)
            features.append(self.decoder.features(F.pixel_unshuffle(marked * 2 - 1, 2)).flatten(1))
            signs.append(bits * 2 - 1)
        x, y = torch.cat(features), torch.cat(signs)
        mean = x.mean(dim=0)
        x = x - mean
        gram = x.T @ x
        gram += RIDGE * gram.diagonal().mean() * torch.eye(len(gram), device=self.device)
        weight = torch.linalg.solve(gram, x.T @ y)
        weight = weight / (x @ weight).std()
        first, last = self.decoder.head[0], self.decoder.head[2]
        assert isinstance(first, torch.nn.Linear) and isinstance(last, torch.nn.Linear)
        for layer in (first, last):
            layer.weight.mul_(0.05)
            layer.bias.zero_()
        self.decoder.squeeze.weight[:BITS] = weight.T
        eye, offset = torch.eye(BITS, device=self.device), mean @ weight
        first.weight[: 2 * BITS, :BITS] += torch.cat([eye, -eye])
        first.bias[: 2 * BITS] = torch.cat([-offset, offset])
        last.weight[:, : 2 * BITS] += torch.cat([eye, -eye], dim=1)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.encoder.load_state_dict(state["encoder"])
        self.decoder.load_state_dict(state["decoder"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes = state["step"], state["minutes"]

    def refined(self, bits: Tensor, covers: Tensor, residual: Tensor, strength: Tensor) -> Tensor:
        """The residual after none to four steps along the decoder's gradient; training sees through them.

        As `Refiner` does it, but two of the views each time, and by autograd, which is faster here.
        """
        refined = residual.detach()
        sign = (bits * 2 - 1).repeat(2, 1)
        for _ in range(int(torch.multinomial(torch.tensor([0.08, 0.20, 0.30, 0.27, 0.15]), 1))):
            marked = covers + refined
            chosen = torch.randperm(VIEWS)[:2]
            views = views_of(marked).view(VIEWS, *covers.shape)[chosen].flatten(0, 1)
            views = views.contiguous(memory_format=torch.channels_last).requires_grad_()
            margins = self.decoder.working_logits(views) * sign
            (found,) = torch.autograd.grad(F.softplus(WANTED_MARGIN - margins).sum(), views)
            gradients = torch.zeros(VIEWS, *covers.shape, device=self.device)
            gradients[chosen] = found.view(2, *covers.shape)
            gradient = smooth(-back_through_views(marked, gradients.flatten(0, 1)))
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
        """As `marked`, at the schedule's plain PSNR: until the bits are learnt eyes do not count."""
        unit = self.encoder.working_residual(bits, covers, adapted=self.schedule.adapted(self.step))
        return round_to_8_bits(covers + unit * 10 ** (-self.schedule.plain_db / 20))

    def train_step(self, covers: Tensor) -> NDArray[np.float64]:
        """One optimiser step -> what COLUMNS names from `colour_loss` on: means of the batch."""
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate * self.schedule.learning_rate(self.step)
        batch = len(covers)
        bits = torch.randint(2, (batch, BITS), device=self.device).float()
        distortion = self.schedule.distortion(self.step)
        if distortion == 0:
            views, targets = self.plainly_marked(bits, covers).repeat(2, 1, 1, 1), bits.repeat(2, 1)
        else:
            spread = 0.7 + 0.6 * torch.rand(batch, 1, 1, 1, device=self.device)
            strength = self.schedule.strength(self.step) * spread
            marked = self.marked(bits, covers, strength, refine=self.schedule.refinement(self.step))
            views, targets = self.three_views(covers, bits, marked, distortion)
        logits = self.decoder.working_logits(views.contiguous(memory_format=torch.channels_last))
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=1)
        weights = torch.ones_like(losses)
        weights[2 * batch :] = UNMARKED_WEIGHT
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward((losses * weights).sum() / (2 * batch))
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.networks)
        self.step += 1
        right = ((logits > 0) == (targets > 0.5)).float().mean(dim=1)
        unmarked = logits[2 * batch :].abs()
        means = [losses[:batch].mean(), losses[batch : 2 * batch].mean()]
        means += [right[:batch].mean(), right[batch : 2 * batch].mean()]
        means += [unmarked.mean() if len(unmarked) else torch.zeros(())]
        return np.array([mean.item() for mean in means])

    def three_views(
        self, covers: Tensor, bits: Tensor, marked: Tensor, strength: float
    ) -> tuple[Tensor, Tensor]:
        """What the decoder sees of a batch [B,3,160,160] -> views [9/4 B,3,160,160], targets [9/4 B,n]."""
        batch = len(covers)
        # The decoder costs little, so each marked picture goes two ways; the second one is grey for most of
        # the samples, because chroma alone would be the easy place to hide.
        colour_view = everyday(marked, strength, grey=0.0)
        grey_view = everyday(marked, 0.8 * strength, grey=0.6 * min(1.0, strength * 2))
        few = batch // 8
        unmarked = torch.cat([covers[:few], elsewhere(marked.detach()[few : 2 * few])])
        views = torch.cat([colour_view, grey_view, everyday(unmarked, strength, grey=0.2)])
        # Where there is no mark to read the decoder is to say so: every bit even, every logit 0.
        return views, torch.cat([bits, bits, torch.full_like(bits[: 2 * few], 0.5)])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photos to train on")
    parser.add_argument("--start", type=Path, help="folder of exported weights to start from")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint and the curve")
    parser.add_argument("--minutes", type=float, default=90, help="stop after this many minutes (default 90)")
    parser.add_argument("--steps", type=int, default=4500, help="length of the schedule (default 4500)")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interval", type=int, default=50, help="steps between two lines of the curve")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"
    device = torch.device(args.device)
    # Tails of blur kernels and vanishing gradients are denormal numbers, which x86 computes 100x slower.
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    run = Run(device, Schedule(args.steps, settled=args.start is not None))
    photos = load_photos(args.images).to(device)
    if checkpoint.exists():
        run.load(checkpoint)
        torch.manual_seed(args.seed + run.step)
        print(f"resumed at step {run.step} after {run.minutes:.1f} minutes")
    elif args.start:
        run.start_from(args.start, photos)
    print(f"{len(photos)} photos, {args.steps} steps of {args.batch} on {device}", flush=True)

    started, minutes_before = time.monotonic(), run.minutes
    sums = np.zeros(5)
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = csv.writer(file)
        if file.tell() == 0:
            curve.writerow(COLUMNS)
        while run.step < args.steps:
            sums += run.train_step(draw_covers(photos, args.batch))
            if not math.isfinite(sums[0]):
                raise SystemExit(f"The loss is not finite at step {run.step}; the last checkpoint is kept.")
            elapsed = (time.monotonic() - started) / 60
            run.minutes = minutes_before + elapsed
            if run.step % args.interval == 0:
                means = sums / args.interval
                sums[:] = 0
                distortion, strength = run.schedule.distortion(run.step), run.schedule.strength(run.step)
                row = [run.step, f"{run.minutes:.1f}", f"{distortion:.2f}", f"{strength:.2f}"]
                row += [f"{value:.4f}" for value in means]
                curve.writerow(row)
                file.flush()
                print(
                    " ".join(f"{name} {value}" for name, value in zip(COLUMNS, row, strict=True)), flush=True
                )
                if run.step % (4 * args.interval) == 0:
                    run.save(checkpoint)
            if elapsed >= args.minutes:
                break
    run.save(checkpoint)
    print(f"stopped at step {run.step} after {run.minutes:.1f} minutes")


if __name__ == "__main__":
    main()
