"""Removes the functions from onnxruntime's WebAssembly that our four networks never call.

Most of its operators are not used here, and take nearly half of its bytes on the wire. onnxruntime.json,
which record.py writes, says which functions stay: those that were called in a browser while the networks were
opened and run, all that these call by name, and all short ones. The others get an empty body: calling one is
a trap, and the page then uses the whole file instead (app/engine/networks-worker.js).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RECORD = Path(__file__).with_name("onnxruntime.json")
IMPORT, EXPORT, CODE = 2, 7, 10
"""Numbers of sections of a WebAssembly file; the last has the functions' bodies."""
_TRAP = b"\x03\x00\x00\x0b"
"""A body of three bytes: no locals, `unreachable`, `end`."""


class TrimError(Exception):
    """A file is not the recorded one. The message says what to do."""


@dataclass(frozen=True)
class Kept:
    """Which functions of a file stay: `bits` has one for each that the file defines, from the lowest on."""

    sha256: str
    functions: int
    bits: bytes

    def __contains__(self, function: int) -> bool:
        return bool(self.bits[function // 8] >> function % 8 & 1)


def read_record(path: Path = RECORD) -> Kept:
    """What record.py wrote."""
    facts = json.loads(path.read_text("utf-8"))
    return Kept(facts["sha256"], facts["functions"], base64.b64decode(facts["kept"]))


def trimmed(wasm: bytes, kept: Kept) -> bytes:
    """The file with the bodies of these functions only. Raises TrimError if it is not the recorded file."""
    if hashlib.sha256(wasm).hexdigest() != kept.sha256:
        raise TrimError(
            "onnxruntime's WebAssembly is not the file of tools/trimming/onnxruntime.json: record anew which"
            " of its functions are called, with python -m tools.trimming.record."
        )
    return with_bodies(wasm, [number in kept for number in range(kept.functions)])


def with_bodies(wasm: bytes, stays: list[bool]) -> bytes:
    """The file in which the functions that do not stay are traps."""
    out = bytearray(wasm[:8])
    for number, begin, end in sections(wasm):
        content = wasm[begin:end]
        if number == CODE:
            bodies = list(function_bodies(wasm, begin))
            pieces = [
                _written(last - first) + wasm[first:last] if stay else _TRAP
                for (first, last), stay in zip(bodies, stays, strict=True)
            ]
            content = _written(len(bodies)) + b"".join(pieces)
        out += bytes([number]) + _written(len(content)) + content
    return bytes(out)


def sections(wasm: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each section's content."""
    at = 8
    while at < len(wasm):
        size, begin = read_number(wasm, at + 1)
        yield wasm[at], begin, begin + size
        at = begin + size


def function_bodies(wasm: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each body in the code section whose content begins there."""
    count, at = read_number(wasm, begin)
    for _ in range(count):
        size, first = read_number(wasm, at)
        yield first, first + size
        at = first + size


def exported_function(wasm: bytes, name: str) -> int:
    """The number, among the functions that the file defines, of the one that it exports by this name."""
    begins = {number: begin for number, begin, _ in sections(wasm)}
    count, at = read_number(wasm, begins[EXPORT])
    for _ in range(count):
        size, at = read_number(wasm, at)
        found, kind = wasm[at : at + size].decode(), wasm[at + size]
        index, at = read_number(wasm, at + size + 1)
        if (found, kind) == (name, 0):
            return index - _imported_functions(wasm, begins[IMPORT])
    raise KeyError(name)


def _imported_functions(wasm: bytes, begin: int) -> int:
    """How many there are: they are numbered before the others."""
    count, at = read_number(wasm, begin)
    functions = 0
    for _ in range(count):
        for _ in range(2):
            size, at = read_number(wasm, at)
            at += size
        kind, at = wasm[at], at + 1
        if kind == 0:
            functions += 1
            _, at = read_number(wasm, at)
        elif kind == 2:
            flags, at = read_number(wasm, at)
            for _ in range(1 + (flags & 1)):
                _, at = read_number(wasm, at)
        else:
            raise ValueError(f"an import of kind {kind} is not known here")
    return functions


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _written(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
