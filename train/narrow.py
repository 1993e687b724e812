"""Make the bottleneck between the decoder's dense layers narrower.

    python -m train.narrow --weights runs/wide --squeezed 272 --out runs/narrow

The two layers 3200 -> 320 -> 512 multiply to one matrix; its singular vectors give the nearest two layers
3200 -> 272 -> 512. Writes the decoder into OUT in full precision, and copies the other networks of the folder
of exported weights.
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def narrowed(tensors: dict[str, Tensor], squeezed: int) -> tuple[dict[str, Tensor], float]:
    """The decoder's tensors with `squeezed` values between the two layers; the share of energy kept."""
    tensors = {name: tensor.float() for name, tensor in tensors.items()}
    product = tensors["head.0.weight"].double() @ tensors["squeeze.weight"].double()
    left, values, right = torch.linalg.svd(product, full_matrices=False)
    kept = values[:squeezed].square().sum() / values.square().sum()
    root = values[:squeezed].sqrt()
    tensors["squeeze.weight"] = (root[:, None] * right[:squeezed]).float().contiguous()
    tensors["head.0.weight"] = (left[:, :squeezed] * root).float().contiguous()
    return tensors, kept.item()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True, help="folder of exported weights")
    parser.add_argument("--squeezed", type=int, required=True, help="values between the two layers")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tensors, kept = narrowed(load_file(args.weights / "decoder.safetensors"), args.squeezed)
    print(f"{args.squeezed} singular vectors keep {kept:.2%} of the energy")
    save_file(tensors, args.out / "decoder.safetensors")
    for name in ("encoder", "locator"):
        shutil.copy(args.weights / f"{name}.safetensors", args.out)


if __name__ == "__main__":
    main()
