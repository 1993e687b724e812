"""Makes the npm package `hushmark` and the browser extension from the built site.

Both hold the folder `engine`: the site's own files without its page, and without the builds of onnxruntime
for WebGPU, which are larger than all the rest. A separate manifest lists them; the module contains its
SHA-256, so that a module runs the files of its own version only.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PAGE_ONLY = frozenset({"main.js", "signing.js", "style.css", "app.webmanifest"})
"""Files of the part "app" for Hushmark's own page only."""
MODULE = "app/package/hushmark.js"
TYPES = "types/package/hushmark.d.ts"


class PackageError(Exception):
    """The package cannot be made. The message tells the user what is wrong."""


def write_engine(site: Path, folder: Path) -> str:
    """Copy the engine from a built site into a folder -> the SHA-256 of the engine's manifest."""
    manifest: dict[str, Any] = json.loads((site / "manifest.json").read_bytes())
    files = {
        key: {**file, "br": None, "gz": None}
        for key, file in manifest["files"].items()
        if file["part"] != "page"
        and key not in PAGE_ONLY
        and not key.startswith(("ort/jspi", "ort/asyncify"))
    }
    for file in files.values():
        target = folder / file["url"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / file["url"], target)
    # Servers of the package send their own headers.
    data = (
        json.dumps({"version": manifest["version"], "headers": {}, "files": files}, indent=1) + "\n"
    ).encode()
    (folder / "manifest.json").write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def write_types(root: Path, folder: Path) -> None:
    """Write the .d.ts files of the module's JSDoc. Raises PackageError."""
    options = json.loads((root / "tsconfig.json").read_bytes())["compilerOptions"]
    taken = ("target", "module", "moduleResolution", "allowJs", "checkJs", "strict", "skipLibCheck")
    command = [str(root / "node_modules" / ".bin" / "tsc"), MODULE, "app/globals.d.ts", "--ignoreConfig"]
    for name in taken:
        command += [f"--{name}", str(options[name]).lower()]
    command += ["--lib", ",".join(options["lib"]), "--types", ""]
    _run([*command, "--declaration", "--emitDeclarationOnly", "--outDir", str(folder)], root)


def write_package(root: Path, site: Path, module: Path, folder: Path) -> None:
    """Make the package in a folder that already has its `engine`.

    `module`: the bundle of `MODULE`. Raises PackageError.
    """
    own = json.loads((root / "package.json").read_bytes())
    facts = {
        "name": own["name"],
        "version": own["version"],
        "description": own["description"],
        "license": own["license"],
        "type": "module",
        "exports": {".": {"types": f"./{TYPES}", "default": "./hushmark.js"}, "./engine/*": "./engine/*"},
        "files": ["hushmark.js", "types", "engine", "licenses.txt"],
        "sideEffects": False,
    }
    (folder / "package.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(module, folder / "hushmark.js")
    shutil.copyfile(root / "docs" / "npm.md", folder / "README.md")
    shutil.copyfile(root / "LICENSE", folder / "LICENSE")
    shutil.copyfile(site / "licenses.txt", folder / "licenses.txt")
    write_types(root, folder / "types")


def npm_pack(folder: Path, out: Path) -> Path:
    """The package in a folder as the tarball that npm would publish, in `out`. Raises PackageError."""
    out.mkdir(parents=True, exist_ok=True)
    command = [
        "npm",
        "pack",
        "--json",
        "--ignore-scripts",
        "--offline",
        f"--pack-destination={out.resolve()}",
    ]
    name: str = json.loads(_run(command, folder))[0]["filename"]
    return out / name


def write_extension(root: Path, site: Path, bundles: Path, folder: Path) -> None:
    """Make the extension in a folder that already has its `engine`; `bundles` has its scripts and style."""
    source = root / "app" / "extension"
    manifest = json.loads((source / "manifest.json").read_bytes())
    manifest["version"] = json.loads((root / "package.json").read_bytes())["version"]
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(source / "read.html", folder / "read.html")
    shutil.copytree(source / "_locales", folder / "_locales")
    shutil.copyfile(root / "app" / "icons" / "icon-192.png", folder / "icon-192.png")
    for name in ("background.js", "read.js", "read.css"):
        shutil.copyfile(bundles / name, folder / name)
    for name, text in (("LICENSE", root / "LICENSE"), ("licenses.txt", site / "licenses.txt")):
        shutil.copyfile(text, folder / name)


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except OSError as error:
        raise PackageError(f"{command[0]} could not be run ({error.strerror}): install it.") from error
    if done.returncode:
        raise PackageError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout
