"""What make fuzz does with a file works on sound ones: else each file would be reported."""

import pytest

from tests.fuzz import try_one
from tests.support import corpus

SOUND = ("cmyk.jpg", "RGBA16.png", "RGB.tif", "clear.webp", "image.gif")


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_picture_goes_all_the_way(name: str) -> None:
    assert try_one(corpus.formats()[name]) == "opened"
