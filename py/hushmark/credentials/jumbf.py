"""JUMBF (ISO 19566-5): the boxes within boxes that a manifest store is made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..picture.container import bmff_boxes

_BASE = bytes.fromhex("00110010800000aa00389b71")  # the rest of a content type behind its four letters
_REQUESTABLE_AND_LABEL = 0x03
_HAS_LABEL = 0x02
_MOST_BOXES = 10_000
_DEEPEST = 16


@dataclass(frozen=True)
class Box:
    """A superbox: its content type (four letters), label, the boxes in it, and its bytes without the header.

    `kind`: content type; `label`: name that addresses it; `boxes`: superboxes inside; `contents`: content
    boxes as (type, bytes); `payload`: all bytes behind its header, which is what hashes cover.
    """

    kind: str
    label: str
    boxes: tuple["Box", ...]
    contents: tuple[tuple[str, bytes], ...]
    payload: bytes

    def find(self, label: str) -> "Box | None":
        """The last superbox inside that has this label."""
        return next((box for box in reversed(self.boxes) if box.label == label), None)

    def content(self, kind: str) -> bytes | None:
        """The bytes of the first content box of this type."""
        return next((data for each, data in self.contents if each == kind), None)

    def holds_file(self) -> bool:
        """Whether a file is embedded in it, at any depth: mostly a small picture."""
        return self.content("bidb") is not None or any(box.holds_file() for box in self.boxes)

    def encoded(self) -> bytes:
        """The superbox with its header."""
        return box("jumb", self.payload)


def box(kind: str, content: bytes) -> bytes:
    """A box with its header: length, type, content."""
    return (8 + len(content)).to_bytes(4, "big") + kind.encode("latin-1") + content


def superbox(kind: str, label: str, *inside: bytes) -> bytes:
    """A superbox of this content type (four letters) with this label and these boxes."""
    described = kind.encode("latin-1") + _BASE + bytes([_REQUESTABLE_AND_LABEL]) + label.encode() + b"\0"
    return box("jumb", box("jumd", described) + b"".join(inside))


def parse(data: bytes) -> Box:
    """The superbox that these bytes begin with. Raises ValueError where there is none, or it is not whole."""
    left = [_MOST_BOXES]
    kind, payload = next(_boxes(data, left), ("", b""))
    if kind != "jumb":
        raise ValueError("no JUMBF superbox")
    return _superbox(payload, left, 0)


def _superbox(payload: bytes, left: list[int], depth: int) -> Box:
    if depth > _DEEPEST:
        raise ValueError("boxes too deep in one another")
    kind, label = "", ""
    boxes, contents = [], []
    for number, (each, data) in enumerate(_boxes(payload, left)):
        if number == 0:
            if each != "jumd":
                raise ValueError("a superbox without a description")
            kind, label = _described(data)
        elif each == "jumb":
            boxes.append(_superbox(data, left, depth + 1))
        else:
            contents.append((each, data))
    return Box(kind, label, tuple(boxes), tuple(contents), payload)


def _described(data: bytes) -> tuple[str, str]:
    """Content type and label of a description box."""
    if len(data) < 17:
        raise ValueError("a description that is cut off")
    kind = data[:4].decode("latin-1")
    if not data[16] & _HAS_LABEL:
        return kind, ""
    label, end, _ = data[17:].partition(b"\0")
    if not end:
        raise ValueError("a label without an end")
    return kind, label.decode()


def _boxes(data: bytes, left: list[int]) -> Iterator[tuple[str, bytes]]:
    """Type and content of each box. `left`: how many more may come, in all. Raises ValueError."""
    for each in bmff_boxes(data):
        left[0] -= 1
        if left[0] < 0:
            raise ValueError("too many boxes")
        yield each.kind, data[each.content : each.end]
