"""CBOR (RFC 8949) by the library cbor2, which gets only data that was checked to be small and plain."""

from typing import Any

_MOST_ITEMS = 100_000
_DEEPEST = 32
_MOST_BYTES = 16 << 20
_PLAIN_TAGS = frozenset([0, 1, 16, 17, 18, 32, 37, 96, 97, 98])
"""Times, addresses, UUIDs and COSE. Manifests need no other tags, which cost computation or refer back."""


def encode(value: object) -> bytes:
    """CBOR of plain data; a dict keeps its order."""
    data: bytes = _library().dumps(value)
    return data


def decode(data: bytes) -> Any:
    """The value of one item. Raises ValueError for all that is not whole, plain and of reasonable size."""
    if len(data) > _MOST_BYTES:
        raise ValueError("too much CBOR")
    if _end_of(data) != len(data):
        raise ValueError("more than one item of CBOR")
    library = _library()
    try:
        return library.loads(data)
    except Exception as error:  # a time or a text in it can raise errors of many types
        raise ValueError("damaged CBOR") from error


def tagged(tag: int, value: object) -> object:
    """A value under a tag."""
    return _library().CBORTag(tag, value)


def _library() -> Any:
    # Imported late: few pictures have a manifest, and the page would start later.
    import cbor2

    return cbor2


def _end_of(data: bytes) -> int:
    """Where the first item ends. Raises ValueError."""
    position = items = 0
    open_items = [1]  # how many items are to come in each container, -1 where a break ends it
    while open_items:
        if not open_items[-1]:
            open_items.pop()
            continue
        items += 1
        if items > _MOST_ITEMS or len(open_items) > _DEEPEST or position >= len(data):
            raise ValueError("CBOR that is cut off, or too large")
        major, short = data[position] >> 5, data[position] & 31
        position += 1
        if data[position - 1] == 0xFF:
            if open_items[-1] >= 0:
                raise ValueError("a break in CBOR where none belongs")
            open_items.pop()
            continue
        if open_items[-1] > 0:
            open_items[-1] -= 1
        size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
        if 28 <= short <= 30 or (short == 31 and major not in (2, 3, 4, 5)):
            raise ValueError("no CBOR")
        value = int.from_bytes(data[position : position + size], "big") if size else short
        position += size
        if major in (2, 3) and short != 31:
            position += value
        elif major == 6:
            if value not in _PLAIN_TAGS:
                raise ValueError(f"CBOR with tag {value}")
            open_items.append(1)
        elif short == 31:
            open_items.append(-1)
        elif major in (4, 5):
            if value > _MOST_ITEMS:
                raise ValueError("CBOR that is too large")
            open_items.append(value * (major - 3))
    if position > len(data):
        raise ValueError("CBOR that is cut off")
    return position
