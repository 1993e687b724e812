"""Serves the built site with pages of our own beside it, and records requests to other origins."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from threading import Thread

from build import make_server

ROOT = Path(__file__).resolve().parents[2]
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def serving(folder: Path) -> AbstractContextManager[str]:
    """The address of a folder, as long as the block runs."""
    return _running(make_server(folder))


def serving_bare(folder: Path) -> AbstractContextManager[str]:
    """The same by a host that sends none of the site's headers."""
    return _running(ThreadingHTTPServer(("127.0.0.1", 0), partial(_BareHandler, directory=str(folder))))


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that refuses all requests, and the list of these ("CONNECT host:443")."""
    asked: list[str] = []

    class Recorder(StreamRequestHandler):
        def handle(self) -> None:
            if line := self.rfile.readline().decode("latin-1"):
                asked.append(" ".join(line.split()[:2]))
                self.wfile.write(REFUSAL)

    with _running(_ThreadingServer(("127.0.0.1", 0), Recorder)) as address:
        yield address, asked


class _ThreadingServer(ThreadingTCPServer):
    daemon_threads = True


class _BareHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _running(server: TCPServer) -> Iterator[str]:
    with server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def pinned(page: str, site: Path) -> str:
    """A page of our own that belongs to the site's manifest, as index.html does."""
    digest = hashlib.sha256((site / "manifest.json").read_bytes()).hexdigest()
    return page.replace("<title>", f'<meta name="manifest-sha256" content="{digest}" /><title>')


def release(site: Path, key: str, data: bytes) -> None:
    """Turn a copy of the site into another build, in which a file of the manifest or the page differs."""
    page, manifest, script = (site / name for name in ("index.html", "manifest.json", "service-worker.js"))
    old_pins = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (page, manifest)]
    if key == "index.html":
        page.write_bytes(data)
    else:
        facts = json.loads(manifest.read_text())
        file = facts["files"][key]
        (site / file["url"]).write_bytes(data)
        file |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        manifest.write_text(json.dumps(facts))
    new_manifest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    page.write_text(page.read_text().replace(old_pins[1], new_manifest))
    new_pins = [hashlib.sha256(page.read_bytes()).hexdigest(), new_manifest]
    text = script.read_text()
    for old, new in zip(old_pins, new_pins, strict=True):
        text = text.replace(old, new)
    script.write_text(text)
    drop_compressed(site)


def release_running(site: Path, key: str, code: str) -> None:
    """Turn a copy of the site into another build, in which a script of the manifest runs `code` first."""
    facts = json.loads((site / "manifest.json").read_text())
    release(site, key, code.encode() + (site / facts["files"][key]["url"]).read_bytes())


def drop_compressed(site: Path) -> None:
    """Delete the compressed files of a copy that will be altered, so that the files themselves are sent."""
    for path in site.rglob("*"):
        if path.suffix in (".br", ".gz"):
            path.unlink()


def bundle(sources: list[Path], folder: Path) -> None:
    """Bundle modules that import the app's into a folder of the site, as build.py does."""
    subprocess.run(
        [
            ROOT / "node_modules" / ".bin" / "esbuild",
            *sources,
            "--bundle",
            "--format=esm",
            "--target=es2022",
            "--conditions=onnxruntime-web-use-extern-wasm",
            "--external:node:*",
            "--log-level=warning",
            f"--outdir={folder}",
        ],
        cwd=ROOT,
        check=True,
    )
