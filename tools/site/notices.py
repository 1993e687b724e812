"""Notices about other people's work in the site: licences, and the bill of materials."""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tools.sbom import LINKED, PACKED, TEXTS, npm_component, wheel_component, write_sbom
from tools.site.files import read_input
from tools.site.npm import NpmPackages
from tools.site.parts import CODECS, HEIF
from tools.site.site import Site
from tools.wheels.find import Wheel

NPM_OWNERS = {"pyodide/": "pyodide", "ort/": "onnxruntime-web", "codecs/heif.": "libheif-js"}
"""npm's packages by the prefix of their files' keys."""


def licenses(npm: NpmPackages, packages: Sequence[str], wheels: Sequence[Wheel]) -> str:
    """Other people's work in the site: versions, licences, and the licence texts in the packages."""
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


def write_site_sbom(
    site: Site, root: Path, npm: NpmPackages, packages: Sequence[str], wheels: Sequence[Wheel]
) -> None:
    """Write the bill of materials of the site, whose other files are complete."""
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
