"""Measures the built site in a real browser and prints tables of docs/measured.md: python -m tests.bench

Sizes of a first visit, time to ready, a 12-megapixel JPEG marked and read by phase, and the forward pass
against native onnxruntime and against the published full-resolution network in the same page. Times are
medians; what counts is their ratios, because machines differ.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from hushmark.hosts.native import packaged_card
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

from build import build_site
from tests.bench.classic import classic_graph
from tests.bench.pictures import photo
from tests.browser.app import App
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import ROOT, bundle, pinned, serving

HERE = Path(__file__).resolve().parent
VISITS = 3
RUNS = 20
BITS, IMAGE = (1, packaged_card().bits), (1, 3, 320, 320)
NETWORKS = {
    "encoder": {"secret_bits": BITS, "image": IMAGE},
    "refiner": {"secret_bits": BITS, "image": IMAGE, "residual": IMAGE},
    "decoder": {"image": IMAGE},
}


def visit(playwright: Playwright, profile: Path, use: Callable[[BrowserContext], Any]) -> Any:
    """Open Chromium with this profile folder, use it, close it."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=executable(), args=ARGUMENTS
    )
    try:
        return use(context)
    finally:
        context.close()


def milliseconds(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ms"


def first_visit_sizes(playwright: Playwright, site: Path, url: str, profile: Path) -> None:
    """Print what a first visit loads, by part."""
    manifest = json.loads((site / "manifest.json").read_text())["files"].values()
    by_url = {url + file["url"]: file for file in manifest}
    loaded: set[str] = set()

    def use(context: BrowserContext) -> None:
        context.on("request", lambda request: loaded.add(request.url))
        App(context.new_page(), url)

    visit(playwright, profile, use)
    raw: dict[str, int] = defaultdict(int)
    sent: dict[str, int] = defaultdict(int)
    for address in loaded & by_url.keys():
        file = by_url[address]
        raw[file["part"]] += file["size"]
        sent[file["part"]] += file["br"] or file["size"]
    print("\n| first visit loads | raw MB | brotli MB |\n|---|---|---|")
    for part in sorted(raw, key=lambda part: -sent[part]):
        print(f"| {part} | {raw[part] / 1e6:.2f} | {sent[part] / 1e6:.2f} |")
    print(f"| in all | {sum(raw.values()) / 1e6:.2f} | {sum(sent.values()) / 1e6:.2f} |")


def times_to_ready(playwright: Playwright, url: str, folder: Path) -> None:
    """Print the time from navigation to a ready engine, on the first visits.

    Each stays until the browser keeps what was loaded. So the second one keeps a picture of Python's memory,
    which the third one starts from.
    """

    def use(context: BrowserContext) -> float:
        start = time.perf_counter()
        app = App(context.new_page(), url)
        taken = 1000 * (time.perf_counter() - start)
        expect(app.show("Settings")).to_contain_text("works on this device without a network", timeout=60_000)
        return taken

    times = [
        [visit(playwright, folder / f"profile-{number}", use) for _ in ("first", "second", "third")]
        for number in range(VISITS)
    ]
    print("\n| time to ready | median of 3 |\n|---|---|")
    for name, of_one in zip(("first", "second", "third"), zip(*times, strict=True), strict=True):
        print(f"| {name} visit | {milliseconds(list(of_one))} |")


def twelve_megapixel_jpeg(playwright: Playwright, url: str, folder: Path) -> None:
    """Print the phases of marking and reading a 12-megapixel JPEG in the page."""

    def use(context: BrowserContext) -> list[dict[str, Any]]:
        page = context.new_page()
        page.goto(url + "bench.html")
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate("bench.startEngine()")
        page.evaluate("bench.markAndRead('photo.jpg')")
        return [page.evaluate("bench.markAndRead('photo.jpg')") for _ in range(5)]

    results = visit(playwright, folder / "profile-photo", use)
    if any(result["message"] != "pipe" for result in results):
        raise SystemExit("The 12-megapixel picture did not read back as pipe.")
    print("\n| 12-megapixel JPEG, median of 5 | embed | read |\n|---|---|---|")
    phases = dict.fromkeys((*results[0]["embed"], *results[0]["read"]))
    for phase in sorted(phases, key="in all".__eq__):
        cells = [
            milliseconds([result[task][phase] for result in results]) if phase in results[0][task] else ""
            for task in ("embed", "read")
        ]
        print(f"| {phase} | {cells[0]} | {cells[1]} |")


def native_time(graph: Path, threads: int) -> float:
    """Median milliseconds of a forward pass in native onnxruntime."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    feeds = {
        node.name: np.linspace(0, 1, int(np.prod(node.shape)), dtype=np.float32).reshape(node.shape)
        for node in session.get_inputs()
    }
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        session.run(None, feeds)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def forward_passes(playwright: Playwright, url: str, folder: Path, site: Path) -> None:
    """Print the time of a forward pass in the page, in native onnxruntime, and of the published network."""
    files = json.loads((site / "manifest.json").read_text())["files"]
    networks: dict[str, tuple[str, str | None, Path]] = {
        name: (
            files[f"weights/{name}.onnx"]["url"],
            "encoder.safetensors" if name == "encoder" else "decoder.safetensors",
            ROOT / "weights" / f"{name}.onnx",
        )
        for name in NETWORKS
    }
    networks["classic encoder"] = ("classic.onnx", None, site / "classic.onnx")

    def use(context: BrowserContext) -> dict[str, Any]:
        page = context.new_page()
        page.goto(url + "bench.html")
        page.wait_for_selector("html[data-ready]", state="attached")
        result = {}
        for name, (graph, weights, _) in networks.items():
            shapes = NETWORKS.get(name, NETWORKS["encoder"])
            inputs = {key: int(np.prod(shape)) for key, shape in shapes.items()}
            result[name] = page.evaluate("a => bench.forward(...a)", [graph, weights, inputs, RUNS])
        return result

    results = visit(playwright, folder / "profile-forward", use)
    provider, threads = results["encoder"]["provider"], results["encoder"]["threads"]
    print(f"\n| forward pass, {threads} threads, median of {RUNS} | page ({provider}) | native | ratio |")
    print("|---|---|---|---|")
    for name, (_, _, path) in networks.items():
        page_time, native = statistics.median(results[name]["times"]), native_time(path, threads)
        print(f"| {name} | {page_time:.1f} ms | {native:.1f} ms | {page_time / native:.1f} |")
    ours, classic = (statistics.median(results[name]["times"]) for name in ("encoder", "classic encoder"))
    print(f"\nIn the page our encoder is {classic / ours:.1f} times as fast as the published one (7.6 GMAC).")


def main() -> None:
    """Build, serve, measure, print."""
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    dist = build_site(say=lambda line: None)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        site = folder / "site"
        shutil.copytree(dist, site)
        bundle([HERE / "bench.js", HERE / "forward-worker.js"], site)
        (site / "bench.html").write_text(pinned((HERE / "bench.html").read_text(), site))
        (site / "classic.onnx").write_bytes(classic_graph())
        for name in ("encoder", "decoder"):
            shutil.copy(ROOT / "weights" / f"{name}.safetensors", site)
        photo(site, 12, "jpeg").rename(site / "photo.jpg")
        with serving(site) as url:
            first_visit_sizes(playwright, site, url, folder / "profile-sizes")
            times_to_ready(playwright, url, folder)
            twelve_megapixel_jpeg(playwright, url, folder)
            forward_passes(playwright, url, folder, site)


if __name__ == "__main__":
    main()
