"""Puts pages of our own beside the built site and serves both."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from build import make_server

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a folder, as long as the block runs."""
    with make_server(folder) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def bundle(sources: list[Path], folder: Path) -> None:
    """Bundle modules that import the app's into a folder of the site, the way build.py bundles the app's."""
    subprocess.run(
        [
            ROOT / "node_modules" / ".bin" / "esbuild",
            *sources,
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--conditions=onnxruntime-web-use-extern-wasm",
            "--external:node:*",
            "--log-level=warning",
            f"--outdir={folder}",
        ],
        cwd=ROOT,
        check=True,
    )
