"""The command line `hushmark`: embed, read, verify, overlay, info."""

import asyncio
import errno
import io
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from .. import __version__, pipeline
from ..card import ModelCard
from ..errors import (
    FileProblem,
    HushmarkError,
    KnownError,
    MarkUnreadable,
    OutputExists,
    OutputTwice,
    PayloadError,
)
from ..marking import budget, overlay
from ..message.keys import Key
from ..message.known import KnownIds
from ..message.payload import Payload, parse
from ..picture.container import Format
from ..picture.picture import format_of
from ..picture.previews import Removed
from ..pipeline import Marked
from ..reading.reading import Reading
from . import batch, records
from .batch import STANDARD, Source
from .errors import sentence

if TYPE_CHECKING:
    from ..hosts.native import NativeForward

DONE, NOT_FOUND, USAGE, FAILED = 0, 1, 2, 3
"""Exit codes: done or found; nothing found, or another id, in a file; wrong usage; a file failed."""
INTERRUPTED, UNREAD = 130, 141
"""Exit codes as shells tell them of the signals SIGINT and SIGPIPE."""

_KINDS = ("text", "hex", "number", "protected", "random")
_KEY_VARIABLE = "HUSHMARK_KEY"
_WARNINGS = {
    "unreadable": "its mark does not read back",
    "weak": "its mark only just reads back: mark it stronger (--strength) if you can",
    "small": "it is small: {chance:.0%} of marks in pictures of its size were read after JPEG of quality 80",
    "shape": "it is narrow: {chance:.0%} of marks in pictures of its size were read after JPEG of quality 80",
    "maker-note": "its EXIF has a large maker note, which may show the unmarked picture",
}
_REMOVED: dict[Removed, str] = {
    "exif": "EXIF thumbnail",
    "maker-note": "preview in EXIF",
    "jfif": "JFIF thumbnail",
    "photoshop": "Photoshop thumbnail",
    "iptc": "IPTC preview",
    "xmp": "picture in XMP",
    "text": "picture in a text",
    "segment": "application segment",
    "pictures": "further pictures",
}

# Controls, line separators, what turns the direction of writing, and bytes that are no UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_NO_UTF8 = re.compile("[\udc80-\udcff]")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        code = hushmark.main(arguments, prog_name="hushmark", standalone_mode=False)
        return int(code or DONE)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        _echo(*shown.getvalue().rstrip().split("\n"), err=True)
        return USAGE
    except HushmarkError as error:
        _echo(sentence(error), err=True)
        return USAGE if isinstance(error, PayloadError | KnownError) else FAILED
    except click.Abort:
        return INTERRUPTED
    except SystemExit:  # click leaves so only where nobody reads what is printed, as with "| head"
        return UNREAD
    except Exception:  # a defect of ours must not look like "not found", as Python's own exit code 1 would
        _echo(*traceback.format_exc().rstrip().split("\n"), err=True)
        return FAILED


def _echo(*lines: str, err: bool = False) -> None:
    """Print lines of which any part may come from a file's name. Raises FileProblem."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    text = "\n".join(map(_safe, lines)).encode(encoding, "backslashreplace").decode(encoding)
    with _output():
        click.echo(text, err=err)


def _write(data: bytes) -> None:
    """Put a file on standard output. Raises FileProblem."""
    with _output():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def _output() -> Iterator[None]:
    """Raises FileProblem where what is printed cannot be written, as on a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        # Python writes what is left over when it ends, and would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise batch.file_problem(Path("standard output"), error) from error


def _safe(line: str) -> str:
    """With \\x1b for what a terminal would obey, and \\xff for a byte that is no UTF-8."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1].replace("\\udc", "\\x"), line)


def _json(record: records.Record) -> str:
    """A record as one line, with \\\\xff for a byte that is no UTF-8: many refuse half a surrogate pair."""
    text = json.dumps(record, ensure_ascii=False)
    return json.dumps(json.loads(_NO_UTF8.sub(lambda found: f"\\\\x{ord(found[0]) - 0xDC00:02x}", text)))


@click.group(epilog="Exit codes: 0 done or found, 1 not found, 2 usage, 3 a file failed.")
@click.version_option(__version__, message="%(version)s")
def hushmark() -> None:
    """Hides 32 bits in pictures, and reads them."""


def _options(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Several options as one decorator, shown in their order."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_sources = _options(
    click.argument("sources", nargs=-1, required=True, metavar="PICTURE..."),
    click.option("--recursive", is_flag=True, help="Take the folders in a folder, too."),
    click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Pictures at a time."),
    click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line."),
)
_payload = _options(
    click.option("--text", help="1 to 4 characters, for instance pipe."),
    click.option("--hex", metavar="DIGITS", help="8 hex digits, for instance 70697065."),
    click.option("--number", help="A number below 2^32."),
    click.option("--protected", metavar="NUMBER", help="A number below 65536 whose errors are corrected."),
)
_random = click.option("--random", is_flag=True, help="A random id for each picture, which is printed.")
_key = _options(
    click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        help="A file with the mark's passphrase in its first line.",
    ),
    click.option(
        "--ask-key", is_flag=True, help=f"Ask for the passphrase. Or set {_KEY_VARIABLE} in the environment."
    ),
)
_force = click.option("--force", is_flag=True, help="Replace files, and keep marks that do not read back.")


@hushmark.command()
@_sources
@_payload
@_random
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    help="File to write; for several pictures the folder, which keeps the tree; - is standard output.",
)
@click.option(
    "--strength",
    type=click.FloatRange(budget.MINIMUM_STRENGTH, budget.MAXIMUM_STRENGTH),
    default=budget.DEFAULT_STRENGTH,
    show_default=True,
    help="How visible the mark may be: 0.5 is very faint, 2 very strong.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(get_args(Format), case_sensitive=False),
    help="Of the marked picture; that of OUT's ending, or as it was, unless given.",
)
@click.option(
    "--quality", type=click.IntRange(1, 100), help="Of JPEG, WebP and AVIF; as it was unless given."
)
@_key
@click.option("--again", is_flag=True, help="Mark pictures that are marked already, too.")
@_force
@click.option("--dry-run", is_flag=True, help="Do everything but write.")
def embed(
    sources: tuple[str, ...],
    recursive: bool,
    jobs: int,
    as_json: bool,
    output: str,
    strength: float,
    output_format: Format | None,
    quality: int | None,
    key_file: Path | None,
    ask_key: bool,
    again: bool,
    force: bool,
    dry_run: bool,
    **payload: Any,
) -> int:
    """Mark pictures: files, folders, glob patterns, or - for standard input.

    Every marked picture is read back before it counts as done.
    """
    card = _card()
    _one_payload(payload, card.bits)  # before any work
    key = _passphrase(key_file, ask_key)
    found = batch.find(sources, recursive=recursive, leave_out=Path(output))
    into_folder = _is_folder(output, sources, found)
    to_standard = output == STANDARD
    if to_standard and (as_json or len(found) > 1):
        raise click.UsageError("Standard output takes one marked picture, and nothing else.")
    chosen = output_format
    if chosen is None and not (into_folder or to_standard) and Path(output).suffix:
        chosen = format_of(Path(output))
        if chosen is None:
            raise click.UsageError(
                f"{output} names no format that is written: end it in .jpg, .png, .webp or .tif, "
                "or use --format."
            )
    written: set[Path] = set()

    work = _Marking(
        folder=Path(output) if into_folder else None,
        file=None if into_folder or to_standard else Path(output),
        payload=payload,
        strength=strength,
        key=key,
        again=again,
        force=force,
        output_format=chosen,
        quality=quality,
        threads=_threads(jobs),
    )

    def finish(source: Source, marked: Marked) -> tuple[Path, Marked]:
        if "unreadable" in marked.warnings and not force:
            raise MarkUnreadable(source.name)
        path = work.target(source) or Path(output)
        if into_folder:
            # True to the format, where that is not the one of the original.
            path = path.with_suffix(Path(marked.name).suffix)
        if to_standard:
            if not dry_run:
                _write(marked.data)
            return path, marked
        if path in written:
            raise OutputTwice(path)
        if os.path.lexists(path) and not force:
            raise OutputExists(path)
        written.add(path)
        if not dry_run:
            batch.store(path, marked.data)
        return path, marked

    with (
        _Report(len(found), as_json=as_json, to_standard_error=to_standard) as report,
        closing(batch.run(found, work, jobs)) as outcomes,
    ):
        for source, outcome in outcomes:
            try:
                if isinstance(outcome, HushmarkError):
                    raise outcome
                path, marked = finish(source, outcome)
            except HushmarkError as error:
                report.fail(source, error)
                continue
            line = f"{path}: {marked.payload.value}, {marked.psnr:.1f} dB"
            if marked.removed:
                # They would show the unmarked picture.
                line += f", without {', '.join(_REMOVED[what] for what in marked.removed)}"
            report.say(line, source, records.of_marked(marked, None if dry_run or to_standard else path))
            for warning in marked.warnings:
                report.warn(f"{path}: warning: {_WARNINGS[warning].format(chance=marked.expected)}.")
    return report.code


@hushmark.command()
@_sources
@_key
@click.option("--ids", type=click.Path(path_type=Path), help="A list of ids to look for, one a line.")
def read(
    sources: tuple[str, ...],
    recursive: bool,
    jobs: int,
    as_json: bool,
    key_file: Path | None,
    ask_key: bool,
    ids: Path | None,
) -> int:
    """Read pictures: files, folders, glob patterns, or - for standard input."""
    card = _card()
    known = None if ids is None else KnownIds.parse(_text(ids), card.bits)
    with _readings(sources, recursive, jobs, as_json, key_file, ask_key, known) as (report, readings):
        for source, reading in readings:
            report.say(_line(source, reading), source, records.of_reading(reading))
            if not reading.found:
                report.code = max(report.code, NOT_FOUND)
    return report.code


@hushmark.command()
@_sources
@_payload
@click.option("--ids", type=click.Path(path_type=Path), help="A list of ids, one of which it has to be.")
@_key
def verify(
    sources: tuple[str, ...],
    recursive: bool,
    jobs: int,
    as_json: bool,
    key_file: Path | None,
    ask_key: bool,
    ids: Path | None,
    **payload: Any,
) -> int:
    """Tell whether pictures carry an id, or one of a list."""
    card = _card()
    if ids is None:
        known = KnownIds([(_one_payload(payload, card.bits), None)], card.bits)
    elif any(payload.values()):
        raise click.UsageError("Give an id or a list, not both.")
    else:
        known = KnownIds.parse(_text(ids), card.bits)
    with _readings(sources, recursive, jobs, as_json, key_file, ask_key, known) as (report, readings):
        for source, reading in readings:
            fits = reading.match is not None
            report.say(_verdict(source, reading), source, {"verified": fits, **records.of_reading(reading)})
            if not fits:
                report.code = max(report.code, NOT_FOUND)
    return report.code


@hushmark.command("overlay")
@_payload
@_random
@click.option("-o", "--output", required=True, metavar="OUT", help="PNG file to write; - is standard output.")
@click.option(
    "--strength",
    type=click.FloatRange(budget.MINIMUM_STRENGTH, budget.MAXIMUM_STRENGTH),
    default=budget.DEFAULT_STRENGTH,
    show_default=True,
    help="How visible the tile may be: 0.5 is very faint, 2 very strong.",
)
@_key
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
def make_overlay(
    output: str, strength: float, key_file: Path | None, ask_key: bool, force: bool, **payload: Any
) -> int:
    """Make a transparent tile that marks a web page, and print the CSS rule that lays it over the page."""
    path = Path(output)
    if output != STANDARD and os.path.lexists(path) and not force:
        raise OutputExists(path)
    forward, card = _model(0)
    wanted = _one_payload(payload, card.bits)
    key = _passphrase(key_file, ask_key)
    making = overlay.overlay(wanted, forward=forward, card=card, strength=strength, key=key)
    tile = asyncio.run(making)
    if output == STANDARD:
        _write(tile)
        _echo(*overlay.css("hushmark-overlay.png").split("\n"), err=True)
        return DONE
    batch.store(path, tile)
    _echo(f"{path}: {wanted.value}. Lay it over a page with this rule:", err=True)
    _echo(*overlay.css(path.name).split("\n"))
    return DONE


@hushmark.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def info(as_json: bool) -> int:
    """Tell which weights and which versions do the work."""
    from ..hosts.native import weights_dir

    card = _card()
    facts = {
        "hushmark": __version__,
        "python": sys.version.split()[0],
        **{name: version(name) for name in ("numpy", "pillow", "safetensors", "onnxruntime")},
        "weights": str(weights_dir()),
        "model": card.model,
        "bits": card.bits,
        "image_size": card.image_size,
        "false_positive_rate": card.presence.false_positive_rate,
        "unmarked_windows": card.presence.windows,
    }
    _echo(*([_json(facts)] if as_json else [f"{key}: {fact}" for key, fact in facts.items()]))
    return DONE


class _Report:
    """Lines about files as they are done, a progress bar on a terminal, and the exit code."""

    def __init__(self, total: int, *, as_json: bool, to_standard_error: bool = False) -> None:
        self.code = DONE
        self._as_json = as_json
        self._to_standard_error = to_standard_error
        self._shown = total > 1 and sys.stderr.isatty()
        self._bar = click.progressbar(length=total, file=sys.stderr, show_pos=True, hidden=not self._shown)

    def __enter__(self) -> "_Report":
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)

    def say(self, line: str, source: Source, record: records.Record) -> None:
        """A file is done."""
        if self._as_json:
            line = _json({"file": source.name, **record})
        self._print(line, err=self._to_standard_error)
        self._bar.update(1)

    def warn(self, line: str) -> None:
        """Something to know of a file that is done."""
        self._print(line, err=True)

    def fail(self, source: Source, error: HushmarkError) -> None:
        """A file failed."""
        self.code = FAILED
        if self._as_json:
            self._print(_json({"file": source.name, **records.of_error(error)}), err=False)
        self._print(sentence(error), err=True)
        self._bar.update(1)

    def _print(self, line: str, *, err: bool) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)
        _echo(line, err=err)


@contextmanager
def _readings(
    sources: Sequence[str],
    recursive: bool,
    jobs: int,
    as_json: bool,
    key_file: Path | None,
    ask_key: bool,
    known: KnownIds | None,
) -> Iterator[tuple[_Report, Iterator[tuple[Source, Reading]]]]:
    """The report, and the readings of the sources that did not fail."""
    key = _passphrase(key_file, ask_key)
    found = batch.find(sources, recursive=recursive)
    work = _Look(key, known, _threads(jobs))

    def readings() -> Iterator[tuple[Source, Reading]]:
        for source, outcome in outcomes:
            if isinstance(outcome, HushmarkError):
                report.fail(source, outcome)
            else:
                yield source, outcome

    with (
        _Report(len(found), as_json=as_json) as report,
        closing(batch.run(found, work, jobs)) as outcomes,
    ):
        yield report, readings()


@dataclass(frozen=True)
class _Marking:
    """Marks a picture, in whatever process.

    `folder`: where marked pictures go, the same tree as where they came from, or `file`: where the only one
    goes; neither for standard output. `payload`: as given by the options; the rest as in `pipeline.embed`.
    """

    folder: Path | None
    file: Path | None
    payload: dict[str, Any]
    strength: float
    key: Key | None
    again: bool
    force: bool
    output_format: Format | None
    quality: int | None
    threads: int

    def target(self, source: Source) -> Path | None:
        return self.file if self.folder is None else self.folder / source.place

    def __call__(self, source: Source) -> Marked:
        target = self.target(source)
        if target is not None and not self.force and os.path.lexists(target):
            raise OutputExists(target)
        forward, card = _model(self.threads)
        return asyncio.run(
            pipeline.embed(
                source.load(),
                _one_payload(self.payload, card.bits),
                name=source.name,
                forward=forward,
                card=card,
                strength=self.strength,
                key=self.key,
                again=self.again,
                output_format=self.output_format,
                quality=self.quality,
            )
        )


@dataclass(frozen=True)
class _Look:
    """Reads a picture, in whatever process: see `pipeline.read`."""

    key: Key | None
    known: KnownIds | None
    threads: int

    def __call__(self, source: Source) -> Reading:
        forward, card = _model(self.threads)
        reading = pipeline.read(
            source.load(), name=source.name, forward=forward, card=card, key=self.key, known=self.known
        )
        return asyncio.run(reading).reading


def _card() -> ModelCard:
    """The card of the weights; with it, that the networks can run is known before any work."""
    # Imported late: `--help` needs no onnxruntime, and its absence becomes a sentence.
    from ..hosts.native import packaged_card

    return packaged_card()


def _model(threads: int) -> tuple["NativeForward", ModelCard]:
    from ..hosts.native import packaged_model

    return packaged_model(threads)


def _threads(jobs: int) -> int:
    """Threads for the networks of one picture: several pictures at a time share the cores."""
    return 0 if jobs == 1 else max((os.cpu_count() or 1) // jobs, 1)


def _one_payload(given: dict[str, Any], n_bits: int) -> Payload:
    """The payload of the options, which have to name one. Raises PayloadError."""
    kinds = [kind for kind, value in given.items() if value not in (None, False)]
    if len(kinds) != 1:
        names = ", ".join(f"--{kind}" for kind in _KINDS if kind in given)
        raise click.UsageError(f"Say what the mark is, by one of {names}.")
    return parse(kinds[0], given[kinds[0]], n_bits)


def _passphrase(key_file: Path | None, ask_key: bool) -> Key | None:
    """The key from a file, a question or the environment. Raises PassphraseEmpty."""
    if key_file is not None:
        line, *_ = [*_text(key_file).splitlines(), ""]
        return Key.from_passphrase(line)
    if ask_key:
        return Key.from_passphrase(click.prompt("Passphrase", hide_input=True, err=True))
    passphrase = os.environ.get(_KEY_VARIABLE)
    return None if passphrase is None else Key.from_passphrase(passphrase)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return batch.read_limited(file, str(path)).decode()
    except UnicodeDecodeError as error:
        raise FileProblem(str(path), "Not a text file in UTF-8") from error
    except OSError as error:
        raise batch.file_problem(path, error) from error


def _is_folder(output: str, sources: Sequence[str], found: Sequence[Source]) -> bool:
    """Whether OUT is a folder: for several pictures, for a folder, or because it says so."""
    several = len(found) > 1 or any(map(os.path.isdir, sources))
    return output != STANDARD and (several or output.endswith(("/", os.sep)) or os.path.isdir(output))


def _line(source: Source, reading: Reading) -> str:
    if reading.payload is None:
        return (
            f"{source.name}: no watermark found ({reading.statistic:.2f}, threshold {reading.threshold:.2f})"
        )
    # Never rounded up to certainty.
    payload, weakest = reading.payload, min(*reading.confidences, 0.999)
    known = "" if reading.match is None else f", known as {_known(reading)}"
    return f"{source.name}: {payload.value} ({payload.kind}, weakest bit {weakest:.1%}{known})"


def _verdict(source: Source, reading: Reading) -> str:
    if reading.match is not None:
        return f"{source.name}: {_known(reading)} ({reading.match.agreeing} of {len(reading.bits)} bits)"
    if reading.payload is None:
        return _line(source, reading)
    return f"{source.name}: another mark, {reading.payload.value}"


def _known(reading: Reading) -> str:
    match = reading.match
    assert match is not None
    return match.payload.value if match.label is None else f"{match.payload.value} ({match.label})"
