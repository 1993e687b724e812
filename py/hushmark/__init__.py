"""Hushmark: an invisible watermark that proves itself, marked and read in the browser or on the command line.

The networks are after StegaStamp (Tancik, Mildenhall, Ng: "StegaStamp: Invisible Hyperlinks in Physical
Photographs", CVPR 2020). `embed` and `read` use the networks of the package, and `sync` has the same without
await; `pipeline` has them for a forward pass (`Forward`) of the caller's own.
"""

from . import sync
from .api import embed, read
from .card import ModelCard, read_card
from .embedding import MarkOptions
from .errors import HushmarkError, KnownError, MessageError, ModelError, PictureError
from .forward import Forward
from .marking.budget import DEFAULT_STRENGTH
from .marking.sizes import expected_reading
from .message.keys import Key
from .message.kinds import Message, identifier, number, parse, random_identifier, text
from .message.known import KnownIds, Match
from .pipeline import Marked
from .progress import OnProgress, Progress
from .reading.reading import AlreadyMarked, Reading, Window

__version__ = "0.3.0"

__all__ = [
    "DEFAULT_STRENGTH",
    "AlreadyMarked",
    "Forward",
    "HushmarkError",
    "Key",
    "KnownError",
    "KnownIds",
    "MarkOptions",
    "Marked",
    "Match",
    "Message",
    "MessageError",
    "ModelCard",
    "ModelError",
    "OnProgress",
    "PictureError",
    "Progress",
    "Reading",
    "Window",
    "embed",
    "expected_reading",
    "identifier",
    "number",
    "parse",
    "random_identifier",
    "read",
    "read_card",
    "sync",
    "text",
]
