"""The cache of compressed files gives only what was put there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from tools.cache import cache_folder
from tools.compress import write_compressed

DATA = b"what is in the file, again and again. " * 100
DIGEST = hashlib.sha256(DATA).hexdigest()


def compress(folder: Path) -> tuple[bytes, list[str]]:
    """The .br form that is written for DATA, and what is said meanwhile."""
    folder.mkdir()
    (folder / "file.txt").write_bytes(DATA)
    said: list[str] = []
    write_compressed({folder / "file.txt": DIGEST}, said.append)
    return (folder / "file.txt.br").read_bytes(), said


def replace(entry: Path) -> None:
    """What somebody may put there who can write to the cache: a valid form of something else."""
    entry.write_bytes(brotli.compress(b"something else"))


def cut(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes()[:-1])


def empty(entry: Path) -> None:
    entry.write_bytes(b"")


def of_another_file(entry: Path) -> None:
    other = entry.parent.parent.parent.parent / "other.txt"
    other.write_bytes(b"another file " * 100)
    digest = hashlib.sha256(other.read_bytes()).hexdigest()
    write_compressed({other: digest}, lambda line: None)
    entry.write_bytes((entry.parent / f"{digest}-br").read_bytes())


@pytest.mark.parametrize("damage", [replace, cut, empty, of_another_file])
def test_a_damaged_entry_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first, said = compress(tmp_path / "first")
    assert brotli.decompress(first) == DATA
    assert said
    second, said = compress(tmp_path / "second")
    assert (second, said) == (first, [])
    damage(cache_folder("compressed") / f"{DIGEST}-br")
    third, said = compress(tmp_path / "third")
    assert third == first
    assert said
