"""The site's components: licenses.txt for people, and sbom.cdx.json (CycloneDX 1.5) for programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SBOM_FILE = "sbom.cdx.json"
TEXTS = Path(__file__).with_name("licenses")
"""Licences of components that contain none, as NAME.txt."""


@dataclass(frozen=True)
class Linked:
    """A library that is linked into a part. It has no file of its own; its licence is in tools/licenses."""

    name: str
    licence: str
    version: str | None = None

    @property
    def text(self) -> str:
        """The authors' text of the licence."""
        return (TEXTS / f"{self.name}.txt").read_text(encoding="utf-8")


LINKED: Mapping[str, Sequence[Linked]] = {
    "pyodide": (
        Linked("cpython", "PSF-2.0", "3.14.2"),
        Linked("musl", "MIT"),
        Linked("zlib", "Zlib"),
        Linked("bzip2", "bzip2-1.0.6"),
        Linked("xz", "0BSD"),
        Linked("zstd", "BSD-3-Clause"),
        Linked("libffi", "MIT"),
        Linked("sqlite", "blessing"),
    ),
    "libheif-js": (Linked("libde265", "LGPL-3.0-or-later", "1.0.15"),),
    "pillow": (
        Linked("libjpeg-turbo", "IJG AND BSD-3-Clause AND Zlib"),
        Linked("libwebp", "BSD-3-Clause"),
        Linked("lcms2", "MIT"),
        Linked("libtiff", "libtiff"),
        Linked("zlib", "Zlib"),
    ),
}
"""By part; libraries whose licence is in the part's own package are not listed."""

PACKED = (
    "files that the page does not use are left out; comments and docstrings are removed from the sources, but"
    " for notices of copyright; part of the sources is compiled. See tools/packing in Hushmark's sources."
)
"""What is changed in the standard library and in wheels for the site."""
TRIMMED = (
    "functions that the networks do not call are left out of one of the WebAssembly files, which is there"
    " as a whole, too. See tools/trimming in Hushmark's sources."
)

LICENCES = {
    "cbor2": "MIT",
    "micropip": "MPL-2.0",
    "numpy": "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
    "pillow": "MIT-CMU",
    "pillow-avif": "MIT-CMU AND BSD-2-Clause",
    "safetensors": "Apache-2.0",
}
"""SPDX expressions of the wheels, since the metadata of some have only words."""


@dataclass(frozen=True)
class Component:
    """A package in the site.

    `purl`: its package URL; `sources`: SHA-256 by name of the files that were taken from it; `changes`: how
    they were changed, if at all.
    """

    name: str
    version: str
    licence: str
    purl: str
    sources: Mapping[str, str]
    changes: str = ""


def npm_component(name: str, version: str, licence: str, sources: Mapping[str, str]) -> Component:
    """One from npm."""
    changes = {"pyodide": f"The standard library: {PACKED}", "onnxruntime-web": TRIMMED}.get(name, "")
    return Component(name, version, licence, f"pkg:npm/{name}@{version}", sources, changes)


def wheel_component(
    name: str, version: str, sources: Mapping[str, str], *, is_codec: bool = False
) -> Component:
    """A wheel that others wrote; `sources` has its SHA-256 before packing.

    `is_codec`: a part of another package, which is not packed and is in no index by itself.
    """
    changes = "" if is_codec else f"The wheel: {PACKED}"
    index = "generic" if is_codec else "pypi"
    return Component(name, version, LICENCES[name], f"pkg:{index}/{name}@{version}", sources, changes)


def write_sbom(
    folder: Path, version: str, components: Sequence[Component], owners: Mapping[str, str]
) -> None:
    """Write the bill of materials of a site whose other files are complete.

    `version`: Hushmark's; `owners`: the component's name by the URL of each file that is not ours. Compressed
    forms have the owner of their file.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        url = path.relative_to(folder).as_posix()
        owner = owners.get(url.removesuffix(".br").removesuffix(".gz"), "hushmark")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.setdefault(owner, []).append(
            {"type": "file", "name": url, "hashes": [{"alg": "SHA-256", "content": digest}]}
        )
    own = Component("hushmark", version, "Apache-2.0", f"pkg:pypi/hushmark@{version}", {})
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "Hushmark", "version": version}},
        "components": [_entry(component, files.get(component.name, [])) for component in (own, *components)],
    }
    (folder / SBOM_FILE).write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def _entry(component: Component, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    linked = [
        {
            "type": "library",
            "bom-ref": f"{component.purl}#{part.name}",
            "name": part.name,
            **({"version": part.version} if part.version else {}),
            "purl": f"pkg:generic/{part.name}" + (f"@{part.version}" if part.version else ""),
            "licenses": [{"expression": part.licence}],
        }
        for part in LINKED.get(component.name, ())
    ]
    return {
        "type": "library",
        "bom-ref": component.purl,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
        "licenses": [{"expression": component.licence}],
        **({"pedigree": {"notes": component.changes}} if component.changes else {}),
        "components": [*linked, *files],
        "properties": [
            {"name": f"hushmark:taken-sha256:{name}", "value": digest}
            for name, digest in component.sources.items()
        ],
    }
