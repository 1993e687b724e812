"""Show that training learns: a minute from random weights on the sample photos of scikit-image.

    python -m train.smoke

Marks at 20 dB instead of 30, in small batches: so the bits are learnt in a third of the time, and a minute is
enough on slow machines, too. Ends with exit code 1 unless the bit accuracy of a fixed batch exceeds 90%.
"""

import sys
import time

import torch
from torch import Tensor

from .model import BITS
from .samples import sample_folder
from .train import Recipe, Run, Schedule, draw_covers, load_photos

SECONDS = 60
WANTED = 0.9
FIXED = 32
"""Pictures of the fixed batch."""


@torch.no_grad()
def bit_accuracy(run: Run, covers: Tensor, bits: Tensor) -> float:
    """Of covers [B,3,160,160] marked plainly with bits [B,n]: 0..1."""
    logits = run.decoder.working_logits(run.plainly_marked(bits, covers))
    return ((logits > 0) == (bits > 0.5)).float().mean().item()


def main() -> None:
    """The command line, without options."""
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    recipe = Recipe(batch=8, warm_up=30, plain_db=20)
    run = Run(torch.device("cpu"), Schedule(recipe))
    photos = load_photos(sample_folder(), recipe.picture_size)
    covers, bits = draw_covers(photos, FIXED, recipe.least_crop), torch.randint(2, (FIXED, BITS)).float()
    print(f"{len(photos)} photos; bit accuracy of a fixed batch: {bit_accuracy(run, covers, bits):.3f}")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        run.train_step(draw_covers(photos, recipe.batch, recipe.least_crop))
        if run.step % 50 == 0:
            print(f"step {run.step}: {bit_accuracy(run, covers, bits):.3f}", flush=True)
    reached = bit_accuracy(run, covers, bits)
    print(f"after {SECONDS} s, {run.step} steps: {reached:.3f}, wanted {WANTED}")
    sys.exit(reached < WANTED)


if __name__ == "__main__":
    main()
