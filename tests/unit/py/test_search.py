import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hushmark import pipeline
from hushmark.card import Presence
from hushmark.message.keys import Key
from hushmark.message.kinds import text
from hushmark.message.known import KnownIds
from hushmark.message.sealing import TRIES, decode_each, encode
from hushmark.picture.picture import Picture, open_picture
from hushmark.reading.reading import WHOLE_PICTURE, Reading
from hushmark.reading.search import search
from numpy.typing import NDArray
from PIL import Image

from tests.support.fakes import CARD, WAVES, SpreadForward, encoded, photo, run, with_waves
from tests.support.pictures import sample_photo

# What windows of marked and unmarked pictures give with the stand-in for the network.
SEARCH_CARD = replace(CARD, presence=Presence(1000, 0.05, 3.3, 0.45, 0.001), waves=WAVES)


class CountingForward(SpreadForward):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        return await super().decode(image)

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        return await super().locate(image)


@pytest.fixture(scope="module")
def marked() -> Image.Image:
    return with_key(None)


def with_key(key: Key | None) -> Image.Image:
    """A marked picture, with the waves that the networks' marks have."""
    cover = open_picture(encoded(photo(480, 360), "PNG"), "cover.png")
    bits = encode(text("pipe"), 256, key)
    picture, _ = run(pipeline.mark(cover, bits, strength=2.7, forward=SpreadForward(), card=CARD))
    planes = (np.asarray(picture.image.convert("RGB"), np.float32) / 255).transpose(2, 0, 1)
    waved = with_waves(planes, np.eye(2), np.zeros(2)).transpose(1, 2, 0)
    return Image.fromarray((255 * waved).round().clip(0, 255).astype(np.uint8))


def searched(image: Image.Image, **options: Any) -> tuple[Reading, int]:
    forward = CountingForward()
    reading = run(search(opened(image), forward=forward, card=SEARCH_CARD, **options))
    return reading, forward.asked


def opened(image: Image.Image) -> Picture:
    return open_picture(encoded(image, "PNG"), "seen.png")


def test_a_picture_as_it_is_takes_one_look(marked: Image.Image) -> None:
    reading, asked = searched(marked)
    assert reading.message == text("pipe")
    assert reading.window == WHOLE_PICTURE
    assert asked == reading.tried == 1


def test_a_glance_is_short(marked: Image.Image) -> None:
    """A camera's next picture comes at once."""
    wall = Image.linear_gradient("L").convert("RGB").resize((640, 480))
    reading, asked = searched(wall, glance=True)
    assert reading.outcome == "none"
    assert asked == reading.tried < searched(wall)[1] / 2


def test_a_glance_finds_a_picture_in_the_middle(marked: Image.Image) -> None:
    wall = Image.linear_gradient("L").convert("RGB").resize((480, 800))
    wall.paste(marked.resize((480, 320)), (0, 240))
    reading, asked = searched(wall, glance=True)
    assert reading.message == text("pipe")
    assert asked == reading.tried
    assert reading.window.corners[0] == pytest.approx((0, 0.3), abs=0.03)


class NoisyForward(CountingForward):
    """Every look has noise of its own, too much for any of them to be read alone."""

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        signs = encode(text("pipe"), 256) * 2 - 1
        noise = np.random.default_rng(self.asked).normal(0, 1.3, 256)
        return (10 * (signs + noise))[np.newaxis].astype(np.float32)


def test_looks_that_agree_are_read_together(marked: Image.Image) -> None:
    forward = NoisyForward()
    alone = np.concatenate([run(forward.decode(np.empty(0))) for _ in range(9)])
    assert decode_each(alone) == [None] * 9
    forward = NoisyForward()
    reading = run(search(opened(marked), forward=forward, card=SEARCH_CARD))
    assert reading.message == text("pipe")
    assert reading.tried == forward.asked < 9  # a message ends the search
    assert reading.chance is not None and reading.chance > (forward.asked - 1) * TRIES / 2**34


@pytest.mark.parametrize("transpose", list(Image.Transpose))
def test_turned_and_mirrored(marked: Image.Image, transpose: Image.Transpose) -> None:
    reading, asked = searched(marked.transpose(transpose))
    assert reading.message == text("pipe")
    assert asked == reading.tried <= 3
    # The first corner is where the top left of the marked picture went.
    probe = Image.new("L", (2, 2))
    probe.putpixel((0, 0), 255)
    turned = np.asarray(probe.transpose(transpose))
    (top_left_y,), (top_left_x,) = np.nonzero(turned)
    assert reading.window.corners[0] == pytest.approx((top_left_x, top_left_y), abs=0.02)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "cropped to 84%": lambda image: image.crop((50, 20, 453, 322)),
    "cropped to 71%": lambda image: image.crop((0, 104, 341, 360)),
    "cropped to 60% of the width": lambda image: image.crop((150, 0, 438, 360)),
    "turned by 4 degrees": lambda image: image.rotate(-4, Image.Resampling.BICUBIC),
    "turned by 10 degrees": lambda image: image.rotate(10, Image.Resampling.BICUBIC),
    "with black bars": lambda image: padded(image, (0, 0, 0), (480, 600), (0, 120)),
    "on a page": lambda image: padded(image, (250, 250, 250), (1200, 900), (500, 300)),
}


def padded(
    image: Image.Image, colour: tuple[int, int, int], size: tuple[int, int], place: tuple[int, int]
) -> Image.Image:
    page = Image.new("RGB", size, colour)
    page.paste(image, place)
    return page


@pytest.mark.parametrize("change", CHANGES)
def test_found_after(change: str, marked: Image.Image) -> None:
    reading, asked = searched(CHANGES[change](marked))
    assert reading.message == text("pipe")
    assert reading.tried == asked


def test_an_unmarked_photo_holds_nothing_however_long_one_looks() -> None:
    image = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).convert("RGB")
    told: list[tuple[int, int]] = []
    reading, asked = searched(image, progress=lambda tried, most: told.append((tried, most)))
    assert (reading.outcome, reading.message, reading.chance) == ("none", None, None)
    assert reading.tried == asked > 8
    # The more windows, the more it takes to be found.
    assert reading.threshold > SEARCH_CARD.presence.threshold(1)
    assert reading.milliseconds > 0
    # Each window after the first was told, and how many there may be at most.
    assert [tried for tried, _ in told] == list(range(2, asked + 1))
    assert len({most for _, most in told}) == 1 and told[0][1] >= asked


def test_bars_are_cut_off_before_anything_else(marked: Image.Image) -> None:
    reading, asked = searched(padded(marked, (0, 0, 0), (480, 600), (0, 120)))
    assert reading.message == text("pipe")
    assert asked <= 3
    assert reading.window.corners[0] == pytest.approx((0, 0.2), abs=0.01)


def test_a_search_can_be_cancelled_between_two_windows() -> None:
    image = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).convert("RGB")
    forward = CountingForward()
    search_of = search(opened(image), forward=forward, card=SEARCH_CARD)
    for _ in range(5):
        search_of.send(None)
    with pytest.raises(asyncio.CancelledError):
        search_of.throw(asyncio.CancelledError())
    asked = forward.asked
    assert asked > 1
    with pytest.raises(RuntimeError):
        search_of.send(None)
    assert forward.asked == asked


def test_a_key_and_a_list_reach_the_reading() -> None:
    key, known = Key(b"k" * 32), KnownIds.parse("pipe,The example")
    picture = with_key(key)
    for image in (picture, picture.rotate(90, expand=True)):
        reading, _ = searched(image, key=key, known=known)
        assert reading.match is not None and reading.match.label == "The example"


@pytest.mark.parametrize("turned", [False, True])
def test_a_mark_that_its_key_alone_opens_ends_the_search(turned: bool) -> None:
    picture = with_key(Key(b"k" * 32))
    for key in (None, Key(b"o" * 32)):
        reading, asked = searched(picture.rotate(90, expand=True) if turned else picture, key=key)
        assert (reading.outcome, reading.reason, reading.message) == ("unreadable", "key", None)
        assert asked <= (20 if turned else 1)


def test_the_first_look_is_told_where_a_search_follows(marked: Image.Image) -> None:
    looks: list[Reading] = []
    searched(marked, on_look=looks.append)
    assert looks == []
    reading, _ = searched(CHANGES["on a page"](marked), on_look=looks.append)
    assert [look.tried for look in looks] == [1]
    assert reading.message == text("pipe") and looks[0].message is None
