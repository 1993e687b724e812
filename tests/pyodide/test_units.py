"""The unit tests once more, inside Pyodide: the same cases on the page's Python, numpy and Pillow."""

import re
import sysconfig
from pathlib import Path

from tests.pyodide.conftest import Runner


def test_the_unit_tests_pass_inside_pyodide(pyodide: Runner) -> None:
    result = pyodide("units", Path(sysconfig.get_path("purelib")))
    summary = result.stdout[-4000:] + result.stderr[-4000:]
    assert result.returncode == 0, summary
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed is not None, summary
    assert int(passed[1]) > 150
    assert not re.search(r"skipped|failed|error", result.stdout), summary
