"""Boxes within boxes: what is written is read, and nothing that is damaged is taken for whole."""

import pytest
from hushmark.credentials import jumbf
from hypothesis import given
from hypothesis import strategies as st

LABELS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20)


@st.composite
def stores(draw: st.DrawFn, depth: int = 2) -> tuple[bytes, str, list[tuple[str, bytes]], int]:
    """A superbox, its label, its content boxes, and how many superboxes are in it."""
    label = draw(LABELS)
    contents = draw(
        st.lists(st.tuples(st.sampled_from(["cbor", "json", "bidb"]), st.binary(max_size=60)), max_size=3)
    )
    inner = draw(st.lists(stores(depth - 1), max_size=3)) if depth else []
    inside = [jumbf.box(kind, data) for kind, data in contents] + [each[0] for each in inner]
    return jumbf.superbox("c2ma", label, *inside), label, contents, len(inner)


@given(stores())
def test_what_is_written_is_read(store: tuple[bytes, str, list[tuple[str, bytes]], int]) -> None:
    data, label, contents, inner = store
    box = jumbf.parse(data)
    assert (box.kind, box.label, list(box.contents), len(box.boxes)) == ("c2ma", label, contents, inner)
    assert box.encoded() == data


@given(stores(), st.data())
def test_a_box_that_is_cut_off_is_refused(store: tuple[bytes, str, object, int], data: st.DataObject) -> None:
    whole = store[0]
    with pytest.raises(ValueError):
        jumbf.parse(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for data in (noise, jumbf.box("jumb", noise), jumbf.superbox("c2pa", "c2pa", noise)):
        try:
            jumbf.parse(data)
        except ValueError:
            continue


def test_boxes_that_are_too_many_or_too_deep_are_refused() -> None:
    with pytest.raises(ValueError, match="many"):
        jumbf.parse(jumbf.superbox("c2pa", "c2pa", jumbf.box("free", b"") * 10_001))
    deep = b""
    for _ in range(20):
        deep = jumbf.superbox("c2pa", "c2pa", deep)
    with pytest.raises(ValueError, match="deep"):
        jumbf.parse(deep)
