"""The forward pass on native onnxruntime."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import ModelDamaged, ModelMissing, RuntimeMissing

try:
    import onnxruntime
except ImportError as error:
    raise RuntimeMissing from error


class NativeForward:
    """`Forward` from `encoder.onnx`, `refiner.onnx` and `decoder.onnx` in a folder, with their weights.

    Raises ModelMissing, ModelDamaged.
    """

    def __init__(self, weights: Path) -> None:
        self._encoder = _session(weights / "encoder.onnx", weights / "encoder.safetensors")
        self._refiner = _session(weights / "refiner.onnx", weights / "decoder.safetensors")
        self._decoder = _session(weights / "decoder.onnx", weights / "decoder.safetensors")

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.encode`."""
        return np.asarray(self._encoder.run(["residual"], {"secret_bits": bits, "image": image})[0])

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Forward.refine`."""
        feeds = {"secret_bits": bits, "image": image, "residual": residual}
        direction, margins = self._refiner.run(["direction", "margins"], feeds)
        return np.asarray(direction), np.asarray(margins)

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.decode`."""
        return np.asarray(self._decoder.run(["logits"], {"image": image})[0])


def weights_dir() -> Path:
    """The folder of the weights: $HUSHMARK_WEIGHTS, or what lies in this package, or in its checkout.

    Raises ModelMissing when it is not there.
    """
    chosen = os.environ.get("HUSHMARK_WEIGHTS")
    inside, beside = Path(__file__).parent / "weights", Path(__file__).parents[2] / "weights"
    folder = Path(chosen) if chosen else inside if inside.is_dir() else beside
    if not folder.is_dir():
        raise ModelMissing(folder)
    return folder


def _session(graph: Path, weights: Path) -> onnxruntime.InferenceSession:
    for path in (graph, weights):
        if not path.is_file():
            raise ModelMissing(path)
    try:
        return onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class of their own
        raise ModelDamaged(graph) from error
