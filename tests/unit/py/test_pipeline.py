import io

import numpy as np
import pytest
from hushmark import Key, hex_payload, protected_payload, text_payload
from hushmark.errors import ModelOutput, PayloadTooLong, PictureTruncated, StrengthError
from hushmark.pipeline import Attempt, attempt, embed, read
from hushmark.progress import Progress
from hushmark.reading.reading import AlreadyMarked
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.support.fakes import CARD, SpreadForward, encoded, photo, run
from tests.support.pictures import sample_photo

EMBED_PHASES = ["open", "prepare", "forward", "refine", "apply", "save", "check"]


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_marked_picture_reads_back(file_format: str) -> None:
    cover = encoded(photo(500, 400), file_format)
    forward = SpreadForward()
    marked = run(embed(cover, text_payload("pipe"), name="photo", forward=forward, card=CARD, strength=2.8))
    assert marked.check.payload == text_payload("pipe")
    assert marked.file_format == file_format
    assert (marked.width, marked.height) == (500, 400)
    assert marked.strength == 2.8 and 30 < marked.psnr < 40
    again = run(read(marked.data, name=marked.name, forward=SpreadForward(), card=CARD)).reading
    assert again == marked.check
    assert Image.open(io.BytesIO(marked.difference())).size == (500, 400)


def test_a_real_photo_survives_another_jpeg_at_half_its_size() -> None:
    cover = sample_photo("rocket.jpg")
    payload = hex_payload("0badf00d")
    marked = run(embed(cover, payload, name="rocket.jpg", forward=SpreadForward(), card=CARD, strength=2))
    half = Image.open(io.BytesIO(marked.data)).resize((320, 213))
    reading = run(
        read(encoded(half, "JPEG", quality=75), name="x", forward=SpreadForward(), card=CARD)
    ).reading
    assert reading.payload == payload


def test_an_unmarked_photo_holds_nothing() -> None:
    cover = sample_photo("rocket.jpg")
    reading = run(read(cover, name="rocket.jpg", forward=SpreadForward(), card=CARD)).reading
    assert not reading.found
    assert reading.payload is None
    assert 0 < reading.statistic < reading.threshold


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_reads_back_once_it_is_upright(orientation: int) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    cover = encoded(photo(400, 300), "PNG", exif=tags)
    marked = run(embed(cover, text_payload("turn"), name="a.png", forward=SpreadForward(), card=CARD))
    upright = encoded(ImageOps.exif_transpose(Image.open(io.BytesIO(marked.data))), "PNG")
    reading = run(read(upright, name="a.png", forward=SpreadForward(), card=CARD)).reading
    assert reading.payload == text_payload("turn")
    assert Image.open(io.BytesIO(upright)).size == (marked.width, marked.height)


def test_phases_are_announced_in_order_and_timed() -> None:
    announced: list[str] = []
    searched: list[tuple[int, int]] = []

    def note(progress: Progress) -> None:
        phase, done, total = progress.phase, progress.done, progress.total
        if phase == "search" and done > 0:
            searched.append((done, total))
        else:
            assert (done, total) == (0, 1)
            announced.append(phase)

    cover = encoded(photo(160, 160), "PNG")
    marked = run(
        embed(
            cover,
            text_payload("a"),
            name="a.png",
            forward=SpreadForward(),
            card=CARD,
            progress=note,
        )
    )
    assert announced == list(marked.phases) == EMBED_PHASES
    assert all(duration >= 0 for duration in marked.phases.values())
    announced.clear()
    result = run(read(cover, name="a.png", forward=SpreadForward(), card=CARD, progress=note))
    assert announced == list(result.phases) == ["open", "search"]
    assert [done for done, _ in searched] == list(range(2, result.reading.tried + 1))
    assert all(done <= total for done, total in searched)


def test_each_phase_lets_the_loop_run() -> None:
    coroutine = embed(
        encoded(photo(160, 160), "PNG"), text_payload("a"), name="a", forward=SpreadForward(), card=CARD
    )
    turns = 0
    with pytest.raises(StopIteration):
        while True:
            coroutine.send(None)
            turns += 1
    assert turns == len(EMBED_PHASES)


@pytest.mark.parametrize("strength", [0.2, 4.1, float("nan")])
def test_strength_out_of_range(strength: float) -> None:
    with pytest.raises(StrengthError, match=r"between 0\.25 and 4\."):
        run(
            embed(
                b"",
                text_payload("a"),
                name="a",
                forward=SpreadForward(),
                card=CARD,
                strength=strength,
            )
        )


def test_a_payload_that_does_not_fit_is_told_before_any_work() -> None:
    with pytest.raises(PayloadTooLong):
        run(embed(b"", text_payload("pipes"), name="a", forward=SpreadForward(), card=CARD))


def test_a_truncated_picture_is_told_on_reading_too() -> None:
    data = sample_photo("rocket.jpg")[:50_000]
    with pytest.raises(PictureTruncated):
        run(read(data, name="rocket.jpg", forward=SpreadForward(), card=CARD))


def test_a_residual_of_another_shape_is_an_error() -> None:
    class SmallForward(SpreadForward):
        async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.ones((1, 3, 64, 64), np.float32)

    with pytest.raises(ModelOutput):
        run(
            embed(
                encoded(photo(160, 160), "PNG"),
                text_payload("a"),
                name="a",
                forward=SmallForward(),
                card=CARD,
            )
        )


def test_a_marked_picture_is_marked_again_only_when_that_is_wanted() -> None:
    forward = SpreadForward()
    cover = encoded(photo(320, 320), "PNG")
    first = run(embed(cover, text_payload("one"), name="a.png", forward=forward, card=CARD))
    with pytest.raises(AlreadyMarked, match=r"b\.png is marked already: it reads as one") as caught:
        run(embed(first.data, text_payload("two"), name="b.png", forward=forward, card=CARD))
    assert caught.value.reading.payload == text_payload("one")
    second = run(
        embed(
            first.data,
            text_payload("two"),
            name="b.png",
            forward=forward,
            card=CARD,
            strength=2,
            again=True,
        )
    )
    assert second.check.payload == text_payload("two")


class DeafForward(SpreadForward):
    """Reads back only a share of what was marked."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        return await super().decode(image) * np.float32(self.share)


@pytest.mark.parametrize(("share", "warnings"), [(1, ()), (0, ("unreadable",)), (-1, ("unreadable",))])
def test_a_mark_that_does_not_read_back_is_told(share: float, warnings: tuple[str, ...]) -> None:
    cover = encoded(photo(320, 320), "PNG")
    marked = run(embed(cover, text_payload("a"), name="a.png", forward=DeafForward(share), card=CARD))
    assert marked.warnings == warnings


def test_a_mark_that_reads_back_with_a_guess_in_it_is_weak() -> None:
    class UnsureForward(SpreadForward):
        async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
            logits = await super().decode(image)
            logits[0, 3] *= np.float32(0.01)
            return logits

    cover = encoded(photo(320, 320), "PNG")
    marked = run(embed(cover, text_payload("a"), name="a.png", forward=UnsureForward(), card=CARD))
    assert marked.warnings == ("weak",)


def test_a_key_is_needed_to_read_what_was_marked_with_it() -> None:
    forward, key = SpreadForward(), Key.from_passphrase("sesame")
    cover = encoded(photo(320, 320), "PNG")
    marked = run(embed(cover, protected_payload(777), name="a.png", forward=forward, card=CARD, key=key))
    assert marked.warnings == ()
    with_key = run(read(marked.data, name="a.png", forward=forward, card=CARD, key=key)).reading
    assert with_key.payload == protected_payload(777)
    without = run(read(marked.data, name="a.png", forward=forward, card=CARD)).reading
    assert without.found
    assert not without.carries(protected_payload(777))


def test_an_attempt_changes_the_picture_step_by_step_and_reads_it() -> None:
    told: list[tuple[str, int, int]] = []

    def note(progress: Progress) -> None:
        told.append((progress.phase, progress.done, progress.total))

    forward = SpreadForward()
    cover = encoded(photo(1500, 1200), "PNG")
    marked = run(embed(cover, text_payload("lab"), name="a.png", forward=forward, card=CARD))
    steps = [("resize", 0.9), ("jpeg", 80.0)]
    tried = run(attempt(marked.data, steps, name="a.png", forward=forward, card=CARD, progress=note))
    assert tried.reading.payload == text_payload("lab")
    phases = [("open", 0, 1), ("change", 0, 1), ("change", 0, 2), ("change", 1, 2), ("search", 0, 1)]
    assert told[:5] == phases
    preview = Image.open(io.BytesIO(tried.preview))
    assert (preview.format, preview.size) == ("JPEG", (900, 720))
    gone = run(attempt(marked.data, [("saturation", 0.0)], name="a.png", forward=forward, card=CARD))
    assert gone.reading.payload != text_payload("lab")


@pytest.mark.parametrize(
    ("size", "warnings"),
    [((100, 100), ("small",)), ((60, 300), ("shape",)), ((1200, 100), ()), ((320, 320), ())],
)
def test_pictures_of_few_pixels_are_told_with_the_chance_that_the_mark_lasts(
    size: tuple[int, int], warnings: tuple[str, ...]
) -> None:
    cover = encoded(photo(*size), "PNG")
    forward = SpreadForward()
    marked = run(embed(cover, text_payload("a"), name="a.png", forward=forward, card=CARD, strength=1.4))
    assert marked.warnings == warnings
    assert (marked.expected < 0.95) == bool(warnings)


def test_an_attempt_tells_its_first_look_where_a_search_follows() -> None:
    forward = SpreadForward()
    cover = encoded(photo(400, 320), "PNG")
    marked = run(embed(cover, text_payload("lab"), name="a.png", forward=forward, card=CARD))
    crop, looks = [("crop", 0.5)], list[Attempt]()
    tried = run(attempt(marked.data, crop, name="a.png", forward=forward, card=CARD, on_look=looks.append))
    assert [look.reading.tried for look in looks] == [1]
    assert tried.reading.tried > 100
