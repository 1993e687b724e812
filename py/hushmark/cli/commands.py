"""The command line `hushmark`: embed, read, verify, overlay, publish, test-certificate, info.

`many` has two more.
"""

import asyncio
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import click

from .. import __version__
from ..credentials.binding import ALGORITHM
from ..credentials.manifest import PictureManifest, Verdict
from ..embedding import MarkOptions
from ..errors import HushmarkError, KnownError, MarkUnreadable, MessageError, OutputExists, OutputTwice
from ..marking import overlay
from ..message.known import KnownIds
from ..picture.previews import Removed
from ..pipeline import Marked
from ..reading.reading import Outcome, Reading, Reason
from . import batch, manifests, many, options, records
from .batch import STANDARD, Item
from .errors import sentence
from .options import Output, Pictures, Secret, Signing, Wanted
from .output import (
    DONE,
    FAILED,
    INTERRUPTED,
    NOT_FOUND,
    UNREAD,
    UNREADABLE,
    USAGE,
    Report,
    echo,
    json_line,
    write,
)
from .work import Looking, Marking, Reviewing, model, model_card, trust_in

_Result = TypeVar("_Result")

_WARNINGS = {
    "unreadable": "its mark does not read back",
    "weak": "its mark only just reads back: mark it stronger (--strength) if you can",
    "small": "it is small: {chance:.0%} of marks in pictures of its size were read after JPEG of quality 80",
    "shape": "it is narrow: {chance:.0%} of marks in pictures of its size were read after JPEG of quality 80",
    "metadata": "its metadata stayed behind",
    "maker-note": "its EXIF has a large maker note, which may show the unmarked picture",
    "manifest-picture": "the C2PA manifest of its cover, which is kept, may show the unmarked picture",
}
_TRUST = {
    None: "nobody here has vouched for it",
    True: "an issuer that you trust vouches for it",
    False: "no issuer that you trust vouches for it",
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
    "manifest": "C2PA manifest",
}
_VERDICTS: dict[Verdict, str] = {
    "valid": "holds",
    "changed": "does not belong to this picture",
    "broken": "does not hold",
    "unchecked": "not wholly checked",
    "damaged": "damaged, cannot be read",
}
_CODES: dict[Outcome, int] = {"read": DONE, "unreadable": UNREADABLE, "none": NOT_FOUND}
_REASONS: dict[Reason, str] = {
    "damaged": "Too little of its mark is left. A larger or less cropped copy may help, or a list of ids",
    "key": "Its mark was made with a key that was not given",
    "no-key": "Its mark was made without a key. Read it without one",
    "later": "A later version of Hushmark made its mark. Update Hushmark",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        code = hushmark.main(arguments, prog_name="hushmark", standalone_mode=False)
        return int(code or DONE)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        echo(*shown.getvalue().rstrip().split("\n"), err=True)
        return USAGE
    except HushmarkError as error:
        echo(sentence(error), err=True)
        return USAGE if isinstance(error, MessageError | KnownError) else FAILED
    except click.Abort:
        return INTERRUPTED
    except SystemExit:  # click exits like this only when its output is not read to the end, as with "| head"
        return UNREAD
    except Exception:  # Python's own exit code, 1, would mean "not found"
        echo(*traceback.format_exc().rstrip().split("\n"), err=True)
        return FAILED


@click.group(
    epilog="Exit codes: 0 done or read, 1 no mark or another message, 2 usage, 3 a file failed, "
    "4 marked but not readable."
)
@click.version_option(__version__, message="%(version)s")
def hushmark() -> None:
    """Hides short messages in pictures, and reads them."""


hushmark.add_command(many.mark_all)
hushmark.add_command(many.read_all)


@hushmark.command()
@options.with_pictures
@options.with_new_message
@options.with_output
@options.with_mark_options
@options.with_key
@options.with_signing
def embed(
    pictures: Pictures,
    wanted: Wanted,
    output: Output,
    mark_options: MarkOptions,
    secret: Secret,
    signing: Signing,
) -> int:
    """Mark pictures: files, folders, glob patterns, or - for standard input.

    Every marked picture is read back before it counts as done.
    """
    model_card()
    wanted.message()  # before any work
    statement = signing.statement()
    key = secret.key()
    found = pictures.find(leave_out=Path(output.output))
    folder = output.is_folder(pictures, found)
    if output.to_standard and (pictures.as_json or len(found) > 1):
        raise click.UsageError("Standard output takes one marked picture, and nothing else.")
    work = Marking(
        folder=Path(output.output) if folder else None,
        file=None if folder or output.to_standard else Path(output.output),
        wanted=wanted,
        options=output.with_format(mark_options, folder=folder),
        key=key,
        force=output.force,
        statement=statement,
        threads=pictures.threads,
    )
    written: set[Path] = set()
    with _results(pictures, found, work, to_standard_error=output.to_standard) as (report, results):
        for item, marked in results:
            try:
                path = _keep(item, marked, work, output, written)
            except HushmarkError as error:
                report.fail(item, error)
                continue
            nowhere = output.dry_run or output.to_standard
            report.say(_marked_line(path, marked), item, records.of_marked(marked, None if nowhere else path))
            for warning in marked.warnings:
                report.warn(f"{path}: warning: {_WARNINGS[warning].format(chance=marked.expected)}.")
    return report.code


@hushmark.command()
@options.with_pictures
@options.with_key
@options.with_ids
@click.option(
    "--manifests",
    metavar="PLACE",
    help="Folder or URL that `publish` made: where a lost C2PA manifest is looked for, by the mark.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    metavar="ISSUERS",
    help="PEM file with certificates of issuers: whether they vouch for who signed a C2PA manifest.",
)
def read(
    pictures: Pictures, secret: Secret, ids: Path | None, manifests: str | None, trust: Path | None
) -> int:
    """Read pictures: files, folders, glob patterns, or - for standard input."""
    known = None if ids is None else options.known_ids(ids)
    if trust is not None:
        trust_in(trust)  # a file that is of no use ends this before any work
    model_card()
    looking = Looking(secret.key(), known, pictures.threads, manifests, trust)
    with _results(pictures, pictures.find(), looking) as (report, results):
        for item, found in results:
            reading, manifest = found.reading, found.manifest
            record = {**records.of_reading(reading), **records.of_manifest(manifest)}
            code = _CODES[reading.outcome] if found.problem is None else FAILED
            report.say(_line(item, reading), item, record, code, further=_manifest_lines(manifest))
            if found.problem is not None:
                report.warn(sentence(found.problem))
    return report.code


@hushmark.command()
@options.with_pictures
@options.with_message
@options.with_ids
@options.with_key
def verify(pictures: Pictures, wanted: Wanted, secret: Secret, ids: Path | None) -> int:
    """Tell whether pictures carry a message, or one of a list."""
    if ids is None:
        known = KnownIds([(wanted.message(), None)])
    elif wanted.is_given():
        raise click.UsageError("Give a message or a list, not both.")
    else:
        known = options.known_ids(ids)
    model_card()
    looking = Looking(secret.key(), known, pictures.threads)
    with _results(pictures, pictures.find(), looking) as (report, results):
        for item, found in results:
            reading = found.reading
            fits = reading.message is not None and reading.message in known
            code = NOT_FOUND if reading.message is not None and not fits else _CODES[reading.outcome]
            record = {"verified": fits, **records.of_reading(reading)}
            report.say(_verdict(item, reading, fits=fits), item, record, code)
    return report.code


@hushmark.command("overlay")
@options.with_new_message
@click.option("-o", "--output", required=True, metavar="OUT", help="PNG file to write; - is standard output.")
@options.with_strength
@options.with_key
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
def make_overlay(wanted: Wanted, output: str, strength: float, secret: Secret, force: bool) -> int:
    """Make a transparent tile that marks a web page, and print the CSS rule that lays it over the page."""
    path = Path(output)
    if output != STANDARD and os.path.lexists(path) and not force:
        raise OutputExists(path)
    forward, card = model(0)
    message = wanted.message()
    making = overlay.overlay(message, forward=forward, card=card, strength=strength, key=secret.key())
    tile = asyncio.run(making)
    if output == STANDARD:
        write(tile)
        echo(*overlay.css(overlay.TILE_NAME).split("\n"), err=True)
        return DONE
    batch.store(path, tile)
    echo(f"{path}: {message.value}. Lay it over a page with this rule:", err=True)
    echo(*overlay.css(path.name).split("\n"))
    return DONE


@hushmark.command()
@options.with_pictures
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to publish in.")
def publish(pictures: Pictures, output: Path) -> int:
    """Put the C2PA manifests of marked pictures into a folder.

    There `read --manifests` finds them by the mark. Any web server can serve the folder. The pictures
    themselves do not get into it.
    """
    found = pictures.find(leave_out=output)
    with _results(pictures, found, Reviewing()) as (report, results):
        for item, (store, manifest) in results:
            values = [each.value for each in manifest.bindings if each.alg == ALGORITHM]
            try:
                path = manifests.publish(output, store, values)
            except HushmarkError as error:
                report.fail(item, error)
                continue
            record = {"output": str(path), **records.of_manifest(manifest)}
            report.say(f"{item.name}: {path}", item, record)
    return report.code


@hushmark.command("test-certificate")
@click.argument("chain", type=click.Path(path_type=Path))
@click.argument("key", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the files if they exist.")
def test_certificate(chain: Path, key: Path, force: bool) -> int:
    """Make a certificate (CHAIN) and its key (KEY) to try signing with. By its name, it is not trusted."""
    from ..hosts.signing import make_test_certificate

    for path in (chain, key):
        if os.path.lexists(path) and not force:
            raise OutputExists(path)
    certificates, private = make_test_certificate()
    batch.store(chain, certificates)
    batch.store(key, private, mode=0o600)
    echo(f"{chain} and {key}: to try signing with, valid for 30 days. Who checks is told not to trust them.")

    return DONE


@hushmark.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def info(as_json: bool) -> int:
    """Show the weights and the versions in use."""
    from ..hosts.native import weights_dir

    card = model_card()
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
    echo(*([json_line(facts)] if as_json else [f"{key}: {fact}" for key, fact in facts.items()]))
    return DONE


def _keep(item: Item, marked: Marked, work: Marking, output: Output, written: set[Path]) -> Path:
    """Write a marked picture -> its path, which is added to those `written`. Raises HushmarkError."""
    if "unreadable" in marked.warnings and not output.force:
        raise MarkUnreadable(item.name)
    path = work.target(item) or Path(output.output)
    if output.to_standard:
        if not output.dry_run:
            write(marked.data)
        return path
    if work.folder is not None:
        # The ending of the format that was written, which may not be the original's.
        path = path.with_suffix(Path(marked.name).suffix)
    if path in written:
        raise OutputTwice(path)
    if os.path.lexists(path) and not output.force:
        raise OutputExists(path)
    written.add(path)
    if not output.dry_run:
        batch.store(path, marked.data)
    return path


@contextmanager
def _results(
    pictures: Pictures, found: list[Item], work: Callable[[Item], _Result], *, to_standard_error: bool = False
) -> Iterator[tuple[Report, Iterator[tuple[Item, _Result]]]]:
    """The report, and the results for the pictures that do not fail."""

    def results() -> Iterator[tuple[Item, _Result]]:
        for item, outcome in outcomes:
            if isinstance(outcome, HushmarkError):
                report.fail(item, outcome)
            else:
                yield item, outcome

    with (
        Report(len(found), as_json=pictures.as_json, to_standard_error=to_standard_error) as report,
        closing(batch.run(found, work, pictures.jobs)) as outcomes,
    ):
        yield report, results()


def _marked_line(path: Path, marked: Marked) -> str:
    line = f"{path}: {marked.message.value}, {marked.psnr:.1f} dB"
    if marked.frames > 1:
        line += f", {marked.frames} {'pages' if marked.file_format == 'TIFF' else 'frames'}"
    if marked.removed:
        # They would show the unmarked picture.
        line += f", without {', '.join(_REMOVED[what] for what in marked.removed)}"
    if marked.manifest is not None:
        line += f", signed by {marked.manifest.signer}"
    return line


def _line(item: Item, reading: Reading) -> str:
    message = reading.message
    if message is not None:
        known = "" if reading.match is None else f", known as {_known(reading)}"
        facts = f"{message.kind}, chance of error {reading.chance:.0e}{known}"
        return f"{item.name}: {message.value} ({facts})"
    if reading.reason is not None:
        likeliest = "" if reading.match is None else f" It is likeliest to say {_known(reading)}."
        return f"{item.name}: marked, but not readable. {_REASONS[reading.reason]}.{likeliest}"
    return f"{item.name}: no mark found ({reading.statistic:.2f}, threshold {reading.threshold:.2f})"


def _manifest_lines(manifest: PictureManifest | None) -> Iterator[str]:
    """The lines about a manifest, under that of its picture."""
    if manifest is None:
        return
    reason = f" ({manifest.reason})" if manifest.reason else ""
    yield f"  C2PA manifest: {_VERDICTS[manifest.verdict]}{reason}"
    if manifest.picture == "by-mark":
        yield "  found by the mark: the picture may have been changed since it was signed"
    signer = manifest.signer or "a certificate without a name"
    facts = {
        "signed by": f"{signer}, as a certificate of {manifest.issuer or 'an issuer without a name'} says; "
        f"{_TRUST[manifest.trusted]}",
        "when": manifest.time and f"{manifest.time}, as the signer says",
        "author": manifest.author,
        "note": manifest.note,
        "title": manifest.title,
        "made with": manifest.generator,
        "actions": ", ".join(manifest.actions),
        "made of": ", ".join(each.title or each.relationship for each in manifest.ingredients),
    }
    if manifest.verdict != "damaged":
        yield from (f"  {name}: {fact}" for name, fact in facts.items() if fact)


def _verdict(item: Item, reading: Reading, *, fits: bool) -> str:
    if reading.message is None:
        return _line(item, reading)
    if fits:
        return f"{item.name}: {_known(reading)} (chance of error {reading.chance:.0e})"
    return f"{item.name}: another mark, {reading.message.value}"


def _known(reading: Reading) -> str:
    match = reading.match
    assert match is not None
    return match.message.value if match.label is None else f"{match.message.value} ({match.label})"
