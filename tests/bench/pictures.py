"""Memory and time of marking large pictures, in CPython and in Pyodide: python -m tests.bench.pictures

Memory is the peak of a process above the decoded picture and 64 MB, in bytes a pixel; the limit is 1.5. It
includes the file that is written, but not the one that is read. Time is that of the phases that work on
pixels, relative to Pillow's own decoding and encoding of the same file in the same runtime; the limit is 1.5.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from hushmark.hosts.native import packaged_model
from hushmark.message.sealing import encode
from hushmark.picture.picture import open_picture
from hushmark.picture.view import prepare
from PIL import Image, ImageChops

from tests.bench import embed_once
from tests.support.pictures import sample_path
from tools.wheels.find import find_wheels

ROOT = Path(__file__).resolve().parents[2]
GRAIN = 2  # standard deviation
SIZES = {2: (1632, 1224), 12: (4000, 3000), 50: (8192, 6144), 100: (11_585, 8_640)}


def used() -> int:
    """Bytes that this process holds."""
    return _status("VmRSS")


def peak() -> int:
    """Bytes that this process held at most."""
    return _status("VmHWM")


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(key)).split()[1])


def photo(folder: Path, megapixels: int, extension: str) -> Path:
    """A sample photo, enlarged, with the grain of a camera's sensor."""
    path = folder / f"{megapixels}.{extension}"
    size = SIZES[megapixels]
    with Image.open(sample_path("rocket.jpg")) as image:
        large = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    grain = Image.merge("RGB", [Image.effect_noise(size, GRAIN)] * 3)
    large = ImageChops.add(large, grain, offset=-128)
    large.save(path, **({"quality": 92} if extension == "jpeg" else {"compress_level": 1}))
    return path


def residual_of(path: Path) -> Path:
    """The network's residual of a photo, float32, in a file beside it."""
    forward, card = packaged_model()
    image = prepare(open_picture(path.read_bytes(), path.name), card.image_size)
    bits = encode(embed_once.MESSAGE, card.bits)
    beside = path.with_suffix(".residual")
    beside.write_bytes(asyncio.run(forward.encode(bits[np.newaxis], image)).tobytes())
    return beside


def in_cpython(task: str, path: Path, residual: Path) -> str:
    """The output of `embed_once` in a fresh process."""
    return _answer([sys.executable, "-m", "tests.bench.pictures", task, path, residual])


def in_pyodide(task: str, path: Path, residual: Path) -> str:
    """The output of `embed_once` in a fresh Pyodide."""
    found = find_wheels(ROOT / "node_modules")
    wheels = [wheel.path for wheel in found if wheel.name in ("numpy", "pillow", "safetensors")]
    return _answer(["node", ROOT / "tests" / "bench" / "memory.mjs", ROOT, task, path, residual, *wheels])


def _answer(command: list[str | Path]) -> str:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout if run.returncode == 0 else "failed: " + run.stderr.strip().splitlines()[-1]


def _figure(answer: str) -> str:
    return answer if answer.startswith("failed") else f"{float(answer):.2f}"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        usual = photo(folder, 12, "jpeg")
        residual = residual_of(usual)  # the same photo in all sizes
        print("\n| 12 MP JPEG, against decoding and encoding | CPython | Pyodide |\n|---|---|---|")
        answers = [json.loads(run("ratios", usual, residual)) for run in (in_cpython, in_pyodide)]
        for row, what in enumerate(("open, prepare, apply, save", "the same and the check")):
            print(f"| {what} | {' | '.join(f'{answer[row]:.2f}' for answer in answers)} |", flush=True)
        print("\n| bytes a pixel above picture and 64 MB | CPython | Pyodide |\n|---|---|---|")
        for extension in ("jpeg", "png"):
            for megapixels in (12, 50, 100):
                path = photo(folder, megapixels, extension)
                cells = [_figure(run("memory", path, residual)) for run in (in_cpython, in_pyodide)]
                print(f"| {megapixels} MP, {extension.upper()} | {' | '.join(cells)} |", flush=True)


def _child(task: str, path: Path, added: Path) -> None:
    data, residual = path.read_bytes(), added.read_bytes()
    memory = task == "memory"
    print(
        embed_once.memory(data, path.name, residual, used, peak)
        if memory
        else embed_once.ratios(data, residual),
        end="",
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
