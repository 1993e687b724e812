"""Try int8: write the int8 variant of a network, and measure what it costs.

    python -m train.quantise --images photos/train --held-out photos/val --network encoder --out runs/int8

Static quantisation of the convolutions (weights per channel, activations per tensor, as QuantizeLinear and
DequantizeLinear around them), with ranges from marking photos that were trained on. The int8 weights and
other large tensors go into OUT/<network>-int8.safetensors, with the model card; OUT/<network>-int8.onnx
points into it. Then photos that were not trained on are marked and read whole, with the fp16 networks and
with the int8 one in its place, both on native onnxruntime: bit accuracy by row, and the network's time.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from hushmark.card import read_card
from hushmark.forward import Forward
from hushmark.hosts.native import NativeForward
from hushmark.marking.budget import DEFAULT_STRENGTH
from hushmark.message.sealing import encode
from hushmark.picture.view import prepare
from hushmark.pipeline import mark
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from safetensors import safe_open
from safetensors.numpy import save_file

from .benchmark import DISTORTIONS
from .checks import print_table
from .evaluate import SEED, draw_message, load, photos_in
from .export import CARD_KEY, point_into
from .forward import Around
from .samples import as_picture

PHOTOS = 30
"""Number of photos, evenly spread over the folder, for the ranges."""
ROWS = ("none", "JPEG 50", "brightness x2", "contrast x2", "saturation x0 (grey)", "noise, sigma 0.05")
_LARGE = 256  # elements; smaller tensors stay inside the graph
_TIMED = 20

Arrays = dict[str, NDArray[np.float32]]


class Tapped(Around):
    """A forward pass that collects the inputs of one network, and may use another session for it."""

    def __init__(
        self, whole: Forward, network: str, session: onnxruntime.InferenceSession | None = None
    ) -> None:
        super().__init__(whole)
        self._network, self._session = network, session
        self.feeds: list[Arrays] = []

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.encode`."""
        if self._network == "encoder":
            self.feeds.append({"secret_bits": bits, "image": image})
            if self._session:
                return np.asarray(self._session.run(None, self.feeds[-1])[0])
        return await super().encode(bits, image)

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Forward.decode`."""
        if self._network == "decoder":
            self.feeds.append({"image": image})
            if self._session:
                return np.asarray(self._session.run(None, self.feeds[-1])[0])
        return await super().decode(image)


class _Feeds(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, feeds: list[Arrays]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Arrays | None:
        return next(self._feeds, None)


def accuracies(photos: list[Path], rows: tuple[str, ...], weights: Path, forward: Forward) -> list[float]:
    """Bit accuracy in percent by row, of photos marked once and read as a whole."""
    card = read_card(weights / "decoder.safetensors")
    changes = [row for row in DISTORTIONS if row.name in rows]
    right = np.zeros((len(photos), len(changes)))
    for line, path in zip(right, photos, strict=True):
        cover, bits = as_picture(load(path)), encode(draw_message(path.name, 0), card.bits)
        marked, _ = asyncio.run(mark(cover, bits, strength=DEFAULT_STRENGTH, forward=forward, card=card))
        picture = marked.image.convert("RGB")
        for place, row in enumerate(changes):
            seen = row.apply(picture, random.Random(f"{SEED} {path.name} 0 {row.name}"))
            logits = asyncio.run(forward.decode(prepare(as_picture(seen), card.image_size)))
            line[place] = ((logits[0] > 0) == (bits > 0)).mean()
    return [100 * float(share) for share in right.mean(axis=0)]


def without_casts(model: onnx.ModelProto) -> None:
    """Turn fp16 weights that are cast to float32 into float32 weights, as runtimes do when they start."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in weights:
            half = weights[node.input[0]]
            full = numpy_helper.from_array(numpy_helper.to_array(half).astype(np.float32), node.output[0])
            half.CopyFrom(full)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def quantised(model: onnx.ModelProto, feeds: list[Arrays]) -> onnx.ModelProto:
    """The model with its convolutions in int8."""
    with tempfile.TemporaryDirectory() as folder:
        plain, result = Path(folder, "plain.onnx"), Path(folder, "quantised.onnx")
        onnx.save(model, plain)
        quantize_static(
            plain,
            result,
            _Feeds(feeds),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(result)


def write(model: onnx.ModelProto, card: str, weights: Path) -> Path:
    """Write the weights and, beside them, the graph that points into them; -> the graph."""
    large = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if np.prod(tensor.dims) >= _LARGE and tensor.data_type in (TensorProto.INT8, TensorProto.FLOAT)
    }
    tensors = {
        name: array if array.dtype == np.int8 else array.astype(np.float16) for name, array in large.items()
    }
    save_file(tensors, weights, metadata={CARD_KEY: card})
    point_into(model, weights)
    graph = weights.with_suffix(".onnx")
    graph.write_bytes(model.SerializeToString())
    return graph


def milliseconds(session: onnxruntime.InferenceSession, feeds: Arrays) -> float:
    """Median time of a run."""
    times = []
    for _ in range(_TIMED):
        start = time.perf_counter()
        session.run(None, feeds)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photos that were trained on")
    parser.add_argument("--held-out", type=Path, required=True, help="folder of photos that were not")
    parser.add_argument("--weights", type=Path, default=Path("weights"))
    parser.add_argument("--network", choices=["encoder", "decoder"], default="encoder")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    forward = NativeForward(args.weights)
    photos = photos_in([args.images])
    given = Tapped(forward, args.network)
    accuracies(photos[:: max(len(photos) // PHOTOS, 1)][:PHOTOS], ("none",), args.weights, given)

    model = onnx.load(args.weights / f"{args.network}.onnx")
    without_casts(model)
    with safe_open(args.weights / f"{args.network}.safetensors", "numpy") as file:
        card = file.metadata()[CARD_KEY]
    args.out.mkdir(parents=True, exist_ok=True)
    weights = args.out / f"{args.network}-int8.safetensors"
    graph = write(quantised(model, given.feeds), card, weights)
    plain, small = (
        onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for path in (args.weights / f"{args.network}.onnx", graph)
    )
    before, after = (milliseconds(session, given.feeds[0]) for session in (plain, small))
    print(f"{weights.name}: {weights.stat().st_size / 1e6:.2f} MB; native {before:.1f} -> {after:.1f} ms\n")

    held_out = photos_in([args.held_out])
    whole = accuracies(held_out, ROWS, args.weights, forward)
    int8 = accuracies(held_out, ROWS, args.weights, Tapped(forward, args.network, small))
    print_table(
        ["distortion", "n", "fp16 %", f"int8 {args.network} %", "points"],
        (
            [row, str(len(held_out)), f"{one:.2f}", f"{other:.2f}", f"{other - one:+.2f}"]
            for row, one, other in zip(ROWS, whole, int8, strict=True)
        ),
    )


if __name__ == "__main__":
    main()
