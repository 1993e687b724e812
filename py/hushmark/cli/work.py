"""What is done with one picture, in this process or another one, which gets it by pickling."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .. import pipeline
from ..card import ModelCard
from ..credentials.binding import ALGORITHM, mark_value
from ..credentials.manifest import PictureManifest, find_store, read_manifest
from ..credentials.publishing import recover
from ..credentials.signing import Statement
from ..embedding import MarkOptions
from ..errors import ManifestMissing, ManifestsUnreachable, ManifestWrong, OutputExists
from ..hosts import verifier
from ..message.keys import Key
from ..message.known import KnownIds
from ..pipeline import Marked
from ..reading.reading import Reading
from .batch import Item, file_problem
from .manifests import fetcher
from .options import Wanted

if TYPE_CHECKING:
    from ..hosts.native import NativeForward


@dataclass(frozen=True)
class Marking:
    """Marks a picture.

    `folder`: where marked pictures go, in the same tree as the originals, or `file`: where the only one goes;
    neither for standard output. The rest as in `pipeline.embed`.
    """

    folder: Path | None
    file: Path | None
    wanted: Wanted
    options: MarkOptions
    key: Key | None
    force: bool
    statement: Statement | None
    threads: int

    def target(self, item: Item) -> Path | None:
        """The file to write; its ending may still change."""
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
                options=self.options,
                key=self.key,
                statement=self.statement,
            )
        )


@dataclass(frozen=True)
class Found:
    """What was found in a picture, and the error of the search for its manifest, if one came up."""

    reading: Reading
    manifest: PictureManifest | None
    problem: ManifestsUnreachable | None = None


@dataclass(frozen=True)
class Looking:
    """Reads a picture: see `pipeline.read`.

    `manifests`: a folder or an address, where the manifest of a picture that lost its own is looked for;
    `trust`: the file of the issuers that are trusted.
    """

    key: Key | None
    known: KnownIds | None
    threads: int
    manifests: str | None = None
    trust: Path | None = None

    def __call__(self, item: Item) -> Found:
        """The reading, and the manifest. Raises HushmarkError."""
        found = asyncio.run(self._read(item))
        if self.trust is None or found.manifest is None:
            return found
        return replace(found, manifest=found.manifest.with_trust(trust_in(self.trust)))

    async def _read(self, item: Item) -> Found:
        forward, card = model(self.threads)
        verify = verifier()
        read = await pipeline.read(
            item.load(),
            name=item.name,
            forward=forward,
            card=card,
            key=self.key,
            known=self.known,
            verify=verify,
        )
        message = read.reading.message
        if read.manifest is not None or message is None or self.manifests is None:
            return Found(read.reading, read.manifest)
        value = mark_value(message, self.key)
        try:
            return Found(read.reading, await recover(value, fetcher(self.manifests), verify))
        except ManifestsUnreachable as error:
            return Found(read.reading, None, error)


@dataclass(frozen=True)
class Reviewing:
    """Reads the manifest of a picture, to publish it."""

    def __call__(self, item: Item) -> tuple[bytes, PictureManifest]:
        """Its store, and what it says. Raises ManifestMissing, ManifestWrong, SigningMissing, FileProblem."""
        # Imported late; nothing is published whose signature is not checked.
        from ..hosts.signing import verify

        data = item.load()
        manifest = asyncio.run(read_manifest(data, verify))
        if manifest is None:
            raise ManifestMissing(item.name)
        if manifest.verdict != "valid":
            raise ManifestWrong(item.name, manifest.reason)
        if not any(binding.alg == ALGORITHM for binding in manifest.bindings):
            raise ManifestMissing(item.name)
        found = find_store(data)
        assert found is not None  # it was read
        return found.store, manifest


@cache
def trust_in(issuers: Path) -> Callable[[tuple[bytes, ...]], bool]:
    """A function: do the issuers in this file vouch for a chain? Raises CredentialsError, FileProblem."""
    from ..hosts.signing import trust_in as trusting

    try:
        return trusting(issuers.read_bytes(), str(issuers))
    except OSError as error:
        raise file_problem(issuers, error) from error


def model(threads: int) -> tuple["NativeForward", ModelCard]:
    """The networks, loaded once a process, and their card. Raises ModelError, RuntimeMissing."""
    # Imported late: `--help` needs no onnxruntime, and RuntimeMissing says that it is missing.
    from ..hosts.native import packaged_model

    return packaged_model(threads)


def model_card() -> ModelCard:
    """Their card. Checks before any work that the networks can run. Raises as `model`."""
    from ..hosts.native import packaged_card

    return packaged_card()
