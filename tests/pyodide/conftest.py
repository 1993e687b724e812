"""Runs tests/pyodide/runner.mjs in Node, with the wheels that the page gets."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.wheels.find import find_wheels

Runner = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pyodide(repo_root: Path) -> Runner:
    """Run a job of the runner on a folder; its output is captured."""
    found = find_wheels(repo_root / "node_modules")
    wheels = [wheel.path for wheel in found if wheel.name in ("numpy", "pillow", "safetensors")]
    assert len(wheels) == 3

    def run(job: str, folder: Path) -> subprocess.CompletedProcess[str]:
        runner = repo_root / "tests" / "pyodide" / "runner.mjs"
        command = ["node", runner, job, repo_root, folder, *wheels]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)

    return run
