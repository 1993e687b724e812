"""Where the wheels come from: a folder of this machine, Pyodide's CDN, or a build from source."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import urllib.request
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tools.cache import cache_folder, put, put_bytes
from tools.wheels.from_source import build, pyodide_version
from tools.wheels.lock import Lock, Pin, WheelError, read_lock, sha256

Origin = Literal["local", "official", "source"]
Say = Callable[[str], None]

# For connecting and for each read: without the CDN, the next source must be tried soon.
TIMEOUT_SECONDS = 5
# Hashes of our own builds, beside the wheels: another day's Debian can give other bytes than the lock's.
BUILT_FILE = "built.json"


@dataclass(frozen=True)
class Wheel:
    """A wheel whose hash has been checked."""

    name: str
    version: str
    path: Path
    sha256: str
    origin: Origin


def _named_folder() -> Path | None:
    named = os.environ.get("HUSHMARK_WHEELS")
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise WheelError(f"HUSHMARK_WHEELS is {named}, which is no folder: correct it or unset it")
    return folder


def _built_here(folder: Path) -> Mapping[str, str]:
    try:
        built: dict[str, str] = json.loads((folder / BUILT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return built


def _find_in(folder: Path, pin: Pin) -> Wheel | None:
    """The wheel in this folder, if there is one. Raises WheelError if it is not what it should be."""
    for artifact in pin.artifacts:
        path = folder / artifact.file
        if path.is_file():
            digest = sha256(path)
            if digest in (*pin.accepted(artifact.file), _built_here(folder).get(path.name)):
                return Wheel(pin.name, artifact.version, path, digest, "local")
            raise WheelError(
                f"{path} is not the wheel that tools/wheels/lock.json names (its SHA-256 is"
                f" {digest}): it was altered or is another build; delete it and run this again"
            )
    return None


def _cdn_url(packages_dir: Path, lock: Lock) -> str:
    """The address of Pyodide's CDN, from the npm package. Raises WheelError."""
    package = packages_dir / "pyodide"
    version = pyodide_version(package)
    if version is None:
        raise WheelError(f"there is no pyodide in {packages_dir} to tell the CDN's address")
    if version != lock.pyodide:
        raise WheelError(f"{package} is version {version}, but the wheels are for {lock.pyodide}")
    script = (package / "pyodide.mjs").read_text(encoding="utf-8")
    found = re.search(r"`(https?://[^`$\s]+)\$\{\w+\}(/full/)`", script)
    if not found:
        raise WheelError(f"{package}/pyodide.mjs does not tell the CDN's address")
    return f"{found[1]}{version}{found[2]}"


def _download(url: str, pin: Pin, cache: Path) -> Wheel:
    """Fetch the official wheel. Raises WheelError if it cannot be fetched whole and unaltered."""
    assert pin.official is not None
    file, digests = pin.official.file, pin.official.sha256

    def write(path: Path) -> None:
        answer = urllib.request.urlopen(url + file, timeout=TIMEOUT_SECONDS)
        with answer, path.open("wb") as out:
            shutil.copyfileobj(answer, out)
        if sha256(path) not in digests:
            raise WheelError(f"{url}{file} does not have the SHA-256 of tools/wheels/lock.json")

    try:
        path = put(cache, file, write)
    except (OSError, http.client.HTTPException) as error:
        raise WheelError(f"{url}{file} cannot be had ({error})") from error
    return Wheel(pin.name, pin.official.version, path, sha256(path), "official")


def keep(wheel: Wheel, folder: Path) -> Wheel:
    """Copy a wheel to a folder where find_wheels finds it later. Raises OSError."""
    pin = next(pin for pin in read_lock().pins if pin.name == wheel.name)
    file = wheel.path.name
    if wheel.sha256 not in pin.accepted(file):
        built = json.dumps({**_built_here(folder), file: wheel.sha256}, indent=2, sort_keys=True)
        put_bytes(folder, BUILT_FILE, built.encode())
    path = put_bytes(folder, file, wheel.path.read_bytes())
    return replace(wheel, path=path)


def build_wheels(
    names: Collection[str], packages_dir: Path, work: Path | None = None, say: Say = print
) -> list[Wheel]:
    """Build these wheels from source and keep them in the cache folder.

    `work`: folder for the build's files (some 3 GB), which stay there; without it, they go beside the
    cache folder and are removed after a successful build. Raises WheelError.
    """
    lock, cache = read_lock(), cache_folder("wheels")
    folder = work or cache.with_name("wheels-build")
    say(f"wheels: building {', '.join(names)} from source: minutes; the logs are in {folder / 'logs'}")
    paths = build(names, lock, folder, packages_dir, say)
    wheels = []
    for pin in lock.pins:
        if pin.name in names:
            path = paths[pin.name]
            wheel = Wheel(pin.name, pin.source.version, path, sha256(path), "source")
            if wheel.sha256 not in pin.source.sha256:
                say(f"{path.name}: other bytes than the lock's build, as after a compiler's update")
            wheels.append(keep(wheel, cache))
    if work is None:
        shutil.rmtree(folder)
    return wheels


def find_wheels(packages_dir: Path, say: Say = print) -> list[Wheel]:
    """The wheels that the page needs, in the lock file's order, each with its hash checked.

    Optional ones are left out where they cannot be made.

    `packages_dir` is node_modules, with pyodide in it. The sources, in order: the folder
    $HUSHMARK_WHEELS; the cache folder; Pyodide's CDN; a build from source, which takes minutes.
    What is downloaded or built goes to the cache folder, so that a second run needs no network.
    `say`: called with a line whenever the next source has to be tried.

    Raises WheelError if a file found is not what the lock file names, or if no source has a wheel.
    """
    lock, cache, named = read_lock(), cache_folder("wheels"), _named_folder()
    folders = [named, cache] if named else [cache]
    found: dict[str, Wheel] = {}

    def missing() -> list[Pin]:
        return [pin for pin in lock.pins if pin.name not in found]

    for folder in folders:
        for pin in missing():
            if wheel := _find_in(folder, pin):
                found[pin.name] = wheel
    official = [pin for pin in missing() if pin.official is not None]
    if official:
        names = ", ".join(pin.name for pin in official)
        say(f"wheels: no {names} in {' or '.join(map(str, folders))}: trying Pyodide's CDN")
        try:
            url = _cdn_url(packages_dir, lock)
            for pin in official:
                found[pin.name] = _download(url, pin, cache)
        except WheelError as error:
            say(f"wheels: {error}")
    if lacking := [pin.name for pin in missing()]:
        try:
            built = build_wheels(lacking, packages_dir, say=say)
        except WheelError as error:
            # Build the required ones alone: perhaps only optional ones cannot be built.
            needed = [pin.name for pin in missing() if not pin.is_optional]
            if needed == lacking:
                raise
            left_out = ", ".join(name for name in lacking if name not in needed)
            say(f"wheels: the page does without {left_out}, which could not be made: {error}")
            built = build_wheels(needed, packages_dir, say=say) if needed else []
        found |= {wheel.name: wheel for wheel in built}
    return [found[pin.name] for pin in lock.pins if pin.name in found]
