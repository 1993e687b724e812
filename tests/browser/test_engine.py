"""The engine's parts in the browser, without the page around them."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hushmark.picture import picture, view
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from playwright.sync_api import Page, Playwright

from tests.browser.app import PATIENCE_MS, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.harness import gradient
from tests.support.pictures import sample_photo
from train.export import load_decoder, load_encoder


def as_text(values: NDArray[np.float32]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def convolution(channels: int) -> bytes:
    """One 3x3 convolution of a 64x64 image to 8 channels, as an .onnx file that carries its weights."""
    weights = np.random.default_rng(1).standard_normal((8, channels, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["image", "weights"], ["out"], pads=[1, 1, 1, 1])],
        "convolution",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, channels, 64, 64])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 8, 64, 64])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def native_answer(graph: bytes) -> NDArray[np.float32]:
    """What native onnxruntime makes of ones."""
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    feeds = {value.name: np.ones(value.shape, np.float32) for value in session.get_inputs()}
    return session.run(None, feeds)[0].ravel()


def relative_error(values: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """RMS of the difference over the RMS of what is expected."""
    return float(np.sqrt(np.mean((values - expected) ** 2) / np.mean(expected**2)))


@pytest.fixture
def gpu_harness(playwright: Playwright, harness_url: str) -> Iterator[Page]:
    """The page of harness.js in a browser whose WebGPU runs on the CPU."""
    arguments = [*ARGUMENTS, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    browser = playwright.chromium.launch(executable_path=executable(), args=arguments)
    with watched(browser, harness_url) as visit:
        page = visit.context.new_page()
        page.goto(harness_url)
        yield page
    browser.close()


def open_on_gpu(page: Page, graph: bytes) -> dict[str, object]:
    page.set_default_timeout(PATIENCE_MS)
    return page.evaluate("(graph) => harness.openOnSoftwareAdapter(graph)", base64.b64encode(graph).decode())


def test_webgpu_is_taken_when_it_computes_what_wasm_computes(gpu_harness: Page) -> None:
    graph = convolution(channels=4)
    opened = open_on_gpu(gpu_harness, graph)
    assert (opened["provider"], opened["notes"]) == ("webgpu", [])
    assert relative_error(np.array(opened["values"]), native_answer(graph)) < 1e-4


def test_webgpu_is_refused_when_it_computes_something_else(gpu_harness: Page) -> None:
    """onnxruntime-web's WebGPU miscomputes a 3x3 convolution of 6 channels (microsoft/onnxruntime#29651)."""
    graph = convolution(channels=6)
    opened = open_on_gpu(gpu_harness, graph)
    assert opened["provider"] == "wasm"
    assert opened["notes"][0]["code"] == "webgpu-wrong"
    assert relative_error(np.array(opened["values"]), native_answer(graph)) < 1e-4


def test_without_a_gpu_wasm_runs_and_nothing_is_said(harness: Page) -> None:
    graph = convolution(channels=4)
    opened = open_on_gpu(harness, graph)
    assert (opened["provider"], opened["notes"]) == ("wasm", [])
    assert relative_error(np.array(opened["values"]), native_answer(graph)) < 1e-4


def test_pytorch_native_and_browser_agree(harness: Page, repo_root: Path) -> None:
    weights = repo_root / "weights"
    image = view.prepare(picture.open_picture(sample_photo("rocket.jpg"), "rocket.jpg"), 320)
    bits = np.unpackbits(np.frombuffer(b"pipe" * 8, np.uint8)).astype(np.float32)[np.newaxis]
    cases = {
        "encoder": (load_encoder(weights / "encoder.safetensors"), {"secret_bits": bits, "image": image}),
        "decoder": (load_decoder(weights / "decoder.safetensors"), {"image": image}),
    }
    for name, (network, feeds) in cases.items():
        session = onnxruntime.InferenceSession(weights / f"{name}.onnx", providers=["CPUExecutionProvider"])
        native = session.run(None, feeds)[0].ravel()
        with torch.inference_mode():
            in_torch = network(*map(torch.from_numpy, feeds.values())).numpy().ravel()
        in_browser = harness.evaluate(
            "([network, feeds]) => harness.runNetwork(network, feeds)",
            [name, {key: as_text(value) for key, value in feeds.items()}],
        )
        assert relative_error(in_torch, native) < 1e-2
        assert relative_error(np.array(in_browser), native) < 1e-2


def test_jobs_run_in_order_and_cancelling_one_leaves_the_others(harness: Page) -> None:
    harness.set_default_timeout(PATIENCE_MS)
    recorded = harness.evaluate(
        """async ([small, large]) => {
            const { recorder } = harness;
            await recorder.start();
            recorder.embed("first", small);
            recorder.embed("running", large, { abortOn: "running" });
            recorder.embed("waiting", small);
            recorder.embed("third", small, { abortOn: "waiting" });
            recorder.embed("last", small);
            return recorder.settled();
        }""",
        [gradient(64), gradient(3000)],
    )
    # Whether the engine could stop in time or had to be started again depends on how busy the machine is.
    assert [event for event in recorded["events"] if event not in ("starting", "ready")] == [
        "first: first-marked.png",
        "running: EngineError cancelled",
        "waiting: waiting-marked.png",
        "third: third-marked.png",
        "last: last-marked.png",
    ]


def test_the_next_picture_of_a_batch_is_opened_while_one_is_in_the_forward_pass(harness: Page) -> None:
    harness.set_default_timeout(PATIENCE_MS)
    recorded = harness.evaluate(
        """async ([small, large]) => {
            const { recorder } = harness;
            await recorder.start();
            const inBackground = true;
            recorder.embed("first", large, { inBackground });
            recorder.embed("second", small, { inBackground });
            recorder.embed("front", small);
            recorder.embed("cancelled", small, { inBackground, abortOn: "cancelled" });
            recorder.embed("last", large, { inBackground });
            return recorder.settled();
        }""",
        [gradient(500), gradient(1500)],
    )
    assert recorded["events"] == [
        "ready",
        "first: first-marked.png",
        "front: front-marked.png",
        "cancelled: EngineError cancelled",
        "second: second-marked.png",
        "last: last-marked.png",
    ]
    # What was ready before its turn waits with its forward pass, also when another job comes between.
    assert in_order(recorded["phases"], "first: refine", "second: open", "second: prepare", "first: apply")
    assert in_order(recorded["phases"], "first: end", "front: open", "front: end", "second: forward")
    assert in_order(recorded["phases"], "second: refine", "cancelled: open", "second: apply")
    assert recorded["phases"].count("second: open") == 1
    digests = recorded["digests"]
    assert digests["second"] == digests["front"]
    assert digests["last"] == digests["first"]


def in_order(events: list[str], *named: str) -> bool:
    places = [events.index(name) for name in named]
    return places == sorted(places)
