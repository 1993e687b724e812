"""Measures the built site in a real browser and prints tables of docs/measured.md: python -m tests.bench

Sizes of a first visit, time to ready, a 12-megapixel JPEG marked and read by phase, and the forward pass
against native onnxruntime and against the published full-resolution network in the same page. Times are
medians; compare their ratios, because machines differ. R is the time until the engine is ready over that of a
bare loadPyodide() of the published Pyodide, from the same server in the same browser.

With --former FOLDER an older site, such as the last release's, is measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from hushmark.hosts.native import packaged_card
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

from build import build_site
from tests.bench.classic import classic_graph
from tests.bench.pictures import photo
from tests.browser.app import App, until
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import ROOT, bundle, pinned, serving
from tools.site.parts import PYODIDE_FILES

HERE = Path(__file__).resolve().parent
VISITS = 3
ORDINALS = ("first", "second", "third")
BARE = "bare loadPyodide()"
PATIENCE_S = 30
NOTE_READY = """
    new MutationObserver(() => {
        const told = document.querySelector("#engine, #bare")?.textContent ?? "";
        if (/Execution provider|is ready/.test(told)) globalThis.readyAt ??= performance.now();
    }).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Run in a page before its own code."""
RUNS = 20
BITS, IMAGE = (1, packaged_card().bits), (1, 3, 320, 320)
NETWORKS: dict[str, dict[str, tuple[int, ...]]] = {
    "encoder": {"secret_bits": BITS, "image": IMAGE},
    "refiner": {"secret_bits": BITS, "image": IMAGE, "residual": (1, 3, 160, 160)},
    "decoder": {"image": IMAGE},
    "classic encoder": {"secret_bits": (1, 32), "image": IMAGE},
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


def times_to_ready(playwright: Playwright, sites: dict[str, Path], folder: Path) -> None:
    """Print the time from navigation to ready on the first visits, and R.

    Each visit stays until the browser has stored what was loaded, and a snapshot of Python's memory, from
    which later visits start.
    """
    times: dict[str, list[list[float]]] = {}
    with ExitStack() as servers:
        urls = {name: servers.enter_context(serving(site)) for name, site in sites.items()}
        pages = {BARE: next(iter(urls.values())) + "bare.html", **urls}
        for number in range(VISITS):
            profiles = {name: folder / f"start-{number}-{at}" for at, name in enumerate(pages)}
            rounds = [
                [
                    visit(playwright, profiles[name], partial(_time_to_ready, url))
                    for name, url in pages.items()
                ]
                for _ in ORDINALS
            ]
            for name, of_one in zip(pages, zip(*rounds, strict=True), strict=True):
                times.setdefault(name, []).append(list(of_one))
    medians = {
        name: [statistics.median(of) for of in zip(*each, strict=True)] for name, each in times.items()
    }
    print(f"\n| time to ready, median of {VISITS} | {' | '.join(f'{name} visit' for name in ORDINALS)} |")
    print("|---|---|---|---|")
    for name, of_visits in medians.items():
        print(f"| {name} | {' | '.join(f'{time:.0f} ms' for time in of_visits)} |")
    for name in sites:
        ratios = [ours / bare for ours, bare in zip(medians[name], medians[BARE], strict=True)]
        print(f"| R, {name} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |")


def add_bare_page(site: Path) -> None:
    """Put a page into the site that loads the published Pyodide, and nothing else."""
    (site / "bare").mkdir()
    for name in PYODIDE_FILES:
        shutil.copy(ROOT / "node_modules" / "pyodide" / name, site / "bare")
    for name in ("bare.html", "bare.js"):
        shutil.copy(HERE / name, site)


def _time_to_ready(url: str, context: BrowserContext) -> float:
    """Milliseconds from navigation, as the page itself counts them."""
    page = context.new_page()
    page.add_init_script(NOTE_READY)
    page.goto(url)
    until(page, "'readyAt' in globalThis")
    if not url.endswith(".html"):
        # An older site may store the snapshot later, or never.
        keeping = """async () => {
            const names = (await caches.keys()).filter((name) => name.startsWith("hushmark-snapshot"));
            const caught = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
            return caught.flat().length > 0;
        }"""
        page.get_by_role("navigation").get_by_role("link", name="Settings").click()
        expect(page.locator("main")).to_contain_text("works on this device without a network", timeout=60_000)
        for _ in range(PATIENCE_S):
            if page.evaluate(keeping):
                break
            page.wait_for_timeout(1000)
    return float(page.evaluate("readyAt"))


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
    if any(result.pop("messages") != ["pipe", None] for result in results):
        raise SystemExit(
            "The 12-megapixel picture did not read back as pipe, or read so before it was marked."
        )
    tasks = results[0].keys()
    print(f"\n| 12-megapixel JPEG, median of 5 | {' | '.join(tasks)} |\n|{'---|' * (1 + len(tasks))}")
    phases = dict.fromkeys(phase for task in tasks for phase in results[0][task])
    for phase in sorted(phases, key="in all".__eq__):
        cells = [
            milliseconds([result[task][phase] for result in results]) if phase in results[0][task] else ""
            for task in tasks
        ]
        print(f"| {phase} | {' | '.join(cells)} |")


def many_pictures(playwright: Playwright, url: str, folder: Path) -> None:
    """Print how long a picture of 2 megapixels takes, one after the other and in a long list."""

    def use(context: BrowserContext) -> list[list[float]]:
        page = context.new_page()
        page.goto(url + "bench.html")
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate("bench.startEngine()")
        page.wait_for_timeout(10_000)  # in which it takes the snapshot of Python's memory
        return [
            [page.evaluate("a => bench.many('two.jpg', 40, a)", is_list) for is_list in (False, True)]
            for _ in range(3)
        ]

    alone, in_list = zip(*visit(playwright, folder / "profile-many", use), strict=True)
    gain = statistics.median(alone) / statistics.median(in_list)
    print("\n| a picture of 2 megapixels, median of 3 | one after the other | in a long list | ratio |")
    print("|---|---|---|---|")
    print(f"| mark | {milliseconds(list(alone))} | {milliseconds(list(in_list))} | {gain:.2f} |")


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
        for name in ("encoder", "refiner", "decoder")
    }
    networks["classic encoder"] = ("classic.onnx", None, site / "classic.onnx")

    def use(context: BrowserContext) -> dict[str, Any]:
        page = context.new_page()
        page.goto(url + "bench.html")
        page.wait_for_selector("html[data-ready]", state="attached")
        result = {}
        for name, (graph, weights, _) in networks.items():
            inputs = {key: int(np.prod(shape)) for key, shape in NETWORKS[name].items()}
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--former", type=Path, help="a dist/ that was built before, to compare with")
    parser.add_argument("--only", choices=("start",), help="only this part")
    args = parser.parse_args()
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
        add_bare_page(site)
        sites = {"now": site} | ({"former": args.former} if args.former else {})
        with serving(site) as url:
            first_visit_sizes(playwright, site, url, folder / "profile-sizes")
            times_to_ready(playwright, sites, folder)
            if args.only == "start":
                return
            photo(site, 12, "jpeg").rename(site / "photo.jpg")
            twelve_megapixel_jpeg(playwright, url, folder)
            photo(site, 2, "jpeg").rename(site / "two.jpg")
            many_pictures(playwright, url, folder)
            forward_passes(playwright, url, folder, site)


if __name__ == "__main__":
    main()
