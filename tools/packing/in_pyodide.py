"""The part of the packing that runs in Pyodide; see pack.py."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import marshal
import re
import sys
import tokenize
import zipfile
from collections.abc import Iterator, Sequence
from itertools import groupby

ENTRIES = ("importlib.metadata", "tarfile", "hushmark.hosts.browser")
"""What is imported before the engine is ready: the first two by Pyodide, which installs wheels with them."""
NOTICE = re.compile(r"copyright|licen[cs]e|\(c\)|©", re.IGNORECASE)
TEMPLATE = "${"
"""A placeholder that numpy fills in. numpy.ma fails if such a docstring is empty, so these are kept."""


def pack_all(folder: str, names: Sequence[str]) -> None:
    """Write packed-NAME for each archive NAME in the folder. Raises ImportError if an entry is missing."""
    before = set(sys.modules)
    for entry in ENTRIES:
        importlib.import_module(entry)
    paths = set()
    for name in before | sys.modules.keys():
        spec = getattr(sys.modules[name], "__spec__", None)
        # Frozen modules are in Pyodide's WebAssembly, and are not loaded from the archive.
        if spec is not None and spec.origin != "frozen":
            paths.add(name.replace(".", "/"))
    for name in names:
        with (
            zipfile.ZipFile(f"{folder}/{name}") as archive,
            zipfile.ZipFile(f"{folder}/packed-{name}", "w") as out,
        ):
            for member in archive.namelist():
                data = archive.read(member)
                if member.endswith(".py"):
                    data = without_words(data)
                    if member.removesuffix(".py").removesuffix("/__init__") in paths:
                        data, member = compiled(data, member), f"{member}c"
                out.writestr(zipfile.ZipInfo(member), data)


def compiled(source: bytes, name: str) -> bytes:
    """The module as a .pyc file that Python does not compare with its source."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    unchecked = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + marshal.dumps(code)


def without_words(source: bytes) -> bytes:
    """A module without comments and docstrings, except copyright notices; lines keep their numbers.

    A source that is not in UTF-8 is not changed. Raises SyntaxError if it is not Python.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    if encoding not in ("utf-8", "utf-8-sig"):
        return source
    text = source.decode(encoding).replace("\r\n", "\n")
    lines = text.split("\n")
    for row, column in _comments(text):
        lines[row - 1] = lines[row - 1][:column].rstrip()
    coded = [line.encode() for line in lines]
    for place, first, after in _docstrings(text):
        head, tail = coded[first[0] - 1][: first[1]], coded[after[0] - 1][after[1] :]
        # A body needs at least one statement; only a module may be empty.
        if place and tail.strip():
            continue
        coded[first[0] - 1 : after[0]] = [
            head + (b"" if place else b"0"),
            *[b""] * (after[0] - first[0] - 1),
            *([tail] if after[0] > first[0] else []),
        ]
        if after[0] == first[0]:
            coded[first[0] - 1] += tail
    return b"\n".join(coded)


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Line (from 1) and column of each comment, except blocks with a copyright notice."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    for _, group in groupby(enumerate(comments), lambda item: item[1].start[0] - item[0]):
        block = [token for _, token in group]
        if not any(NOTICE.search(token.string) for token in block):
            yield from (token.start for token in block)


def _docstrings(text: str) -> Iterator[tuple[bool, tuple[int, int], tuple[int, int]]]:
    """Each docstring that is not needed: whether it is a module's, where it begins, and where it ends.

    Lines count from 1, columns in bytes.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = ast.get_docstring(node, clean=False)
            if words is not None and not NOTICE.search(words) and TEMPLATE not in words:
                place = node.body[0]
                assert place.end_lineno is not None and place.end_col_offset is not None
                first, after = (place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)
                yield isinstance(node, ast.Module), first, after
