"""Training, export and evaluation, on networks that have learnt nothing yet."""

import csv
import io
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch
import torch.nn.functional as F
from hushmark.marking.budget import Budget
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors import safe_open

from tests.support.pictures import sample_path
from train import budget
from train.augment import CORNERS, bilinear_grid, blur, elsewhere, everyday, luma, resample, round_to_8_bits
from train.export import (
    CARD_KEY,
    COARSE,
    FINE,
    LARGE,
    export,
    load_checkpoint,
    load_decoder,
    load_encoder,
    load_locator,
    rounded,
)
from train.finish import FinishRecipe, FinishRun, Marked, drawn, often, rounded_call
from train.jpeg import jpeg
from train.locate import LocatorRecipe, LocatorRun
from train.model import (
    BITS,
    BRIGHTNESS,
    CONTRAST,
    HUE,
    IMAGE_SIZE,
    REFINER_VIEWS,
    VIEWS,
    WANTED_MARGIN,
    WORKING_SIZE,
    Decoder,
    Encoder,
    Locator,
    Refiner,
    back_through_views,
    smooth,
    turn_hue,
    views_of,
)
from train.narrow import narrowed
from train.train import Recipe, Schedule
from train.windows import draw_corners


@pytest.fixture(scope="module")
def batch() -> torch.Tensor:
    """Random pictures, rough as well as smooth."""
    torch.manual_seed(1)
    smooth_ones = blur(torch.rand(2, 3, 160, 160), torch.tensor([2.0, 3.0]))
    return torch.cat([torch.rand(2, 3, 160, 160), smooth_ones])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, repo_root: Path) -> Path:
    """A training run that was stopped after two steps and resumed for two more."""
    folder = tmp_path_factory.mktemp("run")
    photos = folder / "photos"
    photos.mkdir()
    for name in ("rocket.jpg", "chelsea.png"):
        shutil.copy(sample_path(name), photos)
    for minutes in ("0", "10"):
        command = [sys.executable, "-m", "train.train", "--images", photos, "--out", folder]
        options = ["--steps", "3", "--set", "batch=2", "--interval", "1", "--minutes", minutes]
        subprocess.run([*command, *options], cwd=repo_root, check=True, capture_output=True)
    return folder


def test_a_run_stops_after_its_minutes_and_resumes_where_it_stopped(run: Path) -> None:
    rows = list(csv.DictReader((run / "curve.csv").open()))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert all(0 < float(row["colour_loss"]) < 2 for row in rows)


def test_the_exported_graphs_compute_what_pytorch_computes(run: Path, tmp_path: Path) -> None:
    export(*load_checkpoint(run / "checkpoint.pt"), {"model": "test"}, tmp_path)
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (1, BITS)).astype(np.float32)
    image = rng.random((1, 3, IMAGE_SIZE, IMAGE_SIZE), np.float32)
    half = load_encoder(tmp_path / "encoder.safetensors"), load_decoder(tmp_path / "decoder.safetensors")
    expected = half[0](torch.from_numpy(bits), torch.from_numpy(image)), half[1](torch.from_numpy(image))
    residual = rng.normal(0, 0.01, (1, 3, WORKING_SIZE, WORKING_SIZE)).astype(np.float32)
    refined = Refiner(half[1])(*(torch.from_numpy(array) for array in (bits, image, residual)))
    place = load_locator(tmp_path / "locator.safetensors")(torch.from_numpy(image))
    inputs = {"secret_bits": bits, "image": image, "residual": residual}
    wanted_of = {"encoder": expected[:1], "decoder": expected[1:], "refiner": refined, "locator": (place,)}
    for name, wanted in wanted_of.items():
        session = ort.InferenceSession(tmp_path / f"{name}.onnx", providers=["CPUExecutionProvider"])
        computed = session.run(None, {entry.name: inputs[entry.name] for entry in session.get_inputs()})
        for array, tensor in zip(computed, wanted, strict=True):
            error = np.sqrt(np.mean((array - tensor.detach().numpy()) ** 2))
            # Rounding may open or close a ReLU, where the gradient jumps: on a grid more often.
            limit = 3e-3 if name == "refiner" else 1e-4
            assert error < limit * tensor.square().mean().sqrt().item()
    for name in ("encoder", "decoder", "locator"):
        with safe_open(tmp_path / f"{name}.safetensors", "np") as file:
            assert file.metadata() == {CARD_KEY: '{"model": "test"}'}


def test_the_refiner_follows_the_gradient_of_the_decoder() -> None:
    torch.manual_seed(3)
    decoder = Decoder()
    image, bits = torch.rand(2, 3, 160, 160), torch.randint(2, (2, BITS)).float()
    residual = (0.01 * torch.randn_like(image)).requires_grad_()
    views = views_of(image + residual, REFINER_VIEWS)
    sign = (bits * 2 - 1).repeat(len(REFINER_VIEWS), 1)
    margins = decoder.working_logits(views) * sign
    # The mean that contrast turns about counts as a constant.
    (gradients,) = torch.autograd.grad(F.softplus(WANTED_MARGIN - margins).sum(), views)
    wanted = -smooth(back_through_views(image + residual.detach(), gradients, REFINER_VIEWS))
    gradient, worst = Refiner(decoder).working_gradient(bits, image, residual.detach())
    assert torch.allclose(gradient, wanted, atol=1e-4 * wanted.square().mean().sqrt().item())
    assert torch.allclose(worst, margins.view(-1, 2, BITS).amin(dim=0), atol=1e-5)


def test_the_gradient_of_the_views_is_that_of_autograd() -> None:
    torch.manual_seed(4)
    marked = torch.rand(2, 3, 20, 20).requires_grad_()
    weights = torch.randn(2 * VIEWS, 3, 20, 20)
    mean = marked.detach().mean(dim=(1, 2, 3), keepdim=True)
    contrast = mean + CONTRAST * (marked - mean)
    plain = torch.cat([marked, luma(marked).expand(-1, 3, -1, -1), contrast, BRIGHTNESS * marked]).clamp(0, 1)
    views = torch.cat([plain, turn_hue(marked, HUE), turn_hue(marked, -HUE)])
    assert torch.equal(views, views_of(marked, range(VIEWS)))
    counts = torch.ones(VIEWS).index_fill(0, torch.tensor(1), 2.0)  # grey counts twice
    counted = views * weights * counts.repeat_interleave(2).view(-1, 1, 1, 1)
    (wanted,) = torch.autograd.grad(counted.sum(), marked)
    assert torch.allclose(back_through_views(marked.detach(), weights, range(VIEWS)), wanted, atol=1e-5)


@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_what_is_seen_is_the_same_in_training_as_in_use(strength: float) -> None:
    torch.manual_seed(5)
    rough = F.interpolate(torch.rand(1, 3, 40, 40), (160, 160), mode="bicubic") * 0.5 + 0.25
    rough[..., 90:] = 0.4  # a flat half
    gradient = torch.randn(1, 3, 160, 160)
    ours = budget.shape(budget.precondition(gradient, rough), rough, torch.full((1, 1, 1, 1), strength))
    in_use = Budget(rough[0].numpy(), grey=False)
    theirs = in_use.shape(in_use.precondition(gradient[0].numpy()), strength)
    assert np.abs(theirs - ours[0].numpy()).max() < 0.002 * np.abs(theirs).max()
    assert in_use.visibility(theirs) == pytest.approx(budget.visibility(ours, rough).item(), rel=0.001)


def test_windows_from_elsewhere_are_other_pictures(batch: torch.Tensor) -> None:
    torch.manual_seed(6)
    windows = elsewhere(batch)
    assert windows.shape == batch.shape and windows.min() >= -1e-5 and windows.max() <= 1 + 1e-5
    assert (windows - batch).abs().mean(dim=(1, 2, 3)).min() > 0.02


def test_a_window_of_the_whole_cover_shows_it(batch: torch.Tensor) -> None:
    whole = CORNERS.expand(4, 4, 2)
    seen = resample(batch, bilinear_grid(whole))
    assert torch.allclose(seen, batch, atol=1e-4)
    beside = resample(batch, bilinear_grid(whole + torch.tensor([1.0, 0.0])))
    assert torch.allclose(beside[..., :80], batch[..., 80:], atol=1e-4)


def test_the_pixels_of_a_window_lie_between_its_corners() -> None:
    torch.manual_seed(7)
    corners = draw_corners(64, 1.0, torch.device("cpu"))
    grid = bilinear_grid(corners)
    for corner, (row, column) in enumerate(((0, 0), (0, 159), (159, 0), (159, 159))):
        assert (grid[:, row, column] - corners[:, corner]).abs().max() < 0.05


def test_a_narrower_bottleneck_reads_nearly_the_same(batch: torch.Tensor) -> None:
    torch.manual_seed(8)
    decoder = Decoder(64)
    wide = decoder.state_dict()
    # Two layers of which not every direction counts.
    wide["squeeze.weight"] *= torch.logspace(0, -4, len(wide["squeeze.weight"]))[:, None]
    same, kept = narrowed(wide, len(wide["squeeze.weight"]))
    assert kept == pytest.approx(1)
    tensors, kept = narrowed(wide, 100)
    assert 0.9 < kept < 1
    assert tensors["squeeze.weight"].shape == (100, 3200) and tensors["head.0.weight"].shape == (512, 100)

    def product(weights: dict[str, torch.Tensor]) -> torch.Tensor:
        return weights["head.0.weight"] @ weights["squeeze.weight"]

    assert torch.allclose(product(same), product(wide), atol=1e-4)
    lost = (product(tensors) - product(wide)).square().sum() / product(wide).square().sum()
    assert lost.item() == pytest.approx(1 - kept, abs=1e-4)


def test_the_locator_starts_from_the_whole_picture(batch: torch.Tensor) -> None:
    place = Locator().working_place(batch)
    assert place.shape == (4, 10)
    wanted = torch.tensor([-1.0, -1, 1, -1, -1, 1, 1, 1])
    assert (place[:, :8] - wanted).abs().max() < 0.5


def test_the_locator_learns_from_marks_of_fixed_networks(run: Path, tmp_path: Path, repo_root: Path) -> None:
    export(*load_checkpoint(run / "checkpoint.pt"), {"model": "test"}, tmp_path)
    photos = torch.randint(256, (4, 3, 224, 224), dtype=torch.uint8)
    recipe = LocatorRecipe(steps=4, batch=8, kept=8)
    learning = LocatorRun(recipe, tmp_path, photos, torch.device("cpu"))
    before = learning.run.locator.squeeze.weight.clone()
    marking = [p.clone() for p in learning.run.encoder.parameters()]
    assert torch.isfinite(torch.stack([learning.train_step() for _ in range(2)])).all()
    assert not torch.equal(before, learning.run.locator.squeeze.weight)
    assert all(map(torch.equal, marking, learning.run.encoder.parameters()))
    learning.save(tmp_path / "checkpoint.pt")
    resumed = LocatorRun(recipe, tmp_path, photos, torch.device("cpu"))
    resumed.load(tmp_path / "checkpoint.pt")
    assert resumed.step == 2
    assert torch.equal(resumed.run.locator.squeeze.weight, learning.run.locator.squeeze.weight)


def test_the_decoder_learns_from_real_codecs_as_it_is_exported(run: Path, tmp_path: Path) -> None:
    export(*load_checkpoint(run / "checkpoint.pt"), {"model": "test"}, tmp_path / "start")
    rng = random.Random(1)
    with Image.open(sample_path("rocket.jpg")) as image:
        cover = image.resize((240, 160))
    bits = np.array([rng.getrandbits(1) for _ in range(BITS)], np.float32)
    recipe = FinishRecipe(fresh=8, changed=1, older=2, unmarked=1, warm_up=1)
    learning = FinishRun(recipe, tmp_path / "start")
    before = [parameter.clone() for parameter in learning.networks.parameters()]
    photos = 8 * [Marked(cover, cover, bits, 1.0)]
    batch = drawn(photos, photos, recipe, rng)
    assert batch.views.shape == (11, 3, WORKING_SIZE, WORKING_SIZE)
    assert [target.min() for target in batch.targets] == 10 * [0] + [0.5]
    assert torch.isfinite(torch.stack([learning.finish_step(batch, 0.5) for _ in range(2)])).all()
    after = dict(learning.networks.named_parameters())
    same = [name for old, (name, new) in zip(before, after.items(), strict=True) if torch.equal(old, new)]
    assert same == ["encoder.anchor"]
    export(*load_checkpoint(run / "checkpoint.pt"), {"model": "test"}, tmp_path / "out")
    learning.write(tmp_path / "out", {"model": "test"})
    exported = load_decoder(tmp_path / "out" / "decoder.safetensors")
    learning.networks.load_state_dict(learning.average.module.state_dict())
    read = rounded_call(learning.decoder, "working_logits", batch.views)
    assert torch.allclose(exported.working_logits(batch.views), read, atol=1e-4)


def test_what_is_kept_of_a_changed_picture_stays_in_its_place() -> None:
    with Image.open(sample_path("rocket.jpg")) as image:
        cover = image.resize((240, 160))
    views = [often(cover, random.Random(seed)) for seed in range(40)]
    assert {view.kept is None for view in views} == {view.is_grey for view in views} == {False, True}
    for view in views:
        if view.kept is None:
            continue
        left, top, right, bottom = (
            round(share * side) for share, side in zip(view.kept, 2 * cover.size, strict=True)
        )
        pixels = [
            np.asarray(each.convert("L"), np.float64) for each in (cover, view.image.resize(cover.size))
        ]
        before, after = (plane[top:bottom, left:right].ravel() for plane in pixels)
        assert np.corrcoef(before, after)[0, 1] > 0.8


@given(st.integers(0, 2**32))
@settings(max_examples=30)
def test_what_happens_to_pictures_often_leaves_a_picture(seed: int) -> None:
    cover = Image.linear_gradient("L").convert("RGB").resize((150, 120))
    assert often(cover, random.Random(seed)).image.mode == "RGB"


def test_convolutions_have_channels_in_multiples_of_4() -> None:
    for network in (Encoder(), Decoder(), Locator()):
        for layer in network.modules():
            if isinstance(layer, torch.nn.Conv2d):
                assert layer.in_channels % 4 == 0 and layer.out_channels % 4 == 0


def test_the_residual_has_the_nominal_strength_and_no_mean() -> None:
    image = torch.rand(1, 3, IMAGE_SIZE, IMAGE_SIZE)
    residual = Encoder()(torch.ones(1, BITS), image).detach()
    assert residual.shape == image.shape
    assert -10 * torch.log10((residual**2).mean()) == pytest.approx(38, abs=1)
    assert residual.mean(dim=(2, 3)).abs().max() < 1e-4


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_distorted_pictures_are_8_bit_pictures_with_a_gradient(batch: torch.Tensor, strength: float) -> None:
    torch.manual_seed(2)
    x = batch.clone().requires_grad_()
    y = everyday(x, strength, grey=0.5)
    assert y.shape == x.shape
    assert torch.equal(y, round_to_8_bits(y)) and y.min() >= 0 and y.max() <= 1
    torch.autograd.backward(y.sum())
    assert x.grad is not None and torch.isfinite(x.grad).all() and x.grad.abs().sum() > 0


def test_without_strength_only_rounding_happens(batch: torch.Tensor) -> None:
    assert torch.equal(everyday(batch, 0, grey=0), round_to_8_bits(batch))
    assert torch.allclose(everyday(batch, 0, grey=1), luma(batch).expand(-1, 3, -1, -1), atol=1 / 255)


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_jpeg_changes_pictures_as_pillow_does(quality: int) -> None:
    with Image.open(sample_path("astronaut.png")) as image:
        photo = image.convert("RGB").resize((160, 160))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    wanted = np.asarray(Image.open(file), np.float32)
    levels = np.asarray(photo, np.float32)
    x = torch.from_numpy(levels / 255).permute(2, 0, 1)[None]
    ours = jpeg(x, torch.tensor([float(quality)]))[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(ours - wanted).mean() < 1.2
    assert np.abs(ours - wanted).mean() < 0.6 * np.abs(levels - wanted).mean()


@pytest.mark.parametrize("turn", [0.1, -0.1, 0.4])
def test_hue_is_turned_as_pillow_turns_it(turn: float) -> None:
    with Image.open(sample_path("astronaut.png")) as image:
        photo = image.convert("RGB").resize((160, 160))
    hue, saturation, value = photo.convert("HSV").split()
    hue = hue.point([round(level + 256 * turn) % 256 for level in range(256)])
    wanted = np.asarray(Image.merge("HSV", (hue, saturation, value)).convert("RGB"), np.float32) / 255
    x = torch.from_numpy(np.asarray(photo, np.float32) / 255).permute(2, 0, 1)[None].requires_grad_()
    y = turn_hue(x, torch.full((1, 1, 1, 1), turn))
    # Pillow's HSV has 8 bits.
    assert np.abs(y.detach().numpy()[0].transpose(1, 2, 0) - wanted).mean() < 1 / 255
    torch.autograd.backward(y.sum())
    assert x.grad is not None and torch.isfinite(x.grad).all() and x.grad.abs().max() < 10


def test_blur_keeps_a_flat_picture_and_calms_a_rough_one(batch: torch.Tensor) -> None:
    flat = torch.full((1, 3, 160, 160), 0.25)
    sigma = torch.tensor([1.5, 0.0])
    assert torch.allclose(blur(flat.repeat(2, 1, 1, 1), sigma), flat, atol=1e-5)
    blurred = blur(batch[:2], sigma)
    assert blurred[0].std() < 0.5 * batch[0].std()
    assert torch.equal(blurred[1], batch[1])


@given(st.integers(0, 9000), st.integers(100, 9000), st.booleans())
def test_the_schedule_stays_in_its_bounds(step: int, steps: int, settled: bool) -> None:
    schedule = Schedule(Recipe(steps=steps), settled)
    assert 0 < schedule.learning_rate(step) <= 1
    assert 0 <= schedule.distortion(step) <= 1
    assert 1 <= schedule.strength(step) <= 4
    assert schedule.adapted(step) or not schedule.refinement(step)


@pytest.mark.parametrize(("columns", "fineness"), [(LARGE // 4, COARSE), (LARGE // 8, FINE)])
def test_weights_are_rounded_to_steps_of_their_channel(columns: int, fineness: int) -> None:
    torch.manual_seed(1)
    weights = torch.randn(4, columns) * torch.tensor([[1e-3], [0.1], [0.7], [3.0]])
    few = rounded(weights).float()
    error = (few - weights).abs().amax(dim=1) / weights.square().mean(dim=1).sqrt()
    assert (error < 0.75 * 2**-fineness).all()
    assert (error > 0.25 * 2**-fineness).all()
    # fp16 has fewer values than the grid for the few that are largest.
    assert all(len(channel.unique()) < 16 * 2**fineness for channel in few)


def test_biases_and_channels_of_zeros_stay() -> None:
    assert torch.equal(rounded(torch.tensor([0.1, 0.2])), torch.tensor([0.1, 0.2]).half())
    assert torch.equal(rounded(torch.zeros(2, 3)), torch.zeros(2, 3).half())


def test_the_shipped_weights_are_rounded(repo_root: Path) -> None:
    for name in ("encoder", "decoder", "locator"):
        with safe_open(repo_root / "weights" / f"{name}.safetensors", "pt") as file:
            tensors = [file.get_tensor(key).float() for key in file.keys()]  # noqa: SIM118
        large = [tensor.flatten(1) for tensor in tensors if tensor.dim() > 1 and tensor.numel() >= LARGE]
        assert large
        # Another RMS, that of the rounded values, may stand for a step of half or twice the size.
        assert all(len(channel.unique()) < 16 * 2**COARSE for tensor in large for channel in tensor)
