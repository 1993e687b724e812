"""The parts of the site that are made from our app, npm's packages and wheels."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.packing.pack import STDLIB, PackError, pack
from tools.site.files import BuildError, read_input, short_hash
from tools.site.npm import NpmPackages, bundle
from tools.site.page import SERVICE_WORKER, SERVICE_WORKER_VALUES
from tools.site.site import Part, Site
from tools.trimming.trim import TrimError, read_record, trimmed
from tools.wheels.find import Wheel
from tools.wheels.repack import write_wheel

PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
# app/ imports the wasm build, so it is bundled with app/. That build is trimmed; where a function is missing,
# the whole one is loaded. The builds with WebGPU are loaded where there is a GPU.
ORT_GLUE = {
    "wasm": "ort-wasm-simd-threaded",
    "whole": "ort-wasm-simd-threaded",
    "jspi": "ort-wasm-simd-threaded.jspi",
    "asyncify": "ort-wasm-simd-threaded.asyncify",
}
ENTRY_POINTS = {
    "main.js": "app/main.js",
    "python-worker.js": "app/engine/python-worker.js",
    "networks-worker.js": "app/engine/networks-worker.js",
    "signing.js": "app/signing/signing.js",
    "style.css": "app/style.css",
    "ort/whole.js": "node_modules/onnxruntime-web/dist/ort.wasm.min.mjs",
    "ort/jspi.js": "node_modules/onnxruntime-web/dist/ort.jspi.min.mjs",
    "ort/asyncify.js": "node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs",
    "codecs/heif.js": "node_modules/libheif-js/libheif-wasm/libheif.js",
}
PARTS: dict[str, Part] = {"ort": "onnxruntime", "codecs": "codecs"}
"""The parts of bundles that are not the app's own, by the prefix of their keys."""
ICONS = ("icon.svg", "icon-192.png", "icon-512.png", "maskable-512.png", "apple-180.png")
HEIF = "libheif-js/libheif-wasm"
"""The decoder of HEIC, in node_modules. Its glue is bundled, see ENTRY_POINTS."""
CODECS = {"pillow-avif": "avif", "micropip": "micropip"}
"""Wheels that are loaded on demand, and the page's name of each."""


def add_python(site: Site, npm: NpmPackages, wheels: Mapping[str, Path], work: Path) -> None:
    """Pyodide's core and the wheels, by their packages' names, packed for the page in the folder `work`.

    Pyodide's files find each other by name, and installers read a wheel's version from the file's name. So
    the hash is in the folder's name.
    """
    files = {name: npm.read(f"pyodide/{name}") for name in PYODIDE_FILES}
    try:
        packed = pack(files, wheels, work)
    except PackError as error:
        raise BuildError(str(error)) from error
    files[STDLIB] = packed[STDLIB]
    # It also lists some 300 packages that the site does not have.
    lock = json.loads(files["pyodide-lock.json"])
    lock["packages"] = {name: entry for name, entry in lock["packages"].items() if name in wheels}
    # And it has no entries for these two.
    for name, depends in (("hushmark", sorted(wheels.keys() - {"hushmark"})), ("cbor2", [])):
        lock["packages"][name] = {
            "name": name,
            "install_dir": "site",
            "package_type": "package",
            "imports": [name],
            "depends": depends,
            "unvendored_tests": False,
        }
    files["pyodide-lock.json"] = json.dumps(lock).encode()
    folder = f"pyodide-{npm.facts('pyodide')['version']}-{short_hash(*files.values())}"
    for name, data in files.items():
        site.add(f"pyodide/{name}", "python", f"{folder}/{name}", data)
    for name, path in wheels.items():
        data = packed[name]
        site.add(f"wheels/{name}", "wheels", f"wheels/{short_hash(data)}/{path.name}", data)


def add_codecs(site: Site, npm: NpmPackages, wheels: Sequence[Wheel]) -> None:
    """Files that the page loads when a picture needs them; wheels are stored uncompressed."""
    site.add_hashed("codecs/heif.wasm", "codecs", "heif.wasm", npm.read(f"{HEIF}/libheif.wasm"))
    for wheel in wheels:
        if wheel.name in CODECS:
            with zipfile.ZipFile(wheel.path) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            record = next(name for name in files if name.endswith(".dist-info/RECORD"))
            del files[record]
            with tempfile.TemporaryDirectory() as folder:
                stored = Path(folder) / wheel.path.name
                write_wheel(stored, files, record.removesuffix("/RECORD"), zipfile.ZIP_STORED)
                data = stored.read_bytes()
            url = f"codecs/{short_hash(data)}/{wheel.path.name}"
            site.add(f"codecs/{CODECS[wheel.name]}", "codecs", url, data)


def add_onnxruntime(site: Site, npm: NpmPackages) -> None:
    for build, stem in ORT_GLUE.items():
        for ending in ("mjs", "wasm"):
            data = npm.read(f"onnxruntime-web/dist/{stem}.{ending}")
            if (build, ending) == ("wasm", "wasm"):
                try:
                    data = trimmed(data, read_record())
                except TrimError as error:
                    raise BuildError(str(error)) from error
            site.add_hashed(f"ort/{build}.{ending}", "onnxruntime", f"ort-{build}.{ending}", data)


def add_app(site: Site, root: Path, npm: NpmPackages, bundles: Path) -> set[str]:
    """Bundle the app with esbuild from checked files -> the names of the npm packages in it."""
    names = {key: key.replace("/", "-").rpartition(".")[0] for key in ENTRY_POINTS}
    bundle(
        root,
        bundles,
        [*(f"{names[key]}={source}" for key, source in ENTRY_POINTS.items()), f"app/{SERVICE_WORKER}"],
        f"--metafile={bundles}.json",
        *(f"--define:{name}={json.dumps(value)}" for name, value in SERVICE_WORKER_VALUES.items()),
    )
    for key in ENTRY_POINTS:
        name = f"{names[key]}.{key.rpartition('.')[2]}"
        part = PARTS.get(key.partition("/")[0], "app")
        site.add_hashed(key, part, name, (bundles / name).read_bytes())
    inputs = json.loads(read_input(Path(f"{bundles}.json")))["inputs"]
    taken = [path.rpartition("node_modules/")[2] for path in inputs if "node_modules/" in path]
    for name in taken:
        npm.read(name)
    return {"/".join(name.split("/")[: 1 + name.startswith("@")]) for name in taken}


def add_icons(site: Site, app: Path) -> None:
    """The icons, and the web app manifest that names them."""
    for name in ICONS:
        site.add_hashed(name, "page", name, read_input(app / "icons" / name))
    path = app / "app.webmanifest"
    manifest = json.loads(read_input(path))
    for icon in manifest["icons"]:
        if icon["src"] not in ICONS:
            raise BuildError(f"{path} names the icon {icon['src']}, which the build does not know.")
        icon["src"] = site.files[icon["src"]].url
    site.add("app.webmanifest", "app", "app.webmanifest", json.dumps(manifest).encode())
