"""Runs tests/pyodide/runner.mjs in Node, with the standard library and the wheels packed for the page."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from build import CODECS, PYODIDE_FILES, build_wheel
from tools.packing.pack import STDLIB, pack
from tools.wheels.find import find_wheels

Runner = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def pyodide(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Run a job of the runner on a folder; its output is captured."""
    packages, folder = repo_root / "node_modules", tmp_path_factory.mktemp("packed")
    paths = {wheel.name: wheel.path for wheel in find_wheels(packages) if wheel.name not in CODECS}
    paths["hushmark"] = build_wheel(folder, repo_root, weights=False)
    files = {name: (packages / "pyodide" / name).read_bytes() for name in PYODIDE_FILES}
    packed = pack(files, paths, folder / "work")
    for name, data in packed.items():
        (folder / name).write_bytes(data)
    wheels = [folder / name for name in ("numpy", "pillow", "safetensors", "cbor2", "hushmark")]

    def run(job: str, cases: Path) -> subprocess.CompletedProcess[str]:
        runner = repo_root / "tests" / "pyodide" / "runner.mjs"
        command = ["node", runner, job, repo_root, cases, folder / STDLIB, *wheels]
        return subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)

    return run
