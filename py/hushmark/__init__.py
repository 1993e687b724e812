"""Hushmark: an invisible watermark of 32 bits, marked and read in the browser or on the command line.

The network is a StegaStamp (Tancik, Mildenhall, Ng: "StegaStamp: Invisible Hyperlinks in Physical
Photographs", CVPR 2020) in its published 32-bit, 320x320 adaptation. `embed` and `read` are the whole way;
they get the forward pass (`Forward`) from the caller: `native.NativeForward` on the command line,
`browser.Engine` in the page.
"""

from .card import ModelCard, read_card
from .codes import Protected
from .errors import HushmarkError, KnownError, ModelError, PayloadError, PictureError
from .forward import Forward
from .keys import Key
from .known import KnownIds, Match
from .payload import (
    Payload,
    hex_payload,
    number_payload,
    parse,
    protected_payload,
    random_payload,
    text_payload,
)
from .pipeline import DEFAULT_STRENGTH_DB, Marked, Read, embed, read
from .reading import Reading, Window

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_STRENGTH_DB",
    "Forward",
    "HushmarkError",
    "Key",
    "KnownError",
    "KnownIds",
    "Marked",
    "Match",
    "ModelCard",
    "ModelError",
    "Payload",
    "PayloadError",
    "PictureError",
    "Protected",
    "Read",
    "Reading",
    "Window",
    "embed",
    "hex_payload",
    "number_payload",
    "parse",
    "protected_payload",
    "random_payload",
    "read",
    "read_card",
    "text_payload",
]
