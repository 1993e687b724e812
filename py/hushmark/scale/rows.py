"""Rows of a run's manifest: the records of `--json`, with types that Parquet has.

The columns are made from the same dataclasses as the records. Raw bits and times, which take most room and
are of use for single pictures only, are left out.
"""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pyarrow as pa

from ..credentials.manifest import PictureManifest
from ..errors import HushmarkError
from ..pipeline import Marked
from ..reading.reading import Reading
from ..tasks import failure, plain, plain_fields

Row = dict[str, Any]

_LEFT_OUT = {"bits", "confidences", "phases"}
_PLAIN: dict[object, pa.DataType] = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
}


def _type(hint: Any) -> pa.DataType:
    """The column type for values of a Python type in their plain form."""
    arguments = get_args(hint)
    match get_origin(hint):
        case _ if isinstance(hint, type) and is_dataclass(hint):
            return pa.struct(_columns(hint))
        case _ if hint in _PLAIN:
            return _PLAIN[hint]
        case origin if origin is Literal:
            return pa.string()
        case origin if origin in (UnionType, Union):
            (inner,) = (each for each in arguments if each is not NoneType)
            return _type(inner)
        case origin if origin is tuple:
            return pa.list_(_type(arguments[0]))
    raise TypeError(f"no column holds {hint}")


def _columns(kind: type) -> list[pa.Field]:
    return [
        pa.field(name, _type(hint))
        for name, hint, _ in plain_fields(kind)
        if hint is not bytes and name not in _LEFT_OUT
    ]


_ERROR = pa.struct([("code", pa.string()), ("message", pa.string()), ("facts", pa.string())])
MARKED: pa.Schema = pa.schema(
    [
        pa.field("file", pa.string()),
        pa.field("error", _ERROR),
        pa.field("output", pa.string()),
        pa.field("bytes", pa.int64()),
        *_columns(Marked),
    ]
)
"""The columns of pictures that were marked: `error` is null, or everything except `file` and `error` is."""
READ: pa.Schema = pa.schema(
    [
        pa.field("file", pa.string()),
        pa.field("error", _ERROR),
        *_columns(Reading),
        pa.field("manifest", pa.struct(_columns(PictureManifest))),
    ]
)
"""The columns of pictures that were read."""


def of_error(file: str, error: HushmarkError) -> Row:
    """The row of a picture that failed; the facts of its error are JSON."""
    told = failure(error)
    return {"file": file, "error": {**told, "facts": json.dumps(told["facts"])}}


def of_marked(marked: Marked) -> Row:
    """The row of a picture that was marked, without its location."""
    return {"bytes": len(marked.data), **_plain(marked)}


def of_reading(reading: Reading, manifest: PictureManifest | None) -> Row:
    """The row of a picture that was read, without its location."""
    return {**_plain(reading), "manifest": plain(manifest, files=False)}


def _plain(value: object) -> Row:
    facts: Mapping[str, Any] = plain(value, files=False)
    return {name: fact for name, fact in facts.items() if name not in _LEFT_OUT}
