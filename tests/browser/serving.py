"""Puts pages of our own beside the built site and serves both; notes down what goes elsewhere."""

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
    """The same at a host that sends no headers of the site's."""
    return _running(ThreadingHTTPServer(("127.0.0.1", 0), partial(_BareHandler, directory=str(folder))))


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that refuses all that it is asked, and the list of that ("CONNECT host:443")."""
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


def bundle(sources: list[Path], folder: Path) -> None:
    """Bundle modules that import the app's into a folder of the site, the way build.py bundles the app's."""
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
