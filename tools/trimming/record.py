"""Records which functions of onnxruntime's WebAssembly our networks call, into onnxruntime.json.

    python -m tools.trimming.record --binaryen FOLDER

Run it after an update of onnxruntime-web, and when a network has a new operator. FOLDER has binaryen's
wasm-opt (npm's package binaryen, 132.0.0). In Chromium the networks are opened and run, with 1, 2 and 4
threads, and errors are provoked, with a file that reports each function's first call. All functions that
these call by name are added, at any depth, so that rare cases work as well.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import sync_playwright

from tests.browser.chromium import ARGUMENTS, executable
from tools.serve import SECURITY_HEADERS
from tools.trimming.trim import CODE, RECORD, function_bodies, read_number, sections

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "node_modules" / "onnxruntime-web" / "dist"
STEM = "ort-wasm-simd-threaded"
FEATURES = (
    "--mvp-features",
    *(
        f"--enable-{name}"
        for name in (
            "threads",
            "simd",
            "bulk-memory",
            "mutable-globals",
            "sign-ext",
            "nontrapping-float-to-int",
            "relaxed-simd",
            "reference-types",
            "multivalue",
            "exception-handling",
        )
    ),
)
SHORT = 120
"""Functions of up to so many bytes always stay: all of them together take little room."""
THREADS = (1, 2, 4)
IMPORTS = "Pa={"
"""In the glue: the start of the functions that the WebAssembly imports."""
TELL = """log_execution: globalThis.tell ??= (() => {
    const told = new Set();
    return (place) => {
        if (told.has(place)) return;
        told.add(place);
        const request = new XMLHttpRequest();
        request.open("POST", "called", false);
        request.send(String(place));
    };
})(),"""
WORKER = """
import * as ort from "./ort.wasm.min.mjs";
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const failing = async (action) => {
    try { await action(); } catch { return; }
    throw new Error("There was no error.");
};
try {
    ort.env.wasm.numThreads = Number(new URLSearchParams(location.search).get("threads"));
    ort.env.wasm.wasmPaths = new URL(".", location).href;
    // As in app/engine/sessions.js: it decides how threads wait.
    const extra = { session: { intra_op: { allow_spinning: "0" } } };
    const open = (graph, externalData) =>
        ort.InferenceSession.create(graph, { executionProviders: ["wasm"], externalData, extra });
    for (const name of ["encoder", "decoder", "refiner", "locator"]) {
        const path = `${name === "refiner" ? "decoder" : name}.safetensors`;
        const [graph, data] = [await bytes(`${name}.onnx`), await bytes(path)];
        const session = await open(graph, [{ path, data }]);
        for (const fill of [() => 0, () => 1, Math.random, Math.random]) {
            const feeds = session.inputMetadata.map(({ name, shape }) => {
                const length = shape.reduce((product, side) => product * side, 1);
                return [name, new ort.Tensor("float32", Float32Array.from({ length }, fill), shape)];
            });
            const outputs = await session.run(Object.fromEntries(feeds));
            for (const output of Object.values(outputs)) await output.getData(true);
        }
        const wrong = new ort.Tensor("float32", new Float32Array(3), [1, 3, 1, 1]);
        await failing(() => session.run(Object.fromEntries(session.inputNames.map((name) => [name, wrong]))));
        await session.release();
        await failing(() => open(graph, []));
        await failing(() => open(graph.subarray(0, graph.length / 2), [{ path, data }]));
        await failing(() => open(graph, [{ path, data: data.subarray(0, 5000) }]));
    }
    postMessage("done");
} catch (error) {
    postMessage(String(error));
}
"""
PAGE = """<!doctype html><title>waits</title><script type="module">
    const worker = new Worker(`worker.js${location.search}`, { type: "module" });
    worker.onmessage = ({ data }) => (document.title = data);
</script>"""


def main() -> None:
    """Record, and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binaryen", type=Path, required=True, help="folder with wasm-opt in it")
    wasm_opt = parser.parse_args().binaryen / "wasm-opt"
    whole = DIST / f"{STEM}.wasm"
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary)
        telling = site / f"{STEM}.wasm"
        subprocess.run([wasm_opt, whole, *FEATURES, "--log-execution", "-o", telling], check=True)
        call_graph = subprocess.run(
            [wasm_opt, whole, *FEATURES, "--print-call-graph", "-o", site / "unused.wasm"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        lay_out(site)
        functions = functions_by_place(telling.read_bytes())
        called = {functions[place] for place in places_called(site) if place in functions}
    data = whole.read_bytes()
    sizes = [last - first for first, last in bodies(data)]
    kept = with_callees(called, call_graph)
    kept |= {number for number, size in enumerate(sizes) if size <= SHORT}
    bits = bytearray((len(sizes) + 7) // 8)
    for number in kept:
        bits[number // 8] |= 1 << number % 8
    facts = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "functions": len(sizes),
        "kept": base64.b64encode(bits).decode(),
    }
    RECORD.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    print(f"{len(called)} of {len(sizes)} functions were called, {len(kept)} are kept.")


def lay_out(site: Path) -> None:
    """Put the page and its files beside the WebAssembly that reports calls."""
    glue = (DIST / f"{STEM}.mjs").read_text("utf-8")
    if glue.count(IMPORTS) != 1:
        raise SystemExit(f'onnxruntime\'s glue has no single "{IMPORTS}" any more: look how it imports now.')
    (site / f"{STEM}.mjs").write_text(glue.replace(IMPORTS, IMPORTS + TELL), encoding="utf-8")
    (site / "worker.js").write_text(WORKER)
    (site / "index.html").write_text(PAGE)
    for path in (DIST / "ort.wasm.min.mjs", *(ROOT / "weights").glob("*.*")):
        shutil.copy(path, site)


def places_called(site: Path) -> set[int]:
    """The places that were reached in Chromium."""
    with listening(site) as (url, places), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for threads in THREADS:
            page = browser.new_page()
            page.goto(f"{url}?threads={threads}")
            while (told := page.title()) == "waits":
                page.wait_for_timeout(200)
            if told != "done":
                raise SystemExit(f"The networks failed: {told}")
        browser.close()
    return places


@contextmanager
def listening(site: Path) -> Iterator[tuple[str, set[int]]]:
    """The site's address, and the places that were posted there."""
    places: set[int] = set()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def end_headers(self) -> None:
            for name in ("Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy"):
                self.send_header(name, SECURITY_HEADERS[name])
            super().end_headers()

        def do_POST(self) -> None:
            places.add(int(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html", places
        server.shutdown()


def bodies(wasm: bytes) -> list[tuple[int, int]]:
    """Begin and end of each function's body."""
    (begin,) = (begin for number, begin, _ in sections(wasm) if number == CODE)
    return list(function_bodies(wasm, begin))


def functions_by_place(telling: bytes) -> dict[int, int]:
    """The function that begins at each place: its first instructions have the place's number."""
    functions = {}
    for number, (at, _) in enumerate(bodies(telling)):
        groups, at = read_number(telling, at)
        for _ in range(groups):
            at = read_number(telling, at)[1] + 1  # how many locals, and of which type
        if telling[at] != 0x41:  # i32.const
            raise SystemExit("binaryen tells of calls in another way than this program knows.")
        functions[read_number(telling, at + 1)[0]] = number
    return functions


def with_callees(called: Iterable[int], call_graph: str) -> set[int]:
    """These functions and all that they call by name, by the call graph in DOT that binaryen prints.

    In that graph, functions have their numbers as names, except imported ones.
    """
    callees: dict[int, list[int]] = defaultdict(list)
    for caller, callee in re.findall(r'^  "(\d+)" -> "(\d+)"; // call', call_graph, re.MULTILINE):
        callees[int(caller)].append(int(callee))
    kept = set(called)
    new = list(kept)
    while new:
        for callee in set(callees[new.pop()]) - kept:
            kept.add(callee)
            new.append(callee)
    return kept


if __name__ == "__main__":
    main()
