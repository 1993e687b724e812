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
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from .distort import elsewhere, everyday, round_to_8_bits, straight_through
from .model import (
    BITS,
    VIEWS,
    WANTED_MARGIN,
    WORKING_SIZE,
    Decoder,
    Encoder,
    back_through_views,
    direction_of,
    shape,
    views_of,
)

PICTURE_SIZE = 224
"""Side the photos are kept at in memory; crops of it become covers of the working size."""


@dataclass(frozen=True)
class Schedule:
    """Everything that depends on the step, of `steps` in all; `settled`: the bits are learnt already."""

    steps: int
    settled: bool = False
    warm_up: int = 100

    def learning_rate(self, step: int) -> float:
        """Factor of the base rate: linear warm-up, then linear decay to 1% over the last 60%."""
        left = (self.steps - step) / (0.6 * self.steps)
        return min(1.0, (step + 1) / self.warm_up, max(0.01, left)) * (0.6 if self.settled else 1.0)

    def adapted(self, step: int) -> bool:
        """Whether the U-Net takes part yet."""
        return self.settled or step >= 900

    def distortion(self, step: int) -> float:
        """Strength of the distortions: to 1 within 400 steps, or 2,000 once the bits are learnt."""
        rise = step / 400 if self.settled else (step - 400) / 2000
        return max(0.0, min(1.0, rise))

    def psnr(self, step: int) -> float:
        """PSNR in dB of the marked pictures: 30 until the U-Net has settled; in the end 41."""
        if self.settled:
            return min(41.0, 38 + 3 * step / (0.1 * self.steps))
        progress = min(1.0, max(0.0, (step - 1800) / max(1.0, 0.6 * self.steps - 1800)))
        return 30 + 11 * progress

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

    def start_from(self, weights: Path) -> None:
        """Begin with exported weights instead of random ones."""
        for name, network in self.networks.items():
            tensors = load_file(weights / f"{name}.safetensors")
            network.load_state_dict({key: tensor.float() for key, tensor in tensors.items()})
        self.average.module.load_state_dict(self.networks.state_dict())

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.encoder.load_state_dict(state["encoder"])
        self.decoder.load_state_dict(state["decoder"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes = state["step"], state["minutes"]

    def refined(self, bits: Tensor, covers: Tensor, residual: Tensor, decibels: Tensor) -> Tensor:
        """The residual after none to three steps along the decoder's gradient; training sees through them.

        As `Refiner` does it, but two of the views each time, and by autograd, which is faster here.
        """
        refined = residual.detach()
        sign = (bits * 2 - 1).repeat(2, 1)
        for _ in range(int(torch.multinomial(torch.tensor([0.15, 0.35, 0.35, 0.15]), 1))):
            marked = covers + refined
            chosen = torch.randperm(VIEWS)[:2]
            views = views_of(marked).view(VIEWS, *covers.shape)[chosen].flatten(0, 1)
            views = views.contiguous(memory_format=torch.channels_last).requires_grad_()
            margins = self.decoder.working_logits(views) * sign
            (found,) = torch.autograd.grad(F.softplus(WANTED_MARGIN - margins).sum(), views)
            gradients = torch.zeros(VIEWS, *covers.shape, device=self.device)
            gradients[chosen] = found.view(2, *covers.shape)
            direction = direction_of(-back_through_views(marked, gradients.flatten(0, 1)), covers)
            stepped = refined + REFINING_STEP * 10 ** (-decibels / 20) * direction
            refined = shape(stepped, covers, decibels)
        return straight_through(residual, refined)

    def train_step(self, covers: Tensor) -> tuple[float, float, float, float]:
        """One optimiser step -> loss, bit accuracy in colour, in grey, and mean |logit| without a mark."""
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate * self.schedule.learning_rate(self.step)
        batch = len(covers)
        bits = torch.randint(2, (batch, BITS), device=self.device).float()
        decibels = self.schedule.psnr(self.step) + (torch.rand(batch, 1, 1, 1, device=self.device) * 5 - 2.5)
        unit = self.encoder.working_residual(bits, covers, adapted=self.schedule.adapted(self.step))
        strength = self.schedule.distortion(self.step)
        if strength == 0:
            # Until the bits are learnt nothing happens to the pictures, and eyes do not count.
            views, targets = round_to_8_bits(covers + unit * 10 ** (-decibels / 20)), bits
        else:
            residual = shape(unit, covers, decibels)
            if self.schedule.refinement(self.step):
                residual = self.refined(bits, covers, residual, decibels)
            views, targets = self.three_views(covers, bits, round_to_8_bits(covers + residual), strength)
        logits = self.decoder.working_logits(views.contiguous(memory_format=torch.channels_last))
        weights = torch.tensor([1.0, 1.0, 0.3], device=self.device).repeat_interleave(batch)[
            : len(views), None
        ]
        loss = F.binary_cross_entropy_with_logits(logits, targets, weight=weights)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.networks)
        self.step += 1
        right = ((logits > 0) == (targets > 0.5)).float().mean(dim=1)
        # Before there is a grey view, the marked pictures are both.
        in_colour, in_grey = right[:batch].mean().item(), right[-2 * batch :][:batch].mean().item()
        return loss.item(), in_colour, in_grey, logits[2 * batch :].abs().sum().item() / (BITS * batch)

    def three_views(
        self, covers: Tensor, bits: Tensor, marked: Tensor, strength: float
    ) -> tuple[Tensor, Tensor]:
        """What the decoder sees of a batch [B,3,160,160] -> views [3B,3,160,160], targets [3B,32]."""
        batch = len(covers)
        # The decoder costs little, so each marked picture goes two ways; the second one is grey for most of
        # the samples, because chroma alone would be the easy place to hide.
        colour_view = everyday(marked, strength, grey=0.0)
        grey_view = everyday(marked, 0.8 * strength, grey=0.6 * min(1.0, strength * 2))
        unmarked = torch.cat([covers[: batch // 2], elsewhere(marked.detach()[batch // 2 :])])
        views = torch.cat([colour_view, grey_view, everyday(unmarked, strength, grey=0.2)])
        # Where there is no mark to read the decoder is to say so: every bit even, every logit 0.
        return views, torch.cat([bits, bits, torch.full_like(bits, 0.5)])


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
    if args.start:
        run.start_from(args.start)
    if checkpoint.exists():
        run.load(checkpoint)
        torch.manual_seed(args.seed + run.step)
        print(f"resumed at step {run.step} after {run.minutes:.1f} minutes")
    photos = load_photos(args.images).to(device)
    print(f"{len(photos)} photos, {args.steps} steps of {args.batch} on {device}")

    started, minutes_before = time.monotonic(), run.minutes
    sums = np.zeros(4)
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = csv.writer(file)
        if file.tell() == 0:
            curve.writerow(
                [
                    "step",
                    "minutes",
                    "distortion",
                    "psnr",
                    "loss",
                    "colour_accuracy",
                    "grey_accuracy",
                    "unmarked_logit",
                ]
            )
        while run.step < args.steps:
            sums += run.train_step(draw_covers(photos, args.batch))
            if not math.isfinite(sums[0]):
                raise SystemExit(f"The loss is not finite at step {run.step}; the last checkpoint is kept.")
            elapsed = (time.monotonic() - started) / 60
            run.minutes = minutes_before + elapsed
            if run.step % args.interval == 0:
                loss, in_colour, in_grey, unmarked = sums / args.interval
                sums[:] = 0
                strength, decibels = run.schedule.distortion(run.step), run.schedule.psnr(run.step)
                row = [run.step, f"{run.minutes:.1f}", f"{strength:.2f}", f"{decibels:.1f}"]
                row += [f"{loss:.4f}", f"{in_colour:.4f}", f"{in_grey:.4f}", f"{unmarked:.3f}"]
                curve.writerow(row)
                file.flush()
                print(
                    "step {} min {} T {} dB {} loss {} colour {} grey {} unmarked {}".format(*row), flush=True
                )
                if run.step % (5 * args.interval) == 0:
                    run.save(checkpoint)
            if elapsed >= args.minutes:
                break
    run.save(checkpoint)
    print(f"stopped at step {run.step} after {run.minutes:.1f} minutes")


if __name__ == "__main__":
    main()
