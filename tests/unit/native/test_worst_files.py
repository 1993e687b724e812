"""The memory that a picture takes is bounded by its pixels, as files with a quarter of all pixels show."""

import sys
from pathlib import Path

import pytest

from tests.support.worst_files import MAKERS, MOST_BYTES, Maker, memory_to_open


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is counted in other ways")
@pytest.mark.parametrize("make", MAKERS)
def test_memory_is_bounded_by_pixels(make: Maker, tmp_path: Path) -> None:
    most = memory_to_open(make, tmp_path / "worst", parts=4)
    assert 100 << 20 < most < MOST_BYTES, f"{most >> 20} MB"
