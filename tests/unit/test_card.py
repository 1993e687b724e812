import json
from pathlib import Path

import numpy as np
import pytest
from hushmark.card import ModelCard, Presence, read_card
from hushmark.errors import ModelDamaged, ModelMissing
from safetensors.numpy import save_file

FACTS = {
    "model": "hushmark-0.1",
    "bits": 32,
    "image_size": 320,
    "presence": {
        "threshold": 2.5,
        "false_positive_rate": 0.001,
        "windows": 4000,
        "log_mean": 0.1,
        "log_std": 0.2,
    },
}


def weights(path: Path, metadata: dict[str, str]) -> Path:
    save_file({"weight": np.zeros(4, np.float16)}, path, metadata)
    return path


def test_the_card_comes_from_the_weights_header(tmp_path: Path) -> None:
    path = weights(tmp_path / "w.safetensors", {"hushmark": json.dumps(FACTS)})
    assert read_card(path) == ModelCard("hushmark-0.1", 32, 320, Presence(2.5, 0.001, 4000, 0.1, 0.2))


def test_missing_weights_say_where_they_were_sought(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"no weights at .*none\.safetensors.*HUSHMARK_WEIGHTS"):
        read_card(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "metadata", [{}, {"hushmark": "{"}, {"hushmark": '{"model": "x"}'}, {"hushmark": "[]"}]
)
def test_weights_without_a_card_are_damaged(tmp_path: Path, metadata: dict[str, str]) -> None:
    with pytest.raises(ModelDamaged):
        read_card(weights(tmp_path / "w.safetensors", metadata))


@pytest.mark.parametrize("data", [b"", b"no weights at all", b"\xff" * 64])
def test_other_files_are_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelDamaged):
        read_card(path)
