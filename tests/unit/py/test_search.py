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
from hushmark.message.known import KnownIds
from hushmark.message.payload import number_payload, protected_payload, text_payload, to_bits
from hushmark.picture.picture import Picture, open_picture
from hushmark.reading.reading import WHOLE_PICTURE, Reading, decide
from hushmark.reading.search import is_sure, search
from numpy.typing import NDArray
from PIL import Image

from tests.support.fakes import CARD, SpreadForward, encoded, photo, run
from tests.support.pictures import sample_photo

# What windows of marked and unmarked pictures give with the stand-in for the network.
SEARCH_CARD = replace(CARD, presence=Presence(1000, 0.05, 2.0, 0.25, 0.001))


class CountingForward(SpreadForward):
    def __init__(self) -> None:
        super().__init__()
        self.decoded = 0

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.decoded += 1
        return await super().decode(image)


@pytest.fixture(scope="module")
def marked() -> Image.Image:
    cover = open_picture(encoded(photo(480, 360), "PNG"), "cover.png")
    bits = to_bits(text_payload("pipe"), 32)
    picture, _ = run(pipeline.mark(cover, bits, strength=2, forward=SpreadForward(), card=CARD))
    return picture.image


def searched(image: Image.Image, **options: Any) -> tuple[Reading, int]:
    forward = CountingForward()
    reading = run(search(opened(image), forward=forward, card=SEARCH_CARD, **options))
    return reading, forward.decoded


def opened(image: Image.Image) -> Picture:
    return open_picture(encoded(image, "PNG"), "seen.png")


def test_a_picture_as_it_is_takes_one_look(marked: Image.Image) -> None:
    reading, decoded = searched(marked)
    assert reading.payload == text_payload("pipe")
    assert reading.window == WHOLE_PICTURE
    assert decoded == reading.tried == 1


class MistakenForward(CountingForward):
    """The first look is the strongest, but has a bit wrong that every second one has right.

    The rest are nearly as strong, but read something else.
    """

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.decoded += 1
        logits = np.full((1, 32), 9, np.float32)
        if self.decoded == 1:
            logits[:] = 10
            logits[0, 5] = -1
        elif self.decoded % 2:
            logits[0, ::2] *= -1
        return logits


def test_the_looks_that_agree_outvote_the_strongest(marked: Image.Image) -> None:
    forward = MistakenForward()
    reading = run(search(opened(marked), forward=forward, card=SEARCH_CARD))
    assert reading.bits == (1,) * 32
    assert reading.window == WHOLE_PICTURE
    assert reading.statistic == pytest.approx((31 * 10 + 1) / 32)
    assert reading.tried == forward.decoded < 20  # a sure reading ends the search


@pytest.mark.parametrize("transpose", list(Image.Transpose))
def test_turned_and_mirrored(marked: Image.Image, transpose: Image.Transpose) -> None:
    reading, decoded = searched(marked.transpose(transpose))
    assert reading.payload == text_payload("pipe")
    assert decoded == reading.tried <= 12  # with 4 parts that may be a picture on a page
    # The first corner is where the top left of the marked picture went.
    probe = Image.new("L", (2, 2))
    probe.putpixel((0, 0), 255)
    turned = np.asarray(probe.transpose(transpose))
    (top_left_y,), (top_left_x,) = np.nonzero(turned)
    assert reading.window.corners[0] == pytest.approx((top_left_x, top_left_y), abs=1e-6)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "cropped to 84%": lambda image: image.crop((50, 20, 453, 322)),
    "cropped to 71%": lambda image: image.crop((0, 104, 341, 360)),
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
    reading, decoded = searched(CHANGES[change](marked))
    assert reading.payload == text_payload("pipe")
    assert reading.tried == decoded


def test_an_unmarked_photo_holds_nothing_however_long_one_looks() -> None:
    image = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).convert("RGB")
    told: list[tuple[int, int]] = []
    reading, decoded = searched(image, progress=lambda tried, most: told.append((tried, most)))
    assert not reading.found and reading.payload is None
    assert reading.tried == decoded > 100
    # The more windows, the more it takes to be found.
    assert reading.threshold > SEARCH_CARD.presence.threshold(1)
    assert reading.milliseconds > 0
    # Each window after the first was told, and how many there may be at most.
    assert [tried for tried, _ in told] == list(range(2, decoded + 1))
    assert len({most for _, most in told}) == 1 and told[0][1] >= decoded


def test_bars_are_cut_off_before_anything_else(marked: Image.Image) -> None:
    reading, decoded = searched(padded(marked, (0, 0, 0), (480, 600), (0, 120)))
    assert reading.payload == text_payload("pipe")
    assert decoded <= 3
    assert reading.window.corners[0] == pytest.approx((0, 0.2), abs=0.01)


def test_a_search_can_be_cancelled_between_two_windows() -> None:
    image = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).convert("RGB")
    forward = CountingForward()
    search_of = search(opened(image), forward=forward, card=SEARCH_CARD)
    for _ in range(20):
        search_of.send(None)
    with pytest.raises(asyncio.CancelledError):
        search_of.throw(asyncio.CancelledError())
    assert forward.decoded == 20


@pytest.mark.parametrize("what", ["nothing", "known", "protected"])
def test_a_guessed_bit_does_not_matter_where_all_fits_what_was_known(what: str) -> None:
    payload = protected_payload(77) if what == "protected" else text_payload("pipe")
    logits = ((to_bits(payload, 32) * 2 - 1) * 4)[np.newaxis]
    assert is_sure(decide(logits, CARD, WHOLE_PICTURE))
    logits[0, :3] *= 0.05
    known = KnownIds.parse("pipe", 32) if what == "known" else None
    assert is_sure(decide(logits, CARD, WHOLE_PICTURE, known=known)) == (what != "nothing")
    assert not is_sure(decide(logits * 0.1, CARD, WHOLE_PICTURE, known=known))


def test_a_guessed_bit_matters_where_it_tells_known_ids_apart() -> None:
    logits = ((to_bits(number_payload(1234), 32) * 2 - 1) * 4)[np.newaxis]
    logits[0, 31] *= 0.3
    for others, sure in (("number:4321", True), ("number:1235", False)):
        known = KnownIds.parse(f"number:1234\n{others}", 32)
        reading = decide(logits, CARD, WHOLE_PICTURE, known=known)
        assert reading.match is not None and is_sure(reading) == sure


def test_a_key_and_a_list_reach_the_reading() -> None:
    key, known = Key(b"k" * 32), KnownIds.parse("pipe,The example", 32)
    cover = open_picture(encoded(photo(480, 360), "PNG"), "cover.png")
    bits = to_bits(text_payload("pipe"), 32, key)
    picture, _ = run(pipeline.mark(cover, bits, strength=2, forward=SpreadForward(), card=CARD))
    for image in (picture.image, picture.image.rotate(90, expand=True)):
        reading, _ = searched(image, key=key, known=known)
        assert reading.match is not None and reading.match.label == "The example"
