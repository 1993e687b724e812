import numpy as np
import pytest
from hushmark.errors import KnownEmpty, KnownLine
from hushmark.message import kinds
from hushmark.message.keys import Key
from hushmark.message.kinds import Message
from hushmark.message.known import KnownIds, Match
from hushmark.message.sealing import encode, encode_each
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

KEY = Key(bytes(range(32)))
PIPE = kinds.text("pipe")
LIST = (
    "\ufeffpipe\tThe example\r\n\n0123456789ABCDEF, Another, with a comma\nnumber:12\n"
    "id:00000000000000ff\tMine\ntext:number:1\n"
)


def matched(
    known: KnownIds,
    message: Message,
    *,
    wrong: int = 0,
    read: bool = False,
    key: Key | None = None,
    tried: int = 1,
    level: float = 0.001,
    seed: int = 1,
) -> Match | None:
    """What fits logits of a message of which some bits, at places of a seed's choice, are wrong."""
    logits = (encode(message, 256, key) * 2 - 1) * 2
    logits[np.random.default_rng(seed).permutation(256)[:wrong]] *= -1
    return known.match(logits, message if read else None, key, tried, level)


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize(
    ("message", "label"),
    [
        (PIPE, "The example"),
        (kinds.identifier("0123456789abcdef"), "Another, with a comma"),
        (kinds.number(12), None),
        (kinds.identifier("00000000000000ff"), "Mine"),
        (kinds.text("number:1"), None),
    ],
)
def test_a_list_names_the_message(message: Message, label: str | None, read: bool, key: Key | None) -> None:
    known = KnownIds.parse(LIST)
    assert len(known) == 5
    match = matched(known, message, read=read, key=key)
    assert match == Match(message, label, 256, pytest.approx(1), pytest.approx(5 * 2**-256))


def test_the_first_label_of_a_message_counts_and_kinds_are_kept_apart() -> None:
    known = KnownIds.parse("12,one\n12,two\nnumber:12,three\nid:0000000000000012,four")
    assert len(known) == 3
    for message, label in ((kinds.text("12"), "one"), (kinds.number(12), "three")):
        match = matched(known, message, read=True)
        assert match is not None and match.label == label


@pytest.mark.parametrize(
    ("line", "message", "label"),
    [
        ("ab ", kinds.text("ab "), None),
        (" ab,with a label ", kinds.text(" ab"), "with a label"),
        ("ab \t label", kinds.text("ab "), "label"),
        ("text:ab \tentry", kinds.text("ab "), "entry"),
        ("text: ab", kinds.text(" ab"), None),
        ("a, b\tlabel", kinds.text("a, b"), "label"),
        ("  0123456789abcdef , mine", kinds.identifier("0123456789abcdef"), "mine"),
        (" number: 12 ", kinds.number(12), None),
    ],
)
def test_spaces_are_part_of_a_text_only(line: str, message: Message, label: str | None) -> None:
    known = KnownIds.parse(f"{line}\r\n")
    match = matched(known, message, read=True)
    assert match is not None and (match.message, match.label, len(known)) == (message, label, 1)


def test_many_wrong_bits_leave_the_likeliest_with_its_chance() -> None:
    known = KnownIds([(kinds.number(n), None) for n in range(500)])
    match = matched(known, kinds.number(7), wrong=60)
    assert match is not None and match.message == kinds.number(7)
    assert match.agreeing == 196
    assert match.certainty == pytest.approx(1)
    assert 1e-17 < match.chance < 1e-14
    longer = matched(known, kinds.number(7), wrong=60, tried=300)
    assert longer is not None and longer.chance == pytest.approx(300 * match.chance)
    assert matched(known, kinds.number(7), wrong=110) is None
    assert matched(known, kinds.number(7), wrong=60, level=match.chance / 2) is None


def test_what_was_read_is_in_the_list_or_nothing_fits() -> None:
    known = KnownIds.parse("pipe\nnumber:1")
    assert PIPE in known and kinds.text("ripe") not in known
    assert matched(known, kinds.text("ripe"), read=True) is None
    assert matched(known, kinds.number(2), read=True) is None
    match = matched(known, PIPE, wrong=120, read=True)  # a verified message is what was marked
    assert match is not None and (match.message, match.agreeing) == (PIPE, 136)


def test_another_key_fits_nothing() -> None:
    known = KnownIds([(kinds.number(n), None) for n in range(500)])
    logits = encode(kinds.number(7), 256, KEY) * 2 - 1
    for key in (None, Key(bytes(32))):
        assert known.match(logits, None, key, 1, 0.001) is None


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50, unique=True), st.integers(0, 2**32 - 1))
def test_random_marks_fit_no_oftener_than_the_chance_says(ids: list[int], seed: int) -> None:
    known = KnownIds([(kinds.number(n), None) for n in ids])
    logits = np.random.default_rng(seed).standard_normal(256)
    match = known.match(logits, None, None, 1, 1e-6)
    assert match is None


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("pipe\n\nnine bytes", 3, "takes 10 bytes"),
        ("id:123", 1, "exactly 16 digits"),
        ("ab\r\nnumber:12b,Bob", 2, "digits 0-9 only"),
        ("number:18446744073709551616", 1, "0 to 18446744073709551615"),
        (",a label alone", 1, "nothing to hide"),
        ("a\x07", 1, "cannot be shown"),
    ],
)
def test_a_damaged_line_is_named(text: str, line: int, sentence: str) -> None:
    with pytest.raises(KnownLine, match=f"Line {line} of the list.*{sentence}"):
        KnownIds.parse(text)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_list_is_refused(text: str) -> None:
    with pytest.raises(KnownEmpty):
        KnownIds.parse(text)


@given(st.text())
def test_any_text_is_a_list_or_a_sentence(text: str) -> None:
    try:
        assert len(KnownIds.parse(text)) >= 1
    except (KnownLine, KnownEmpty) as error:
        assert str(error).endswith(".") or ")" in str(error)


def test_a_list_is_encoded_once_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def counting(messages: list[Message], length: int, key: Key | None) -> NDArray[np.float32]:
        sizes.append(len(messages))
        return encode_each(messages, length, key)

    monkeypatch.setattr("hushmark.message.known.encode_each", counting)
    monkeypatch.setattr("hushmark.message.known._PART", 2)
    known = KnownIds.parse(LIST)
    for message, key in ((kinds.number(12), None), (PIPE, None), (PIPE, KEY)):
        match = matched(known, message, wrong=40, key=key)
        assert match is not None and match.message == message
    assert sizes == 2 * [2, 2, 1]
