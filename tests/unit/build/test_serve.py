"""The local server, asked over a real connection."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from build import make_server
from tools.serve import SECURITY_HEADERS, SiteServer, choose_encoding, choose_range, origins

PAGE = b"<!doctype html><title>page</title>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SiteServer]:
    (tmp_path / "secret.txt").write_text("not for the web")
    site = tmp_path / "site"
    files = {
        "index.html": PAGE,
        "manifest.json": b"{}",
        "assets/main-0123456789.js": b"the script itself",
        "assets/main-0123456789.js.br": b"as brotli",
        "assets/main-0123456789.js.gz": b"as gzip",
        "assets/ort-0123456789.wasm": b"\0asm",
        "assets/ort-0123456789.mjs": b"export {}",
        "assets/encoder-0123456789.onnx": b"graph",
        "assets/encoder-0123456789.safetensors": b"weights",
        "assets/with space.txt": b"spaced",
        "wheels/0123456789/numpy-2.4.6-py3-none-any.whl": b"PK",
        "pyodide-314.0.7-0123456789/python_stdlib.zip": b"PK",
        "pyodide-314.0.7-0123456789/pyodide.mjs": b"export {}",
    }
    for name, data in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(data)
    (site / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (site / "assets" / "ort-0123456789.mjs.br").symlink_to(tmp_path / "secret.txt")
    (site / "circle").symlink_to(site / "circle")
    with make_server(site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(
    server: SiteServer, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request with exactly this path and these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_root_is_the_page(server: SiteServer) -> None:
    response, body = ask(server, "/")
    assert (response.status, body) == (200, PAGE)
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/index.html", "text/html; charset=utf-8"),
        ("/manifest.json", "application/json"),
        ("/assets/main-0123456789.js", "text/javascript; charset=utf-8"),
        ("/pyodide-314.0.7-0123456789/pyodide.mjs", "text/javascript; charset=utf-8"),
        ("/assets/ort-0123456789.wasm", "application/wasm"),
        ("/assets/encoder-0123456789.onnx", "application/octet-stream"),
        ("/assets/encoder-0123456789.safetensors", "application/octet-stream"),
        ("/wheels/0123456789/numpy-2.4.6-py3-none-any.whl", "application/zip"),
    ],
)
def test_mime_type(server: SiteServer, path: str, expected: str) -> None:
    assert ask(server, path)[0].headers["Content-Type"] == expected


@pytest.mark.parametrize("path", ["/", "/manifest.json", "/assets/ort-0123456789.wasm", "/nothing-here"])
def test_every_answer_is_isolated_and_guarded(server: SiteServer, path: str) -> None:
    headers = ask(server, path)[0].headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=()")
    # All of it, since one source more lets others in. index.html has the same: see test_build.py.
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'self'",
        "script-src 'self' blob: 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "style-src 'self'",
        *(f"{kind} 'none'" for kind in ("object-src", "base-uri", "frame-ancestors", "form-action")),
        "require-trusted-types-for 'script'",
        "trusted-types hushmark",
    }


def test_the_page_may_ask_its_own_site_and_what_the_builder_permits() -> None:
    assert "connect-src 'self'" in SECURITY_HEADERS["Content-Security-Policy"].split("; ")
    assert origins("") == ()
    both = "https://manifests.example.org http://127.0.0.1:8000"
    assert origins(f" {both} ") == tuple(both.split())
    for wrong in (
        "https:",
        "*",
        "https://*.example.org",
        "https://a.org/m",
        "a.org",
        "https://a.org;x",
        "'self'",
    ):
        with pytest.raises(ValueError, match="is no origin"):
            origins(wrong)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "no-cache"),
        ("/manifest.json", "no-cache"),
        ("/assets/main-0123456789.js", "public, max-age=31536000, immutable"),
        ("/pyodide-314.0.7-0123456789/python_stdlib.zip", "public, max-age=31536000, immutable"),
        ("/wheels/0123456789/numpy-2.4.6-py3-none-any.whl", "public, max-age=31536000, immutable"),
        ("/nothing-here", "no-cache"),
    ],
)
def test_only_hashed_names_are_kept_for_ever(server: SiteServer, path: str, expected: str) -> None:
    assert ask(server, path)[0].headers["Cache-Control"] == expected


@pytest.mark.parametrize(
    ("accept", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"as brotli"),
        ("gzip", "gzip", b"as gzip"),
        ("", None, b"the script itself"),
        ("zstd", None, b"the script itself"),
    ],
)
def test_compressed_form_for_those_who_take_it(
    server: SiteServer, accept: str, encoding: str | None, body: bytes
) -> None:
    response, received = ask(server, "/assets/main-0123456789.js", {"Accept-Encoding": accept})
    assert response.headers["Content-Encoding"] == encoding
    assert received == body
    assert response.headers["Content-Length"] == str(len(body))
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=1.0, gzip;q=1.0", "br"),
        ("BR", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0.1, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("br;q=nonsense", None),
        ("identity", None),
    ],
)
def test_encoding_follows_quality_values(accept: str, expected: str | None) -> None:
    assert choose_encoding(accept, {"br", "gzip"}) == expected


def test_encoding_is_one_that_is_there() -> None:
    assert choose_encoding("br, gzip;q=0.1", {"gzip"}) == "gzip"
    assert choose_encoding("br, gzip", set()) is None


def test_file_without_compressed_form_does_not_vary(server: SiteServer) -> None:
    headers = ask(server, "/assets/ort-0123456789.wasm", {"Accept-Encoding": "br"})[0].headers
    assert headers["Content-Encoding"] is None
    assert headers["Vary"] is None


def test_unchanged_file_is_not_sent_again(server: SiteServer) -> None:
    etag = ask(server, "/")[0].headers["ETag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response, body = ask(server, "/", {"If-None-Match": header})
        assert (response.status, body) == (304, b"")
        assert response.headers["ETag"] == etag
    response, body = ask(server, "/", {"If-None-Match": '"other"'})
    assert (response.status, body) == (200, PAGE)


def test_changed_file_has_another_etag(server: SiteServer, tmp_path: Path) -> None:
    etag = ask(server, "/")[0].headers["ETag"]
    (tmp_path / "site" / "index.html").write_bytes(PAGE + b"changed")
    response, body = ask(server, "/", {"If-None-Match": etag})
    assert (response.status, body) == (200, PAGE + b"changed")


def test_compressed_form_has_its_own_etag(server: SiteServer) -> None:
    path = "/assets/main-0123456789.js"
    tags = {
        ask(server, path, {"Accept-Encoding": accept})[0].headers["ETag"] for accept in ("br", "gzip", "")
    }
    assert len(tags) == 3


def test_head_has_the_headers_without_the_body(server: SiteServer) -> None:
    response, body = ask(server, "/", method="HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["Content-Length"] == str(len(PAGE))
    response, body = ask(server, "/nothing-here", method="HEAD")
    assert (response.status, body) == (404, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent_to_it(server: SiteServer, method: str) -> None:
    assert ask(server, "/", method=method)[0].status == 501


@pytest.mark.parametrize(
    "path",
    [
        "/nothing-here",
        "/assets",
        "/assets/",
        "/assets/main-0123456789.js.br",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//../secret.txt",
        "/leak.txt",
        "/index.html%00.js",
        "/circle",
        f"/{'a' * 300}",
        f"/{'a/' * 5000}b",
        "/index.html/more",
        "/%ff%fe",
    ],
)
def test_what_is_not_in_the_site_is_not_found(server: SiteServer, path: str) -> None:
    response, body = ask(server, path)
    assert response.status == 404
    assert b"not for the web" not in body


def test_query_and_escapes_do_not_matter(server: SiteServer) -> None:
    assert ask(server, "/index.html?a=b")[1] == PAGE
    assert ask(server, "/assets/with%20space.txt")[1] == b"spaced"


def test_connection_serves_many_requests(server: SiteServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    for path, status in (("/", 200), ("/nothing-here", 404), ("/manifest.json", 200)):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == status
    connection.close()


def test_port_in_use_is_an_error(server: SiteServer, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        make_server(tmp_path, server.server_port)


def test_a_compressed_form_that_leads_out_is_not_followed(server: SiteServer) -> None:
    response, body = ask(server, "/assets/ort-0123456789.mjs", {"Accept-Encoding": "br"})
    assert response.status == 404
    assert b"not for the web" not in body


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-3", range(4)),
        ("bytes=4-", range(4, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=8-99", range(8, 10)),
        ("bytes=0-0, 2-3", None),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("lines=0-3", None),
        ("nonsense", None),
        ("", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_range_of_ten_bytes(header: str, expected: range | None) -> None:
    assert choose_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_range_outside_is_empty(header: str) -> None:
    assert choose_range(header, 10) == range(0)


def test_part_of_a_file_is_sent(server: SiteServer) -> None:
    response, body = ask(server, "/", {"Range": "bytes=2-8"})
    assert (response.status, body) == (206, PAGE[2:9])
    assert response.headers["Content-Range"] == f"bytes 2-8/{len(PAGE)}"
    assert response.headers["Content-Length"] == "7"
    assert response.headers["Accept-Ranges"] == "bytes"


def test_part_of_a_compressed_form_is_one_of_its_bytes(server: SiteServer) -> None:
    headers = {"Accept-Encoding": "br", "Range": "bytes=3-"}
    response, body = ask(server, "/assets/main-0123456789.js", headers)
    assert (response.status, body) == (206, b"as brotli"[3:])
    assert response.headers["Content-Encoding"] == "br"


def test_part_that_is_not_there_is_refused(server: SiteServer) -> None:
    response, body = ask(server, "/", {"Range": f"bytes={len(PAGE)}-"})
    assert (response.status, body) == (416, b"")
    assert response.headers["Content-Range"] == f"bytes */{len(PAGE)}"


def test_part_is_one_of_the_file_that_if_range_names(server: SiteServer, tmp_path: Path) -> None:
    etag = ask(server, "/")[0].headers["ETag"]
    headers = {"Range": "bytes=0-1", "If-Range": etag}
    assert ask(server, "/", headers)[0].status == 206
    (tmp_path / "site" / "index.html").write_bytes(PAGE + b"changed")
    response, body = ask(server, "/", headers)
    assert (response.status, body) == (200, PAGE + b"changed")


def test_head_has_no_parts(server: SiteServer) -> None:
    response, _ = ask(server, "/", {"Range": "bytes=0-1"}, method="HEAD")
    assert (response.status, response.headers["Content-Length"]) == (200, str(len(PAGE)))
