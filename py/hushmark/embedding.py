"""Marks what a file holds: one picture, the frames of an animation, or the pages of a document."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .card import ModelCard
from .errors import OutputQuality, OutputSeveral, PictureMemory, SigningFormat
from .forward import Forward
from .marking import residual
from .marking.budget import DEFAULT_STRENGTH
from .marking.pattern import REFINING_STEPS, REFINING_STEPS_AGAIN, Pattern
from .picture import tiff, view
from .picture.animation import PALETTE_SAMPLES, Animation, Frame, open_animation, spread
from .picture.container import Format
from .picture.picture import Picture, encode_picture, open_pages, open_picture
from .picture.previews import Removed, maker_note
from .progress import Phases

LONG_PHASE = "refine"
"""The phase in which Python waits longest for the networks: the next picture is decoded then."""
EMBED_PHASES = ("open", "prepare", "forward", LONG_PHASE, "apply", "save", "check")

VIEWS = 4
"""Frames of an animation that its mark is made for, evenly spread."""

Look = Callable[[NDArray[np.float32]], Awaitable[None]]
"""Called with the view of a picture to mark; raises AlreadyMarked if it has a mark."""


@dataclass(frozen=True, kw_only=True)
class MarkOptions:
    """How to mark a picture, besides its message and key.

    `strength`: how visible the mark may be, 0.25 (faint) to 4 (strong), 2 is twice as visible as 1; `again`:
    mark it even if it is marked already; `output_format`: GIF for animations only, None keeps that of the
    cover; `quality`: 1..100 of a lossy format, None keeps that of the cover, or takes a good one in another
    format; `first`: of several frames or pages mark the first alone, as a single picture.
    """

    strength: float = DEFAULT_STRENGTH
    again: bool = False
    output_format: Format | None = None
    quality: int | None = None
    first: bool = False


DEFAULT_OPTIONS = MarkOptions()


@dataclass(frozen=True)
class Written:
    """A marked file.

    `pieces`: to be joined; `name`: suggested file name; `size`: width and height as displayed; `frames`: how
    many frames or pages were marked; `psnr`: in dB, of the page where it is least; `removed`: what was left
    out; `note`: the maker note of its EXIF; `samples`: for `residual.difference`; `view`: [1,3,S,S], the
    networks' view of the unmarked picture.
    """

    pieces: list[bytes]
    name: str
    file_format: Format
    size: tuple[int, int]
    frames: int
    psnr: float
    removed: frozenset[Removed]
    note: bytes
    samples: tuple[Image.Image, Image.Image]
    view: NDArray[np.float32]


class Embedding:
    """Marks one file with bits [n] of 0 and 1; `signed`: whether it is signed afterwards."""

    def __init__(
        self,
        bits: NDArray[np.float32],
        options: MarkOptions,
        forward: Forward,
        card: ModelCard,
        phases: Phases,
        look: Look,
        *,
        signed: bool,
    ) -> None:
        self._bits = bits
        self._options = options
        self._forward = forward
        self._card = card
        self._phases = phases
        self._look = look
        self._signed = signed

    async def embed(self, data: bytes, name: str) -> Written:
        """The marked file. It can be cancelled between two frames or pages.

        Raises PictureError, AlreadyMarked, ModelOutput, SigningFormat.
        """
        await self._phases.enter("open")
        if self._options.first:
            return await self._picture(open_picture(data, name, page=0))
        animation = open_animation(data, name)
        if animation is not None:
            return await self._animation(data, name, animation)
        pages = open_pages(data, name)
        if len(pages) > 1:
            return await self._pages(data, name, pages)
        return await self._picture(open_picture(data, name))

    async def _picture(self, original: Picture) -> Written:
        cover = original.in_format(self._options.output_format, self._options.quality)
        del original
        await self._phases.enter("prepare")
        image = view.prepare(cover, self._card.image_size)
        await self._look(image)
        unmarked = residual.sample(cover)
        pattern = await self._pattern([image], cover)
        await self._phases.enter("apply")
        marked, psnr = residual.apply(cover, pattern)
        await self._phases.enter("save")
        samples = unmarked, residual.sample(marked)
        return _written(cover, encode_picture(marked), 1, psnr, samples, image)

    async def _pattern(self, views: Sequence[NDArray[np.float32]], cover: Picture) -> NDArray[np.float32]:
        pattern = Pattern(
            views,
            self._bits,
            grey=cover.image.mode in ("L", "LA"),
            strength=self._options.strength,
            forward=self._forward,
        )
        await self._phases.enter("forward")
        await pattern.propose()
        await self._phases.enter(LONG_PHASE)
        await pattern.refine(REFINING_STEPS_AGAIN if self._options.again else REFINING_STEPS)
        return pattern.residual

    # Animations

    async def _animation(self, data: bytes, name: str, animation: Animation) -> Written:
        self._check_format(name, animation.file_format, pages=False)
        if self._signed and animation.file_format == "GIF":
            raise SigningFormat(name)
        first = replace(open_picture(data, name, page=0), file_format=animation.file_format)
        # Pillow gives a frame a grey mode where its palette has greys only.
        grey = animation.file_format == "PNG" and first.image.mode in ("L", "LA")
        await self._phases.enter("prepare")
        wholes: list[tuple[float, Picture, NDArray[np.float32]]] = []
        indices = spread(len(animation.frames), VIEWS)
        for number, index in enumerate(indices):
            await self._step(number, len(indices))
            whole = _flattened(open_picture(data, name, page=index), grey=grey)
            image = view.prepare(whole, self._card.image_size)
            wholes.append((float(image.std()), whole, image))
        # A title or a fade has less detail for the networks than the frames around it.
        wholes.sort(key=lambda whole: -whole[0])
        _, cover, image = wholes[0]
        views = [image for _, _, image in wholes]
        del wholes
        await self._look(image)
        pattern = await self._pattern(views, cover)
        await self._phases.enter("apply")
        encoded, psnr = await self._frames(name, animation, residual.FrameMarker(cover, pattern), grey=grey)
        await self._phases.enter("save")
        unmarked = residual.sample(cover)
        samples = unmarked, residual.sample(residual.apply(cover, pattern)[0])
        try:
            pieces = animation.assemble(encoded)
        except MemoryError as error:
            raise PictureMemory(name) from error
        return _written(first, pieces, len(animation.frames), psnr, samples, image)

    async def _frames(
        self, name: str, animation: Animation, marker: residual.FrameMarker, *, grey: bool
    ) -> tuple[list[bytes], float]:
        frames = animation.frames

        def marked(frame: Frame) -> Picture:
            picture = open_picture(frame.still, name, is_part=True)
            mode = {"L": "RGB", "LA": "RGBA"}.get(picture.image.mode)
            if mode is not None and not grey:
                picture = picture.with_image(picture.image.convert(mode))
            return marker.add(picture, frame.corner)

        samples = spread(len(frames), PALETTE_SAMPLES)
        animation.prepare([marked(frames[index]).image for index in samples])
        encoded = []
        for number, frame in enumerate(frames):
            await self._step(number, len(frames))
            picture = marked(frame)
            encoded.append(animation.encode(frame, picture.image, picture.low, self._options.quality))
        return encoded, marker.psnr

    # Pages

    async def _pages(self, data: bytes, name: str, pages: Sequence[int]) -> Written:
        """Each page is a picture of its own: they have nothing in common, not even their size."""
        self._check_format(name, "TIFF", pages=True)
        whole: Written | None = None
        files: list[bytes] = []
        for number, page in enumerate(pages):
            named = name if number == 0 else f"{name}, page {number + 1}"
            silent = copy(self)
            silent._phases = Phases(EMBED_PHASES, None)
            await self._step(number, len(pages))
            written = await silent._picture(open_picture(data, named, page=page))
            files.append(b"".join(written.pieces))
            if whole is None:
                whole = written
            else:
                psnr, removed = min(whole.psnr, written.psnr), whole.removed | written.removed
                whole = replace(whole, psnr=psnr, removed=removed)
        assert whole is not None
        await self._phases.enter("save")
        return replace(whole, pieces=tiff.join(files), frames=len(pages))

    async def _step(self, done: int, total: int) -> None:
        """Report the frames or pages done, and let a cancellation take effect."""
        self._phases.step(done, total)
        await asyncio.sleep(0)

    def _check_format(self, name: str, file_format: Format, *, pages: bool) -> None:
        quality = self._options.quality
        if quality is not None and not 1 <= quality <= 100:
            raise OutputQuality
        if self._options.output_format not in (None, file_format):
            raise OutputSeveral(name, self._options.output_format or "", pages=pages)


def _flattened(picture: Picture, *, grey: bool) -> Picture:
    """The picture without transparency, over mid-grey as the networks see it, in grey or RGB."""
    image = picture.image
    if image.mode in ("LA", "RGBA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128)), image)
    return picture.with_image(image.convert("L" if grey else "RGB"))


def _written(
    picture: Picture,
    pieces: list[bytes],
    frames: int,
    psnr: float,
    samples: tuple[Image.Image, Image.Image],
    seen: NDArray[np.float32],
) -> Written:
    note = maker_note(picture.metadata.exif)
    return Written(
        pieces,
        picture.marked_name,
        picture.file_format,
        picture.display_size,
        frames,
        psnr,
        picture.removed,
        note,
        samples,
        seen,
    )
