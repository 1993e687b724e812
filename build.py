"""Builds the static site dist/ from the app, npm's packages, wheels and weights, and serves it here.

    python build.py                      make dist/ anew; only wheels that are not here yet are fetched
    python build.py serve [--port N]     the same, then serve it and print the URL (port 0 takes a free one)
    python build.py wheel [--out DIR]    make only our own wheel and print its path
    python build.py package [--out DIR]  the same site, then dist/npm and dist/extension (for browsers)

dist/ holds manifest.json, which lists every file of the site under a key that stays the same from build to
build, and the headers that a host has to send with each:
{"version": 1, "headers": {NAME: VALUE}, "files": {KEY: {"url", "size", "sha256", "br", "gz", "part"}}}. URLs
are relative to the manifest and carry a content hash, in the file's name or in a folder's. Size and SHA-256
are of the file itself; br and gz are the sizes of its compressed forms, null where they would save nothing.
Three are not among them: index.html, which has the manifest's own SHA-256 in it, so that a page runs nothing
of another build; service-worker.js, which has that of both; and sbom.cdx.json, which lists all files by the
package that they are of (see tools/sbom.py). Tests take the same way in:

    from build import build_site, make_server
    server = make_server(build_site())   # listens; serve_forever() in a thread, server.url, shutdown()

The npm files that are used, bundled or as they are, have their SHA-256 in requirements/npm-files.sha256.
After a change of package-lock.json renew them: run sha256sum in node_modules on the names in that file.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import onnx
from google.protobuf.message import DecodeError

from tools.compress import write_compressed
from tools.npm_package import (
    MODULE,
    PackageError,
    npm_pack,
    write_engine,
    write_extension,
    write_package,
)
from tools.packing.pack import STDLIB, PackError, pack
from tools.sbom import LINKED, PACKED, TEXTS, npm_component, wheel_component, write_sbom
from tools.serve import SECURITY_HEADERS, SiteServer, make_server
from tools.site.files import BuildError, SiteFile, read_input, short_hash
from tools.site.npm import NpmPackages, bundle
from tools.site.page import SERVICE_WORKER, SERVICE_WORKER_VALUES, read_page, write_page, write_service_worker
from tools.trimming.trim import TrimError, read_record, trimmed
from tools.wheels.find import Wheel, find_wheels
from tools.wheels.lock import WheelError
from tools.wheels.repack import write_wheel

__all__ = ["BuildError", "build_package", "build_site", "build_wheel", "make_server"]

ROOT = Path(__file__).resolve().parent
DEFAULT_PORT = 8765

Part = Literal["app", "python", "onnxruntime", "weights", "locator", "wheels", "codecs", "page"]
Say = Callable[[str], None]

PYODIDE_FILES = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
# app/ imports the wasm build, so it is bundled with it. That build is trimmed; where it does not do, the
# whole one is loaded. The builds with WebGPU are loaded where there is a GPU.
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
"""The parts of bundles that are not the app's own, by how their keys begin."""
ICONS = ("icon.svg", "icon-192.png", "icon-512.png", "maskable-512.png", "apple-180.png")
LIMITS: dict[Part, int] = {
    "app": 120_000,
    "page": 70_000,
    "python": 3_900_000,
    "wheels": 1_960_000,
    "codecs": 1_500_000,
    "onnxruntime": 10_200_000,
    "weights": 2_150_000,
    "locator": 760_000,
}
"""Bytes that each part may take on the wire: people wait for them, and browsers keep them."""
FIRST_VISIT_LIMIT = 9_280_000
"""The same of all that a first visit loads until it is ready to mark and read, where there is no GPU."""
LOADED_LATER: tuple[Part, ...] = ("locator", "codecs")
"""The parts that come when they are wanted; the locator, if nothing wanted it, when the engine is idle."""
HEIF = "libheif-js/libheif-wasm"
"""What decodes HEIC, in node_modules. Its glue is bundled, see ENTRY_POINTS."""
CODECS = {"pillow-avif": "avif", "micropip": "micropip"}
"""Wheels that are loaded when they are wanted, and what the page calls each."""
NPM_OWNERS = {"pyodide/": "pyodide", "ort/": "onnxruntime-web", "codecs/heif.": "libheif-js"}
"""npm's packages by how the keys of their files begin."""
GRAPHS = {"encoder": ("encoder",), "decoder": ("decoder", "refiner"), "locator": ("locator",)}
"""The graphs whose weights lie in each `.safetensors` file."""


class Site:
    """The site as it is put together in a folder that is not dist/ yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, SiteFile] = {}

    def add(self, key: str, part: Part, url: str, data: bytes) -> SiteFile:
        """Write a file at this URL, which is relative to the manifest."""
        path = self.folder / url
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.files[key] = SiteFile(url, len(data), hashlib.sha256(data).hexdigest(), part)
        return self.files[key]

    def add_hashed(self, key: str, part: Part, name: str, data: bytes) -> SiteFile:
        """Write a file to assets/ under a name that carries its hash, so that it can be cached for ever."""
        stem, dot, ending = name.rpartition(".")
        return self.add(key, part, f"assets/{stem}-{short_hash(data)}{dot}{ending}", data)

    def write_manifest(self, say: Say) -> str:
        """Write the compressed forms and the manifest; answers the manifest's SHA-256.

        Raises BuildError if a part, or a first visit, is larger than it may be.
        """
        write_compressed({self.folder / file.url: file.sha256 for file in self.files.values()}, say)

        def compressed_size(file: SiteFile, ending: str) -> int | None:
            path = self.folder / (file.url + ending)
            return path.stat().st_size if path.is_file() else None

        def sent(files: Iterable[SiteFile]) -> int:
            return sum(compressed_size(file, ".br") or file.size for file in files)

        first_visit = sent(
            file
            for key, file in self.files.items()
            if file.part not in LOADED_LATER and (not key.startswith("ort/") or key.startswith("ort/wasm."))
        )
        if first_visit > FIRST_VISIT_LIMIT:
            raise BuildError(
                f"A first visit takes {first_visit / 1e3:.1f} kB on the wire, and"
                f" {FIRST_VISIT_LIMIT / 1e3:.1f} kB are allowed: make a part smaller, or raise the limit in"
                " build.py."
            )
        for part, limit in LIMITS.items():
            size = sent(file for file in self.files.values() if file.part == part)
            if size > limit:
                raise BuildError(
                    f'The part "{part}" of the site takes {size / 1e3:.1f} kB on the wire, and'
                    f" {limit / 1e3:.1f} kB are allowed: make it smaller, or raise the limit in build.py."
                )

        entries = {
            key: {
                "url": file.url,
                "size": file.size,
                "sha256": file.sha256,
                "br": compressed_size(file, ".br"),
                "gz": compressed_size(file, ".gz"),
                "part": file.part,
            }
            for key, file in self.files.items()
        }
        manifest = {"version": 1, "headers": SECURITY_HEADERS, "files": entries}
        data = (json.dumps(manifest, indent=1) + "\n").encode()
        (self.folder / "manifest.json").write_bytes(data)
        return hashlib.sha256(data).hexdigest()


def build_site(root: Path = ROOT, out: Path | None = None, say: Say = print) -> Path:
    """Build the site of the checkout `root` into `out` (its dist/ by default) and answer that folder.

    `say` gets lines of progress. Raises BuildError if an input is missing or altered; `out` then stays as it
    was.
    """
    out = out or root / "dist"
    # Beside the old site, so that the new one can take its place by renaming.
    with (
        _one_build_at_a_time(root),
        tempfile.TemporaryDirectory(prefix=".dist-", dir=out.parent) as temporary,
    ):
        site = Site(Path(temporary) / "site")
        page = read_page(root)
        npm = NpmPackages(root)
        _add_weights(site, root / "weights")
        _add_onnxruntime(site, npm)
        try:
            wheels = find_wheels(npm.folder, say=say)
        except WheelError as error:
            raise BuildError(str(error)) from error
        bundles = Path(temporary) / "bundles"
        bundled = _add_app(site, root, npm, bundles)
        _add_icons(site, root / "app")
        own_wheel = build_wheel(Path(temporary), root, weights=False)
        _add_codecs(site, npm, wheels)
        paths = {wheel.name: wheel.path for wheel in wheels if wheel.name not in CODECS}
        paths["hushmark"] = own_wheel
        _add_python(site, npm, paths, Path(temporary) / "packing")
        packages = sorted({*bundled, "pyodide", "onnxruntime-web"})
        site.add("licenses.txt", "page", "licenses.txt", _licenses(npm, packages, wheels).encode())
        manifest = site.write_manifest(say)
        build_id = write_page(site.folder, site.files, page, manifest, say)
        write_service_worker(site.folder, bundles, build_id, manifest)
        _write_sbom(site, root, npm, packages, wheels)
        _swap(site.folder, out, Path(temporary) / "old")
    return out


def build_wheel(folder: Path, root: Path = ROOT, *, weights: bool = True) -> Path:
    """Build our own wheel from the checkout `root` into `folder`; the same files always give the same bytes.

    `weights`: whether it carries them; the page fetches them by themselves.
    Raises BuildError if it cannot be built.
    """
    folder = folder.resolve()
    read_input(root / "py" / "hushmark" / "__init__.py")
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    environment["HATCH_BUILD_NO_HOOKS"] = str(not weights).lower()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    built = sorted(folder.glob("hushmark-*.whl"))
    if done.returncode or len(built) != 1:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise BuildError(f"Our own wheel was not built: {reason or built}")
    return built[0]


def build_package(site: Path, out: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """Make the npm package and the browser extension of a built site.

    Answers the package's tarball, which lies in `out`/npm, and the extension's folder, `out`/extension, as a
    browser loads it. Raises BuildError.
    """
    with tempfile.TemporaryDirectory(prefix=".package-", dir=root) as temporary:
        work = Path(temporary)
        package, extension, bundles = (work / name for name in ("package", "extension", "bundles"))
        try:
            manifest = write_engine(site, package / "engine")
            shutil.copytree(package / "engine", extension / "engine")
            bundle(root, bundles, [f"hushmark={MODULE}"], f'--define:MANIFEST_SHA256="{manifest}"')
            write_package(root, site, bundles / "hushmark.js", package)
            entries = [
                f"{Path(name).stem}=app/extension/{name}" for name in ("background.js", "read.js", "read.css")
            ]
            # The extension is built on what is published.
            bundle(root, bundles, entries, f"--alias:hushmark={package / 'hushmark.js'}")
            write_extension(root, site, bundles, extension)
            tarball = npm_pack(package, out / "npm")
        except PackageError as error:
            raise BuildError(str(error)) from error
        _swap(extension, out / "extension", work / "old")
    return tarball, out / "extension"


def _add_weights(site: Site, folder: Path) -> None:
    """The networks. Raises BuildError unless graphs, weights and model card fit together."""
    for network, graphs in GRAPHS.items():
        part: Part = "locator" if network == "locator" else "weights"
        weights = folder / f"{network}.safetensors"
        weights_data = read_input(weights)
        header = _safetensors_header(weights, weights_data)
        # Where each tensor's bytes lie in the file, as the graph's external data have to name it.
        start = 8 + int.from_bytes(weights_data[:8], "little")
        places = set()
        for name, tensor in header.items():
            if name != "__metadata__":
                first, last = tensor["data_offsets"]
                places.add((weights.name, start + first, last - first))
        if "hushmark" not in header.get("__metadata__", {}):
            raise BuildError(
                f'{weights} has no model card: export it anew, with the metadata key "hushmark".'
            )
        site.add_hashed(f"weights/{weights.name}", part, weights.name, weights_data)
        for graph in (folder / f"{name}.onnx" for name in graphs):
            graph_data = read_input(graph)
            for name, place in _external_data(graph, graph_data):
                if place not in places:
                    raise BuildError(
                        f"{graph} and {weights.name} do not belong together: {name} is no tensor of that"
                        " file. Take both from the same export."
                    )
            site.add_hashed(f"weights/{graph.name}", part, graph.name, graph_data)


def _safetensors_header(path: Path, data: bytes) -> dict[str, Any]:
    """The header of a safetensors file. Raises BuildError unless the file is whole."""
    length = int.from_bytes(data[:8], "little")
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        end = max(tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__")
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise BuildError(
            f"{path} is not a safetensors file, or is damaged: export the weights anew."
        ) from error
    if len(data) != 8 + length + end:
        raise BuildError(
            f"{path} is {len(data)} bytes, and its header says {8 + length + end}: it was cut short."
        )
    return header


def _external_data(path: Path, data: bytes) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Name and (file, offset, length) of each tensor that a graph keeps in another file."""
    try:
        graph = onnx.load_model_from_string(data).graph
    except DecodeError as error:
        raise BuildError(f"{path} is not an ONNX graph, or is damaged: export it anew.") from error
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            entry = {item.key: item.value for item in tensor.external_data}
            yield tensor.name, (entry["location"], int(entry.get("offset", 0)), int(entry.get("length", 0)))


def _add_python(site: Site, npm: NpmPackages, wheels: Mapping[str, Path], work: Path) -> None:
    """Pyodide's core and the wheels, by their packages' names, packed for the page in the folder `work`.

    Pyodide's files find each other by name, and installers read a wheel's version from the file's name: so it
    is the folder that carries the hash.
    """
    files = {name: npm.read(f"pyodide/{name}") for name in PYODIDE_FILES}
    try:
        packed = pack(files, wheels, work)
    except PackError as error:
        raise BuildError(str(error)) from error
    files[STDLIB] = packed[STDLIB]
    # It lists some 300 packages more, which the site does not have.
    lock = json.loads(files["pyodide-lock.json"])
    lock["packages"] = {name: entry for name, entry in lock["packages"].items() if name in wheels}
    lock["packages"]["hushmark"] = {
        "name": "hushmark",
        "install_dir": "site",
        "package_type": "package",
        "imports": ["hushmark"],
        "depends": sorted(wheels.keys() - {"hushmark"}),
        "unvendored_tests": False,
    }
    # Pyodide's lock file has no cbor2.
    lock["packages"]["cbor2"] = {
        "name": "cbor2",
        "install_dir": "site",
        "package_type": "package",
        "imports": ["cbor2"],
        "depends": [],
        "unvendored_tests": False,
    }
    files["pyodide-lock.json"] = json.dumps(lock).encode()
    folder = f"pyodide-{npm.facts('pyodide')['version']}-{short_hash(*files.values())}"
    for name, data in files.items():
        site.add(f"pyodide/{name}", "python", f"{folder}/{name}", data)
    for name, path in wheels.items():
        data = packed[name]
        site.add(f"wheels/{name}", "wheels", f"wheels/{short_hash(data)}/{path.name}", data)


def _add_codecs(site: Site, npm: NpmPackages, wheels: Sequence[Wheel]) -> None:
    """What a page loads when a picture wants it; wheels are stored without compression of their own."""
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


def _add_onnxruntime(site: Site, npm: NpmPackages) -> None:
    for build, stem in ORT_GLUE.items():
        for ending in ("mjs", "wasm"):
            data = npm.read(f"onnxruntime-web/dist/{stem}.{ending}")
            if (build, ending) == ("wasm", "wasm"):
                try:
                    data = trimmed(data, read_record())
                except TrimError as error:
                    raise BuildError(str(error)) from error
            site.add_hashed(f"ort/{build}.{ending}", "onnxruntime", f"ort-{build}.{ending}", data)


def _add_app(site: Site, root: Path, npm: NpmPackages, bundles: Path) -> set[str]:
    """Bundle the app with esbuild, of checked files. Answers the names of the npm packages in it."""
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


def _add_icons(site: Site, app: Path) -> None:
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


def _licenses(npm: NpmPackages, packages: Sequence[str], wheels: Sequence[Wheel]) -> str:
    """What the site holds that others wrote: versions, licences, and the texts that packages bring along."""
    chapters = []
    for package in packages:
        facts = npm.facts(package)
        folder = npm.folder / (HEIF if HEIF.startswith(f"{package}/") else package)
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("LICEN[CS]E*"))]
        if not texts:
            texts = [read_input(TEXTS / f"{package}.txt").decode()]
        repository = facts.get("repository", "")
        url = repository["url"] if isinstance(repository, dict) else repository
        chapters.append((f"{package} {facts['version']} ({facts['license']}), source: {url}", texts))
    for wheel in wheels:
        with zipfile.ZipFile(wheel.path) as archive:
            names = [
                name for name in archive.namelist() if re.search(r"\.dist-info/(licenses/.|LICEN[CS]E)", name)
            ]
            texts = [archive.read(name).decode(errors="replace") for name in sorted(names)]
        chapters.append((f"{wheel.name} {wheel.version}", texts))
    for part, linked in LINKED.items():
        chapters += [(f"{one.name} ({one.licence}), linked into {part}", [one.text]) for one in linked]
    rule = "=" * 80
    packed = ", ".join(wheel.name for wheel in wheels if wheel.name not in CODECS)
    return f"CPython's standard library (in pyodide), {packed}: {PACKED}\n\n" + "\n".join(
        f"{rule}\n{title}\n{rule}\n\n" + "\n\n".join(texts) for title, texts in chapters
    )


def _write_sbom(
    site: Site, root: Path, npm: NpmPackages, packages: Sequence[str], wheels: Sequence[Wheel]
) -> None:
    """The bill of materials of the site, which is complete but for it."""
    components = [
        npm_component(
            package,
            npm.facts(package)["version"],
            npm.facts(package)["license"],
            {name: npm.digests[name] for name in sorted(npm.digests) if name.startswith(f"{package}/")},
        )
        for package in packages
    ]
    components += [
        wheel_component(
            wheel.name, wheel.version, {wheel.path.name: wheel.sha256}, is_codec=wheel.name in CODECS
        )
        for wheel in wheels
    ]
    keys = {
        wheel.name: f"codecs/{CODECS[wheel.name]}" if wheel.name in CODECS else f"wheels/{wheel.name}"
        for wheel in wheels
    }
    owners = {site.files[key].url: name for name, key in keys.items()}
    for key, file in site.files.items():
        owner = next((name for start, name in NPM_OWNERS.items() if key.startswith(start)), None)
        if owner is not None:
            owners[file.url] = owner
    project = tomllib.loads(read_input(root / "pyproject.toml").decode())["project"]
    write_sbom(site.folder, project["version"], components, owners)


@contextmanager
def _one_build_at_a_time(root: Path) -> Iterator[None]:
    """Hold a lock on the checkout: a second build waits, then finds everything compressed."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _swap(new: Path, out: Path, old: Path) -> None:
    """Put the new folder in the old one's place. The old one goes to `old`, for the caller to remove."""
    if out.exists():
        out.rename(old)
    new.rename(out)


def _server(port: int) -> SiteServer:
    """A server of dist/, which listens. Raises BuildError if the port cannot be had."""
    try:
        return make_server(ROOT / "dist", port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "may not be used"
        raise BuildError(
            f"Port {port} {why}: take another one with --port, or a free one with --port 0."
        ) from error


def _serve(server: SiteServer) -> None:
    """Serve until Ctrl-C."""
    with server:
        print(f"Serving Hushmark at {server.url} (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main() -> int:
    """Run the command; answers its exit status."""
    parser = argparse.ArgumentParser(
        prog="build.py", description="Build the static site dist/, and serve it."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser("serve", help="build the site and serve it on this machine")
    serve.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0 takes a free one"
    )
    wheel = commands.add_parser("wheel", help="make only our own wheel")
    wheel.add_argument("--out", type=Path, default=Path(), help="the folder for it (default: this one)")
    package = commands.add_parser("package", help="build the site, the npm package and the browser extension")
    package.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="the folder for both (default: dist/)"
    )
    options = parser.parse_args()
    try:
        if options.command == "wheel":
            print(build_wheel(options.out))
            return 0
        # A port that cannot be had is told before the work.
        server = _server(options.port) if options.command == "serve" else None
        folder = build_site()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix not in (".br", ".gz"))
        print(f"Built {folder.name}/: {size / 1e6:.1f} MB", flush=True)
        if options.command == "package":
            for made in build_package(folder, options.out):
                print(made)
        if server is not None:
            _serve(server)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
