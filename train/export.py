"""Write trained weights as fp16 `.safetensors` with `.onnx` graphs that point into them.

    python -m train.export --checkpoint RUN/checkpoint.pt --locator RUN2/checkpoint.pt --card card.json

The weights are stored once: each weight of a graph becomes external data at the place of its tensor inside
the `.safetensors` file (8 bytes of length, a JSON header, then the tensors), followed by a Cast to float32,
which every runtime folds when the session is created. Shapes and small constants stay inline.
"""

import argparse
import json
import struct
from pathlib import Path
from typing import TypeVar

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .model import IMAGE_SIZE, WORKING_SIZE, Decoder, Encoder, Locator, Refiner

OPSET = 18
LARGE = 100_000
"""Tensors of at least so many values, which are most of the bytes, are rounded to coarse steps."""
COARSE, FINE = 4, 8
"""The RMS of an output channel is about 2 to this power of steps, in large and in small tensors."""
CARD_KEY = "hushmark"
"""Key of the model card (JSON) in the metadata of both `.safetensors` files."""

Network = TypeVar("Network", bound=nn.Module)


def load_encoder(path: Path) -> Encoder:
    """The encoder with the fp16 weights of a `.safetensors` file, computing in float32."""
    tensors = load_file(path)
    return _load(Encoder(tensors["secret_dense.weight"].shape[1]), tensors)


def load_decoder(path: Path) -> Decoder:
    """The decoder with the fp16 weights of a `.safetensors` file, computing in float32."""
    tensors = load_file(path)
    return _load(Decoder(tensors["head.2.bias"].shape[0]), tensors)


def _load(network: Network, tensors: dict[str, Tensor]) -> Network:
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.eval()


def load_locator(path: Path) -> Locator:
    """The locator with the fp16 weights of a `.safetensors` file, computing in float32."""
    return _load(Locator(), load_file(path))


def load_networks(source: Path, locator: Path | None = None) -> tuple[Encoder, Decoder, Locator]:
    """The networks of a folder of exported weights, or the averaged ones of a checkpoint of `train.train`.

    `locator`: a checkpoint of `train.locate` to take the locator of a checkpoint from.
    """
    if source.is_dir():
        return (
            load_encoder(source / "encoder.safetensors"),
            load_decoder(source / "decoder.safetensors"),
            load_locator(source / "locator.safetensors"),
        )
    return load_checkpoint(source, locator)


def load_checkpoint(checkpoint: Path, locator: Path | None = None) -> tuple[Encoder, Decoder, Locator]:
    """The averaged networks of a checkpoint of `train.train`, the locator of one of `train.locate` if any."""
    state = _average(checkpoint)
    if locator is not None:
        own = _average(locator)
        state |= {f"locator.{name}": tensor for name, tensor in own.items()}
    bits = state["decoder.head.2.bias"].shape[0]
    networks = Encoder(bits), Decoder(bits), Locator()
    for name, network in zip(("encoder", "decoder", "locator"), networks, strict=True):
        prefix = f"{name}."
        network.load_state_dict(
            {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        )
        network.eval()
    return networks


def _average(checkpoint: Path) -> dict[str, Tensor]:
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    prefix = "module."
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def write_weights(network: nn.Module, path: Path, card: dict[str, object]) -> None:
    """fp16 tensors in contiguous layout, rounded, with the model card as metadata."""
    tensors = {name: rounded(tensor).contiguous() for name, tensor in network.state_dict().items()}
    save_file(tensors, path, metadata={CARD_KEY: json.dumps(card, sort_keys=True)})


def rounded(tensor: Tensor) -> Tensor:
    """fp16 values on a grid: with few distinct values, they compress to half of the bytes.

    The step is a power of two for each output channel, so that fp16 holds the values exactly. Biases are not
    rounded.
    """
    if tensor.dim() < 2:
        return tensor.half()
    channels = tensor.float().flatten(1)
    level = channels.square().mean(dim=1, keepdim=True).sqrt().clamp_min(torch.finfo(torch.half).tiny)
    step = torch.exp2(level.log2().round() - (COARSE if tensor.numel() >= LARGE else FINE))
    return (torch.round(channels / step) * step).reshape(tensor.shape).half()


def write_graph(
    network: nn.Module, inputs: dict[str, Tensor], outputs: list[str], weights: Path, path: Path
) -> None:
    """The network as an ONNX graph whose weights lie in the `.safetensors` file `weights`."""
    program = torch.onnx.export(
        network,
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=outputs,
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    point_into(model, weights)
    # The exporter's notes about source lines are of no use, and name folders of this machine.
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.metadata_props[:], model.metadata_props[:]
    path.write_bytes(model.SerializeToString())


def point_into(model: onnx.ModelProto, weights: Path) -> None:
    """Replace each initializer in `weights` by external data: int8, or fp16 and a Cast to float32."""
    with weights.open("rb") as file:
        (header_length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_length))
    casts = []
    for tensor in model.graph.initializer:
        entry = header.get(tensor.name)
        if entry is None:
            continue
        begin, end = entry["data_offsets"]
        full, whole = tensor.name, entry["dtype"] == "I8"
        half = full if whole else f"{full}.fp16"
        tensor.Clear()
        tensor.name = half
        tensor.data_type = TensorProto.INT8 if whole else TensorProto.FLOAT16
        tensor.dims.extend(entry["shape"])
        tensor.data_location = TensorProto.EXTERNAL
        place = {"location": weights.name, "offset": 8 + header_length + begin, "length": end - begin}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        if not whole:
            casts.append(helper.make_node("Cast", [half], [full], name=f"cast {full}", to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])


def export(encoder: Encoder, decoder: Decoder, locator: Locator, card: dict[str, object], out: Path) -> None:
    """Write the networks, weights and graphs, into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, network in (("encoder", encoder), ("decoder", decoder), ("locator", locator)):
        write_weights(network, out / f"{name}.safetensors", card)
    image = torch.full((1, 3, IMAGE_SIZE, IMAGE_SIZE), 0.5)
    inputs = {"secret_bits": torch.zeros(1, encoder.secret_dense.in_features), "image": image}
    write_graph(encoder, inputs, ["residual"], out / "encoder.safetensors", out / "encoder.onnx")
    write_graph(decoder, {"image": image}, ["logits"], out / "decoder.safetensors", out / "decoder.onnx")
    write_graph(locator, {"image": image}, ["place"], out / "locator.safetensors", out / "locator.onnx")
    write_graph(
        Refiner(decoder).eval(),
        {**inputs, "residual": torch.zeros(1, 3, WORKING_SIZE, WORKING_SIZE)},
        ["gradient", "margins"],
        out / "decoder.safetensors",
        out / "refiner.onnx",
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--checkpoint", type=Path, required=True, help="of train.train, or a folder of weights"
    )
    parser.add_argument("--locator", type=Path, help="checkpoint of train.locate, for a better locator")
    parser.add_argument(
        "--card", type=Path, required=True, help="JSON file of the model card, from train.evaluate"
    )
    parser.add_argument("--out", type=Path, default=Path("weights"))
    args = parser.parse_args()
    networks = load_networks(args.checkpoint, args.locator)
    export(*networks, json.loads(args.card.read_text()), args.out)


if __name__ == "__main__":
    main()
