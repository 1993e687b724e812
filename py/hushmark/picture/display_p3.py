"""The ICC profile of Display P3, for pictures that name these colours only by numbers."""

import struct

_NAME = "Display P3"
_WHITE = (0.9642, 1.0, 0.8249)
"""D50, to which profiles refer."""
_RED, _GREEN, _BLUE = (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)
"""The primaries of SMPTE EG 432-1 as XYZ, adapted from D65 to D50 by Bradford's matrix."""
_D65_TO_D50 = (1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1: the exponent, a, b, c, d of ICC.1's parametric curve of type 3."""


def display_p3() -> bytes:
    """A profile of version 4 as ICC.1 describes it."""
    name = _NAME.encode("utf-16-be")
    text = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(name), 28) + name
    curve = b"para" + struct.pack(">4xHH", 3, 0) + _numbers(_SRGB_CURVE)
    tags = {b"desc": text, b"cprt": text, b"chad": b"sf32" + bytes(4) + _numbers(_D65_TO_D50)}
    for tag, xyz in ((b"wtpt", _WHITE), (b"rXYZ", _RED), (b"gXYZ", _GREEN), (b"bXYZ", _BLUE)):
        tags[tag] = b"XYZ " + bytes(4) + _numbers(xyz)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4xI4s4s4s12x4s", size, 0x04200000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (head + bytes(28) + _numbers(_WHITE)).ljust(128, b"\0") + table + body


def _numbers(values: tuple[float, ...]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
