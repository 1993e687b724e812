"""The command line: `hushmark embed`, `hushmark read` and `hushmark overlay`."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, overlay, pipeline
from .card import ModelCard, read_card
from .errors import FileProblem, HushmarkError, OutputExists
from .payload import Payload, hex_payload, random_payload, text_payload
from .reading import Reading

if TYPE_CHECKING:
    from .native import NativeForward

DONE, NOT_FOUND, USAGE, FAILED = 0, 1, 2, 3
"""Exit codes: done or found; nothing found in at least one file; wrong usage (argparse); a file failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return {"embed": _embed, "read": _read, "overlay": _overlay}[options.command](options)
    except HushmarkError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hushmark",
        description="Hides 32 bits in a picture, and reads them.",
        epilog="Exit codes: 0 done or found, 1 not found, 2 usage, 3 a file failed.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)

    embed = commands.add_parser("embed", help="mark a picture")
    embed.add_argument("input", type=Path, metavar="IN", help="JPEG, PNG or WebP")
    _add_payload(embed)
    _add_output(embed, pipeline.DEFAULT_STRENGTH_DB, "PSNR to aim at, 30 (strong) to 50 (weak)")

    read = commands.add_parser("read", help="read pictures")
    read.add_argument("files", type=Path, nargs="+", metavar="FILE")
    read.add_argument("--json", action="store_true", help="one JSON object a line")

    tile = commands.add_parser("overlay", help="make a transparent tile that marks a web page")
    _add_payload(tile)
    _add_output(tile, overlay.DEFAULT_STRENGTH_DB, "PSNR of a page to aim at, 26 (strong) to 44 (weak)")
    return parser


def _add_payload(command: argparse.ArgumentParser) -> None:
    payload = command.add_mutually_exclusive_group(required=True)
    payload.add_argument("--text", help="1 to 4 characters, for instance pipe")
    payload.add_argument("--hex", help="8 hex digits, for instance 70697065")
    payload.add_argument("--random", action="store_true", help="a random id, which is printed")


def _add_output(command: argparse.ArgumentParser, strength_db: float, meaning: str) -> None:
    command.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    command.add_argument(
        "--strength",
        type=float,
        default=strength_db,
        metavar="DB",
        help=f"{meaning}; %(default)s unless given",
    )
    command.add_argument("--force", action="store_true", help="replace OUT if it exists")


def _embed(options: argparse.Namespace) -> int:
    if options.output.exists() and not options.force:
        raise OutputExists(options.output)
    forward, card = _model()
    marked = asyncio.run(
        pipeline.embed(
            _load(options.input),
            _payload(options, card.bits),
            name=options.input.name,
            strength_db=options.strength,
            forward=forward,
            card=card,
        )
    )
    _store(options.output, marked.data)
    print(f"{options.output}: {marked.payload.value}, {marked.psnr:.1f} dB")
    if marked.check.payload != marked.payload:
        print(f"{options.output}: warning: reading it back did not give the payload.", file=sys.stderr)
    return DONE


def _read(options: argparse.Namespace) -> int:
    forward, card = _model()
    code = DONE
    for path in options.files:
        try:
            result = asyncio.run(pipeline.read(_load(path), name=path.name, forward=forward, card=card))
        except HushmarkError as error:
            code = FAILED
            if options.json:
                print(json.dumps({"file": str(path), "error": {"code": error.code, "message": str(error)}}))
            print(error, file=sys.stderr)
            continue
        reading = result.reading
        if not reading.found:
            code = max(code, NOT_FOUND)
        print(json.dumps({"file": str(path), **_facts(reading)}) if options.json else _line(path, reading))
    return code


def _overlay(options: argparse.Namespace) -> int:
    if options.output.exists() and not options.force:
        raise OutputExists(options.output)
    forward, card = _model()
    payload = _payload(options, card.bits)
    tile = overlay.overlay(payload, forward=forward, card=card, strength_db=options.strength)
    _store(options.output, asyncio.run(tile))
    print(f"{options.output}: {payload.value}. Lay it over a page with this rule:", file=sys.stderr)
    print(overlay.css(options.output.name))
    return DONE


def _model() -> tuple["NativeForward", ModelCard]:
    # Imported late: `--help` needs no onnxruntime, and its absence becomes a sentence.
    from .native import NativeForward, weights_dir

    weights = weights_dir()
    return NativeForward(weights), read_card(weights / "decoder.safetensors")


def _payload(options: argparse.Namespace, n_bits: int) -> Payload:
    if options.random:
        return random_payload(n_bits)
    return hex_payload(options.hex) if options.text is None else text_payload(options.text)


def _facts(reading: Reading) -> dict[str, object]:
    payload = reading.payload
    return {
        "found": reading.found,
        "payload": None if payload is None else {"kind": payload.kind, "value": payload.value},
        "statistic": reading.statistic,
        "threshold": reading.threshold,
        "false_alarm": reading.false_alarm,
        "confidences": reading.confidences,
        "corners": reading.window.corners,
        "tried": reading.tried,
    }


def _line(path: Path, reading: Reading) -> str:
    if reading.payload is None:
        return f"{path}: no watermark found ({reading.statistic:.2f}, threshold {reading.threshold:.2f})"
    # Never rounded up to certainty.
    payload, weakest = reading.payload, min(*reading.confidences, 0.999)
    return f"{path}: {payload.value} ({payload.kind}, weakest bit {weakest:.1%})"


def _load(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileProblem(str(path), error.strerror or "cannot be read") from error


def _store(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that there is never half a file under its name."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise FileProblem(str(path), error.strerror or "cannot be written") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise FileProblem(str(path), error.strerror or "cannot be written") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files: mkstemp makes files that only their owner may read."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
