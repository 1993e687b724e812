"""What is packed for the page is the same program as its source."""

import ast
import fnmatch
import re
import zipfile
from pathlib import Path

import pytest

from build import build_wheel
from tools.packing import pack as packing
from tools.packing.in_pyodide import without_words
from tools.packing.pack import PackError, pack
from tools.site.parts import PYODIDE_FILES
from tools.wheels.find import find_wheels


def program(source: bytes) -> tuple[str, list[int]]:
    """The syntax tree without docstrings, and the line of each statement."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.copy_location(ast.Expr(ast.Constant(0)), node.body[0])
            if isinstance(node, ast.Module):
                del node.body[0]
    return ast.dump(tree), [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def test_modules_stay_the_same_programs(repo_root: Path) -> None:
    archives = [
        wheel.path for wheel in find_wheels(repo_root / "node_modules") if wheel.name != "pillow-avif"
    ]
    archives.append(repo_root / "node_modules" / "pyodide" / "python_stdlib.zip")
    compared = 0
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                modules = r"(PIL|cbor2|safetensors|numpy/lib|asyncio|importlib|json|re)/.*\.py$"
                if re.match(modules, name):
                    source = archive.read(name)
                    packed = without_words(source)
                    assert program(packed) == program(source), name
                    assert len(packed) <= len(source)
                    compared += 1
    assert compared > 200


def test_notices_and_templates_stay_and_other_words_go() -> None:
    source = """# Made by many.
# Copyright 2001 by them.

# How it works.
'''What
it does.'''
x = "# no comment"  # why
def f():
    '''Täglich.'''; return "é"
def g():
    "Licence: free."
class C: "Words."
def h(): "${FILLED_IN}"
"""
    assert (
        without_words(source.encode()).decode()
        == """# Made by many.
# Copyright 2001 by them.




x = "# no comment"
def f():
    0; return "é"
def g():
    "Licence: free."
class C: 0
def h(): "${FILLED_IN}"
"""
    )


def test_a_source_in_another_encoding_stays_as_it_is() -> None:
    source = "# coding: latin-1\n# w\u00f6rter\nx = '\u00f6'\n".encode("latin-1")
    assert without_words(source) == source


def test_the_package_imports_nothing_that_stays_out_at_any_time(repo_root: Path) -> None:
    """The start shows what is imported at once, but not what a function imports when it is called."""
    package = repo_root / "py" / "hushmark"
    hosts = {package / "hosts" / "native.py", package / "hosts" / "processes.py"}
    not_in_the_page = {package / "cli", package / "scale", *hosts}
    imported = set()
    for path in package.rglob("*.py"):
        if not not_in_the_page & {path, *path.parents}:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    assert imported > {"io", "numpy", "PIL.Image"}
    dropped = {name.replace("/", ".") for name in packing.STDLIB_DROPPED}
    patterns = [pattern for patterns in packing.WHEELS_DROPPED.values() for pattern in patterns]
    for name in imported:
        parts = name.split(".")
        assert not dropped & {".".join(parts[:count]) for count in range(1, len(parts) + 1)}, name
        files = [f"{'/'.join(parts)}.py", f"{'/'.join(parts)}/__init__.py"]
        assert not any(fnmatch.fnmatchcase(file, pattern) for file in files for pattern in patterns), name


def test_the_package_uses_nothing_of_numpy_that_is_emptied(repo_root: Path) -> None:
    used = {
        node.attr
        for path in (repo_root / "py" / "hushmark").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"
    }
    assert used > {"float32", "fft"}
    assert not used & {"linalg", "random", "polynomial"}


def test_an_archive_that_the_engine_does_not_start_from_is_refused(
    repo_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repo_root / "node_modules" / "pyodide"
    found = find_wheels(repo_root / "node_modules")
    wheels = {wheel.name: wheel.path for wheel in found if wheel.name != "pillow-avif"}
    wheels["hushmark"] = build_wheel(tmp_path, repo_root, weights=False)
    files = {name: (folder / name).read_bytes() for name in PYODIDE_FILES}
    monkeypatch.setattr(packing, "STDLIB_DROPPED", [*packing.STDLIB_DROPPED, "fractions"])
    with pytest.raises(
        PackError, match=r"does not start .*tools/packing/dropped\.toml: \w+: No module named 'fractions'"
    ):
        pack(files, wheels, tmp_path / "work")
