"""Builds the static site dist/ from the app, npm's packages, wheels and weights, and serves it here.

    python build.py                      make dist/ again; only missing wheels are fetched
    python build.py serve [--port N]     the same, then serve it and print the URL (port 0 takes a free one)
    python build.py wheel [--out DIR]    make only our own wheel and print its path
    python build.py package [--out DIR]  the same site, then dist/npm and dist/extension (for browsers)

dist/ holds manifest.json, which lists every file of the site under a key that stays the same from build to
build, and the headers that a host has to send with each:
{"version": 1, "headers": {NAME: VALUE}, "files": {KEY: {"url", "size", "sha256", "br", "gz", "part"}}}. URLs
are relative to the manifest and contain a content hash, in the file's name or in a folder's. Size and SHA-256
are of the file itself; br and gz are the sizes of its compressed forms, null where they would save nothing.
Three files are not listed: index.html, which contains the manifest's own SHA-256, so that a page runs nothing
of another build; service-worker.js, which contains that of both; and sbom.cdx.json, which lists all files by
their packages (see tools/sbom.py). Tests use the same functions:

    from build import build_site, make_server
    server = make_server(build_site())   # listens; serve_forever() in a thread, server.url, shutdown()

requirements/npm-files.sha256 has the SHA-256 of all npm files that are used, bundled or unchanged. After a
change of package-lock.json renew them: run sha256sum in node_modules on the names in that file.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.npm_package import (
    MODULE,
    PackageError,
    npm_pack,
    write_engine,
    write_extension,
    write_package,
)
from tools.serve import SiteServer, make_server
from tools.site.files import BuildError, read_input
from tools.site.notices import licenses, write_site_sbom
from tools.site.npm import NpmPackages, bundle
from tools.site.page import read_page, write_page, write_service_worker
from tools.site.parts import CODECS, add_app, add_codecs, add_icons, add_onnxruntime, add_python
from tools.site.site import Say, Site
from tools.site.weights import add_weights
from tools.wheels.find import find_wheels
from tools.wheels.lock import WheelError

__all__ = ["BuildError", "build_package", "build_site", "build_wheel", "make_server"]

ROOT = Path(__file__).resolve().parent
DEFAULT_PORT = 8765


def build_site(root: Path = ROOT, out: Path | None = None, say: Say = print) -> Path:
    """Build the site of the checkout `root` into `out` (its dist/ by default) -> that folder.

    `say`: called with lines of progress. Raises BuildError if an input is missing or altered; `out` then
    stays as it was.
    """
    out = out or root / "dist"
    # Beside the old site, so that the new one can replace it by renaming.
    with (
        _one_build_at_a_time(root),
        tempfile.TemporaryDirectory(prefix=".dist-", dir=out.parent) as temporary,
    ):
        site = Site(Path(temporary) / "site")
        page = read_page(root)
        npm = NpmPackages(root)
        add_weights(site, root / "weights")
        add_onnxruntime(site, npm)
        try:
            wheels = find_wheels(npm.folder, say=say)
        except WheelError as error:
            raise BuildError(str(error)) from error
        bundles = Path(temporary) / "bundles"
        bundled = add_app(site, root, npm, bundles)
        add_icons(site, root / "app")
        own_wheel = build_wheel(Path(temporary), root, weights=False)
        add_codecs(site, npm, wheels)
        paths = {wheel.name: wheel.path for wheel in wheels if wheel.name not in CODECS}
        paths["hushmark"] = own_wheel
        add_python(site, npm, paths, Path(temporary) / "packing")
        packages = sorted({*bundled, "pyodide", "onnxruntime-web"})
        site.add("licenses.txt", "page", "licenses.txt", licenses(npm, packages, wheels).encode())
        manifest = site.write_manifest(say)
        build_id = write_page(site.folder, site.files, page, manifest, say)
        write_service_worker(site.folder, bundles, build_id, manifest)
        write_site_sbom(site, root, npm, packages, wheels)
        _swap(site.folder, out, Path(temporary) / "old")
    return out


def build_wheel(folder: Path, root: Path = ROOT, *, weights: bool = True) -> Path:
    """Build our own wheel from the checkout `root` into `folder`; the same files always give the same bytes.

    `weights`: whether to include them; the page fetches them separately.
    Raises BuildError if it cannot be built.
    """
    folder = folder.resolve()
    read_input(root / "py" / "hushmark" / "__init__.py")
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    environment["HATCH_BUILD_NO_HOOKS"] = str(not weights).lower()
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    built = sorted(folder.glob("hushmark-*.whl"))
    if done.returncode or len(built) != 1:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise BuildError(f"Our own wheel was not built: {reason or built}")
    return built[0]


def build_package(site: Path, out: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """Make the npm package and the browser extension of a built site.

    Returns the package's tarball, in `out`/npm, and the extension's folder, `out`/extension, as a browser
    loads it. Raises BuildError.
    """
    with tempfile.TemporaryDirectory(prefix=".package-", dir=root) as temporary:
        work = Path(temporary)
        package, extension, bundles = (work / name for name in ("package", "extension", "bundles"))
        try:
            manifest = write_engine(site, package / "engine")
            shutil.copytree(package / "engine", extension / "engine")
            bundle(root, bundles, [f"hushmark={MODULE}"], f'--define:MANIFEST_SHA256="{manifest}"')
            write_package(root, site, bundles / "hushmark.js", package)
            entries = [
                f"{Path(name).stem}=app/extension/{name}" for name in ("background.js", "read.js", "read.css")
            ]
            # The extension uses the package as it is published.
            bundle(root, bundles, entries, f"--alias:hushmark={package / 'hushmark.js'}")
            write_extension(root, site, bundles, extension)
            tarball = npm_pack(package, out / "npm")
        except PackageError as error:
            raise BuildError(str(error)) from error
        _swap(extension, out / "extension", work / "old")
    return tarball, out / "extension"


@contextmanager
def _one_build_at_a_time(root: Path) -> Iterator[None]:
    """Hold a lock on the checkout: a second build waits, then finds everything compressed."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _swap(new: Path, out: Path, old: Path) -> None:
    """Replace the old folder by the new one. The old one is moved to `old`, for the caller to remove."""
    if out.exists():
        out.rename(old)
    new.rename(out)


def _server(port: int) -> SiteServer:
    """A server of dist/ that already listens. Raises BuildError if the port cannot be used."""
    try:
        return make_server(ROOT / "dist", port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "may not be used"
        raise BuildError(
            f"Port {port} {why}: take another one with --port, or a free one with --port 0."
        ) from error


def _serve(server: SiteServer) -> None:
    """Serve until Ctrl-C."""
    with server:
        print(f"Serving Hushmark at {server.url} (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main() -> int:
    """Run the command -> its exit status."""
    parser = argparse.ArgumentParser(
        prog="build.py", description="Build the static site dist/, and serve it."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    serve = commands.add_parser("serve", help="build the site and serve it on this machine")
    serve.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"default {DEFAULT_PORT}; 0 takes a free one"
    )
    wheel = commands.add_parser("wheel", help="make only our own wheel")
    wheel.add_argument("--out", type=Path, default=Path(), help="the folder for it (default: this one)")
    package = commands.add_parser("package", help="build the site, the npm package and the browser extension")
    package.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="the folder for both (default: dist/)"
    )
    options = parser.parse_args()
    try:
        if options.command == "wheel":
            print(build_wheel(options.out))
            return 0
        # A port that cannot be used is reported before the work.
        server = _server(options.port) if options.command == "serve" else None
        folder = build_site()
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.suffix not in (".br", ".gz"))
        print(f"Built {folder.name}/: {size / 1e6:.1f} MB", flush=True)
        if options.command == "package":
            for made in build_package(folder, options.out):
                print(made)
        if server is not None:
            _serve(server)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
