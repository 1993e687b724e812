"""Manifests in a folder that any web server can serve, where they are found by the value of a mark.

It has the shape of C2PA's soft binding resolution API as far as static files can:

    by-binding/ALGORITHM/VALUE.json      GET /matches/byBinding, with the value in hex digits
    manifests/IDENTIFIER.c2pa            GET /manifests/{manifestId}, with "_" for each ":"
    services/supportedAlgorithms.json    GET /services/supportedAlgorithms
"""

import json
import re
from collections.abc import Awaitable, Callable

from .binding import ALGORITHM
from .cose import Verify
from .manifest import PictureManifest, active, read_store

Fetch = Callable[[str], Awaitable[bytes | None]]
"""The bytes of the file at a path, with "/" in it, under a folder or an address; None where there is none."""

SERVICES = "services/supportedAlgorithms.json"
MOST_MATCHES = 20
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,199}")


def services() -> bytes:
    """The list of what the folder offers."""
    return _json({"watermarks": [{"alg": ALGORITHM}], "fingerprints": []})


def binding_path(value: str) -> str:
    """Where the manifests of a mark are named. `value`: hex digits."""
    return f"by-binding/{ALGORITHM}/{value}.json"


def manifest_path(identifier: str) -> str:
    """Where a manifest lies. Raises ValueError for an identifier that could lead elsewhere."""
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError("an identifier of an odd form")
    return f"manifests/{identifier.replace(':', '_')}.c2pa"


def with_match(listed: bytes | None, identifier: str) -> bytes:
    """A list of matches, or a new one, with this manifest as the first. Raises ValueError."""
    known = [] if listed is None else _identifiers(listed)
    names = [identifier, *(name for name in known if name != identifier)]
    return _json({"matches": [{"manifestId": name} for name in names]})


async def recover(mark: bytes, fetch: Fetch, verify: Verify) -> PictureManifest | None:
    """The first manifest listed for a mark's value that names this mark and holds.

    None where there is none. What `fetch` raises is passed on.
    """
    listed = await fetch(binding_path(mark.hex()))
    if listed is None:
        return None
    try:
        names = _identifiers(listed)
    except ValueError as error:
        return PictureManifest("damaged", reason=str(error))
    answer = None
    for name in names[:MOST_MATCHES]:
        store = await fetch(manifest_path(name))
        if store is None:
            continue
        manifest = await read_store(store, mark, verify)
        if manifest.verdict == "valid" or answer is None:
            answer = manifest
        if manifest.verdict == "valid":
            break
    return answer


def identifier_of(store: bytes) -> str:
    """The name of the active manifest of a store. Raises ValueError."""
    return active(store)[1].label


def _identifiers(listed: bytes) -> list[str]:
    try:
        found = json.loads(listed)
    except RecursionError as error:
        raise ValueError("lists too deep in one another") from error
    matches = found.get("matches") if isinstance(found, dict) else None
    if not isinstance(matches, list):
        raise ValueError("no list of matches")
    names = [each.get("manifestId") for each in matches if isinstance(each, dict)]
    return [name for name in names if isinstance(name, str) and _IDENTIFIER.fullmatch(name)]


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode() + b"\n"
