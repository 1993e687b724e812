"""The trained weights through native onnxruntime: the real thing, end to end."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from hushmark import text
from hushmark.card import ModelCard, read_card
from hushmark.errors import ModelDamaged, ModelMissing
from hushmark.hosts.native import NativeForward, weights_dir
from hushmark.marking.budget import Budget, to_grid
from hushmark.message.sealing import encode
from hushmark.picture.picture import open_picture
from hushmark.picture.view import prepare
from hushmark.pipeline import embed, read
from PIL import Image

from tests.support.pictures import SamplePhoto, sample_photo

PHOTOS: list[SamplePhoto] = ["rocket.jpg", "astronaut.png", "chelsea.png", "coffee.png"]
WEIGHTS = Path(__file__).parents[3] / "weights"


@pytest.fixture(scope="module")
def forward() -> NativeForward:
    return NativeForward(WEIGHTS)


@pytest.fixture(scope="module")
def card() -> ModelCard:
    return read_card(WEIGHTS / "decoder.safetensors")


def test_both_weights_files_carry_the_same_card(card: ModelCard) -> None:
    assert read_card(WEIGHTS / "encoder.safetensors") == card
    assert card.bits == 256
    assert card.image_size == 320
    assert 0 < card.presence.false_positive_rate <= 0.05


def test_the_published_shapes(forward: NativeForward) -> None:
    image = prepare(open_picture(sample_photo("rocket.jpg"), "rocket.jpg"), 320)
    residual = asyncio.run(forward.encode(encode(text("pipe"), 256)[np.newaxis], image))
    assert residual.shape == (1, 3, 320, 320)
    assert residual.dtype == np.float32
    assert asyncio.run(forward.decode(image)).shape == (1, 256)


@pytest.mark.parametrize("name", PHOTOS)
def test_pipe_is_read_back(name: SamplePhoto, forward: NativeForward, card: ModelCard) -> None:
    marked = asyncio.run(embed(sample_photo(name), text("pipe"), name=name, forward=forward, card=card))
    before, after = (
        to_grid(prepare(open_picture(data, name), card.image_size)[0])
        for data in (sample_photo(name), marked.data)
    )
    # Luma and colour together are 0.63 at strength 1; the rest is what rounding and JPEG add.
    assert 0.5 < Budget(before, grey=False).visibility(after - before) < 0.8
    assert marked.check.message == text("pipe")


def test_pipe_survives_jpeg_75_at_half_the_size(forward: NativeForward, card: ModelCard) -> None:
    cover = sample_photo("rocket.jpg")
    marked = asyncio.run(embed(cover, text("pipe"), name="rocket.jpg", forward=forward, card=card))
    image = Image.open(io.BytesIO(marked.data))
    buffer = io.BytesIO()
    image.resize((image.width // 2, image.height // 2)).save(buffer, "JPEG", quality=75)
    result = asyncio.run(read(buffer.getvalue(), name="half.jpg", forward=forward, card=card))
    assert result.reading.message == text("pipe")


def test_a_crop_is_read_and_not_said_to_look_different(forward: NativeForward, card: ModelCard) -> None:
    cover = sample_photo("rocket.jpg")
    marked = asyncio.run(embed(cover, text("pipe"), name="rocket.jpg", forward=forward, card=card))
    image = Image.open(io.BytesIO(marked.data))
    looks = {}
    for share in (0.9, 0.7):
        buffer = io.BytesIO()
        image.crop((0, 0, round(image.width * share), image.height)).save(buffer, "PNG")
        result = asyncio.run(read(buffer.getvalue(), name="crop.png", forward=forward, card=card))
        assert result.reading.message == text("pipe")
        looks[share] = result.perceptual_hash
    assert looks[0.9] is not None and looks[0.7] is None
    assert (int(looks[0.9], 16) ^ int(marked.perceptual_hash, 16)).bit_count() <= 16


def test_confidences_are_true_of_whole_pictures(forward: NativeForward, card: ModelCard) -> None:
    """They claim no more than is right, and not much less.

    Those of a part that is taken for the whole are too high, but hardly any is close to sure.
    """
    bits = encode(text("pipe"), 256) > 0
    right: dict[str, list[np.ndarray]] = {"saved": [], "cut": []}
    sure: dict[str, list[np.ndarray]] = {"saved": [], "cut": []}
    for name in PHOTOS:
        marked = asyncio.run(embed(sample_photo(name), text("pipe"), name=name, forward=forward, card=card))
        image = Image.open(io.BytesIO(marked.data)).convert("RGB")
        part = (image.width // 8, 0, image.width * 7 // 8, image.height)
        for what, changed, quality in (("saved", image, 30), ("cut", image.crop(part), 95)):
            buffer = io.BytesIO()
            changed.save(buffer, "JPEG", quality=quality)
            view = prepare(open_picture(buffer.getvalue(), "a.jpg"), card.image_size)
            logits = asyncio.run(forward.decode(view))[0]
            right[what].append((logits > 0) == bits)
            sure[what].append(1 / (1 + np.exp(-np.abs(logits))))
    assert -0.08 < np.mean(sure["saved"]) - np.mean(right["saved"]) < 0.05
    claimed = np.array(sure["cut"]) >= 0.999
    assert claimed.mean() < 0.01


@pytest.mark.parametrize("name", [*PHOTOS, "camera.png"])
def test_unmarked_photos_hold_nothing(name: SamplePhoto, forward: NativeForward, card: ModelCard) -> None:
    result = asyncio.run(read(sample_photo(name), name=name, forward=forward, card=card))
    assert result.reading.outcome == "none"


def test_missing_weights_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelMissing, match=r"encoder\.onnx"):
        NativeForward(tmp_path)
    monkeypatch.setenv("HUSHMARK_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(ModelMissing, match="nowhere"):
        weights_dir()


def test_damaged_weights_are_told(tmp_path: Path) -> None:
    for name in ("encoder.onnx", "encoder.safetensors"):
        (tmp_path / name).write_bytes(b"no graph")
    with pytest.raises(ModelDamaged, match="damaged"):
        NativeForward(tmp_path)
