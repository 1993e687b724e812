"""The contract with a host such as the page: the tasks, their options, and their answers.

A task is a method of `Tasks`; its options and its answer are dataclasses. All else is made from them: `plain`
makes plain data, for the page and for `--json` alike, and `python -m tools.protocol` makes the page's types
and the fields in docs/command-line.md. A field's description is the text after its name in the docstring.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from . import pipeline
from .card import ModelCard
from .credentials import certificate
from .credentials.binding import mark_value
from .credentials.cose import Sign, Verify, cannot_verify
from .credentials.manifest import PictureManifest
from .credentials.publishing import Fetch, recover
from .credentials.signing import Statement
from .embedding import MarkOptions
from .errors import HushmarkError, ManifestsUnreachable, SigningStopped
from .forward import Forward
from .marking import overlay
from .marking.budget import DEFAULT_STRENGTH
from .message.keys import Key
from .message.kinds import Kind, Message, parse
from .message.known import KnownIds
from .picture import view
from .picture.container import MIME_TYPES
from .pipeline import Attempt, Marked, TimedReading
from .progress import OnProgress
from .reading.reading import Reading
from .trials import WHOLE, Group, Unit, offered

KindOption = Literal["text", "id", "number", "random"]
"""A message of this kind, or a random id."""

_PREVIEW_SIDE = 1000

_Options = TypeVar("_Options")


@dataclass(frozen=True)
class File:
    """A picture's file: its bytes, and its name for sentences and for the marked picture's name.

    `is_bare`: whether it is made of pixels that a browser decoded, without the metadata.
    """

    data: bytes
    name: str
    is_bare: bool = False


@dataclass(frozen=True, kw_only=True)
class MessageOptions:
    """What to mark.

    `kind`: of the message; `value`: text or digits as typed, unused for random; `key`: passphrase, which is
    needed for reading, too.
    """

    kind: KindOption
    value: str
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class OverlayOptions(MessageOptions):
    """How to make a tile that marks a page.

    `strength`: how visible the mark may be, 2 is twice as visible as 1.
    """

    strength: float = DEFAULT_STRENGTH


@dataclass(frozen=True, kw_only=True)
class EmbedOptions(MarkOptions, MessageOptions):
    """How to mark a picture.

    `chain`: certificates (PEM) of who signs it in a C2PA manifest, that of the key first, None for no
    manifest; `author`: who made the picture, as the manifest says, may be empty; `manifest_note`: what else
    the manifest says, may be empty.
    """

    chain: str | None = None
    author: str = ""
    manifest_note: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """How to read a picture.

    `key`: passphrase that it was marked with; `known`: list of messages, one a line, to tell whose mark it
    is; `glance`: look only at the few likeliest places, for a camera whose next picture follows soon.
    """

    key: str | None = None
    known: str | None = None
    glance: bool = False


@dataclass(frozen=True)
class RecoverOptions:
    """How to find the manifest of a picture that lost it.

    `kind`: of the message that was read; `value`: its value; `key`: passphrase that it was marked with;
    `place`: where manifests are looked for, for sentences.
    """

    kind: Kind
    value: str
    key: str | None = None
    place: str = ""


@dataclass(frozen=True)
class CertificateOptions:
    """A certificate to sign with.

    `chain`: certificates (PEM), that of the key first; `name`: of their file, for sentences.
    """

    chain: str
    name: str


@dataclass(frozen=True)
class LabStep:
    """A change of a picture.

    `kind`: name of a LabKind; `amount`: of the change.
    """

    kind: str
    amount: float


@dataclass(frozen=True)
class LabOptions:
    """How to try a mark.

    `steps`: changes of the picture, taken in turn; `key`: passphrase that it was marked with; `frame`: left,
    top, right and bottom of what is left of the picture before the first change, in shares of its sides.
    """

    steps: tuple[LabStep, ...]
    key: str | None = None
    frame: tuple[float, float, float, float] = WHOLE


@dataclass(frozen=True)
class LabKind:
    """A way to change a picture.

    `name`: of the change; `group`: its kind; `least`: smallest amount; `most`: largest amount; `start`: the
    slider's first position; `unit`: of the amount, "switch" where there is none.
    """

    name: str
    group: Group
    least: float
    most: float
    start: float
    unit: Unit


@dataclass(frozen=True)
class Overlay:
    """A tile that marks a page.

    `data`: a PNG file; `name`: suggested file name; `css`: the rule that lays it over a page; `message`: that
    it carries.
    """

    data: bytes
    name: str
    css: str
    message: Message


@dataclass(frozen=True)
class Recovered:
    """What was found of a picture that lost its manifest.

    `manifest`: the one that the mark leads to, None where there is none.
    """

    manifest: PictureManifest | None


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate that may sign pictures now.

    `subject`: whom it names; `issuer`: who issued it; `end`: its last day (ISO 8601); `key`: its public key
    (SubjectPublicKeyInfo, DER).
    """

    subject: str
    issuer: str
    end: str
    key: bytes


@dataclass(frozen=True)
class Preview:
    """A picture to look at.

    `data`: a JPEG file, upright, of at most 1000 pixels a side.
    """

    data: bytes


async def _refuse(_: object) -> bytes:
    """For a host that neither signs nor fetches."""
    raise OSError("not possible here")


class Tasks:
    """The tasks, for a host that passes plain data.

    `on_progress`: called with how far a task is; `on_partial`: called with an answer before a better one;
    `verify`: checks the signatures of manifests; `sign`: signs with the key that the host has; `fetch`: gets
    files of published manifests. The last two raise OSError where they cannot.
    """

    def __init__(
        self,
        forward: Forward,
        card: ModelCard,
        on_progress: OnProgress | None = None,
        on_partial: Callable[[object], None] | None = None,
        verify: Verify = cannot_verify,
        sign: Sign = _refuse,
        fetch: Fetch = _refuse,
    ) -> None:
        self._forward = forward
        self._card = card
        self._on_progress = on_progress
        self._on_partial = on_partial
        self._verify = verify
        self._sign = sign
        self._fetch = fetch

    async def run(self, task: str, picture: File | None, options: Mapping[str, Any]) -> object:
        """Do the task of this name -> its answer. Raises HushmarkError."""
        method = getattr(self, task)
        given: dict[str, object] = {}
        for name, kind in get_type_hints(method).items():
            if name == "picture":
                given[name] = picture
            elif name == "options":
                given[name] = _from_plain(kind, options)
        return await method(**given)

    async def embed(self, picture: File, options: EmbedOptions) -> Marked:
        """Mark a picture, and read it back."""
        marked = await pipeline.embed(
            picture.data,
            parse(options.kind, options.value),
            name=picture.name,
            forward=self._forward,
            card=self._card,
            options=options,
            key=_key(options.key),
            statement=self._statement(picture.name, options),
            progress=self._on_progress,
        )
        return replace(marked, warnings=(*marked.warnings, "metadata")) if picture.is_bare else marked

    async def read(self, picture: File, options: ReadOptions) -> TimedReading:
        """Read a picture, wherever in it the mark is."""
        return await pipeline.read(
            picture.data,
            name=picture.name,
            forward=self._forward,
            card=self._card,
            key=_key(options.key),
            known=KnownIds.parse(options.known) if options.known else None,
            glance=options.glance,
            verify=self._verify,
            progress=self._on_progress,
        )

    async def recover(self, options: RecoverOptions) -> Recovered:
        """Find the manifest of a picture that lost it, by its mark, with the host's `fetch`."""
        value = mark_value(parse(options.kind, options.value), _key(options.key))
        try:
            return Recovered(await recover(value, self._fetch, self._verify))
        except OSError as error:
            raise ManifestsUnreachable(options.place, str(error)) from error

    async def certificate(self, options: CertificateOptions) -> SigningCertificate:
        """Check whether a certificate may sign pictures."""
        chain = certificate.from_pem(options.chain.encode(), options.name)
        leaf = certificate.check(chain, options.name)
        return SigningCertificate(leaf.subject, leaf.issuer, leaf.end.date().isoformat(), leaf.key)

    async def overlay(self, options: OverlayOptions) -> Overlay:
        """Make a transparent tile that marks a page."""
        message = parse(options.kind, options.value)
        tile = await overlay.overlay(
            message,
            forward=self._forward,
            card=self._card,
            strength=options.strength,
            key=_key(options.key),
        )
        return Overlay(tile, overlay.TILE_NAME, overlay.css(overlay.TILE_NAME), message)

    async def lab(self, picture: File, options: LabOptions) -> Attempt:
        """Change a copy of a picture and read it; one look is a partial answer where a search follows."""
        return await pipeline.attempt(
            picture.data,
            [(step.kind, step.amount) for step in options.steps],
            name=picture.name,
            forward=self._forward,
            card=self._card,
            frame=options.frame,
            key=_key(options.key),
            on_look=self._on_partial,
            progress=self._on_progress,
        )

    async def lab_kinds(self) -> tuple[LabKind, ...]:
        """The ways in which the lab can change a picture."""
        return tuple(
            LabKind(name, trial.group, trial.least, trial.most, trial.start, trial.unit)
            for name, trial in offered().items()
        )

    async def preview(self, picture: File) -> Preview:
        """Make a copy that every browser can show."""
        copy = io.BytesIO()
        view.of(pipeline.open_still(picture.data, picture.name), _PREVIEW_SIDE).save(copy, "JPEG", quality=85)
        return Preview(copy.getvalue())

    def _statement(self, name: str, options: EmbedOptions) -> Statement | None:
        if options.chain is None:
            return None
        chain = certificate.from_pem(options.chain.encode(), name)
        signer = _HostSigner(chain, self._sign, name)
        return Statement(signer, self._verify, options.author, options.manifest_note)


@dataclass(frozen=True)
class _HostSigner:
    """A `cose.Signer` that lets the host sign, for the picture of this name."""

    chain: tuple[bytes, ...]
    by_host: Sign
    name: str

    async def sign(self, data: bytes) -> bytes:
        try:
            return await self.by_host(data)
        except OSError as error:
            raise SigningStopped(self.name, str(error)) from error


def _key(passphrase: str | None) -> Key | None:
    return Key.from_passphrase(passphrase) if passphrase else None


def _corners(reading: Reading) -> tuple[tuple[float, float], ...]:
    """where the marked picture's top left, top right, bottom right and bottom left corner lie, in shares of
    width and height"""
    return reading.window.corners


def _type(marked: Marked) -> str:
    """MIME type of the file"""
    return MIME_TYPES[marked.file_format]


def _difference(marked: Marked) -> bytes:
    """a PNG file: mid-grey + 16 times the change"""
    return marked.difference()


_COMPUTED: dict[type, dict[str, Callable[[Any], object]]] = {
    Reading: {"corners": _corners},
    Marked: {"type": _type, "difference": _difference},
}
"""Extra entries of the plain form."""
_LEFT_OUT = {(Reading, "window")}


def computed(kind: type) -> dict[str, Callable[[Any], object]]:
    """Entries of a dataclass's plain form besides its fields; each function's docstring describes it."""
    return _COMPUTED.get(kind, {})


class Field(NamedTuple):
    """A field of a plain form: its name, the type of its value, and how to get that."""

    name: str
    kind: Any
    get: Callable[[Any], object]


@cache
def plain_fields(kind: type) -> tuple[Field, ...]:
    """All entries of a dataclass's plain form, in order."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if not field.name.startswith("_")]
    own = [Field(name, hints[name], attrgetter(name)) for name in names if (kind, name) not in _LEFT_OUT]
    more = [Field(name, get_type_hints(get)["return"], get) for name, get in computed(kind).items()]
    return (*own, *more)


def plain(value: object, *, files: bool = True) -> Any:
    """An answer as dicts, lists, strings, numbers, booleans and None.

    `files`: whether to include files, as bytes, for a host to pass on.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: plain(get(value), files=files)
            for name, kind, get in plain_fields(type(value))
            if files or kind is not bytes
        }
    if isinstance(value, tuple | list):
        return [plain(each, files=files) for each in value]
    if isinstance(value, dict):
        return {name: plain(each, files=files) for name, each in value.items()}
    return value


def failure(error: HushmarkError) -> dict[str, object]:
    """An error as plain data: `code` is stable, `message` a sentence, `facts` has what it names."""
    return {"code": error.code, "message": str(error), "facts": error.facts}


def _from_plain(kind: type[_Options], value: Mapping[str, Any]) -> _Options:
    """The dataclass whose fields these are."""
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], each) for name, each in value.items()})


def _typed(kind: Any, value: Any) -> object:
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], each) for each in value)
    return _from_plain(cast(type, kind), value) if is_dataclass(kind) else value
