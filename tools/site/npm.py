"""npm's packages, checked against the lock file, and esbuild, which bundles them with the app."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.site.files import BuildError, read_input

_NPM = "run npm ci --ignore-scripts."


class NpmPackages:
    """node_modules, checked against the lock file."""

    def __init__(self, root: Path) -> None:
        """Raises BuildError if a package is missing or has another version than package-lock.json."""
        self.folder = root / "node_modules"
        locked = json.loads(read_input(root / "package-lock.json"))["packages"]
        for place, package in locked.items():
            if not place or package.get("optional"):
                continue
            try:
                version = json.loads((root / place / "package.json").read_bytes())["version"]
            except (OSError, ValueError, KeyError):
                version = None
            if version != package["version"]:
                found = f"is version {version}" if version else "is missing or damaged"
                raise BuildError(f"{place} {found}, but package-lock.json has {package['version']}: {_NPM}")
        lines = read_input(root / "requirements" / "npm-files.sha256").decode().splitlines()
        self.digests = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}

    def read(self, name: str) -> bytes:
        """A file for the site. Raises BuildError if it is missing, altered, or has no digest."""
        data = read_input(self.folder / name)
        if name not in self.digests:
            raise BuildError(
                f"node_modules/{name} is used, and not in requirements/npm-files.sha256: add it."
            )
        if hashlib.sha256(data).hexdigest() != self.digests[name]:
            raise BuildError(f"node_modules/{name} is not the file of the locked version: {_NPM}")
        return data

    def facts(self, package: str) -> dict[str, Any]:
        """The package.json of an installed package."""
        facts: dict[str, Any] = json.loads(read_input(self.folder / package / "package.json"))
        return facts


def bundle(root: Path, out: Path, entries: Sequence[str], *options: str) -> None:
    """Bundle these modules with esbuild, each into a file of the folder `out`. Raises BuildError."""
    for entry in entries:
        read_input(root / entry.rpartition("=")[2])
    command = [
        str(root / "node_modules" / ".bin" / "esbuild"),
        *entries,
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        # onnxruntime-web with its glue as a separate file, and without its code for Node
        "--conditions=onnxruntime-web-use-extern-wasm",
        "--external:node:*",
        "--external:fs",
        "--external:path",
        f"--outdir={out}",
        "--log-level=warning",
        *options,
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"esbuild could not bundle the app:\n{done.stderr.strip()}")
