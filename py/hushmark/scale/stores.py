"""Where pictures lie: paths and URLs of object stores and web servers, all of them through obstore.

A location is an absolute path, or a URL such as s3://bucket/folder/photo.jpg; keys in URLs of object stores
are written without escapes. Credentials, regions and addresses come from the environment, and obstore repeats
requests that fail temporarily.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote

import obstore
from fsspec.utils import glob_translate
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import HTTPStore, LocalStore, ObjectStore, from_url

from ..errors import FileKind, FileProblem, FileTooLarge
from ..picture.picture import MAXIMUM_BYTES, PICTURE_ENDINGS

_WEB = ("http", "https")
_URL = re.compile(r"(?P<root>(?P<scheme>\w[\w+.-]*)://[^/]*)/*(?P<key>.*)", re.DOTALL)
_MAGIC = re.compile(r"[*?\[]")
_NO_LIST = "A web server lists no files. Give addresses of pictures, or a table of them"
_MOST_CHARACTERS = 300
_METADATA_SERVER = "//169.254.169.254/"
"""The last place where stores look for credentials."""


class Address(NamedTuple):
    """A location in two parts.

    `root`: of its store, without a slash at its end; `key`: its name there.
    """

    root: str
    key: str

    @property
    def location(self) -> str:
        """Both as one."""
        key = quote(self.key) if self.root.partition(":")[0] in _WEB else self.key
        return f"{self.root}/{key}"

    def store(self) -> ObjectStore:
        """The store. Raises FileProblem."""
        try:
            return _store(self.root)
        except (BaseError, OSError, ValueError) as error:
            raise problem(self.location, error) from error


class Found(NamedTuple):
    """A picture that was found.

    `location`: of it; `place`: its path below the folder where the search began.
    """

    location: str
    place: str


def address(location: str) -> Address:
    """The parts of a location, or of a path that is not absolute."""
    url = _URL.fullmatch(location)
    scheme = url["scheme"].lower() if url else "file"
    if url is None or scheme == "file":
        path = Path(os.path.normpath(Path(f"/{unquote(url['key'])}" if url else location).absolute()))
        return Address(path.anchor.rstrip("/\\"), path.relative_to(path.anchor).as_posix())
    return Address(url["root"], unquote(url["key"]) if scheme in _WEB else url["key"])


def is_local(location: str) -> bool:
    """Whether it is on this machine's disk."""
    return "://" not in location


def read(location: str) -> bytes:
    """The bytes of a file. Raises FileProblem, FileKind, FileTooLarge."""
    place = address(location)
    if is_local(location) and os.path.exists(location) and not os.path.isfile(location):
        raise FileKind(location)  # opening a pipe would wait for a writer
    store = place.store()
    try:
        found = obstore.get(store, place.key)
        if found.meta["size"] > MAXIMUM_BYTES:
            raise FileTooLarge(location, MAXIMUM_BYTES)
        return bytes(found.bytes())
    except (BaseError, OSError, ValueError) as error:  # ValueError for a key that a store cannot have
        raise problem(location, error) from error


def write(location: str, data: bytes, *, by_way_of: str, kind: str) -> None:
    """Write a file that gets its name only when it is whole, replacing an old one. Raises FileProblem.

    `by_way_of`: a folder in the same store, where it is written under a random name first; `kind`: MIME type.
    """
    place, before = address(location), address(f"{by_way_of}/{secrets.token_hex(8)}")
    store = place.store()
    try:
        attributes = None if is_local(location) else {"Content-Type": kind}
        obstore.put(store, before.key, data, attributes=attributes, use_multipart=False)
        obstore.rename(store, before.key, place.key)
    except (BaseError, OSError, NotImplementedError) as error:
        raise problem(location, error) from error


def put(location: str, data: bytes) -> None:
    """Write a small file, in one piece. Raises FileProblem."""
    place = address(location)
    try:
        obstore.put(place.store(), place.key, data, use_multipart=False)
    except (BaseError, OSError, NotImplementedError) as error:
        raise problem(location, error) from error


def remove(folder: str) -> None:
    """Delete a folder and what is in it. Raises FileProblem."""
    store = address(folder).store()
    try:
        for each in listed(folder):
            obstore.delete(store, each.key)
        if is_local(folder):
            shutil.rmtree(folder, ignore_errors=True)  # the folder itself, which stores do not have
    except (BaseError, OSError) as error:
        raise problem(folder, error) from error


def exists(location: str) -> bool:
    """Whether there is such a file. Raises FileProblem."""
    place = address(location)
    try:
        obstore.head(place.store(), place.key)
    except FileNotFoundError:
        return False
    except (BaseError, OSError) as error:
        raise problem(location, error) from error
    return True


def listed(folder: str) -> Iterator[Address]:
    """The files in a folder and in the folders in it; none where it is not there. Raises FileProblem."""
    place = address(folder)
    store = place.store()
    try:
        for part in obstore.list(store, prefix=place.key or None):
            yield from (Address(place.root, entry["path"]) for entry in part)
    except FileNotFoundError:
        return
    except (BaseError, OSError, NotImplementedError) as error:
        raise problem(folder, error) from error


def find(pattern: str) -> Iterator[Found]:
    """The files that a location, a folder or a glob pattern stands for. Raises FileProblem.

    A URL is a folder where it ends with a slash. In a folder and the folders in it, pictures are found by
    their endings. "**" in a pattern stands for any number of folders. Names that begin with a dot are left
    out, unless the pattern has the dot.
    """
    place = address(pattern)
    magic = _MAGIC.search(place.key)
    is_folder = pattern.endswith("/") or (is_local(pattern) and os.path.isdir(pattern))
    if place.root.partition(":")[0] in _WEB and (magic or is_folder):
        raise FileProblem(pattern, _NO_LIST)
    if is_folder:
        start = place.key.rstrip("/")
        for each in _visible(listed(Address(place.root, start).location), f"{start}/" if start else "", ""):
            if Path(each.place).suffix.lower() in PICTURE_ENDINGS:
                yield each
        return
    if magic is None or (is_local(pattern) and os.path.lexists(pattern)):
        yield Found(place.location, place.key.rpartition("/")[2])
        return
    start = place.key[: place.key.rfind("/", 0, magic.start()) + 1]
    fits = re.compile(glob_translate(place.key)).match
    rest = place.key[len(start) :]
    inside = (
        listed(Address(place.root, start.rstrip("/")).location)
        if re.search(r"/|\*\*", rest)
        else _beside(place, start)
    )
    yield from _visible((each for each in inside if fits(each.key)), start, rest)


def _beside(place: Address, folder: str) -> Iterator[Address]:
    """The files directly in a folder."""
    store = place.store()
    try:
        entries = obstore.list_with_delimiter(store, prefix=folder.rstrip("/") or None)["objects"]
    except FileNotFoundError:
        return
    except (BaseError, OSError, NotImplementedError) as error:
        raise problem(place.location, error) from error
    yield from (Address(place.root, entry["path"]) for entry in entries)


def _visible(files: Iterator[Address], start: str, pattern: str) -> Iterator[Found]:
    """Those without a leading dot in their names or folders, unless the pattern has it, too."""
    hidden = re.compile(r"(^|/)\.").search
    for each in files:
        place = each.key[len(start) :]
        if hidden(pattern) or not hidden(place):
            yield Found(each.location, place)


def problem(location: str, error: Exception) -> FileProblem:
    """The error of a store, or of the system, as one for people."""
    said = str(error).split("\n", 1)[0]
    if isinstance(error, FileNotFoundError):
        reason = "There is no such file"
    elif isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
        reason = "Access denied. Check the credentials, and what they allow"
    elif isinstance(error, NotImplementedError) or "NotSupported" in type(error).__name__:
        reason = "Its store cannot do that"
    elif _METADATA_SERVER in said:
        reason = "There are no credentials for it in the environment"
    else:
        reason = re.split(r": <\??\w", said)[0][:_MOST_CHARACTERS].rstrip(".")
    return FileProblem(location, reason)


@cache
def _store(root: str) -> ObjectStore:
    scheme = root.partition("://")[0] if "://" in root else ""
    if scheme in _WEB:
        return HTTPStore.from_url(root, client_options={"allow_http": scheme == "http"})
    return from_url(root) if scheme else LocalStore(f"{root}/", automatic_cleanup=True)
