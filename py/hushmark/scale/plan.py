"""Which pictures a run has, what each is marked with, and where it goes: decided before any work."""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from os.path import commonpath
from pathlib import PurePath, PurePosixPath

import pyarrow as pa

from ..errors import FileProblem, MessageMissing, NothingFound, OutputExists, OutputTwice
from ..message.kinds import Message
from ..picture.container import Format
from ..picture.picture import ENDINGS
from . import known, rows, stores
from .engine import TASKS
from .rows import Row
from .stores import Found

_ENDINGS = frozenset(chain(*ENDINGS.values()))
_NO_NAME = 'Its name is that of no file in the folder for marked pictures. Give an address without ".."'


@dataclass(frozen=True)
class Plan:
    """The work of a run.

    `tasks`: see `engine.TASKS`; `refused`: rows of pictures that fail before any work.
    """

    tasks: pa.Table
    refused: list[Row]


def sources(arguments: Sequence[str], leave_out: str | None = None) -> list[Found]:
    """The pictures that locations, folders, glob patterns and tables stand for, each once, by location.

    A table, Parquet or CSV, has them in its column `file`. `leave_out`: a folder whose files are not taken.
    Raises FileProblem, and NothingFound for an argument without pictures, or where all are left out.
    """
    found: dict[str, Found] = {}
    inside = None if leave_out is None else stores.address(leave_out).location.rstrip("/") + "/"
    for argument in arguments:
        pictures = list(_of_table(argument) if known.is_table(argument) else stores.find(argument))
        if not pictures:
            raise NothingFound(argument)
        for each in pictures:
            if inside is None or not each.location.startswith(inside):
                found.setdefault(each.location, each)
    if not found:
        raise NothingFound(" and ".join(arguments))
    return [found[location] for location in sorted(found)]


def _of_table(location: str) -> Iterator[Found]:
    """The pictures of a table. A picture's place is its path below the folder that all of them share."""
    table = known.table(location, "file")
    if table.column_names != ["file"]:
        raise FileProblem(location, "The table has no column file")
    try:
        files = table.column("file").drop_null().cast(pa.string()).to_pylist()
    except pa.ArrowException as error:
        raise FileProblem(location, "The table's column file has no texts") from error
    listed = [stores.address(file) for file in files]
    if not listed:
        return
    one_store = len({each.root for each in listed}) == 1
    # With several stores, each gets a folder named after its bucket.
    names = [each.key if one_store else f"{each.root.rpartition('/')[2]}/{each.key}" for each in listed]
    shared = commonpath([f"/{name}".rpartition("/")[0] or "/" for name in names]).lstrip("/")
    for each, name in zip(listed, names, strict=True):
        yield Found(each.location, name.removeprefix(shared).lstrip("/"))


def reading(pictures: Sequence[Found]) -> Plan:
    """The plan to read pictures."""
    return Plan(pa.Table.from_pylist([{"file": each.location} for each in pictures], TASKS), [])


def marking(
    pictures: Sequence[Found],
    to: str,
    message: Callable[[str], Message],
    *,
    output_format: Format | None,
    replaced: Container[str] = (),
) -> Plan:
    """The plan to mark pictures into the folder `to`, each with the `message` of its location.

    A picture for which that raises MessageMissing fails. `output_format`: of all, None for that of each;
    `replaced`: locations of pictures that may take the place of files that are there already. Raises
    FileProblem.
    """
    folder = stores.address(to).location.rstrip("/")
    there: dict[str, set[str]] = {}
    for stem, ending in map(_split, (each.location for each in stores.listed(folder))):
        there.setdefault(stem, set()).add(ending)
    outputs = [_output(f"{folder}/{each.place}", output_format) for each in pictures]
    wanted = Counter(outputs)
    stems = Counter(_split(output)[0] for output in wanted)
    tasks, refused = [], []
    for picture, output in zip(pictures, outputs, strict=True):
        stem, ending = _split(output)
        taken = set() if picture.location in replaced else there.get(stem, set())
        if not _is_inside(picture.place):
            refused.append(rows.of_error(picture.location, FileProblem(picture.location, _NO_NAME)))
            continue
        if wanted[output] > 1:
            refused.append(rows.of_error(picture.location, OutputTwice(output)))
            continue
        if ending in taken:
            refused.append(rows.of_error(picture.location, OutputExists(output)))
            continue
        if stems[stem] > 1:
            # Another picture has this name with another ending, so this one keeps its own ending.
            taken = taken | _ENDINGS - {ending}
        try:
            said = message(picture.location)
        except MessageMissing as error:
            refused.append(rows.of_error(picture.location, error))
            continue
        tasks.append(
            {
                "file": picture.location,
                "output": output,
                "taken": sorted(taken),
                "kind": said.kind,
                "value": said.value,
            }
        )
    return Plan(pa.Table.from_pylist(tasks, TASKS), refused)


def _is_inside(place: str) -> bool:
    """Whether a place, which may come from somebody else's table, stays inside the output folder."""
    path = PurePath(place)
    return bool(path.name) and not path.anchor and ".." not in path.parts


def _output(location: str, output_format: Format | None) -> str:
    """Where a marked picture goes; its ending may still change."""
    ending = _split(location)[1]
    if output_format is None or ending in ENDINGS[output_format]:
        return location
    return location.removesuffix(PurePosixPath(location).suffix) + ENDINGS[output_format][0]


def _split(location: str) -> tuple[str, str]:
    """A location without its ending, and the ending in lower case."""
    ending = PurePosixPath(location).suffix
    return location.removesuffix(ending), ending.lower()
