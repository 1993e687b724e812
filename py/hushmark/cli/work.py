"""What is done with one picture, in whatever process: other processes get it by pickling."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import pipeline
from ..card import ModelCard
from ..errors import OutputExists
from ..message.keys import Key
from ..message.known import KnownIds
from ..picture.container import Format
from ..pipeline import Marked
from ..reading.reading import Reading
from .batch import Item
from .options import Wanted

if TYPE_CHECKING:
    from ..hosts.native import NativeForward


@dataclass(frozen=True)
class Marking:
    """Marks a picture.

    `folder`: where marked pictures go, the same tree as where they came from, or `file`: where the only one
    goes; neither for standard output. The rest as in `pipeline.embed`.
    """

    folder: Path | None
    file: Path | None
    wanted: Wanted
    strength: float
    key: Key | None
    again: bool
    force: bool
    output_format: Format | None
    quality: int | None
    first: bool
    threads: int

    def target(self, item: Item) -> Path | None:
        """The file to write, but for its ending."""
        return self.file if self.folder is None else self.folder / item.place

    def __call__(self, item: Item) -> Marked:
        """The marked picture. Raises HushmarkError."""
        target = self.target(item)
        if target is not None and not self.force and os.path.lexists(target):
            raise OutputExists(target)
        forward, card = model(self.threads)
        return asyncio.run(
            pipeline.embed(
                item.load(),
                self.wanted.message(),
                name=item.name,
                forward=forward,
                card=card,
                strength=self.strength,
                key=self.key,
                again=self.again,
                output_format=self.output_format,
                quality=self.quality,
                first=self.first,
            )
        )


@dataclass(frozen=True)
class Looking:
    """Reads a picture: see `pipeline.read`."""

    key: Key | None
    known: KnownIds | None
    threads: int

    def __call__(self, item: Item) -> Reading:
        """The reading. Raises HushmarkError."""
        forward, card = model(self.threads)
        reading = pipeline.read(
            item.load(), name=item.name, forward=forward, card=card, key=self.key, known=self.known
        )
        return asyncio.run(reading).reading


def model(threads: int) -> tuple["NativeForward", ModelCard]:
    """The networks, loaded once a process, and their card. Raises ModelError, RuntimeMissing."""
    # Imported late: `--help` needs no onnxruntime, and its absence becomes a sentence.
    from ..hosts.native import packaged_model

    return packaged_model(threads)


def model_card() -> ModelCard:
    """Their card; with it, that the networks can run is known before any work. Raises as `model`."""
    from ..hosts.native import packaged_card

    return packaged_card()
