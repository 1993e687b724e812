"""The matrix in README.md has all tests of this folder, and each test that it names exists."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def test_the_matrix_names_the_tests_that_exist() -> None:
    named = set(NAMED.findall((FOLDER / "README.md").read_text("utf-8")))
    for path, name in named:
        assert name in DEFINED.findall((FOLDER.parent / path).read_text("utf-8")), f"{path}::{name}"
    here = {
        (f"faults/{path.name}", name)
        for path in FOLDER.glob("test_*.py")
        if path != Path(__file__)
        for name in DEFINED.findall(path.read_text("utf-8"))
    }
    assert here <= named
