"""The worst files that are allowed are opened, and take no more memory than that."""

import sys
from pathlib import Path

import pytest

from tests.support.worst_files import MAKERS, MOST_BYTES, Maker, memory_to_open


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted in other ways")
@pytest.mark.parametrize("make", MAKERS)
def test_the_worst_files_are_opened(make: Maker, tmp_path: Path) -> None:
    most = memory_to_open(make, tmp_path / "worst", parts=1)
    assert 100 << 20 < most < MOST_BYTES, f"{most >> 20} MB"
