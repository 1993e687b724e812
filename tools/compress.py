"""The compressed forms of the site's files: FILE.br and FILE.gz, made once and kept in the cache folder."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

from tools.cache import cache_folder, put_bytes

# A form that saves less than this share of the file is not worth the time to decode it.
LEAST_GAIN = 0.03
# Brotli at its best takes seconds for each megabyte; it runs outside Python's lock, so threads suffice.
THREADS = 2


def _brotli(data: bytes) -> bytes:
    compressed: bytes = brotli.compress(data, quality=11, lgwin=24)
    return compressed


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=9, mtime=0)


_SUM = 32
"""Bytes of the SHA-256 before each form in the cache."""

FORMS: Mapping[str, Callable[[bytes], bytes]] = {"br": _brotli, "gz": _gzip}


def write_compressed(files: Mapping[Path, str], say: Callable[[str], None]) -> None:
    """Put FILE.br and FILE.gz beside each file where they save something.

    `files`: each file's SHA-256; `say`: called with a line for each file that was missing or damaged in the
    cache. Raises OSError if the cache folder or the files' folder cannot be written.
    """
    cache = cache_folder("compressed")
    new = [path for path, digest in files.items() if not _complete(cache, digest)]
    if new:
        megabytes = sum(path.stat().st_size for path in new) / 1e6
        say(f"Compressing {len(new)} files, {megabytes:.1f} MB, kept for the next build")
    # The largest first, so that the threads end at about the same time.
    new.sort(key=lambda path: path.stat().st_size, reverse=True)
    with ThreadPoolExecutor(THREADS) as pool:
        for line in pool.map(lambda path: _fill_cache(cache, path, files[path]), new):
            say(line)
    for path, digest in files.items():
        for form in FORMS:
            data = _cached(cache, digest, form)
            if data is None:
                raise OSError(f"{cache} changes while the site is built: let nothing else write there")
            if len(data) <= path.stat().st_size * (1 - LEAST_GAIN):
                path.with_name(f"{path.name}.{form}").write_bytes(data)


def _complete(cache: Path, digest: str) -> bool:
    return all(_cached(cache, digest, form) is not None for form in FORMS)


def _cached(cache: Path, digest: str, form: str) -> bytes | None:
    """A form of the file with this SHA-256; None if it is missing or damaged."""
    try:
        entry = (cache / f"{digest}-{form}").read_bytes()
    except FileNotFoundError:
        return None
    data = entry[_SUM:]
    return data if entry[:_SUM] == _sum(digest, data) else None


def _sum(digest: str, data: bytes) -> bytes:
    """The sum before a form: a digest of it and of its file, so that no form is used for another file."""
    return hashlib.sha256(bytes.fromhex(digest) + data).digest()


def _fill_cache(cache: Path, path: Path, digest: str) -> str:
    """Compress one file in every form -> a line of progress."""
    started = time.monotonic()
    data = path.read_bytes()
    sizes = {}
    for form, compress in FORMS.items():
        compressed = compress(data)
        sizes[form] = len(compressed)
        put_bytes(cache, f"{digest}-{form}", _sum(digest, compressed) + compressed)
    seconds = time.monotonic() - started
    return f"  {path.name}: {len(data) / 1e6:.2f} -> {sizes['br'] / 1e6:.2f} MB, {seconds:.0f} s"
