"""Writes wheels whose bytes depend on their contents only."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

# What a page never uses: tests, types, headers, f2py, static libraries for building on numpy.
DROPPED = (
    "*/tests/*",
    "*.pyi",
    "*/py.typed",
    "*.pxd",
    "*.pyx",
    "*.a",
    "*.rst",
    "*/include/*",
    "*/entry_points.txt",
    "numpy/_core/lib/*",
    "numpy/_pyinstaller/*",
    "numpy/conftest.py",
    "numpy/f2py/*",
    "numpy/random/_examples/*",
    "numpy/random/lib/*",
)


def write_wheel(
    path: Path, files: Mapping[str, bytes], dist_info: str, compression: int = zipfile.ZIP_DEFLATED
) -> None:
    """Write a wheel of these files, with its RECORD: sorted entries, fixed dates and modes.

    `compression`: how the zip file keeps them, one of zipfile's constants.
    Raises OSError if the file cannot be written.
    """
    rows = []
    for name in sorted(files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest())
        rows.append(f"{name},sha256={digest.rstrip(b'=').decode()},{len(files[name])}\n")
    record = f"{dist_info}/RECORD"
    complete = {**files, record: "".join([*rows, f"{record},,\n"]).encode()}
    with zipfile.ZipFile(path, "w") as wheel:
        for name in sorted(complete, key=lambda name: (name.startswith(f"{dist_info}/"), name)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, complete[name], compression)


def slim_wheel(built: Path, path: Path) -> None:
    """Copy a wheel without what a page never uses. Raises OSError or zipfile.BadZipFile."""

    def unused(name: str) -> bool:
        if ".dist-info/licenses/" in name:
            return False
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in DROPPED)

    with zipfile.ZipFile(built) as wheel:
        names = [name for name in wheel.namelist() if not name.endswith("/")]
        record = next(name for name in names if name.endswith(".dist-info/RECORD"))
        files = {name: wheel.read(name) for name in names if name != record and not unused(name)}
    write_wheel(path, files, record.removesuffix("/RECORD"))
