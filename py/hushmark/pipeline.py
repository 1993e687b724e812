"""The whole path from file to file: mark a picture, or read one."""

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
from .embedding import DEFAULT_OPTIONS, EMBED_PHASES, Embedding, MarkOptions, Written
from .errors import SigningFailed
from .forward import Forward
from .marking import residual
from .marking.budget import check_strength
from .marking.pattern import REFINING_STEPS, Pattern
from .marking.sizes import expected_reading
from .message.keys import Key
from .message.kinds import Message
from .message.known import KnownIds
from .message.sealing import encode
from .picture import view
from .picture.animation import open_animation, spread
from .picture.container import Format, detect
from .picture.perceptual_hash import perceptual_hash
from .picture.picture import Picture, open_pages, open_picture
from .picture.previews import Removed, may_hide_a_picture
from .progress import OnProgress, Phases
from .reading.opener import Opener
from .reading.reading import WHOLE_PICTURE, AlreadyMarked, Reading, decide
from .reading.search import LEAST_SIDES, search
from .trials import TRIALS, WHOLE, framed

_COPY_SIDE = 1000
_FRAME_SIDE = 64

_READ_PHASES = ("open", "search")
_ATTEMPT_PHASES = ("open", "change", "search")

MarkWarning = Literal["unreadable", "weak", "small", "shape", "maker-note", "metadata", "manifest-picture"]
"""What to know of a marked picture: its mark cannot be read back, or only just; it has so few pixels, in a
usual or in a long shape, that the mark may not last (see `Marked.expected`); it has a maker note so large
that a preview of the unmarked one may be in it; its metadata stayed behind, since a browser opened it; the
manifest of the cover, which is kept, has a picture.
"""

_COMPARABLE = 0.8
"""Share of the marked picture that has to be seen for its hash: a crop to 0.81 changes 16 bits at most."""
_WEAK = 1 / 16
"""Share of the bits that were corrected above which a fresh mark is weak."""
_LASTING = 0.95
"""The chance to be read at which a picture is large enough."""
_LONG = 4
"""Longer side over shorter side above which a shape is long."""


@dataclass(frozen=True)
class Marked:
    """A marked picture.

    `data`: the file; `name`: suggested file name; `file_format`: JPEG, PNG, WEBP, TIFF, AVIF or GIF; `width`,
    `height`: pixels as displayed; `frames`: how many frames or pages were marked; `strength`: that was asked
    for; `psnr`: dB against the cover, before encoding; `message`: that was marked; `check`: what reading the
    file back gave, of several frames or pages where that is worst; `warnings`: what that means, empty when
    all is well; `expected`: the measured chance, 0..1, that a mark in a picture of this size is read after
    JPEG of quality 80; `removed`: what showed the unmarked picture, and so was left out, in alphabetical
    order; `perceptual_hash`: 64 bits in 16 hex digits, most of which pictures share that look alike;
    `manifest`: that was signed and written, read back, None where none was;
    `phases`: milliseconds by phase.
    """

    data: bytes
    name: str
    file_format: Format
    width: int
    height: int
    frames: int
    strength: float
    psnr: float
    message: Message
    check: Reading
    warnings: tuple[MarkWarning, ...]
    expected: float
    removed: tuple[Removed, ...]
    perceptual_hash: str
    manifest: PictureManifest | None
    phases: dict[str, float]
    _samples: tuple[Image.Image, Image.Image]

    def difference(self) -> bytes:
        """The change, to look at: a PNG of mid-grey + 16 times the change, at most 800 px a side."""
        return residual.difference(*self._samples)


@dataclass(frozen=True)
class TimedReading:
    """A picture that was read.

    `reading`: what was read; `perceptual_hash`: 64 bits in 16 hex digits, most of which pictures share that
    look alike, of the place where a message was read, else of the whole picture, None where too little of
    that place is in the picture; `manifest`: C2PA's, of the picture, None where it has none; `phases`:
    milliseconds by phase.
    """

    reading: Reading
    perceptual_hash: str | None
    manifest: PictureManifest | None
    phases: dict[str, float]


async def embed(
    data: bytes,
    message: Message,
    *,
    name: str,
    forward: Forward,
    card: ModelCard,
    options: MarkOptions = DEFAULT_OPTIONS,
    key: Key | None = None,
    statement: Statement | None = None,
    progress: OnProgress | None = None,
) -> Marked:
    """Mark the picture in `data` (any that `open_picture` takes; `name` is its file name) with the message.

    With a `key`, reading needs it, too. All frames of an animation and all pages of a document are marked,
    unless the options say otherwise. `statement`: who signs a C2PA manifest, and what it says; it keeps the
    cover's manifest, unless that is broken. Without a statement the cover's is left out.
    Raises HushmarkError: StrengthError, PictureError, AlreadyMarked, ModelOutput.
    """
    check_strength(options.strength)
    bits = encode(message, card.bits, key)
    opener = Opener(card, key)

    async def look(image: NDArray[np.float32]) -> None:
        if not options.again:
            before = decide(await forward.decode(image), opener)
            if before.outcome != "none":
                raise AlreadyMarked(name, before)

    phases = Phases(EMBED_PHASES, progress)
    embedding = Embedding(bits, options, forward, card, phases, look, signed=statement is not None)
    written = await embedding.embed(data, name)
    encoded = b"".join(written.pieces)
    written.pieces.clear()
    removed = set(written.removed)
    cover, had_manifest = await _cover_facts(data, name, statement)
    if had_manifest and cover.store is None:
        removed.add("manifest")
    await phases.enter("check")
    check = await _check(encoded, written, message, forward, opener)
    width, height = written.size
    warnings = _warnings(check, message, width, height, written.note)
    manifest = None
    if statement is not None:
        encoded = await sign(
            encoded,
            written.file_format,
            message,
            key,
            title=written.name,
            cover=cover,
            statement=statement,
        )
        manifest = await _check_manifest(encoded, name, statement)
        if cover.store is not None and active(cover.store)[0].holds_file():
            warnings = (*warnings, "manifest-picture")
    return Marked(
        data=encoded,
        name=written.name,
        file_format=written.file_format,
        width=width,
        height=height,
        frames=written.frames,
        strength=options.strength,
        psnr=written.psnr,
        message=message,
        check=check,
        warnings=warnings,
        expected=expected_reading(width, height),
        removed=tuple(sorted(removed)),
        perceptual_hash=perceptual_hash(written.view),
        manifest=manifest,
        phases=phases.finish(),
        _samples=written.samples,
    )


async def _check(
    data: bytes, written: Written, message: Message, forward: Forward, opener: Opener
) -> Reading:
    """What reading the file back gives; of several frames or pages, where that is worst."""
    size = opener.card.image_size
    readings = []
    for page in _pages_to_read(data, written):
        # `prepare` shrinks the picture, so it need not be decoded at full size.
        picture = open_picture(data, written.name, least_sides=(size, size), page=page)
        readings.append(decide(await forward.decode(view.prepare(picture, size)), opener))
    return max(readings, key=lambda reading: (reading.message != message, reading.corrected or 0))


async def _check_manifest(data: bytes, name: str, statement: Statement) -> PictureManifest:
    """The manifest that was just written. Raises SigningFailed unless it holds."""
    manifest = await read_manifest(data, statement.verify)
    if manifest is None or (manifest.verdict, manifest.picture) != ("valid", "same"):
        raise SigningFailed(name)
    return manifest


def _pages_to_read(data: bytes, written: Written) -> Sequence[int | None]:
    if written.frames == 1:
        return [None]
    return open_pages(data, written.name) if written.file_format == "TIFF" else spread(written.frames, 3)


async def _cover_facts(data: bytes, name: str, statement: Statement | None) -> tuple[Cover, bool]:
    """The cover for a manifest, with its own manifest where that is kept; and whether it has one."""
    source = detect(data)
    assert source is not None  # it was opened
    # Without its folders, which would reveal something about this machine.
    cover = Cover(PurePath(name).name, f"image/{source.lower()}")
    try:
        found = find_store(data)
        if found is None or statement is None:
            return cover, found is not None
        manifest = await read_manifest(data, statement.verify)
    except ValueError:
        return cover, True
    if manifest is None or manifest.verdict in ("damaged", "broken"):
        return cover, True  # with it inside, the new one would be judged invalid
    return replace(cover, store=found.store, manifest=manifest), True


async def mark(
    cover: Picture, bits: NDArray[np.float32], *, strength: float, forward: Forward, card: ModelCard
) -> tuple[Picture, float]:
    """Mark a decoded picture with bits [card.bits] of 0 and 1 -> the marked picture and its PSNR in dB.

    The cover stays as it is. Raises PictureTransparent, ModelOutput.
    """
    image = view.prepare(cover, card.image_size)
    copy = cover.with_image(cover.image.copy())
    grey = cover.image.mode in ("L", "LA")
    pattern = Pattern([image], bits, grey=grey, strength=strength, forward=forward)
    await pattern.propose()
    await pattern.refine(REFINING_STEPS)
    return residual.apply(copy, pattern.residual)


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
    glance: bool = False,
    verify: Verify = cannot_verify,
    progress: OnProgress | None = None,
) -> TimedReading:
    """Read the picture in `data`, wherever in it the mark is.

    `key`: that of the mark, if it has one; `known`: messages that it may carry; `glance`: look only at the
    few likeliest places, for a camera whose next picture follows soon; `verify`: checks the signature of its
    manifest. It can be cancelled between two windows.
    Raises HushmarkError: PictureError, ModelOutput.
    """
    phases = Phases(_READ_PHASES, progress)
    await phases.enter("open")
    picture = open_still(data, name)
    await phases.enter("search")
    reading = await search(
        picture, forward=forward, card=card, key=key, known=known, glance=glance, progress=phases.step
    )
    window = reading.window if reading.outcome == "read" else WHOLE_PICTURE
    seen_hash = None
    if window.shown >= _COMPARABLE:
        seen_hash = perceptual_hash(view.part(picture, window.corners, card.image_size))
    manifest = await read_manifest(data, verify)
    return TimedReading(reading, seen_hash, manifest, phases.finish())


def open_still(data: bytes, name: str) -> Picture:
    """The picture to read: of several pages the first, of an animation the frame with most detail.

    A large JPEG comes smaller, at a size at which as much is read. Raises as `open_picture`.
    """
    animation = open_animation(data, name)
    if animation is None:
        return open_picture(data, name, least_sides=LEAST_SIDES, page=open_pages(data, name)[0])
    wholes = [open_picture(data, name, page=index) for index in spread(len(animation.frames), 3)]
    return max(wholes, key=lambda whole: float(view.prepare(whole, _FRAME_SIDE).std()))


@dataclass(frozen=True)
class Attempt:
    """What became of a picture that was changed.

    `preview`: a JPEG of it, to look at; `reading`: what is left of the mark, read before saving that JPEG.
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
    frame: tuple[float, float, float, float] = WHOLE,
    key: Key | None = None,
    on_look: Callable[[Attempt], None] | None = None,
    progress: OnProgress | None = None,
) -> Attempt:
    """Change a copy of the picture in `data`, then read it: each step is a name in TRIALS and an amount.

    `frame`: what is left of the picture before the first step, see `trials.framed`.

    The copy has at most 1000 px a side, so that an answer comes while a slider is moved. `on_look`: called
    with the result of one look at the whole picture, where a search follows.
    Phases: open, change, search. Raises PictureError, ModelOutput.
    """
    phases = Phases(_ATTEMPT_PHASES, progress)
    await phases.enter("open")
    copy = _copy(data, name)
    await phases.enter("change")
    image = framed(copy.image, frame)
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
    """The picture upright, small and in RGB; cached, since the same one is tried many times."""
    picture = open_still(data, name)
    return replace(picture, image=view.of(picture, _COPY_SIDE), orientation=1)
