"""The manifest of a run: a Parquet file with a row for every picture.

Rows cannot be added to a Parquet file, so they are written in parts beside it, which are joined at the end. A
run that was cut off goes on from its parts; pictures whose rows were lost since the last part are marked
again, with the same messages.
"""

import io
import json
import time
from collections import Counter
from dataclasses import dataclass, replace

import pyarrow as pa
from pyarrow import compute, parquet

from ..errors import FileProblem, RunExists, RunOther
from . import stores
from .ids import KEY_BYTES, RunKey

_KEY = b"hushmark.run"
_ROWS = 10_000
_SECONDS = 10.0
"""A part is written after so many rows, or after so many seconds."""


@dataclass(frozen=True)
class Run:
    """What a manifest says about its run.

    `way`: mark or read; `to`: where marked pictures go; `key`: that makes its ids; `ids`: location of the
    table that has them instead.
    """

    way: str
    to: str | None
    key: RunKey
    ids: str | None = None

    @property
    def purpose(self) -> str:
        """What it does, for sentences."""
        return (
            self.way
            + ("" if self.to is None else f" to {self.to}")
            + ("" if self.ids is None else f", ids of {self.ids}")
        )

    def to_json(self) -> bytes:
        """As it is kept in the metadata of Parquet."""
        facts = {"way": self.way, "to": self.to, "key": self.key.secret.hex(), "ids": self.ids}
        return json.dumps(facts).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Run":
        """What `to_json` made. Raises ValueError, KeyError, TypeError."""
        facts = json.loads(text)
        key = bytes.fromhex(facts["key"])
        if len(key) != KEY_BYTES:
            raise ValueError("a key that anybody could guess")
        return cls(facts["way"], facts["to"], RunKey(key), facts.get("ids"))


class RunManifest:
    """The manifest at `location`, of rows with this schema.

    `is_resumed`: whether an existing one is continued; `run`: the existing one's, else the wanted one;
    `done`: its pictures that did not fail; `failed`: the others, with the code of the error.
    """

    def __init__(self, location: str, schema: pa.Schema, wanted: Run, *, resume: bool) -> None:
        """Raises FileProblem; RunExists for an existing one without `resume`; RunOther for another run's."""
        self._location = location
        self._parts = f"{location}.parts"
        self._rows: list[pa.Table] = []
        self._written = time.monotonic()
        self.run = wanted
        before = self._before()
        self.is_resumed = bool(before)
        if before and not resume:
            raise RunExists(location)
        self.done: set[str] = set()
        self.failed: dict[str, str] = {}
        for part in before:
            read = _read(part)
            self.run = _run_of(read, part)
            if replace(wanted, key=self.run.key) != self.run:
                raise RunOther(location, self.run.purpose)
            errors = read.column("error").to_pylist()
            for file, error in zip(read.column("file").to_pylist(), errors, strict=True):
                if error is None:
                    self.done.add(file)
                    self.failed.pop(file, None)
                else:
                    self.failed[file] = error["code"]
        numbers = [int(part.rpartition("/")[2].partition(".")[0]) for part in before if part != location]
        self._next = max(numbers, default=-1) + 1
        self._schema = schema.with_metadata({_KEY: self.run.to_json()})
        self._write_part(self._schema.empty_table())  # so that a run that is cut off early keeps its key

    def add(self, rows: pa.Table) -> None:
        """Add rows that are done. Raises FileProblem."""
        self._rows.append(rows)
        late = time.monotonic() - self._written > _SECONDS
        if late or sum(map(len, self._rows)) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows that are not yet in a part. Raises FileProblem."""
        if self._rows:
            self._write_part(pa.concat_tables(self._rows))
            self._rows = []

    def finish(self, summed: str) -> Counter[str | None]:
        """Put the parts together -> how many rows have which value in the column `summed`.

        Of several rows of a picture that failed before, the last one is kept. None counts those that failed.
        Raises FileProblem.
        """
        self.flush()
        parts = self._before()
        last: dict[str, int] = {}
        for number, file in enumerate(each for part in parts for each in _read(part)["file"].to_pylist()):
            last[file] = number
        kept, start = set(last.values()), 0
        counts: Counter[str | None] = Counter()
        whole = io.BytesIO()
        with parquet.ParquetWriter(whole, self._schema, compression="zstd") as file:
            for part in parts:
                read = _read(part)
                chosen = read.filter(pa.array([start + row in kept for row in range(len(read))], pa.bool_()))
                start += len(read)
                failed = chosen.column("error").is_valid()
                counts[None] += compute.sum(failed).as_py() or 0
                counts.update(chosen.filter(compute.invert(failed)).column(summed).to_pylist())
                if len(chosen):
                    file.write_table(chosen)
        stores.put(self._location, whole.getvalue())
        stores.remove(self._parts)
        return counts

    def _before(self) -> list[str]:
        """The existing files: itself, and its parts in their order."""
        whole = [self._location] if stores.exists(self._location) else []
        parts = (each.location for each in stores.listed(self._parts))
        return whole + sorted(part for part in parts if part.endswith(".parquet"))

    def _write_part(self, rows: pa.Table) -> None:
        data = io.BytesIO()
        parquet.write_table(rows.cast(self._schema), data, compression="zstd")
        stores.put(f"{self._parts}/{self._next:08}.parquet", data.getvalue())
        self._next += 1
        self._written = time.monotonic()


def _read(location: str) -> pa.Table:
    try:
        return parquet.read_table(io.BytesIO(stores.read(location)))
    except pa.ArrowException as error:
        raise FileProblem(location, "It is no Parquet file, or it is damaged") from error


def _run_of(table: pa.Table, location: str) -> Run:
    try:
        return Run.from_json((table.schema.metadata or {})[_KEY])
    except (ValueError, KeyError, TypeError) as error:
        raise FileProblem(location, "It is not the manifest of a run") from error
