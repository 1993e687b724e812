"""The forward pass on native onnxruntime."""

import os
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..card import ModelCard, read_card
from ..errors import ModelDamaged, ModelMissing, RuntimeMissing

try:
    import onnxruntime
except ImportError as error:
    raise RuntimeMissing from error


class NativeForward:
    """`Forward` from the `.onnx` graphs in a folder, with their weights.

    `threads`: how many one call may use, 0 for as many as there are cores. Several threads may call it at
    the same time. Raises ModelMissing, ModelDamaged.
    """

    def __init__(self, weights: Path, threads: int = 0) -> None:
        self._encoder = _session(weights / "encoder.onnx", weights / "encoder.safetensors", threads)
        self._refiner = _session(weights / "refiner.onnx", weights / "decoder.safetensors", threads)
        self._decoder = _session(weights / "decoder.onnx", weights / "decoder.safetensors", threads)
        self._locator = _session(weights / "locator.onnx", weights / "locator.safetensors", threads)

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.encode`."""
        return np.asarray(self._encoder.run(["residual"], {"secret_bits": bits, "image": image})[0])

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `Forward.refine`."""
        feeds = {"secret_bits": bits, "image": image, "residual": residual}
        gradient, margins = self._refiner.run(["gradient", "margins"], feeds)
        return np.asarray(gradient), np.asarray(margins)

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.decode`."""
        return np.asarray(self._decoder.run(["logits"], {"image": image})[0])

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.locate`."""
        return np.asarray(self._locator.run(["place"], {"image": image})[0])


def weights_dir() -> Path:
    """The folder of the weights: $HUSHMARK_WEIGHTS, or what lies in this package, or in its checkout.

    Raises ModelMissing when it is not there.
    """
    chosen = os.environ.get("HUSHMARK_WEIGHTS")
    inside, beside = (Path(__file__).parents[up] / "weights" for up in (1, 3))
    folder = Path(chosen) if chosen else inside if inside.is_dir() else beside
    if not folder.is_dir():
        raise ModelMissing(folder)
    return folder


def packaged_model(threads: int = 0) -> tuple[NativeForward, ModelCard]:
    """The networks in `weights_dir` and their card, loaded once. Raises ModelMissing, ModelDamaged."""
    return _load(weights_dir(), threads)


def packaged_card() -> ModelCard:
    """The card of the networks in `weights_dir`. Raises ModelMissing, ModelDamaged."""
    return read_card(weights_dir() / "decoder.safetensors")


@cache
def _load(weights: Path, threads: int) -> tuple[NativeForward, ModelCard]:
    return NativeForward(weights, threads), read_card(weights / "decoder.safetensors")


def _session(graph: Path, weights: Path, threads: int) -> onnxruntime.InferenceSession:
    for path in (graph, weights):
        if not path.is_file():
            raise ModelMissing(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait slow down other programs on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class of their own
        raise ModelDamaged(graph) from error
