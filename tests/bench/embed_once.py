"""The code that tests.bench.pictures measures in both runtimes; a known residual replaces the network."""

import io
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hushmark.card import read_card
from hushmark.message.kinds import text
from hushmark.pipeline import embed
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

RUNS = 5
MESSAGE = text("pipe")
PIXELS = ("open", "prepare", "apply", "save")
"""The phases that work on pixels, apart from the check."""

_CARD = read_card(Path(__file__).parents[2] / "weights" / "decoder.safetensors")


class _Answers:
    def __init__(self, residual: bytes) -> None:
        side = _CARD.image_size
        self._residual = np.frombuffer(residual, np.float32).reshape(1, 3, side, side)

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._residual

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return np.zeros_like(residual), np.full((1, _CARD.bits), 100, np.float32)

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((1, _CARD.bits), np.float32)


def mark(data: bytes, name: str, residual: bytes) -> dict[str, float]:
    """Mark a picture with the residual, float32 [1,3,S,S] -> milliseconds by phase."""
    coroutine = embed(data, MESSAGE, name=name, forward=_Answers(residual), card=_CARD)
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            phases: dict[str, float] = stop.value.phases
            return phases


def memory(
    data: bytes, name: str, residual: bytes, used: Callable[[], int], peak: Callable[[], int]
) -> float:
    """Bytes a pixel, above the decoded picture, that marking takes at most, 64 MB apart.

    `used` and `peak` say how many bytes the process holds, and held at most.
    """
    small = io.BytesIO()
    Image.effect_noise((400, 300), 50).convert("RGB").save(small, name.split(".")[-1])
    mark(small.getvalue(), name, residual)  # for memory that is never freed
    before = used()
    mark(data, name, residual)
    with Image.open(io.BytesIO(data)) as image:
        pixels = image.width * image.height
        decoded = pixels * (1 if image.mode == "L" else 4)  # Pillow keeps RGB in 4 bytes
    return (peak() - before - decoded - 64e6) / pixels


def ratios(data: bytes, residual: bytes) -> str:
    """Marking a JPEG against Pillow's own decoding and encoding of it, medians, as JSON."""
    with_check, without = [], []
    for _ in range(RUNS):
        start = time.perf_counter()
        image = Image.open(io.BytesIO(data))
        image.load()
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        sampling = JpegImagePlugin.get_sampling(image)
        image.save(io.BytesIO(), "JPEG", qtables=image.quantization, subsampling=sampling)
        own = 1000 * (time.perf_counter() - start)
        phases = mark(data, "photo.jpg", residual)
        work = sum(phases[phase] for phase in PIXELS)
        without.append(work / own)
        with_check.append((work + phases["check"]) / own)
    return json.dumps([statistics.median(without), statistics.median(with_check)])
