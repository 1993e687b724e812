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
from PIL import Image
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from .distort import everyday, round_to_8_bits
from .model import BITS, WORKING_SIZE, Decoder, Encoder

PICTURE_SIZE = 224
"""Side the photos are kept at in memory; crops of it become covers of the working size."""


@dataclass(frozen=True)
class Schedule:
    """Everything that depends on the step, of `steps` in all."""

    steps: int
    warm_up: int = 100
    map_only: int = 900

    def learning_rate(self, step: int) -> float:
        """Factor of the base rate: linear warm-up, then linear decay to 2% over the last 40%."""
        left = (self.steps - step) / (0.4 * self.steps)
        return min(1.0, (step + 1) / self.warm_up, max(0.02, left))

    def distortion(self, step: int) -> float:
        """Strength of the distortions: to 0.65 once the bits are learnt, to 0.35 over the last quarter.

        The end is nearer to what pictures meet every day than the middle, which is there to be hard.
        """
        rise = (step - 400) / 2000
        fall = 0.3 * max(0.0, step / self.steps - 0.75) / 0.25
        return max(0.0, min(0.65, rise) - fall)

    def psnr(self, step: int) -> float:
        """PSNR in dB of the marked pictures: 30 until the U-Net has settled, 40 at 75% of the steps."""
        start = 1800
        progress = min(1.0, max(0.0, (step - start) / max(1.0, 0.75 * self.steps - start)))
        return 30 + 10 * progress


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

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.encoder.load_state_dict(state["encoder"])
        self.decoder.load_state_dict(state["decoder"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes = state["step"], state["minutes"]

    def train_step(self, covers: Tensor) -> tuple[float, float, float]:
        """One optimiser step; returns the loss and the bit accuracy in colour and in grey."""
        for group, rate in zip(self.optimizer.param_groups, self.base_rates, strict=True):
            group["lr"] = rate * self.schedule.learning_rate(self.step)
        batch = len(covers)
        bits = torch.randint(2, (batch, BITS), device=self.device).float()
        decibels = self.schedule.psnr(self.step) + (torch.rand(batch, 1, 1, 1, device=self.device) * 3 - 1.5)
        unit = self.encoder.working_residual(bits, covers, refined=self.step >= self.schedule.map_only)
        marked = round_to_8_bits(covers + unit * 10 ** (-decibels / 20))
        strength = self.schedule.distortion(self.step)
        # The decoder costs a sixth of the encoder, so each marked picture goes two ways; the second one
        # is grey for most of the samples, because chroma alone would be the easy place to hide.
        colour_view = everyday(marked, strength, grey=0.0)
        grey_view = everyday(marked, 0.5 * strength, grey=0.9 * min(1.0, strength * 2))
        views = torch.cat([colour_view, grey_view]).contiguous(memory_format=torch.channels_last)
        logits = self.decoder.working_logits(views)
        weights = torch.tensor([0.8, 1.2], device=self.device).repeat_interleave(batch)[:, None]
        loss = F.binary_cross_entropy_with_logits(logits, bits.repeat(2, 1), weight=weights)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        self.optimizer.step()
        self.average.update_parameters(self.networks)
        self.step += 1
        right = ((logits > 0) == (bits.repeat(2, 1) > 0.5)).float().mean(dim=1)
        return loss.item(), right[:batch].mean().item(), right[batch:].mean().item()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photos to train on")
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
    run = Run(device, Schedule(args.steps))
    if checkpoint.exists():
        run.load(checkpoint)
        torch.manual_seed(args.seed + run.step)
        print(f"resumed at step {run.step} after {run.minutes:.1f} minutes")
    photos = load_photos(args.images).to(device)
    print(f"{len(photos)} photos, {args.steps} steps of {args.batch} on {device}")

    started, minutes_before = time.monotonic(), run.minutes
    sums = np.zeros(3)
    with (args.out / "curve.csv").open("a", newline="") as file:
        curve = csv.writer(file)
        if file.tell() == 0:
            curve.writerow(
                ["step", "minutes", "distortion", "psnr", "loss", "colour_accuracy", "grey_accuracy"]
            )
        while run.step < args.steps:
            sums += run.train_step(draw_covers(photos, args.batch))
            if not math.isfinite(sums[0]):
                raise SystemExit(f"The loss is not finite at step {run.step}; the last checkpoint is kept.")
            elapsed = (time.monotonic() - started) / 60
            run.minutes = minutes_before + elapsed
            if run.step % args.interval == 0:
                loss, in_colour, in_grey = sums / args.interval
                sums[:] = 0
                strength, decibels = run.schedule.distortion(run.step), run.schedule.psnr(run.step)
                row = [run.step, f"{run.minutes:.1f}", f"{strength:.2f}", f"{decibels:.1f}"]
                row += [f"{loss:.4f}", f"{in_colour:.4f}", f"{in_grey:.4f}"]
                curve.writerow(row)
                file.flush()
                print("step {} min {} T {} dB {} loss {} colour {} grey {}".format(*row), flush=True)
                if run.step % (10 * args.interval) == 0:
                    run.save(checkpoint)
            if elapsed >= args.minutes:
                break
    run.save(checkpoint)
    print(f"stopped at step {run.step} after {run.minutes:.1f} minutes")


if __name__ == "__main__":
    main()
