"""What binds a manifest to a picture: hashes of its file, and the value that stands for its mark."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..message.keys import Key
from ..message.kinds import Message, pack
from ..picture.container import bmff_boxes
from .placement import BMFF_USE, Found, Piece

ALGORITHM = "org.hushmark.mark.1"
"""Our name in the public list of soft-binding algorithms; docs/softbinding-algorithm.json has the entry."""

BMFF_EXCLUSIONS: list[dict[str, Any]] = [
    {"xpath": "/uuid", "data": [{"offset": 8, "value": BMFF_USE}]},
    {"xpath": "/ftyp"},
    {"xpath": "/mfra"},
]
"""What the hash of an AVIF leaves out: its manifest store, and boxes that say nothing of its pixels."""

_HASHES = ("sha256", "sha384", "sha512")
_HARMLESS = ("/ftyp", "/mfra", "/free", "/skip")
_PURPOSE = b"hushmark binding 1: "
_VALUE_SIZE = 16


def mark_value(message: Message, key: Key | None) -> bytes:
    """What stands for a mark in a manifest, where everybody can read it.

    Without a key it is the message, in 9 bytes. With one it is a code of the message, 16 bytes, which cannot
    be computed without the key: a manifest must not tell what a key hides.
    """
    packed = pack(message)
    if key is None:
        return packed
    return hmac.digest(key.secret, _PURPOSE + packed, "sha256")[:_VALUE_SIZE]


def digest(algorithm: str, pieces: Iterable[Piece]) -> bytes:
    """The hash of the joined pieces. Raises ValueError for an algorithm that manifests do not use."""
    if algorithm not in _HASHES:
        raise ValueError(f"a hash by {algorithm}")
    made = hashlib.new(algorithm)
    for piece in pieces:
        made.update(piece)
    return made.digest()


def data_holds(data: bytes, assertion: Mapping[str, Any], algorithm: str, found: Found) -> bool | None:
    """Whether a file has the hash of a c2pa.hash.data; None where it leaves out more than the manifest store.

    Raises ValueError, TypeError, KeyError where the assertion is malformed.
    """
    view, position = memoryview(data), 0
    pieces, is_enough = [], True
    for each in sorted(assertion.get("exclusions") or [], key=lambda one: cast(int, one["start"])):
        start, end = each["start"], each["start"] + each["length"]
        is_enough &= any(at <= start <= end <= at + room for at, room in found.spans)
        pieces.append(view[position : max(start, position)])
        position = max(end, position)
    pieces.append(view[position:])
    if digest(assertion.get("alg") or algorithm, pieces) != assertion["hash"]:
        return False
    return True if is_enough else None


def bmff_holds(
    data: bytes, assertion: Mapping[str, Any], algorithm: str, *, with_places: bool
) -> bool | None:
    """The same for a c2pa.hash.bmff. `with_places`: hash the places of boxes, too, as from version 2 on."""
    if assertion.get("merkle") or not assertion.get("hash"):
        return None
    exclusions = assertion["exclusions"]
    made = bmff_digest(data, exclusions, assertion.get("alg") or algorithm, with_places=with_places)
    if made != assertion["hash"]:
        return None if any(each.get("subset") for each in exclusions) else False
    return True if all(map(_is_harmless, exclusions)) else None


def bmff_digest(
    data: bytes, exclusions: list[dict[str, Any]], algorithm: str, *, with_places: bool = True
) -> bytes:
    """The hash of an AVIF without these top-level boxes. Raises ValueError."""
    view = memoryview(data)
    pieces: list[Piece] = []
    for box in bmff_boxes(data):
        if any(_leaves_out(each, box.kind, view[box.start : box.end]) for each in exclusions):
            continue
        if with_places:
            pieces.append(box.start.to_bytes(8, "big"))
        pieces.append(view[box.start : box.end])
    return digest(algorithm, pieces)


def _is_harmless(exclusion: Mapping[str, Any]) -> bool:
    """Whether it leaves out nothing of the picture."""
    parts = exclusion.get("data") or []
    ours = exclusion["xpath"] == "/uuid" and any(
        part["offset"] == 8 and part["value"] == BMFF_USE for part in parts
    )
    return ours or exclusion["xpath"] in _HARMLESS


def _leaves_out(exclusion: Mapping[str, Any], kind: str, box: memoryview) -> bool:
    parts = exclusion.get("data") or []
    return exclusion["xpath"] == f"/{kind}" and all(
        bytes(box[part["offset"] : part["offset"] + len(part["value"])]) == part["value"] for part in parts
    )
