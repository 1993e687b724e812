"""The product's forward pass on the networks in PyTorch, and the networks' size and arithmetic."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from hushmark.forward import Forward
from hushmark.hosts.native import NativeForward
from numpy.typing import NDArray
from safetensors.torch import save
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .export import load_networks
from .model import IMAGE_SIZE, WORKING_SIZE, Decoder, Encoder, Locator, Refiner


class TorchForward:
    """Implements `hushmark.forward.Forward`."""

    def __init__(self, encoder: Encoder, decoder: Decoder, locator: Locator) -> None:
        self.networks = {
            "encoder": encoder,
            "decoder": decoder,
            "refiner": Refiner(decoder).eval(),
            "locator": locator,
        }

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.encode`."""
        (residual,) = self._run("encoder", bits, image)
        return residual

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Forward.refine`."""
        gradient, margins = self._run("refiner", bits, image, residual)
        return gradient, margins

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.decode`."""
        (logits,) = self._run("decoder", image)
        return logits

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.locate`."""
        (place,) = self._run("locator", image)
        return place

    @torch.inference_mode()
    def _run(self, name: str, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        result = self.networks[name](*(torch.from_numpy(values) for values in inputs))
        return [tensor.numpy() for tensor in (result if isinstance(result, tuple) else (result,))]


class Around:
    """A forward pass that calls another one for everything; subclasses change parts of it."""

    def __init__(self, whole: Forward) -> None:
        self._whole = whole

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.encode`."""
        return await self._whole.encode(bits, image)

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Forward.refine`."""
        return await self._whole.refine(bits, image, residual)

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.decode`."""
        return await self._whole.decode(image)

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.locate`."""
        return await self._whole.locate(image)


def networks_of(source: Path) -> TorchForward:
    """The networks of a folder of exported weights, or of a training checkpoint, in PyTorch."""
    return TorchForward(*load_networks(source))


@cache
def forward_of(source: Path) -> Forward:
    """The forward pass of a folder of exported weights, as the product runs it, or of a training checkpoint.

    On one thread. Loaded once in each process.
    """
    if source.is_dir():
        return NativeForward(source, threads=1)
    torch.set_num_threads(1)
    return networks_of(source)


def megabytes(network: nn.Module) -> float:
    """Size of the weights as an fp16 `.safetensors` file, without the model card, in 10^6 bytes."""
    tensors = {name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}
    return len(save(tensors)) / 1e6


def gmac(forward: TorchForward) -> dict[str, float]:
    """By network: 10^9 multiplications of its convolutions and dense layers for one picture."""
    encoder = forward.networks["encoder"]
    assert isinstance(encoder, Encoder)
    bits = torch.zeros(1, encoder.secret_dense.in_features)
    image = torch.full((1, 3, IMAGE_SIZE, IMAGE_SIZE), 0.5)
    residual = torch.zeros(1, 3, WORKING_SIZE, WORKING_SIZE)
    inputs = {
        "encoder": (bits, image),
        "decoder": (image,),
        "refiner": (bits, image, residual),
        "locator": (image,),
    }
    counts = {}
    for name, network in forward.networks.items():
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(*inputs[name])
        counts[name] = counter.get_total_flops() / 2e9
    return counts
