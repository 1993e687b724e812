"""The work on single pictures. Other processes and other machines get it by pickling."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Literal

import pyarrow as pa

from .. import pipeline
from ..credentials.signing import Statement
from ..embedding import DEFAULT_OPTIONS, MarkOptions
from ..errors import (
    HushmarkError,
    MarkUnreadable,
    ModelDamaged,
    ModelMissing,
    OutputExists,
    PictureCrash,
    RuntimeMissing,
    picture_error,
)
from ..hosts import verifier
from ..hosts.processes import Worker
from ..message.keys import Key
from ..message.kinds import Message, parse
from ..message.known import KnownIds
from ..picture.container import MIME_TYPES
from . import known, rows, stores
from .rows import Row

Way = Literal["mark", "read"]
"""What is done with all pictures of a run."""

_MOST_AT_A_TIME = 32
TASKS = pa.schema(
    {
        "file": pa.string(),
        "output": pa.string(),
        "taken": pa.list_(pa.string()),
        "kind": pa.string(),
        "value": pa.string(),
    }
)
"""The columns of a table of tasks, one row a picture.

`file`: its location; `output`: that of the marked picture, but for its ending; `taken`: endings with which
another picture has that location; `kind`, `value`: of the message. All but the file are null for reading.
"""


@dataclass(frozen=True)
class Picture:
    """A picture's file to work on: bytes and not pixels, so that its metadata is kept.

    `name`: its location; `message`: to mark it with.
    """

    name: str
    data: bytes = field(repr=False)
    message: Message | None = None


@dataclass(frozen=True)
class Done:
    """What became of a picture.

    `row`: its record, without its location; `data`: the marked file, `ending` of its name, `kind`: its MIME
    type.
    """

    row: Row
    data: bytes = field(default=b"", repr=False)
    ending: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Engine:
    """Marks and reads pictures. The networks are loaded with the first one, once a process.

    `threads`: for the networks, 0 for as many as there are cores; `key`: of the marks; `options`: for
    marking; `known`: location of a list of known ids, for reading; `statement`: to sign marked pictures with.
    """

    threads: int = 1
    key: Key | None = None
    options: MarkOptions = DEFAULT_OPTIONS
    known: str | None = None
    statement: Statement | None = None

    def mark(self, picture: Picture) -> Done:
        """The picture with its message, read back. Raises HushmarkError."""
        # Imported late: the process that hands out the work needs no onnxruntime.
        from ..hosts.native import packaged_model

        assert picture.message is not None
        forward, card = packaged_model(self.threads)
        marking = pipeline.embed(
            picture.data,
            picture.message,
            name=picture.name,
            forward=forward,
            card=card,
            options=self.options,
            key=self.key,
            statement=self.statement,
        )
        marked = asyncio.run(marking)
        if "unreadable" in marked.warnings:
            raise MarkUnreadable(picture.name)
        ending = PurePosixPath(marked.name).suffix
        return Done(rows.of_marked(marked), marked.data, ending, MIME_TYPES[marked.file_format])

    def read(self, picture: Picture) -> Done:
        """The reading of the picture. Raises HushmarkError."""
        from ..hosts.native import packaged_model

        forward, card = packaged_model(self.threads)
        reading = pipeline.read(
            picture.data,
            name=picture.name,
            forward=forward,
            card=card,
            key=self.key,
            known=None if self.known is None else _known(self.known),
            verify=verifier(),
        )
        found = asyncio.run(reading)
        return Done(rows.of_reading(found.reading, found.manifest))


@dataclass(frozen=True)
class Job:
    """What a run does with each of its pictures.

    `staging`: folder in which marked pictures lie until they are whole, None for reading.
    """

    way: Way
    engine: Engine
    staging: str | None = None

    @property
    def schema(self) -> pa.Schema:
        """Of the rows."""
        return rows.MARKED if self.way == "mark" else rows.READ


def share(tasks: int, workers: int) -> int:
    """How many tasks a worker of a cluster gets at a time: if it is lost, all of them are done again."""
    return max(1, min(_MOST_AT_A_TIME, tasks // (4 * workers)))


class TaskWorker:
    """Does tasks one after the other, with the networks in a process of their own.

    A picture that ends that process is tried once more in a new one, since the system may have ended it for
    another reason; the second time it fails. While one is worked on, the next is fetched and the last stored.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        engine = job.engine
        self._process = Worker[Picture, Done](engine.mark if job.way == "mark" else engine.read)

    def do(self, tasks: Sequence[Row]) -> pa.Table:
        """A row for each task: see `TASKS`. Raises ModelError, RuntimeMissing, KnownError, FileProblem if no
        picture can be worked on."""
        with ThreadPoolExecutor(1) as fetching, ThreadPoolExecutor(1) as putting:
            fetched = [fetching.submit(_fetch, task) for task in tasks]
            try:
                put = [
                    putting.submit(self._put, task, self._outcome(picture))
                    for task, picture in zip(tasks, fetched, strict=True)
                ]
            finally:
                fetching.shutdown(cancel_futures=True)
            return pa.Table.from_pylist([each.result() for each in put], self._job.schema)

    def _outcome(self, fetched: "Future[Picture | HushmarkError]") -> Done | HushmarkError:
        picture = fetched.result()
        if isinstance(picture, HushmarkError):
            return picture
        outcome = self._process.do(picture)
        if isinstance(outcome, PictureCrash):
            outcome = self._process.do(picture)
        if isinstance(outcome, ModelMissing | ModelDamaged | RuntimeMissing):
            raise outcome
        return outcome

    def _put(self, task: Row, outcome: Done | HushmarkError) -> Row:
        file = task["file"]
        try:
            if isinstance(outcome, HushmarkError):
                return rows.of_error(file, outcome)
            if self._job.staging is None:
                return {"file": file, **outcome.row}
            output = str(task["output"]).removesuffix(PurePosixPath(task["output"]).suffix) + outcome.ending
            if outcome.ending.lower() in task["taken"]:
                raise OutputExists(output)
            stores.write(output, outcome.data, by_way_of=self._job.staging, kind=outcome.kind)
            return {"file": file, "output": output, **outcome.row}
        except Exception as error:
            return rows.of_error(file, picture_error(error, file))


def _fetch(task: Row) -> Picture | HushmarkError:
    file = task["file"]
    try:
        message = parse(task["kind"], task["value"]) if task.get("kind") else None
        return Picture(file, stores.read(file), message)
    except Exception as error:
        return picture_error(error, file)


@cache
def _known(location: str) -> KnownIds:
    return known.load(location)
