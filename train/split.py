"""Carry the weights of hushmark-0.1 over to the decoder with a bottleneck.

    python -m train.split --weights OLD --out runs/second

hushmark-0.1's decoder had one dense layer 3200 -> 512; the singular vectors of its matrix give the two
layers 3200 -> 224 -> 512 that come nearest to it. Writes encoder.safetensors and decoder.safetensors into
OUT, for `train.train --start OUT`.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from .model import SQUEEZED


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True, help="folder with hushmark-0.1's weights")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: tensor.float() for name, tensor in load_file(args.weights / "decoder.safetensors").items()
    }
    left, values, right = torch.linalg.svd(tensors.pop("head.1.weight"), full_matrices=False)
    kept = values[:SQUEEZED].square().sum() / values.square().sum()
    print(f"{SQUEEZED} of {len(values)} singular vectors keep {kept:.1%} of the energy")
    root = values[:SQUEEZED].sqrt()
    tensors["squeeze.weight"] = root[:, None] * right[:SQUEEZED]
    tensors["head.0.weight"] = left[:, :SQUEEZED] * root
    tensors["head.0.bias"] = tensors.pop("head.1.bias")
    tensors["head.2.weight"] = tensors.pop("head.3.weight")
    tensors["head.2.bias"] = tensors.pop("head.3.bias")
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()}, args.out / "decoder.safetensors"
    )
    encoder = load_file(args.weights / "encoder.safetensors")
    save_file({name: tensor.float() for name, tensor in encoder.items()}, args.out / "encoder.safetensors")


if __name__ == "__main__":
    main()
