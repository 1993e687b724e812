"""Tasks on Daft: on this machine, or on a Ray cluster by Daft's runner for it."""

import os
from collections.abc import Iterator

import daft
import pyarrow as pa

from . import rows
from .engine import Job, TaskWorker, share

BATCH = 4
"""Pictures that a worker takes at a time; if the worker is lost, all of its batch is done again."""

_MARKED, _READ = (
    daft.DataType.from_arrow_type(pa.struct(list(schema))) for schema in (rows.MARKED, rows.READ)
)


class Pictures:
    """A worker of Daft's: `mark` and `read` take tasks as structs, and give rows as structs."""

    def __init__(self, job: Job) -> None:
        self._worker = TaskWorker(job)

    # daft has no types for its decorators.
    @daft.method.batch(return_dtype=_MARKED, batch_size=BATCH)  # type: ignore[untyped-decorator]
    def mark(self, tasks: daft.Series) -> list[rows.Row]:
        """See `TaskWorker.do`."""
        return self._rows(tasks)

    @daft.method.batch(return_dtype=_READ, batch_size=BATCH)  # type: ignore[untyped-decorator]
    def read(self, tasks: daft.Series) -> list[rows.Row]:
        """See `TaskWorker.do`."""
        return self._rows(tasks)

    def _rows(self, tasks: daft.Series) -> list[rows.Row]:
        done: list[rows.Row] = self._worker.do(tasks.to_pylist()).to_pylist()
        return done


def run(job: Job, tasks: pa.Table, workers: int, cluster: str | None) -> Iterator[pa.Table]:
    """The rows of tasks as they are done, in any order.

    `workers`: how many pictures are worked on at a time; `cluster`: address of a Ray cluster, None for this
    machine.
    """
    os.environ["DAFT_PROGRESS_BAR"] = "0"
    if cluster is not None:
        from . import on_ray

        on_ray.connect(cluster)
    runner = "native" if cluster is None else "ray"
    if daft.get_or_infer_runner_type() != runner:  # it can be set only once per process
        daft.set_runner_native() if runner == "native" else daft.set_runner_ray(noop_if_initialized=True)
    pictures = daft.cls(max_concurrency=workers)(Pictures)(job)
    frame = daft.from_arrow(pa.table({"task": tasks.to_struct_array()}))
    if cluster is not None:
        frame = frame.into_batches(share(len(tasks), workers))
    method = pictures.mark if job.way == "mark" else pictures.read
    for batch in frame.select(method(frame["task"]).alias("row")).to_arrow_iter(results_buffer_size=None):
        yield pa.Table.from_struct_array(batch.column("row")).cast(job.schema)
