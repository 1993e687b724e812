"""Runs tests/pyodide/runner.mjs in Node, with the standard library and the wheels packed for the page."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Runner = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pyodide(repo_root: Path, site: Path) -> Runner:
    """Run a job of the runner on a folder; its output is captured."""
    files = json.loads((site / "manifest.json").read_text())["files"]
    keys = [f"wheels/{name}" for name in ("numpy", "pillow", "safetensors", "cbor2", "hushmark")]
    stdlib, *wheels = (site / files[key]["url"] for key in ("pyodide/python_stdlib.zip", *keys))

    def run(job: str, cases: Path) -> subprocess.CompletedProcess[str]:
        runner = repo_root / "tests" / "pyodide" / "runner.mjs"
        command = ["node", runner, job, repo_root, cases, stdlib, *wheels]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)

    return run
