"""Folders and addresses of manifests: see `credentials.publishing`."""

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from ..credentials import publishing
from ..credentials.manifest import MOST_BYTES
from ..credentials.publishing import Fetch
from ..errors import ManifestsUnreachable
from . import batch

_WEB = ("https://", "http://")
_SECONDS = 20
"""For an answer to begin, and for all of it."""


def fetcher(place: str) -> Fetch:
    """A function that gets the files of a folder or an address; it raises ManifestsUnreachable."""

    async def from_web(path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{place.rstrip('/')}/{path}", timeout=_SECONDS) as answer:
                return _limited(_body(answer), place)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise ManifestsUnreachable(place, f"{error.code} {error.reason}") from error
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", None) or str(error).strip() or type(error).__name__
            raise ManifestsUnreachable(place, str(reason)) from error

    async def from_folder(path: str) -> bytes | None:
        folder = Path(place)
        try:
            if not folder.is_dir():
                raise ManifestsUnreachable(place, "it is no folder, and no address that begins with https://")
            with (folder / path).open("rb") as file:
                return _limited(file.read(MOST_BYTES + 1), place)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ManifestsUnreachable(place, error.strerror or "cannot be read") from error

    return from_web if place.startswith(_WEB) else from_folder


def publish(folder: Path, store: bytes, values: list[str]) -> Path:
    """Put a manifest into a folder, to be found by these marks -> its file. Raises HushmarkError."""
    try:
        identifier = publishing.identifier_of(store)
        file = folder / publishing.manifest_path(identifier)
        lists = {}
        for value in values:
            path = folder / publishing.binding_path(value)
            listed = path.read_bytes() if path.exists() else None
            lists[path] = publishing.with_match(listed, identifier)
    except ValueError as error:
        raise ManifestsUnreachable(str(folder), str(error)) from error
    except OSError as error:
        raise batch.file_problem(folder, error) from error
    batch.store(file, store)
    for path, listed in lists.items():
        batch.store(path, listed)
    services = folder / publishing.SERVICES
    if not services.exists():
        batch.store(services, publishing.services())
    return file


def _body(answer: HTTPResponse) -> bytes:
    """All of it, up to one byte too many. Raises TimeoutError where it takes too long as a whole."""
    read, end = bytearray(), time.monotonic() + _SECONDS
    while len(read) <= MOST_BYTES and (part := answer.read1(MOST_BYTES + 1 - len(read))):
        read += part
        if time.monotonic() > end:
            raise TimeoutError("the answer takes too long")
    return bytes(read)


def _limited(data: bytes, place: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise ManifestsUnreachable(place, "a file in it is too large")
    return data
