"""What `--json` writes: one object a line. docs/command-line.md describes the fields."""

from pathlib import Path

from ..errors import HushmarkError
from ..message.known import Match
from ..message.payload import Payload, to_bytes
from ..pipeline import Marked
from ..reading.reading import Reading

Record = dict[str, object]


def of_error(error: HushmarkError) -> Record:
    """A file that failed."""
    return {"error": {"code": error.code, "message": str(error), "facts": error.facts}}


def of_marked(marked: Marked, output: Path | None) -> Record:
    """A picture that was marked; `output` is None where nothing was written."""
    return {
        "output": None if output is None else str(output),
        "payload": _payload(marked.payload, len(marked.check.bits)),
        "format": marked.file_format,
        "width": marked.width,
        "height": marked.height,
        "bytes": len(marked.data),
        "strength": marked.strength,
        "psnr": marked.psnr,
        "warnings": marked.warnings,
        "expected": marked.expected,
        "removed": marked.removed,
        "check": of_reading(marked.check),
    }


def of_reading(reading: Reading) -> Record:
    """A picture that was read."""
    n_bits = len(reading.bits)
    protected = reading.protected
    return {
        "found": reading.found,
        "payload": None if reading.payload is None else _payload(reading.payload, n_bits),
        "match": None if reading.match is None else _match(reading.match, n_bits),
        "protected": None
        if protected is None
        else {
            "value": protected.value,
            "corrected": protected.corrected,
            "margin": protected.margin,
            "certainty": protected.certainty,
        },
        "statistic": reading.statistic,
        "threshold": reading.threshold,
        "false_alarm": reading.false_alarm,
        "confidences": reading.confidences,
        "corners": reading.window.corners,
        "tried": reading.tried,
        "milliseconds": reading.milliseconds,
    }


def _payload(payload: Payload, n_bits: int) -> Record:
    return {"kind": payload.kind, "value": payload.value, "hex": to_bytes(payload, n_bits).hex()}


def _match(match: Match, n_bits: int) -> Record:
    return {
        "label": match.label,
        "payload": _payload(match.payload, n_bits),
        "agreeing": match.agreeing,
        "certainty": match.certainty,
        "chance": match.chance,
    }
