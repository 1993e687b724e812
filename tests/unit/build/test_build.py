"""The build: what it makes of the real inputs, and how it stops at a wrong one."""

from __future__ import annotations

import base64
import fnmatch
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from PIL import Image

from build import BuildError, build_site, build_wheel
from tools.packing.pack import EMPTIED, WHEELS_DROPPED
from tools.site.site import Site
from tools.wheels.find import find_wheels

OF_THE_BUILD = {"index.html", "manifest.json", "service-worker.js", "sbom.cdx.json"}
KEYS = {
    "licenses.txt",
    "main.js",
    "python-worker.js",
    "networks-worker.js",
    "signing.js",
    "style.css",
    "app.webmanifest",
    "icon.svg",
    *(f"{name}.png" for name in ("icon-192", "icon-512", "maskable-512", "apple-180")),
    *(
        f"ort/{build}.{ending}"
        for build in ("wasm", "whole", "jspi", "asyncify")
        for ending in ("mjs", "wasm")
    ),
    "ort/whole.js",
    "ort/jspi.js",
    "ort/asyncify.js",
    "codecs/heif.js",
    "codecs/heif.wasm",
    "pyodide/pyodide.mjs",
    "pyodide/pyodide.asm.mjs",
    "pyodide/pyodide.asm.wasm",
    "pyodide/python_stdlib.zip",
    "pyodide/pyodide-lock.json",
    *(f"wheels/{name}" for name in ("numpy", "pillow", "safetensors", "cbor2", "hushmark")),
    *(
        f"weights/{name}.{kind}"
        for name in ("encoder", "decoder", "locator")
        for kind in ("onnx", "safetensors")
    ),
    "weights/refiner.onnx",
}
CODECS = {"pillow-avif": "codecs/avif", "micropip": "codecs/micropip"}
"""What the page loads when it is wanted; a machine that cannot make one builds the site without."""


@pytest.fixture(scope="module")
def manifest(site: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((site / "manifest.json").read_text())
    return data


@pytest.fixture
def checkout(repo_root: Path, tmp_path: Path) -> Path:
    """A checkout whose inputs can be altered, with a dist/ that was built before."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in ("py", "app", "weights", "requirements"):
        shutil.copytree(repo_root / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tools").mkdir()
    own_files = ("index.html", "package-lock.json", "pyproject.toml", "LICENSE", ".gitignore")
    for name in (*own_files, "tools/hatch_build.py"):
        shutil.copy(repo_root / name, root / name)
    (root / "node_modules").mkdir()
    for package in (repo_root / "node_modules").iterdir():
        (root / "node_modules" / package.name).symlink_to(package)
    (root / "dist").mkdir()
    (root / "dist" / "index.html").write_text("the old site")
    return root


def own_copy(root: Path, package: str) -> Path:
    """Replace the link to an npm package by a copy of it that may be altered."""
    link = root / "node_modules" / package
    source = link.resolve()
    link.unlink()
    shutil.copytree(source, link)
    return link


def test_manifest_lists_every_file(site: Path, manifest: dict[str, Any], repo_root: Path) -> None:
    assert manifest["version"] == 1
    made = {wheel.name for wheel in find_wheels(repo_root / "node_modules")} & set(CODECS)
    assert set(manifest["files"]) == KEYS | {CODECS[name] for name in made}
    listed = {file["url"] for file in manifest["files"].values()} | OF_THE_BUILD
    on_disk = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert listed == {name for name in on_disk if not name.endswith((".br", ".gz"))}


def test_manifest_tells_size_and_hash(site: Path, manifest: dict[str, Any]) -> None:
    for file in manifest["files"].values():
        data = (site / file["url"]).read_bytes()
        assert file["size"] == len(data)
        assert file["sha256"] == hashlib.sha256(data).hexdigest()


def test_compressed_forms_hold_the_same_file(site: Path, manifest: dict[str, Any]) -> None:
    for file in manifest["files"].values():
        data = (site / file["url"]).read_bytes()
        for ending, decompress in (("br", brotli.decompress), ("gz", gzip.decompress)):
            path = site / f"{file['url']}.{ending}"
            if file[ending] is None:
                assert not path.exists()
            else:
                assert file[ending] == path.stat().st_size < len(data)
                assert decompress(path.read_bytes()) == data


def test_what_is_large_is_compressed(manifest: dict[str, Any]) -> None:
    files = manifest["files"]
    assert files["ort/wasm.wasm"]["br"] < files["ort/wasm.wasm"]["size"] / 3
    assert files["wheels/numpy"]["br"] < files["wheels/numpy"]["size"] / 3


def test_urls_change_with_the_content(manifest: dict[str, Any]) -> None:
    for key, file in manifest["files"].items():
        if key not in ("licenses.txt", "app.webmanifest"):
            assert re.match(r"(assets|wheels|codecs|pyodide-314\.0\.7)[-/].*[0-9a-f]{10}", file["url"]), file[
                "url"
            ]


def test_page_refers_to_the_bundles(site: Path, manifest: dict[str, Any]) -> None:
    page = (site / "index.html").read_text()
    for key in ("main.js", "style.css", "app.webmanifest", "icon.svg", "apple-180.png"):
        assert f'"{manifest["files"][key]["url"]}"' in page
    assert '"app/' not in page


def test_page_pins_the_manifest_its_script_and_its_style(site: Path, manifest: dict[str, Any]) -> None:
    page = (site / "index.html").read_text()
    digest = hashlib.sha256((site / "manifest.json").read_bytes()).hexdigest()
    assert f'<meta name="manifest-sha256" content="{digest}" />' in page
    for key in ("main.js", "style.css"):
        data = (site / manifest["files"][key]["url"]).read_bytes()
        integrity = base64.b64encode(hashlib.sha256(data).digest()).decode()
        assert f'"{manifest["files"][key]["url"]}" integrity="sha256-{integrity}"' in page


def test_page_has_the_policy_of_the_header(site: Path, manifest: dict[str, Any]) -> None:
    header = manifest["headers"]["Content-Security-Policy"]
    (policy,) = re.findall(
        'http-equiv="Content-Security-Policy" content="(.*?)"', (site / "index.html").read_text()
    )
    assert policy == header.replace("; frame-ancestors 'none'", "")
    assert "require-trusted-types-for 'script'" in policy


def test_service_worker_knows_its_own_page_and_manifest_only(site: Path) -> None:
    digests = {
        hashlib.sha256((site / name).read_bytes()).hexdigest() for name in ("index.html", "manifest.json")
    }
    assert set(re.findall("[0-9a-f]{64}", (site / "service-worker.js").read_text())) == digests


def test_web_app_manifest_names_icons_of_the_site(site: Path) -> None:
    icons = json.loads((site / "app.webmanifest").read_text())["icons"]
    assert {icon.get("purpose", "any") for icon in icons} == {"any", "maskable"}
    for icon in icons:
        path = site / icon["src"]
        if path.suffix == ".png":
            with Image.open(path) as image:
                assert f"{image.width}x{image.height}" == icon["sizes"]
        else:
            assert "<svg" in path.read_text()


def test_workers_do_not_hold_what_is_loaded_lazily(site: Path, manifest: dict[str, Any]) -> None:
    for key, most in (("python-worker.js", 20_000), ("networks-worker.js", 150_000)):
        worker = (site / manifest["files"][key]["url"]).read_text()
        assert len(worker) < most
        assert "sourceMappingURL" not in worker


def test_archives_of_python_are_stored_and_hold_nothing_but_what_their_sources_hold(
    site: Path, manifest: dict[str, Any], repo_root: Path
) -> None:
    sources = {
        CODECS.get(wheel.name, f"wheels/{wheel.name}"): wheel.path
        for wheel in find_wheels(repo_root / "node_modules")
    }
    sources["pyodide/python_stdlib.zip"] = repo_root / "node_modules/pyodide/python_stdlib.zip"
    for key, source in sources.items():
        with (
            zipfile.ZipFile(source) as before,
            zipfile.ZipFile(site / manifest["files"][key]["url"]) as after,
        ):
            assert after.testzip() is None
            assert {entry.compress_type for entry in after.infolist()} == {zipfile.ZIP_STORED}
            assert {entry.date_time for entry in after.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            names = [name.removesuffix("c") if name.endswith(".pyc") else name for name in after.namelist()]
            assert len(names) == len(set(names))
            emptied = EMPTIED.get(key.removeprefix("wheels/"), ())
            assert set(names) <= {*before.namelist(), *emptied}
            assert not any(after.getinfo(name).file_size for name in emptied if name in after.namelist())
            for name in after.namelist():
                if not name.endswith((".py", ".pyc", "/RECORD")):
                    assert after.read(name) == before.read(name), name
            licences = {name for name in before.namelist() if ".dist-info/licenses/" in name}
            assert licences <= set(names)
            for record in (name for name in after.namelist() if name.endswith("/RECORD")):
                rows = [row.split(",") for row in after.read(record).decode().splitlines()]
                assert {name for name, *_ in rows} == set(after.namelist())
                for name, digest, size in rows:
                    data = after.read(name)
                    sha256 = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
                    assert name == record or (digest, int(size)) == (f"sha256={sha256}", len(data))


def test_what_python_imports_first_is_compiled_and_the_rest_is_source(
    site: Path, manifest: dict[str, Any]
) -> None:
    names = {
        name
        for key in ("pyodide/python_stdlib.zip", "wheels/numpy", "wheels/pillow", "wheels/hushmark")
        for name in zipfile.ZipFile(site / manifest["files"][key]["url"]).namelist()
    }
    assert names > {"typing.pyc", "numpy/__init__.pyc", "PIL/Image.pyc", "hushmark/hosts/browser.pyc"}
    assert names > {"calendar.py", "PIL/GifImagePlugin.py"}
    assert (
        not {"pdb.py", "unittest/__init__.py", "numpy/testing/__init__.py", "hushmark/cli/batch.py"} & names
    )


def test_the_lock_file_lists_the_packages_of_the_site(site: Path, manifest: dict[str, Any]) -> None:
    lock = json.loads((site / manifest["files"]["pyodide/pyodide-lock.json"]["url"]).read_text())
    assert set(lock["packages"]) == {"numpy", "pillow", "safetensors", "cbor2", "hushmark"}


def test_licences_name_all_that_others_wrote(site: Path) -> None:
    text = (site / "licenses.txt").read_text()
    for name in ("idb", "libheif-js", "onnxruntime-web", "pyodide", "numpy", "pillow"):
        assert re.search(rf"^{name} \d", text, re.MULTILINE), name
    for part, words in (
        ("cpython", "PYTHON SOFTWARE FOUNDATION LICENSE"),
        ("zlib", "Jean-loup Gailly"),
        ("libjpeg-turbo", "Independent JPEG Group"),
        ("libwebp", "Google"),
        ("lcms2", "Marti Maria"),
        ("libtiff", "Silicon Graphics"),
        ("musl", "Rich Felker"),
        ("libde265", "struktur AG"),
    ):
        assert re.search(rf"^{part} \(.*\), linked into ", text, re.MULTILINE), part
        assert words in text
    assert "Mozilla Public License Version 2.0" in text
    # libheif's licence adds to another one, whose text goes with it.
    assert re.search(
        r"^ +GNU LESSER GENERAL PUBLIC LICENSE$(?s:.)+^ +GNU GENERAL PUBLIC LICENSE$", text, re.MULTILINE
    )
    assert "THIRD PARTY SOFTWARE NOTICES" in text  # onnxruntime's
    assert "Copyright (c) 2005" in text  # numpy's own
    assert "comments and docstrings are removed" in text.partition("\n")[0]


def test_bill_of_materials_is_true_to_what_is_shipped(site: Path) -> None:
    bill = json.loads((site / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    listed: dict[str, str] = {}
    for component in bill["components"]:
        assert component["version"] and component["licenses"][0]["expression"]
        assert component["purl"].endswith(f"/{component['name']}@{component['version']}")
        for inner in component["components"]:
            if inner["type"] == "file":
                assert inner["name"] not in listed
                listed[inner["name"]] = inner["hashes"][0]["content"]
    assert listed == {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file() and path.name != "sbom.cdx.json"
    }
    components = {component["name"]: component for component in bill["components"]}
    wheels = find_wheels(Path(__file__).parents[3] / "node_modules")
    assert set(components) == {
        *("hushmark", "client-zip", "idb", "libheif-js", "onnxruntime-web", "pyodide"),
        *(wheel.name for wheel in wheels),
    }
    assert {name for name, component in components.items() if "pedigree" in component} == {
        *("pyodide", "onnxruntime-web", "numpy", "pillow", "safetensors", "cbor2")
    }
    for wheel in wheels:
        taken = {"name": f"hushmark:taken-sha256:{wheel.path.name}", "value": wheel.sha256}
        assert components[wheel.name]["properties"] == [taken]
    assert {inner["name"] for inner in components["pillow"]["components"] if inner["type"] == "library"} == {
        *("libjpeg-turbo", "libwebp", "lcms2", "zlib", "libtiff")
    }
    python = next(inner for inner in components["pyodide"]["components"] if inner["name"] == "cpython")
    lock = json.loads(next(site.glob("pyodide-*/pyodide-lock.json")).read_text())
    assert python["version"] == lock["info"]["python"]
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references))
    owned = {"pyodide": "pyodide-", "onnxruntime-web": "assets/ort-"}
    owned |= {wheel.name: rf"\w+/\w+/{wheel.name.replace('-', '_')}-" for wheel in wheels}
    for owner, names in owned.items():
        files = {inner["name"] for inner in components[owner]["components"] if inner["type"] == "file"}
        assert files == {name for name in listed if re.match(names, name)} != set(), owner


def test_own_wheel_depends_on_the_files_only(checkout: Path, repo_root: Path, tmp_path: Path) -> None:
    for path in (checkout / "py").rglob("*.py"):
        os.utime(path, (1, 1))
    first, second = build_wheel(tmp_path / "one", repo_root), build_wheel(tmp_path / "two", checkout)
    assert first.name == "hushmark-0.3.0-py3-none-any.whl"
    assert first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert "hushmark/pipeline.py" in names
    assert not [name for name in names if not name.startswith(("hushmark/", "hushmark-0.3.0.dist-info/"))]


def test_own_wheel_carries_the_weights_but_not_the_one_of_the_page(
    site: Path, manifest: dict[str, Any], repo_root: Path, tmp_path: Path
) -> None:
    weights = {
        f"hushmark/weights/{path.name}": path.read_bytes()
        for path in (repo_root / "weights").iterdir()
        if path.name != "README.md"
    }
    assert len(weights) == 7
    complete = zipfile.ZipFile(build_wheel(tmp_path, repo_root))
    assert {name: complete.read(name) for name in weights} == weights
    of_the_page = zipfile.ZipFile(site / manifest["files"]["wheels/hushmark"]["url"])
    # Part of its modules is compiled.
    names = {name.replace(".pyc", ".py") for name in of_the_page.namelist()}
    dropped = {
        name
        for name in complete.namelist()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in WHEELS_DROPPED["hushmark"])
    }
    assert "hushmark/cli/commands.py" in dropped
    assert set(complete.namelist()) - names == set(weights) | dropped
    assert names < set(complete.namelist())


def remove_weights(root: Path) -> None:
    (root / "weights" / "decoder.safetensors").unlink()


def cut_weights(root: Path) -> None:
    path = root / "weights" / "encoder.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def empty_weights(root: Path) -> None:
    (root / "weights" / "encoder.safetensors").write_bytes(b"")


def swap_graphs(root: Path) -> None:
    shutil.copy(root / "weights" / "encoder.onnx", root / "weights" / "decoder.onnx")


def damage_graph(root: Path) -> None:
    (root / "weights" / "decoder.onnx").write_bytes(b"not a graph")


def drop_card(root: Path) -> None:
    path = root / "weights" / "decoder.safetensors"
    data = path.read_bytes()
    assert data.count(b'"hushmark":') == 1
    path.write_bytes(data.replace(b'"hushmark":', b'"hushmork":'))


def alter_pyodide(root: Path) -> None:
    path = own_copy(root, "pyodide") / "pyodide.asm.mjs"
    path.write_bytes(path.read_bytes() + b"\n")


def alter_bundled(root: Path) -> None:
    path = own_copy(root, "client-zip") / "index.js"
    path.write_bytes(path.read_bytes() + b"\n")


def add_bundled(root: Path) -> None:
    (own_copy(root, "idb") / "build" / "more.js").write_text("export const more = 1;")
    path = root / "app" / "main.js"
    path.write_text(
        path.read_text() + 'import { more } from "../node_modules/idb/build/more.js";\nconsole.log(more);'
    )


def other_pyodide(root: Path) -> None:
    path = own_copy(root, "pyodide") / "package.json"
    path.write_text(path.read_text().replace('"version": "314.0.7"', '"version": "314.0.6"'))


def remove_package(root: Path) -> None:
    (root / "node_modules" / "idb").unlink()


def remove_page(root: Path) -> None:
    (root / "index.html").unlink()


def page_without_script(root: Path) -> None:
    path = root / "index.html"
    path.write_text(path.read_text().replace('"app/main.js"', '"app/other.js"'))


def remove_package_code(root: Path) -> None:
    shutil.rmtree(root / "py" / "hushmark")


def remove_icon(root: Path) -> None:
    (root / "app" / "icons" / "icon-192.png").unlink()


def name_other_icon(root: Path) -> None:
    path = root / "app" / "app.webmanifest"
    path.write_text(path.read_text().replace("icon-512.png", "icon-1024.png"))


def break_service_worker(root: Path) -> None:
    (root / "app" / "service-worker.js").write_text("import { nothing } from './nowhere.js';")


def break_script(root: Path) -> None:
    (root / "app" / "main.js").write_text("import { nothing } from './nowhere.js';")


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (remove_weights, r"weights/decoder\.safetensors cannot be read"),
        (
            cut_weights,
            r"weights/encoder\.safetensors is \d+ bytes, and its header says \d+: it was cut short",
        ),
        (empty_weights, r"weights/encoder\.safetensors is not a safetensors file"),
        (swap_graphs, r"weights/decoder\.onnx and decoder\.safetensors do not belong together"),
        (damage_graph, r"weights/decoder\.onnx is not an ONNX graph"),
        (drop_card, r"weights/decoder\.safetensors has no model card"),
        (alter_pyodide, r"node_modules/pyodide/pyodide\.asm\.mjs is not the file of the locked version"),
        (alter_bundled, r"node_modules/client-zip/index\.js is not the file of the locked version"),
        (add_bundled, r"node_modules/idb/build/more\.js is used, and not in requirements/npm-files\.sha256"),
        (other_pyodide, r"node_modules/pyodide is version 314\.0\.6, but package-lock\.json has 314\.0\.7"),
        (remove_package, r"node_modules/idb is missing"),
        (remove_page, r"index\.html cannot be read"),
        (page_without_script, r'index\.html has to refer once to "app/main\.js"'),
        (remove_package_code, r"hushmark/__init__\.py cannot be read"),
        (remove_icon, r"app/icons/icon-192\.png cannot be read"),
        (name_other_icon, r"app\.webmanifest names the icon icon-1024\.png, which the build does not know"),
        (break_script, r"esbuild could not bundle the app"),
        (break_service_worker, r"esbuild could not bundle the app"),
    ],
)
def test_wrong_input_stops_the_build(checkout: Path, alter: Callable[[Path], None], sentence: str) -> None:
    alter(checkout)
    with pytest.raises(BuildError, match=sentence):
        build_site(checkout, say=lambda line: None)
    assert [path.name for path in (checkout / "dist").iterdir()] == ["index.html"]
    assert (checkout / "dist" / "index.html").read_text() == "the old site"
    assert not list(checkout.glob(".dist-*"))


def test_a_part_that_is_too_large_stops_the_build(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.add_hashed("style.css", "app", "style.css", random.Random(1).randbytes(121_000))
    sentence = r'The part "app" of the site takes 121\.0 kB on the wire, and 120\.0 kB are allowed'
    with pytest.raises(BuildError, match=sentence):
        site.write_manifest(lambda line: None)
    assert not (tmp_path / "manifest.json").exists()


def test_altered_wheel_stops_the_build(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for wheel in find_wheels(checkout / "node_modules"):
        data = wheel.path.read_bytes()
        (wheels / wheel.path.name).write_bytes(data + b"\0" if wheel.name == "pillow" else data)
    monkeypatch.setenv("HUSHMARK_WHEELS", str(wheels))
    with pytest.raises(BuildError, match=r"pillow-.* is not the wheel that"):
        build_site(checkout, say=lambda line: None)
    assert (checkout / "dist" / "index.html").read_text() == "the old site"


def test_command_builds_the_same_site_of_a_copy_and_serves_it_until_it_is_interrupted(
    checkout: Path, manifest: dict[str, Any], repo_root: Path
) -> None:
    shutil.copytree(repo_root / "tools", checkout / "tools", dirs_exist_ok=True)
    shutil.copy(repo_root / "build.py", checkout)
    command = [sys.executable, "-u", "build.py", "serve", "--port", "0"]
    # Whoever runs the tests in the background has SIGINT ignored, and a child would inherit that.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, text=True) as serving:
        signal.signal(signal.SIGINT, old)
        assert serving.stdout
        url = next(found[0] for line in serving.stdout if (found := re.search(r"http://\S+", line)))
        with urllib.request.urlopen(url, timeout=30) as response:
            assert b'src="assets/main-' in response.read()
        serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=30) == 0
    assert json.loads((checkout / "dist" / "manifest.json").read_text()) == manifest
    assert not list(checkout.glob(".dist-*"))


def test_command_says_the_sentence(repo_root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "build.py", "serve", "--port", str(port)]
        done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout) == (1, "")  # before the work
    assert (
        done.stderr == f"Port {port} is in use: take another one with --port, or a free one with --port 0.\n"
    )
