import json
from pathlib import Path

import numpy as np
import pytest
from hushmark.card import ModelCard, Presence, Wave, read_card
from hushmark.errors import ModelDamaged, ModelMissing
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

FACTS = {
    "model": "hushmark-0.1",
    "bits": 256,
    "image_size": 320,
    "presence": {
        "windows": 4000,
        "tail_share": 0.05,
        "tail_start": 1.5,
        "tail_scale": 0.25,
        "false_positive_rate": 0.001,
    },
    "waves": [{"channel": 1, "across": 40, "down": -10, "amplitude": 0.7, "phase": -3.1}],
}


def weights(path: Path, metadata: dict[str, str]) -> Path:
    save_file({"weight": np.zeros(4, np.float16)}, path, metadata)
    return path


def test_the_card_comes_from_the_weights_header(tmp_path: Path) -> None:
    path = weights(tmp_path / "w.safetensors", {"hushmark": json.dumps(FACTS)})
    presence = Presence(4000, 0.05, 1.5, 0.25, 0.001)
    waves = (Wave(1, 40, -10, 0.7, -3.1),)
    assert read_card(path) == ModelCard("hushmark-0.1", 256, 320, presence, waves)


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


@given(st.integers(1, 1000))
def test_the_threshold_is_where_the_chance_is_the_rate(tried: int) -> None:
    presence = Presence(4000, 0.05, 1.5, 0.25, 0.001)
    assert presence.chance(presence.threshold(tried), tried) == pytest.approx(0.001)
    assert presence.chance(1.5, 1) == pytest.approx(0.05)
    assert presence.chance(0.0, tried) == 1.0
