"""The networks of the site: graphs and weights that fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from tools.site.files import BuildError, read_input
from tools.site.site import Part, Site

GRAPHS = {"encoder": ("encoder",), "decoder": ("decoder", "refiner"), "locator": ("locator",)}
"""The graphs whose weights are in each `.safetensors` file."""


def add_weights(site: Site, folder: Path) -> None:
    """The networks. Raises BuildError unless graphs, weights and model card fit together."""
    for network, graphs in GRAPHS.items():
        part: Part = "locator" if network == "locator" else "weights"
        weights = folder / f"{network}.safetensors"
        weights_data = read_input(weights)
        header = _safetensors_header(weights, weights_data)
        # Where each tensor's bytes are in the file, to compare with the graph's external data.
        start = 8 + int.from_bytes(weights_data[:8], "little")
        places = set()
        for name, tensor in header.items():
            if name != "__metadata__":
                first, last = tensor["data_offsets"]
                places.add((weights.name, start + first, last - first))
        if "hushmark" not in header.get("__metadata__", {}):
            raise BuildError(
                f'{weights} has no model card: export it anew, with the metadata key "hushmark".'
            )
        site.add_hashed(f"weights/{weights.name}", part, weights.name, weights_data)
        for graph in (folder / f"{name}.onnx" for name in graphs):
            graph_data = read_input(graph)
            for name, place in _external_data(graph, graph_data):
                if place not in places:
                    raise BuildError(
                        f"{graph} and {weights.name} do not belong together: {name} is no tensor of that"
                        " file. Take both from the same export."
                    )
            site.add_hashed(f"weights/{graph.name}", part, graph.name, graph_data)


def _safetensors_header(path: Path, data: bytes) -> dict[str, Any]:
    """The header of a safetensors file. Raises BuildError unless the file is whole."""
    length = int.from_bytes(data[:8], "little")
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        end = max(tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__")
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise BuildError(
            f"{path} is not a safetensors file, or is damaged: export the weights anew."
        ) from error
    if len(data) != 8 + length + end:
        raise BuildError(
            f"{path} is {len(data)} bytes, and its header says {8 + length + end}: it was cut short."
        )
    return header


def _external_data(path: Path, data: bytes) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Name and (file, offset, length) of each tensor that a graph keeps in another file."""
    try:
        graph = onnx.load_model_from_string(data).graph
    except DecodeError as error:
        raise BuildError(f"{path} is not an ONNX graph, or is damaged: export it anew.") from error
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            entry = {item.key: item.value for item in tensor.external_data}
            yield tensor.name, (entry["location"], int(entry.get("offset", 0)), int(entry.get("length", 0)))
