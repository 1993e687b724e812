"""Tasks on Ray Data, on this machine or on a cluster."""

import logging
from collections.abc import Iterator

import pyarrow as pa
import ray

from .engine import Job, TaskWorker, share


class Pictures:
    """A worker of Ray's: a batch of tasks becomes a batch of rows."""

    def __init__(self, job: Job) -> None:
        self._worker = TaskWorker(job)

    def __call__(self, tasks: pa.Table) -> pa.Table:
        """See `TaskWorker.do`."""
        return self._worker.do(tasks.to_pylist())


def connect(cluster: str | None) -> None:
    """Use the Ray cluster at this address, None for one on this machine alone."""
    if not ray.is_initialized():
        ray.init(address=cluster or "local", log_to_driver=False, logging_level="error")


def cores(cluster: str) -> int:
    """The number of cores of a cluster."""
    connect(cluster)
    return int(ray.cluster_resources().get("CPU", 1))


def run(job: Job, tasks: pa.Table, workers: int, cluster: str | None) -> Iterator[pa.Table]:
    """See `on_daft.run`."""
    connect(cluster)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # callers report progress and failures themselves
    size = share(len(tasks), workers)
    blocks = [tasks.slice(start, size) for start in range(0, len(tasks), size)]
    done = ray.data.from_arrow(blocks).map_batches(
        Pictures,
        fn_constructor_args=(job,),
        compute=ray.data.ActorPoolStrategy(size=workers),
        batch_size=None,
        batch_format="pyarrow",
        zero_copy_batch=True,
    )
    for batch in done.iter_batches(batch_size=None, batch_format="pyarrow"):
        yield batch.cast(job.schema)
