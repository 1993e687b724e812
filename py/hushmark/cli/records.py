"""What `--json` writes: one object a line. docs/command-line.md describes the fields."""

from pathlib import Path

from ..credentials.manifest import PictureManifest
from ..errors import HushmarkError
from ..pipeline import Marked
from ..reading.reading import Reading
from ..tasks import failure, plain

Record = dict[str, object]


def of_error(error: HushmarkError) -> Record:
    """A file that failed."""
    return {"error": failure(error)}


def of_marked(marked: Marked, output: Path | None) -> Record:
    """A picture that was marked; `output` is None where nothing was written."""
    facts = plain(marked, files=False)
    return {"output": None if output is None else str(output), "bytes": len(marked.data), **facts}


def of_reading(reading: Reading) -> Record:
    """A picture that was read."""
    facts: Record = plain(reading, files=False)
    return facts


def of_manifest(manifest: PictureManifest | None) -> Record:
    """The manifest of a picture, or that it has none."""
    return {"manifest": plain(manifest, files=False)}
