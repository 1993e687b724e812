"""Serves the built site on this machine, with the headers that a public server has to send as well."""

from __future__ import annotations

import os
import re
import sys
import urllib.parse
from collections.abc import Collection
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".onnx": "application/octet-stream",
    ".png": "image/png",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".whl": "application/zip",
    ".zip": "application/zip",
}
# In the server's order of preference: Content-Encoding and the ending of the file that holds it.
ENCODINGS = {"br": ".br", "gzip": ".gz"}
# Names in these folders have a content hash: the file at such a URL never changes.
HASHED = ("assets/", "codecs/", "pyodide-", "wheels/")

PIECE = 1 << 16
"""Bytes that are read and sent at a time."""
LONGEST_RANGE = 100
"""Most characters of a Range header: a number of thousands of digits would only cost time."""

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")


def origins(text: str) -> tuple[str, ...]:
    """The origins in a text, separated by spaces. Raises ValueError for anything else."""
    for origin in text.split():
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin} is no origin, such as https://manifests.example.org.")
    return tuple(text.split())


def _permitted() -> tuple[str, ...]:
    """The origins that the builder of the site permits, besides the site itself."""
    try:
        return origins(os.environ.get("HUSHMARK_MANIFESTS", ""))
    except ValueError as error:
        sys.exit(f"HUSHMARK_MANIFESTS: {error}")


CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Pyodide and onnxruntime-web compile WebAssembly, and verified scripts run from memory.
        "script-src 'self' blob: 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "img-src 'self' blob: data:",  # the user's own pictures
        " ".join(("connect-src 'self'", *_permitted())),  # addresses of published manifests
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types hushmark",
    )
)
SECURITY_HEADERS = {
    # The first two make the page cross-origin isolated, without which there are no threads.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # The Read screen uses the camera when people want it. No other such feature is used.
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
}


class SiteServer(ThreadingHTTPServer):
    """An HTTP server of one folder. `url` is where it listens; stop it with shutdown() and server_close()."""

    @property
    def url(self) -> str:
        """The address of the page."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Log nothing when the browser closed the connection, as it does when a worker is terminated."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed wants a socket


def make_server(folder: Path, port: int = 0) -> SiteServer:
    """A server of this folder on this machine's own address; port 0 takes a free one.

    It listens at once and answers while serve_forever() runs, in a thread if need be.
    Raises OSError if the port cannot be used.
    """
    return SiteServer(("127.0.0.1", port), partial(SiteHandler, folder.resolve()))


def choose_encoding(accept: str, available: Collection[str]) -> str | None:
    """The best Content-Encoding among those available for an Accept-Encoding header; None is the file itself.

    With equal quality values, the earlier in ENCODINGS is taken.
    """
    quality = {}
    for item in accept.lower().split(","):
        name, _, parameters = item.partition(";")
        key, _, value = parameters.partition("=")
        try:
            quality[name.strip()] = float(value) if key.strip() == "q" else 1.0
        except ValueError:
            quality[name.strip()] = 0.0
    anything = quality.get("*", 0.0)
    best = max(
        (encoding for encoding in ENCODINGS if encoding in available),
        key=lambda encoding: quality.get(encoding, anything),
        default=None,
    )
    return best if best and quality.get(best, anything) > 0 else None


def choose_range(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for, of a file of this size.

    None for all of it, as when the header asks for several ranges, in another unit or in no known form; empty
    when there are no such bytes.
    """
    match = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", header.strip())
    if not match or len(header) > LONGEST_RANGE or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1) if last else size)


class SiteHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from one folder; the rest is 404 or 501."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, folder: Path, *args: object) -> None:
        self.folder = folder
        super().__init__(*args)  # type: ignore[arg-type]  # the server's own arguments, passed through

    def version_string(self) -> str:
        """The Server header, without the Python version that the library adds."""
        return "hushmark"

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send a file's headers."""
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        path = self._find()
        if path is None:
            self._refuse(with_body)
            return
        name = path.relative_to(self.folder).as_posix()
        available = [code for code, ending in ENCODINGS.items() if _beside(path, ending).is_file()]
        encoding = choose_encoding(self.headers.get("Accept-Encoding", ""), available)
        body = _beside(path, ENCODINGS[encoding]) if encoding else path
        with body.open("rb") as file:
            facts = body.stat()
            etag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
            fresh = _names_etag(self.headers.get("If-None-Match", ""), etag)
            # A range is sent only of the file that If-Range names; another file is sent whole.
            wanted = self.headers.get("Range", "") if self.headers.get("If-Range", etag) == etag else ""
            part = choose_range(wanted if self.command == "GET" else "", facts.st_size)
            status = _status_of(part, fresh)
            part = range(facts.st_size) if part is None else part
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Accept-Ranges", "bytes")
            if status == HTTPStatus.PARTIAL_CONTENT:
                self.send_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{facts.st_size}")
            elif status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.send_header("Content-Range", f"bytes */{facts.st_size}")
            if available:
                self.send_header("Vary", "Accept-Encoding")
            forever = name.startswith(HASHED)
            self.send_header(
                "Cache-Control", "public, max-age=31536000, immutable" if forever else "no-cache"
            )
            if not fresh:
                self.send_header("Content-Type", MIME_TYPES.get(path.suffix, "application/octet-stream"))
                self.send_header("Content-Length", str(len(part)))
                if encoding:
                    self.send_header("Content-Encoding", encoding)
            self.end_headers()
            if with_body and not fresh:
                self._send(file, part)

    def _send(self, file: BinaryIO, part: range) -> None:
        file.seek(part.start)
        left = len(part)
        while left and (data := file.read(min(left, PIECE))):
            self.wfile.write(data)
            left -= len(data)

    def _find(self) -> Path | None:
        """The file that the URL names; None if there is none in the folder."""
        name = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).lstrip("/") or "index.html"
        if "\0" in name or name.endswith(tuple(ENCODINGS.values())):
            return None
        try:
            # Resolving before comparing also refuses links that lead out of the folder.
            path = (self.folder / name).resolve()
            return path if path.is_relative_to(self.folder) and self._is_inside(path) else None
        except (OSError, RuntimeError, ValueError):
            # The name is too long, a circle of links, or not a valid file name.
            return None

    def _is_inside(self, path: Path) -> bool:
        """Whether this is a file, and neither it nor a compressed form of it is a link out of the folder."""
        forms = [form for ending in ENCODINGS.values() if (form := _beside(path, ending)).is_file()]
        return path.is_file() and all(form.resolve().is_relative_to(self.folder) for form in forms)

    def _refuse(self, with_body: bool) -> None:
        text = b"There is no such file here.\n"
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", MIME_TYPES[".txt"])
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if with_body:
            self.wfile.write(text)

    def end_headers(self) -> None:
        """Close the headers, with those that every answer has."""
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log only requests that were not found: loading the page takes some 30 requests."""
        if int(code) >= HTTPStatus.BAD_REQUEST:
            super().log_request(code, size)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _status_of(part: range | None, fresh: bool) -> HTTPStatus:
    """The status of an answer with this part of a file, None for all of it. `fresh`: the browser has it."""
    if fresh:
        return HTTPStatus.NOT_MODIFIED
    if part is None:
        return HTTPStatus.OK
    return HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def _names_etag(header: str, etag: str) -> bool:
    """Whether an If-None-Match header has this ETag, strong or weak."""
    names = [name.strip().removeprefix("W/") for name in header.split(",")]
    return etag in names or "*" in names
