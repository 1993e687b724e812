"""Azure's Blob service on this machine: the part of its REST API that our store uses.

Microsoft's own emulator, Azurite, is 235 npm packages of 360 MB, so it is not used. Requests have to be
signed for this account; the signature is not verified.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "devstoreaccount1"
"""The usual account name of Azure emulators."""


class _Service(ThreadingHTTPServer):
    def __init__(self, files: dict[str, bytes], kinds: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = files
        self.kinds = kinds


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Service

    def do_GET(self) -> None:
        path, query = self._asked()
        if query.get("comp") == ["list"]:
            self._list(path, query["prefix"][0] if "prefix" in query else "", "delimiter" in query)
        elif path in self.server.files:
            self._answer(200, self.server.files[path])
        else:
            self._answer(404)

    do_HEAD = do_GET

    def do_PUT(self) -> None:
        path, _ = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        copied = self.headers.get("x-ms-copy-source")
        if copied is None:
            self.server.files[path] = body
            self.server.kinds[path] = self.headers.get("x-ms-blob-content-type", "")
        else:
            source = self._path(copied)
            self.server.files[path] = self.server.files[source]
            self.server.kinds[path] = self.server.kinds[source]
        self._answer(201 if copied is None else 202)

    def do_POST(self) -> None:
        """A batch: deletes, each an HTTP request in a part of the body."""
        self._asked()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answers = []
        for number, address in enumerate(re.findall(r"^DELETE (\S+) HTTP", body, re.MULTILINE)):
            is_there = self.server.files.pop(self._path(address), None) is not None
            code = "202 Accepted" if is_there else "404 Not Found"
            head = f"Content-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
            answers.append(f"--answers\r\n{head}HTTP/1.1 {code}\r\n\r\n")
        self._answer(202, f"{''.join(answers)}--answers--\r\n".encode(), "multipart/mixed; boundary=answers")

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        """The container and key, and the query."""
        assert self.headers["Authorization"].startswith(f"SharedKey {ACCOUNT}:")
        return self._path(self.path), parse_qs(urlsplit(self.path).query)

    @staticmethod
    def _path(address: str) -> str:
        return unquote(urlsplit(address).path).removeprefix(f"/{ACCOUNT}/")

    def _list(self, container: str, prefix: str, folders: bool) -> None:
        found: dict[str, str] = {}
        for path, data in sorted(self.server.files.items()):
            key = path.removeprefix(f"{container}/")
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if folders and "/" in rest:
                folder = escape(prefix + rest[: rest.index("/") + 1])
                found[folder] = f"<BlobPrefix><Name>{folder}</Name></BlobPrefix>"
            else:
                found[key] = (
                    f"<Blob><Name>{escape(key)}</Name><Properties><Last-Modified>{formatdate(usegmt=True)}"
                    f"</Last-Modified><Etag>e</Etag><Content-Type>image/jpeg</Content-Type>"
                    f"<Content-Length>{len(data)}</Content-Length></Properties></Blob>"
                )
        parts = "".join(found.values())
        text = f"<EnumerationResults><Blobs>{parts}</Blobs><NextMarker/></EnumerationResults>"
        self._answer(200, f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode())

    def _answer(self, code: int, data: bytes = b"", kind: str = "application/xml") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"e"')
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """No line for each request."""


@contextmanager
def running(files: dict[str, bytes], kinds: dict[str, str]) -> Iterator[str]:
    """The address of a service that has these files and their MIME types, by container and key."""
    with _Service(files, kinds) as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{service.server_port}"
        finally:
            service.shutdown()
            thread.join()
