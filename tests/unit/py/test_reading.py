import math
from dataclasses import replace

import numpy as np
import pytest
from hushmark.card import ModelCard
from hushmark.errors import ModelOutput
from hushmark.message import kinds
from hushmark.message.keys import Key
from hushmark.message.kinds import Message
from hushmark.message.known import KnownIds
from hushmark.message.sealing import TRIES, encode
from hushmark.reading import opener as opener_module
from hushmark.reading.opener import Opener
from hushmark.reading.reading import WHOLE_PICTURE, AlreadyMarked, Reading, Window, answer, decide
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import CARD

KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)
PIPE = kinds.text("pipe")


def logits_of(message: Message, magnitude: float, key: Key | None = None, bits: int = 256) -> np.ndarray:
    return ((encode(message, bits, key) * 2 - 1) * magnitude)[np.newaxis].astype(np.float32)


def damaged(logits: np.ndarray, wrong: int) -> np.ndarray:
    """With so many bits wrong."""
    changed = logits.copy()
    changed[0, np.random.default_rng(1).permutation(logits.shape[1])[:wrong]] *= -1
    return changed


def look(
    logits: np.ndarray, key: Key | None = None, known: KnownIds | None = None, card: ModelCard = CARD
) -> Reading:
    return decide(logits, Opener(card, key), known)


@pytest.mark.parametrize("bits", [128, 192, 256])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_message_whose_check_holds_is_read(key: Key | None, bits: int) -> None:
    reading = look(logits_of(PIPE, 3, key, bits), key, card=replace(CARD, bits=bits))
    assert (reading.outcome, reading.reason, reading.message) == ("read", None, PIPE)
    assert reading.chance == 2**-34
    assert reading.corrected == 0
    assert reading.statistic == pytest.approx(3)
    assert reading.confidences == pytest.approx([1 / (1 + math.exp(-3))] * bits)
    assert reading.window == WHOLE_PICTURE


def test_bits_are_corrected() -> None:
    logits = damaged(logits_of(PIPE, 3), 12)
    reading = look(logits)
    assert (reading.message, reading.corrected) == (PIPE, 12)
    assert reading.bits == tuple((logits[0] > 0).astype(int))


def test_a_weak_mark_is_read_and_weaker_ones_are_not_looked_at() -> None:
    reading = look(logits_of(PIPE, 1.01))
    assert reading.message == PIPE
    assert reading.statistic < reading.threshold
    none = look(logits_of(PIPE, 0.99))
    assert (none.outcome, none.reason, none.message, none.chance) == ("none", None, None, None)
    assert none.statistic == pytest.approx(0.99)


def test_too_much_damage_leaves_a_mark_and_no_message() -> None:
    reading = look(damaged(logits_of(PIPE, 3), 70))
    assert (reading.outcome, reading.reason) == ("unreadable", "damaged")
    assert (reading.message, reading.chance, reading.corrected, reading.match) == (None, None, None, None)


@pytest.mark.parametrize(
    ("marked_with", "given", "reason"),
    [(KEY, None, "key"), (KEY, OTHER, "key"), (None, KEY, "no-key")],
)
def test_a_key_that_does_not_fit_opens_nothing(
    marked_with: Key | None, given: Key | None, reason: str
) -> None:
    for magnitude in (3, 1.2):  # above the threshold, and below
        reading = look(logits_of(PIPE, magnitude, marked_with), given)
        assert (reading.outcome, reading.reason) == ("unreadable", reason)
        assert reading.message is None and reading.chance is None


def test_a_later_version_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setitem(kinds._CODES, "text", 9)
        logits = logits_of(PIPE, 3)
    reading = look(logits)
    assert (reading.outcome, reading.reason, reading.message) == ("unreadable", "later", None)
    assert reading.chance is None


def test_the_more_windows_are_tried_the_more_it_takes() -> None:
    opener = Opener(CARD, None)

    def reading(tried: int) -> Reading:
        return answer(
            np.full(256, 2.01, np.float32),
            WHOLE_PICTURE,
            opener,
            opened=None,
            lock=None,
            tried=tried,
            strength=2.01,
            known=None,
        )

    single, best_of_many = reading(1), reading(100)
    assert single.outcome == "unreadable" and single.false_alarm < 0.001
    assert best_of_many.outcome == "none"
    assert best_of_many.false_alarm == pytest.approx(100 * single.false_alarm)
    assert best_of_many.threshold > 2.01


def test_a_damaged_mark_of_the_key_given_is_one_however_weak() -> None:
    """The likeliest word tells it from no mark, but not from a mark of another key."""
    bits = encode(kinds.number(7), 256, KEY)
    noise = np.random.default_rng(86).standard_normal(256)
    logits = ((bits * 2 - 1) * np.sqrt(2 * 10**2.05 / 256) + noise)[np.newaxis].astype(np.float32)
    own, none = (look(logits, key) for key in (KEY, None))
    assert own.statistic < own.threshold
    assert (own.outcome, own.reason, own.message) == ("unreadable", "damaged", None)
    assert (none.outcome, none.reason) == ("unreadable", "key")


def test_every_try_counts_and_after_512_looks_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = Opener(CARD, None)
    noise = np.random.default_rng(3).standard_normal((4, 256)).astype(np.float32) * 5
    assert opener.open(noise, 4.0) is None
    assert opener.open(noise, 0.9) is None  # too weak: not tried
    opened = opener.open(logits_of(PIPE, 3), 3.0)
    assert opened is not None
    assert opened.chance == (4 * TRIES + 1) / 2**34
    assert opener_module._MOST_TRIES / 2**34 < 1e-6
    monkeypatch.setattr(opener_module, "_MOST_TRIES", 4 * TRIES)
    assert opener.open(logits_of(PIPE, 3), 3.0) is None


@given(st.lists(st.floats(-50, 50, width=32), min_size=256, max_size=256), st.booleans())
def test_what_was_not_marked_is_never_a_message(values: list[float], keyed: bool) -> None:
    reading = look(np.array([values], np.float32), KEY if keyed else None)
    assert set(reading.bits) <= {0, 1}
    assert all(0.5 <= confidence <= 1 for confidence in reading.confidences)
    assert 0 <= reading.false_alarm <= 1
    assert (reading.message, reading.chance, reading.corrected) == (None, None, None)
    assert (reading.outcome == "none") == (reading.reason is None)
    assert (reading.outcome == "none") == (reading.statistic < reading.threshold)


def test_a_list_names_what_was_read_and_what_an_unreadable_mark_is_likeliest_to_say() -> None:
    known = KnownIds.parse("pipe,The example\nhush")
    match = look(logits_of(PIPE, 3), known=known).match
    assert match is not None and match.label == "The example"
    reading = look(damaged(logits_of(PIPE, 3), 70), known=known)
    assert (reading.outcome, reading.reason, reading.message) == ("unreadable", "damaged", None)
    assert reading.match is not None and reading.match.message == PIPE
    assert (reading.match.agreeing, reading.match.chance) == (186, pytest.approx(2.5e-13, rel=0.2))
    assert look(logits_of(kinds.text("ripe"), 3), known=known).match is None
    assert look(logits_of(PIPE, 3, KEY), known=known).match is None


def test_a_mark_that_is_too_weak_to_be_seen_as_one_is_found_by_a_list() -> None:
    known = KnownIds.parse("pipe,The example\nhush")
    weak = damaged(logits_of(PIPE, 0.5), 60)
    assert look(weak).outcome == "none"
    reading = look(weak, known=known)
    assert (reading.outcome, reading.reason, reading.message) == ("unreadable", "damaged", None)
    assert reading.match is not None and reading.match.message == PIPE
    assert reading.match.chance < 1e-6
    # One fit in 100,000 would do under a mark that was found, but it shows none by itself.
    weaker = damaged(logits_of(PIPE, 0.5), 90)
    assert known.match(weaker[0], None, None, 1, 0.001) is not None
    assert (look(weaker, known=known).outcome, look(weaker, known=known).match) == ("none", None)


def test_a_mark_that_cannot_be_read_is_one_all_the_same() -> None:
    read = AlreadyMarked("a.png", look(logits_of(PIPE, 3)))
    assert "it reads as pipe" in str(read)
    locked = AlreadyMarked("a.png", look(logits_of(PIPE, 3, KEY)))
    assert str(locked).startswith("a.png is marked already. ")
    assert locked.facts == {"name": "a.png"}


@pytest.mark.parametrize(
    "logits",
    [np.full((1, 256), np.nan, np.float32), np.full((1, 256), np.inf), np.ones((1, 255)), np.ones(256)],
)
def test_useless_logits_are_an_error_and_no_reading(logits: np.ndarray) -> None:
    with pytest.raises(ModelOutput):
        look(logits.astype(np.float32))


@given(left=st.floats(0, 0.9), width=st.floats(0.1, 1), height=st.floats(0.1, 1))
def test_a_window_tells_how_much_of_the_marked_picture_is_shown(
    left: float, width: float, height: float
) -> None:
    # The picture read is a crop that starts at `left` and 0, in shares of the marked one.
    x, y = (-left / width, (1 - left) / width), (0, 1 / height)
    window = Window(((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])))
    assert window.shown == pytest.approx(min(width, 1 - left) * height, abs=0.04)
    assert WHOLE_PICTURE.shown == 1
