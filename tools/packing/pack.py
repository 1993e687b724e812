"""Packs the standard library and the wheels for the page: parts are left out, and parts compiled in advance.

People wait for these archives, so what the page never uses is left out. Modules that are imported before the
engine is ready are compiled in advance (.pyc), which halves the time of the start. All others stay source,
without comments and docstrings, which takes fewer bytes than compiled code. Copyright notices stay.

Pyodide itself does the work, in Node: compiled code fits only the Python that made it. Pyodide starts from
the packed archives, so a module that the engine needs and that is missing stops the build.
"""

from __future__ import annotations

import fnmatch
import io
import json
import re
import subprocess
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.wheels.repack import write_wheel

STDLIB = "python_stdlib.zip"
_DROPPED = tomllib.loads(Path(__file__).with_name("dropped.toml").read_text("utf-8"))
STDLIB_CODECS: Sequence[str] = _DROPPED["stdlib"]["codecs"]
STDLIB_DROPPED: Sequence[str] = _DROPPED["stdlib"]["dropped"]
"""Modules and packages of the standard library that are left out."""
STDLIB_FROZEN: Sequence[str] = _DROPPED["stdlib"]["frozen"]
"""Modules whose files are left out, since they are frozen into Pyodide."""
WHEELS_DROPPED: Mapping[str, Sequence[str]] = _DROPPED["wheels"]
"""Patterns of the files that are left out of each wheel; licences never are."""

EMPTIED: Mapping[str, Sequence[str]] = _DROPPED["emptied"]
"""Modules of each wheel that are emptied."""


class PackError(Exception):
    """The archives cannot be packed. The message tells the user what is wrong."""


def pack(pyodide: Mapping[str, bytes], wheels: Mapping[str, Path], work: Path) -> dict[str, bytes]:
    """The standard library (under STDLIB) and each wheel (under its name), stored without compression.

    The same input gives the same bytes.

    `pyodide`: its files by name; `wheels`: each wheel by its package's name, ours ("hushmark") among them;
    `work`: a folder for intermediate files, which need not exist.
    Raises PackError if the engine does not start from the packed archives.
    """
    work.mkdir(parents=True)
    for name, data in pyodide.items():
        (work / name).write_bytes(data)
    _write_zip(work / STDLIB, _kept_of_stdlib(zipfile.ZipFile(io.BytesIO(pyodide[STDLIB]))))
    for name, path in wheels.items():
        with zipfile.ZipFile(path) as wheel:
            _write_zip(work / f"{name}.zip", _kept_of_wheel(name, wheel))
    names = [STDLIB, *(f"{name}.zip" for name in wheels)]
    script = Path(__file__).with_name("in_pyodide.mjs")
    done = subprocess.run(["node", script, work, *names], capture_output=True, text=True)
    if done.returncode:
        told = json.loads(done.stdout) if done.stdout else done.stderr.strip()
        reason = next((line for line in told.splitlines() if re.match(r"\w+Error: ", line)), told)
        raise PackError(
            "The engine does not start from what is packed for the page. If a module is missing, take it "
            f"from tools/packing/dropped.toml: {reason}"
        )
    packed = {STDLIB: (work / f"packed-{STDLIB}").read_bytes()}
    for name in wheels:
        with zipfile.ZipFile(work / f"packed-{name}.zip") as archive:
            files = {member: archive.read(member) for member in archive.namelist()}
        dist_info = next(member for member in files if member.endswith(".dist-info/METADATA")).split("/")[0]
        path = work / f"{name}.whl"
        write_wheel(path, files, dist_info, zipfile.ZIP_STORED)
        packed[name] = path.read_bytes()
    return packed


def _kept_of_stdlib(archive: zipfile.ZipFile) -> dict[str, bytes]:
    out = (*STDLIB_DROPPED, *STDLIB_FROZEN)

    def unused(name: str) -> bool:
        module = name.removesuffix(".py")
        if module.startswith("encodings/"):
            return module.removeprefix("encodings/") not in STDLIB_CODECS
        return any(module == dropped or module.startswith(f"{dropped}/") for dropped in out)

    return _read(archive, [name for name in archive.namelist() if not unused(name)])


def _kept_of_wheel(package: str, wheel: zipfile.ZipFile) -> dict[str, bytes]:
    """The files that are used, without the list of files, which has to be written again."""

    def unused(name: str) -> bool:
        if ".dist-info/licenses/" in name:
            return False
        dropped = WHEELS_DROPPED.get(package, ())
        return name.endswith(".dist-info/RECORD") or any(fnmatch.fnmatchcase(name, one) for one in dropped)

    kept = _read(wheel, [name for name in wheel.namelist() if not unused(name)])
    return kept | dict.fromkeys(EMPTIED.get(package, ()), b"")


def _read(archive: zipfile.ZipFile, names: Sequence[str]) -> dict[str, bytes]:
    return {name: archive.read(name) for name in sorted(names) if not name.endswith("/")}


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
