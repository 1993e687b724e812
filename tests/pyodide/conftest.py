"""Runs tests/pyodide/runner.mjs in Node, with the standard library and the wheels packed for the page."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.wheels.find import find_wheels

_SAFE = "--no-turbo-inline-js-wasm-calls"
"""Node 20 crashes without it where WebAssembly calls JavaScript that calls WebAssembly, as for HEIC."""

Runner = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pyodide(repo_root: Path, site: Path) -> Runner:
    """Run a job of the runner on a folder; its output is captured."""
    files = json.loads((site / "manifest.json").read_text())["files"]
    keys = [f"wheels/{name}" for name in ("numpy", "pillow", "safetensors", "cbor2", "hushmark")]
    stdlib, *wheels = (site / files[key]["url"] for key in ("pyodide/python_stdlib.zip", *keys))
    # Unit tests use numpy.random, which the page's numpy lacks.
    whole = next(wheel.path for wheel in find_wheels(repo_root / "node_modules") if wheel.name == "numpy")

    def run(job: str, cases: Path) -> subprocess.CompletedProcess[str]:
        runner = repo_root / "tests" / "pyodide" / "runner.mjs"
        used = [whole, *wheels[1:]] if job == "units" else wheels
        command = ["node", _SAFE, runner, job, repo_root, cases, stdlib, *used]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)

    return run
