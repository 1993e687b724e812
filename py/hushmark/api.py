"""`embed` and `read` with the networks that come with the package, for scripts and servers."""

import os
from collections.abc import Iterable
from pathlib import Path

from . import pipeline
from .card import ModelCard
from .embedding import MarkOptions
from .errors import FileProblem
from .forward import Forward
from .marking.budget import DEFAULT_STRENGTH
from .message.keys import Key
from .message.kinds import Message, text
from .message.known import KnownIds
from .picture.container import Format
from .pipeline import Marked
from .progress import OnProgress
from .reading.reading import Reading

Source = bytes | os.PathLike[str]
"""A picture: the bytes of its file, or its path."""


async def embed(
    data: Source,
    message: Message | str,
    *,
    name: str | None = None,
    strength: float = DEFAULT_STRENGTH,
    key: str | None = None,
    again: bool = False,
    output_format: Format | None = None,
    quality: int | None = None,
    first: bool = False,
    progress: OnProgress | None = None,
) -> Marked:
    """Mark a picture and read it back.

    `data`: the bytes of its file, or its path; `message`: a text, or what `identifier`, `number` and
    `random_identifier` make; `name`: what sentences call the picture, its file's name unless given; `key`: a
    passphrase without which the mark cannot be read; `progress`: called with how far it is; `strength`,
    `again`, `output_format`, `quality`, `first`: see `MarkOptions`.

    The result has the marked file in `data`, and in `warnings` whether it reads back. The networks are
    loaded at the first call. The work blocks the caller's thread; a server runs it in another one:
    `await asyncio.to_thread(hushmark.sync.embed, ...)`.

    Raises PictureError, MessageError, StrengthError, AlreadyMarked, FileProblem, ModelError and
    RuntimeMissing, all of them HushmarkError.
    """
    forward, card = _model()
    return await pipeline.embed(
        _load(data),
        text(message) if isinstance(message, str) else message,
        name=name or _name(data),
        forward=forward,
        card=card,
        options=MarkOptions(
            strength=strength, again=again, output_format=output_format, quality=quality, first=first
        ),
        key=None if key is None else Key.from_passphrase(key),
        progress=progress,
    )


async def read(
    data: Source,
    *,
    name: str | None = None,
    key: str | None = None,
    known: Iterable[Message | str] | None = None,
    progress: OnProgress | None = None,
) -> Reading:
    """Read a picture, wherever in it the mark is.

    `data`, `name`, `key`, `progress`: see `embed`; `known`: messages that it may carry, or a dict of them
    with their labels, as `KnownIds.of` takes them; `Reading.match` is then the one that was read, or the
    likeliest one where the mark is unreadable.

    `Reading.outcome` is one of three answers: a message was read; there is a mark, but no message in it
    passed its check; no mark was found. Reading can be cancelled between two windows.

    Raises PictureError, MessageError, KnownError, FileProblem, ModelError and RuntimeMissing, all of them
    HushmarkError.
    """
    forward, card = _model()
    result = await pipeline.read(
        _load(data),
        name=name or _name(data),
        forward=forward,
        card=card,
        key=None if key is None else Key.from_passphrase(key),
        known=None if known is None else KnownIds.of(known),
        progress=progress,
    )
    return result.reading


def _model() -> tuple[Forward, ModelCard]:
    # Imported late: the page lacks Python's onnxruntime; elsewhere, RuntimeMissing says that it is missing.
    from .hosts.native import packaged_model

    return packaged_model()


def _name(data: Source) -> str:
    return "picture" if isinstance(data, bytes) else Path(data).name


def _load(data: Source) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return Path(data).read_bytes()
    except OSError as error:
        raise FileProblem(os.fspath(data), error.strerror or "cannot be read") from error
