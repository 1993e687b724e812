"""What make fuzz does with a file works on sound ones: else each file would be reported."""

import pytest

from tests.fuzz import try_one, went_wrong
from tests.support import corpus

SOUND = ("cmyk.jpg", "RGBA16.png", "RGB.tif", "clear.webp", "image.gif")


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_picture_goes_all_the_way(name: str) -> None:
    assert try_one(corpus.formats()[name]) == "opened"


def test_an_animation_is_marked() -> None:
    result = try_one(corpus.several()["moving.gif"])
    assert result == "marked" and not went_wrong(result)


@pytest.mark.parametrize("result", ["another exception", "ended the process: SIGSEGV", "picture-metadata"])
def test_what_may_not_come_of_a_file(result: str) -> None:
    assert went_wrong(result)
