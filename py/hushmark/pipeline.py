"""The whole way: mark a picture, or read one."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .card import ModelCard
from .credentials.cose import Verify, cannot_verify
from .credentials.manifest import PictureManifest, active, find_store, read_manifest
from .credentials.signing import Cover, Statement, sign
from .errors import ModelOutput, SigningFailed
from .forward import Forward
from .marking import residual
from .marking.budget import DEFAULT_STRENGTH, Budget, check_strength, to_grid
from .marking.sizes import expected_reading
from .message.keys import Key
from .message.kinds import Message
from .message.known import KnownIds
from .message.sealing import encode
from .picture import view
from .picture.container import Format, detect
from .picture.picture import MIME_TYPES, Picture, encode_picture, open_picture
from .picture.previews import Removed, maker_note, may_hide_a_picture
from .progress import OnProgress, Phases
from .reading.opener import Opener
from .reading.reading import AlreadyMarked, Reading, decide
from .reading.search import search
from .trials import TRIALS

REFINING_STEPS = 3
"""At most so many steps along the decoder's gradient."""
REFINING_STEPS_AGAIN = 6
"""The same on top of another mark, which is in the way."""
REFINING_STEP = 0.4
"""Length of a step, as a share of what may be seen."""
ENOUGH_MARGIN = 6.0
"""Margin of the weakest bit from which on another step is not worth its time."""

_COPY_SIDE = 1000

LONG_PHASE = "refine"
"""The phase that leaves Python nothing to do for longest: the time to decode the next picture."""
_EMBED_PHASES = ("open", "prepare", "forward", LONG_PHASE, "apply", "save", "check")
_READ_PHASES = ("open", "search")
_ATTEMPT_PHASES = ("open", "change", "search")

MarkWarning = Literal["unreadable", "weak", "small", "shape", "maker-note", "manifest-picture"]
"""What to know of a marked picture: its mark cannot be read back, or only just; it has so few pixels, in a
usual or in a long shape, that the mark may not last (see `Marked.expected`); it has a maker note so large
that a preview of the unmarked one may be in it; the manifest of the cover, which is kept, has a picture.
"""

_WEAK = 1 / 16
"""Share of the bits above which a mark that had to be corrected is weak, while nothing has happened to it."""
_LASTING = 0.95
"""The chance to be read from which on a picture is large enough."""
_LONG = 4
"""Longer side over shorter side of a long shape."""


@dataclass(frozen=True)
class Marked:
    """A marked picture.

    `data`: the file; `name`: suggested file name; `file_format`: JPEG, PNG, WEBP, TIFF or AVIF; `width`,
    `height`: pixels as displayed; `strength`: that was asked for; `psnr`: dB against the cover, before
    encoding; `message`: that was marked; `check`: what reading the file back gave; `warnings`: what that
    means, empty when all is well; `expected`: the measured chance, 0..1, that a mark in a picture of this
    size is read after JPEG of quality 80; `removed`: what showed the unmarked picture, and so was left out,
    in alphabetical order; `manifest`: that was signed and written, read back, None where none was;
    `phases`: milliseconds by phase.
    """

    data: bytes
    name: str
    file_format: Format
    width: int
    height: int
    strength: float
    psnr: float
    message: Message
    check: Reading
    warnings: tuple[MarkWarning, ...]
    expected: float
    removed: tuple[Removed, ...]
    manifest: PictureManifest | None
    phases: dict[str, float]
    _samples: tuple[Image.Image, Image.Image]

    def difference(self) -> bytes:
        """What was added, for the eye: a PNG of mid-grey + 16 times the change, at most 800 px a side."""
        return residual.difference(*self._samples)


@dataclass(frozen=True)
class Read:
    """A picture that was read.

    `reading`: what was read; `manifest`: C2PA's, of the picture, None where it has none; `phases`:
    milliseconds by phase.
    """

    reading: Reading
    manifest: PictureManifest | None
    phases: dict[str, float]


async def embed(
    data: bytes,
    message: Message,
    *,
    name: str,
    forward: Forward,
    card: ModelCard,
    strength: float = DEFAULT_STRENGTH,
    key: Key | None = None,
    again: bool = False,
    output_format: Format | None = None,
    quality: int | None = None,
    statement: Statement | None = None,
    progress: OnProgress | None = None,
) -> Marked:
    """Mark the picture in `data` (any that `open_picture` takes; `name` is its file name) with the message.

    `strength` is how visible the mark may be, 0.25 (faint) to 4 (strong); `key` is needed to read it, then;
    `again` allows a second mark on top of one that the picture carries already; `output_format` and `quality`
    (1..100) as in `Picture.in_format`; `statement`: who signs it, and what of it, in a C2PA manifest, which
    keeps that of the cover, unless it is broken. Without a statement the cover's is left out.
    Raises HushmarkError: StrengthError, PictureError, AlreadyMarked, ModelOutput.
    """
    check_strength(strength)
    bits = encode(message, card.bits, key)
    phases = Phases(_EMBED_PHASES, progress)

    await phases.enter("open")
    cover = open_picture(data, name).in_format(output_format, quality)
    await phases.enter("prepare")
    image = view.prepare(cover, card.image_size)
    if not again:
        before = decide(await forward.decode(image), Opener(card, key))
        if before.outcome != "none":
            raise AlreadyMarked(name, before)
    unmarked = residual.sample(cover)
    steps = REFINING_STEPS_AGAIN if again else REFINING_STEPS
    marked, psnr = await _mark(cover, image, bits, strength, forward, phases, steps)
    await phases.enter("save")
    samples = unmarked, residual.sample(marked)
    file_format, marked_name, (width, height) = cover.file_format, cover.marked_name, cover.display_size
    removed, note = tuple(sorted(cover.removed)), maker_note(cover.metadata.exif)
    pieces = encode_picture(marked)
    del cover, marked  # the file in one piece, and the picture that the check decodes, take their room
    encoded = b"".join(pieces)
    del pieces
    cover_facts, had_manifest = await _cover_facts(data, name, statement)
    if had_manifest and cover_facts.store is None:
        removed = tuple(sorted({*removed, "manifest"}))
    await phases.enter("check")
    # What `prepare` shrinks anyway need not be decoded at full size.
    written = open_picture(encoded, marked_name, least_side=card.image_size)
    seen = view.prepare(written, card.image_size)
    check = decide(await forward.decode(seen), Opener(card, key))
    warnings = _warnings(check, message, width, height, note)
    manifest = None
    if statement is not None:
        encoded = await sign(
            encoded,
            file_format,
            message,
            key,
            title=marked_name,
            mime_type=MIME_TYPES[file_format],
            cover=cover_facts,
            statement=statement,
        )
        manifest = await read_manifest(encoded, statement.verify)
        if cover_facts.store is not None and active(cover_facts.store)[0].holds_file():
            warnings = (*warnings, "manifest-picture")
        if manifest is None or (manifest.verdict, manifest.picture) != ("valid", "same"):
            raise SigningFailed(name)
    return Marked(
        data=encoded,
        name=marked_name,
        file_format=file_format,
        width=width,
        height=height,
        strength=strength,
        psnr=psnr,
        message=message,
        check=check,
        warnings=warnings,
        expected=expected_reading(width, height),
        removed=removed,
        manifest=manifest,
        phases=phases.finish(),
        _samples=samples,
    )


async def _cover_facts(data: bytes, name: str, statement: Statement | None) -> tuple[Cover, bool]:
    """What a manifest says of the cover, with its manifest where it is kept; and whether it has one."""
    source = detect(data)
    assert source is not None  # it was opened
    # Where it lies on this machine is nobody's business.
    cover = Cover(PurePath(name).name, f"image/{source.lower()}")
    try:
        found = find_store(data)
        if found is None or statement is None:
            return cover, found is not None
        manifest = await read_manifest(data, statement.verify)
    except ValueError:
        return cover, True
    if manifest is None or manifest.verdict in ("damaged", "broken"):
        return cover, True  # with it inside, nobody would call the new one valid
    return replace(cover, store=found.store, manifest=manifest), True


async def mark(
    cover: Picture, bits: NDArray[np.float32], *, strength: float, forward: Forward, card: ModelCard
) -> tuple[Picture, float]:
    """Mark a decoded picture with bits [card.bits] of 0 and 1 -> the marked picture and its PSNR in dB.

    The cover stays as it is. Raises PictureTransparent, ModelOutput.
    """
    image = view.prepare(cover, card.image_size)
    copy = cover.with_image(cover.image.copy())
    return await _mark(copy, image, bits, strength, forward, Phases(_EMBED_PHASES, None), REFINING_STEPS)


async def _mark(
    cover: Picture,
    image: NDArray[np.float32],
    bits: NDArray[np.float32],
    strength: float,
    forward: Forward,
    phases: Phases,
    steps: int,
) -> tuple[Picture, float]:
    budget = Budget(to_grid(image[0]), grey=cover.image.mode in ("L", "LA"))
    await phases.enter("forward")
    wanted = bits[np.newaxis]
    pattern = await forward.encode(wanted, image)
    if pattern.shape != image.shape:
        raise ModelOutput
    # The network does not know the budget: what it puts where much is seen goes where little is.
    pattern = budget.shape(budget.precondition(to_grid(pattern[0])), strength)
    await phases.enter(LONG_PHASE)
    for _ in range(steps):
        gradient, margins = await forward.refine(wanted, image, pattern[np.newaxis])
        if gradient.shape[1:] != pattern.shape or margins.shape != wanted.shape:
            raise ModelOutput
        if margins.min() >= ENOUGH_MARGIN:
            break
        direction = budget.precondition(gradient[0])
        length = REFINING_STEP * strength / max(budget.visibility(direction), 1e-12)
        pattern = budget.shape(pattern + np.float32(length) * direction, strength)
    await phases.enter("apply")
    return residual.apply(cover, pattern[np.newaxis])


def _warnings(
    check: Reading, message: Message, width: int, height: int, note: bytes
) -> tuple[MarkWarning, ...]:
    warnings: list[MarkWarning] = []
    if check.message != message or check.corrected is None:
        warnings.append("unreadable")
    elif check.corrected > _WEAK * len(check.bits):
        warnings.append("weak")
    if expected_reading(width, height) < _LASTING:
        warnings.append("shape" if max(width, height) > _LONG * min(width, height) else "small")
    if may_hide_a_picture(note):
        warnings.append("maker-note")
    return tuple(warnings)


async def read(
    data: bytes,
    *,
    name: str,
    forward: Forward,
    card: ModelCard,
    key: Key | None = None,
    known: KnownIds | None = None,
    verify: Verify = cannot_verify,
    progress: OnProgress | None = None,
) -> Read:
    """Read the picture in `data`, wherever in it the mark is.

    `key` is that of the mark, if it has one; `known`: messages that it may be one of; `verify`: checks the
    signature of its manifest. It can be cancelled between two windows.
    Raises HushmarkError: PictureError, ModelOutput.
    """
    phases = Phases(_READ_PHASES, progress)
    await phases.enter("open")
    picture = open_picture(data, name)
    await phases.enter("search")
    reading = await search(picture, forward=forward, card=card, key=key, known=known, progress=phases.step)
    return Read(reading, await read_manifest(data, verify), phases.finish())


@dataclass(frozen=True)
class Attempt:
    """What became of a picture that was changed.

    `preview`: a JPEG of it, to look at; `reading`: what is left of the mark, before it became that JPEG.
    """

    preview: bytes
    reading: Reading


async def attempt(
    data: bytes,
    steps: Sequence[tuple[str, float]],
    *,
    name: str,
    forward: Forward,
    card: ModelCard,
    key: Key | None = None,
    on_look: Callable[[Attempt], None] | None = None,
    progress: OnProgress | None = None,
) -> Attempt:
    """Change a copy of the picture in `data`, then read it: each step is a name in TRIALS and an amount.

    The copy has at most 1000 px a side, so that an answer comes while a slider is moved. `on_look`: is told
    what one look at the whole picture gives, where a search follows.
    Phases: open, change, search. Raises PictureError, ModelOutput.
    """
    phases = Phases(_ATTEMPT_PHASES, progress)
    await phases.enter("open")
    copy = _copy(data, name)
    await phases.enter("change")
    image = copy.image
    for number, (kind, amount) in enumerate(steps):
        phases.step(number, len(steps))
        image = TRIALS[kind].apply(image, amount)
    changed = copy.with_image(image)
    await phases.enter("search")
    preview = io.BytesIO()
    image.save(preview, "JPEG", quality=85)
    seen = preview.getvalue()

    def tell_look(reading: Reading) -> None:
        if on_look is not None:
            on_look(Attempt(seen, reading))

    reading = await search(
        changed, forward=forward, card=card, key=key, on_look=tell_look, progress=phases.step
    )
    return Attempt(seen, reading)


@lru_cache(maxsize=1)
def _copy(data: bytes, name: str) -> Picture:
    """The picture upright, small and in RGB; kept, as the same one is tried again and again."""
    picture = open_picture(data, name)
    return replace(picture, image=view.page(picture, _COPY_SIDE), orientation=1)
