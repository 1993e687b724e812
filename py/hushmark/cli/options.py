"""The options that several commands share. A command gets each group of them as one dataclass."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, Literal, get_args

import click

from ..credentials.signing import Statement
from ..embedding import MarkOptions
from ..errors import FileProblem
from ..marking import budget
from ..message.keys import Key
from ..message.kinds import Message, parse
from ..message.known import KnownIds
from ..picture.container import Format
from ..picture.picture import format_of
from ..tasks import KindOption
from . import batch
from .batch import STANDARD, Item

_KEY_VARIABLE = "HUSHMARK_KEY"
_KINDS: tuple[KindOption, ...] = get_args(KindOption)


@dataclass(frozen=True)
class Pictures:
    """Which pictures, and how they are worked on."""

    sources: tuple[str, ...]
    recursive: bool
    jobs: int
    as_json: bool

    def find(self, leave_out: Path | None = None) -> list[Item]:
        """See `batch.find`."""
        return batch.find(self.sources, recursive=self.recursive, leave_out=leave_out)

    @property
    def threads(self) -> int:
        """Threads for the networks of one picture: several pictures at a time share the cores."""
        return 0 if self.jobs == 1 else max((os.cpu_count() or 1) // self.jobs, 1)


@dataclass(frozen=True)
class Wanted:
    """The message of the options. `random` is None where a command has no such option."""

    text: str | None
    id: str | None
    number: str | None
    random: bool | None = None

    def is_given(self) -> bool:
        """Whether there is any."""
        return bool(self._kinds())

    def message(self) -> Message:
        """The only one; a new one each time for a random id. Raises MessageError, UsageError."""
        kinds = self._kinds()
        if len(kinds) != 1:
            names = ", ".join(f"--{kind}" for kind in _KINDS if kind != "random" or self.random is not None)
            raise click.UsageError(f"Say what the mark is, by one of {names}.")
        return parse(kinds[0], getattr(self, kinds[0]))

    def _kinds(self) -> list[str]:
        return [kind for kind in _KINDS if getattr(self, kind) not in (None, False)]


@dataclass(frozen=True)
class Secret:
    """Where the passphrase of a mark comes from."""

    key_file: Path | None
    ask_key: bool

    def key(self) -> Key | None:
        """The key from a file, a question or the environment. Raises PassphraseEmpty, FileProblem."""
        if self.key_file is not None:
            line, *_ = [*_text(self.key_file).splitlines(), ""]
            return Key.from_passphrase(line)
        if self.ask_key:
            return Key.from_passphrase(click.prompt("Passphrase", hide_input=True, err=True))
        passphrase = os.environ.get(_KEY_VARIABLE)
        return None if passphrase is None else Key.from_passphrase(passphrase)


@dataclass(frozen=True)
class Signing:
    """Who signs marked pictures, and what the manifest says."""

    sign: Path | None
    sign_key: Path | None
    author: str
    note: str

    def statement(self) -> Statement | None:
        """None where nobody signs. Raises CredentialsError, FileProblem, UsageError."""
        if self.sign is None and self.sign_key is None:
            if self.author or self.note:
                raise click.UsageError("--author and --note are signed: give --sign and --sign-key, too.")
            return None
        if self.sign is None or self.sign_key is None:
            raise click.UsageError("Give --sign and --sign-key together.")
        # Imported late: only who signs needs its packages.
        from ..hosts.signing import load_signer, verify

        chain, key = _bytes(self.sign), _bytes(self.sign_key)
        signer = load_signer(chain, str(self.sign), key, str(self.sign_key))
        return Statement(signer, verify, self.author, self.note)


@dataclass(frozen=True)
class Many:
    """Which pictures of very many, what works on them, and the manifest of the run."""

    sources: tuple[str, ...]
    manifest: str
    resume: bool
    engine: Literal["daft", "ray"]
    cluster: str | None
    workers: int | None


@dataclass(frozen=True)
class Target:
    """Where very many marked pictures go."""

    to: str
    force: bool


@dataclass(frozen=True)
class Output:
    """Where marked pictures go."""

    output: str
    force: bool
    dry_run: bool

    @property
    def to_standard(self) -> bool:
        """Whether it is standard output."""
        return self.output == STANDARD

    def is_folder(self, pictures: Pictures, found: list[Item]) -> bool:
        """Whether it is a folder: an existing one, a name that ends with a slash, or for several pictures."""
        several = len(found) > 1 or any(map(os.path.isdir, pictures.sources))
        says_so = self.output.endswith(("/", os.sep)) or os.path.isdir(self.output)
        return not self.to_standard and (several or says_so)

    def with_format(self, options: MarkOptions, *, folder: bool) -> MarkOptions:
        """The options, with the format of the file's ending where none was asked for. Raises UsageError."""
        path = Path(self.output)
        if options.output_format or folder or self.to_standard or not path.suffix:
            return options
        named = format_of(path)
        if named is None:
            raise click.UsageError(
                f"{self.output} names no format that is written: end it in .jpg, .png, .webp or .tif, "
                "or use --format."
            )
        return replace(options, output_format=named)


def known_ids(path: Path) -> KnownIds:
    """The list of known ids in a file. Raises KnownError, FileProblem."""
    return KnownIds.parse(_text(path))


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError as error:
        raise FileProblem(str(path), "Not a text file in UTF-8") from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return batch.read_limited(file, str(path))
    except OSError as error:
        raise batch.file_problem(path, error) from error


def _group(name: str, kind: type[Any], *options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A decorator: gives a command these options, in this order, as one argument, a `kind`."""
    names = [field.name for field in fields(kind)]

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def gathered(**given: Any) -> int:
            mine = {option: given.pop(option) for option in names if option in given}
            return command(**{name: kind(**mine)}, **given)

        for option in reversed(options):
            gathered = option(gathered)
        return gathered

    return decorate


_message = (
    click.option("--text", help="Up to 8 bytes of text, for instance pipe."),
    click.option("--id", metavar="DIGITS", help="16 hex digits, for instance 0123456789abcdef."),
    click.option("--number", help="A number below 2^64."),
)
_random = click.option("--random", is_flag=True, help="A random id for each picture, which is printed.")

with_pictures = _group(
    "pictures",
    Pictures,
    click.argument("sources", nargs=-1, required=True, metavar="PICTURE..."),
    click.option("--recursive", is_flag=True, help="Take the folders in a folder, too."),
    click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pictures at a time."),
    click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line."),
)
with_message = _group("wanted", Wanted, *_message)
with_new_message = _group("wanted", Wanted, *_message, _random)
with_key = _group(
    "secret",
    Secret,
    click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        help="A file with the mark's passphrase in its first line.",
    ),
    click.option(
        "--ask-key", is_flag=True, help=f"Ask for the passphrase. Or set {_KEY_VARIABLE} in the environment."
    ),
)
with_signing = _group(
    "signing",
    Signing,
    click.option(
        "--sign",
        type=click.Path(path_type=Path),
        metavar="CHAIN",
        help="Sign a C2PA manifest into the picture: a PEM file with your certificate and its issuers'.",
    ),
    click.option(
        "--sign-key",
        type=click.Path(path_type=Path),
        metavar="KEY",
        help="A PEM file with the certificate's private key (P-256).",
    ),
    click.option("--author", default="", help="Who made the picture, for the manifest."),
    click.option("--note", default="", help="What else to say in the manifest."),
)
with_output = _group(
    "output",
    Output,
    click.option(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="File to write; for several pictures the folder, which keeps the tree; - is standard output.",
    ),
    click.option("--force", is_flag=True, help="Replace files, and keep marks that do not read back."),
    click.option("--dry-run", is_flag=True, help="Do everything but write."),
)
with_strength = click.option(
    "--strength",
    type=click.FloatRange(budget.MINIMUM_STRENGTH, budget.MAXIMUM_STRENGTH),
    default=budget.DEFAULT_STRENGTH,
    show_default=True,
    help="How visible the mark may be: 0.5 is very faint, 2 very strong.",
)
with_mark_options = _group(
    "mark_options",
    MarkOptions,
    with_strength,
    click.option(
        "--format",
        "output_format",
        type=click.Choice(get_args(Format), case_sensitive=False),
        help="Of marked pictures; as they were, or as the output's ending says, unless given.",
    ),
    click.option(
        "--quality", type=click.IntRange(1, 100), help="Of JPEG, WebP and AVIF; as it was unless given."
    ),
    click.option("--again", is_flag=True, help="Mark pictures that are marked already, too."),
    click.option("--first", is_flag=True, help="Of several frames or pages mark the first alone."),
)
with_ids = click.option("--ids", type=click.Path(path_type=Path), help="A list of known ids, one a line.")
with_many = _group(
    "many",
    Many,
    click.argument("sources", nargs=-1, required=True, metavar="PICTURES..."),
    click.option("--manifest", required=True, metavar="TABLE", help="Parquet file: a row for each picture."),
    click.option("--resume", is_flag=True, help="Go on: what the manifest has is done, but for failures."),
    click.option(
        "--engine",
        type=click.Choice(("daft", "ray")),
        default="daft",
        show_default=True,
        help="What works: Daft or Ray Data.",
    ),
    click.option("--cluster", metavar="ADDRESS", help="Of a Ray cluster; this machine unless given."),
    click.option("--workers", type=click.IntRange(1), help="Pictures at a time; one a core unless given."),
)
with_target = _group(
    "target",
    Target,
    click.option("--to", required=True, metavar="FOLDER", help="Path or URL: gets the marked pictures."),
    click.option("--force", is_flag=True, help="Replace files."),
)
