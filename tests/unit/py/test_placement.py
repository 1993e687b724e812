"""A manifest store gets its place in every format: it is found again, and the picture is what it was."""

import io
from typing import get_args

import numpy as np
import pytest
from hushmark.credentials import jumbf, placement
from hushmark.picture.container import Format
from hushmark.picture.picture import writable_formats
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support import corpus

FORMATS: tuple[Format, ...] = tuple(each for each in get_args(Format) if each in writable_formats())
FILES = {each: corpus.encoded(corpus.base().resize((48, 36)), each) for each in FORMATS}


def store(size: int) -> bytes:
    """A manifest store of so many bytes, as far as a placement looks at it."""
    empty = len(jumbf.superbox("c2pa", "c2pa", jumbf.box("free", b"")))
    return jumbf.superbox("c2pa", "c2pa", jumbf.box("free", bytes(i % 251 for i in range(size - empty))))


@pytest.mark.parametrize("file_format", FORMATS)
@given(size=st.integers(60, 300) | st.integers(65_500, 65_600) | st.sampled_from([131_100, 200_001]))
def test_what_is_put_in_is_found(file_format: Format, size: int) -> None:
    data, wanted = FILES[file_format], store(size)
    room = placement.place(data, file_format, size)
    file = room.file(wanted)
    found = placement.find(file, file_format)
    assert found is not None and found.store == wanted
    assert room.start in [start for start, _ in found.spans]
    assert len(file) == room.start + room.size + sum(map(len, room.tail))
    before, after = (Image.open(io.BytesIO(each)).convert("RGB") for each in (data, file))
    assert np.array_equal(before, after)
    assert placement.find(data, file_format) is None


@pytest.mark.parametrize("file_format", FORMATS)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(file_format: Format, data: st.DataObject) -> None:
    file = bytearray(placement.place(FILES[file_format], file_format, 400).file(store(400)))
    for _ in range(data.draw(st.integers(1, 8))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(file[: data.draw(st.integers(12, len(file)))])
    try:
        placement.find(cut, file_format)
    except ValueError:
        return


def test_boxes_of_others_in_a_jpeg_are_no_manifest_store() -> None:
    other = jumbf.superbox("json", "other", jumbf.box("json", b"{}" * 20))
    assert placement.find(placement.place(FILES["JPEG"], "JPEG", len(other)).file(other), "JPEG") is None


@pytest.mark.parametrize(
    "data", [b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\1\0"]
)
def test_a_tiff_without_a_directory_has_none(data: bytes) -> None:
    assert placement.find(data, "TIFF") is None


def test_damage_elsewhere_is_no_damaged_manifest() -> None:
    for file_format in FORMATS:
        for size in range(12, len(FILES[file_format]), 97):
            assert placement.find(FILES[file_format][:size], file_format) is None


def test_a_manifest_that_leads_out_of_the_file_is_refused() -> None:
    for file_format in ("WEBP", "TIFF"):
        file = placement.place(FILES[file_format], file_format, 400).file(store(400))
        with pytest.raises(ValueError):
            placement.find(file[:-100], file_format)
