"""The page's modules that need no browser, tested by Node's own runner: tests/unit/js/."""

import subprocess
from pathlib import Path

import pytest

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.partition(".")[0])
def test_modules_of_the_page(path: Path) -> None:
    done = subprocess.run(["node", "--test", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
