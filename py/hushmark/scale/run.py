"""A run: many pictures are marked or read on Daft or Ray, and the result of each is kept."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Literal

import pyarrow as pa

from ..errors import EngineFailed, EngineMissing, HushmarkError, OutputExists
from . import known, plan, rows, stores
from .engine import Engine, Job
from .ids import GivenIds, RunKey
from .plan import Plan
from .run_manifest import Run, RunManifest

EngineName = Literal["daft", "ray"]
"""What a run runs on."""


@dataclass(frozen=True)
class Where:
    """Where a run runs.

    `engine`: daft or ray; `cluster`: address of a Ray cluster, None for this machine; `workers`: how many
    pictures are worked on at a time, None for as many as there are cores.
    """

    engine: EngineName = "daft"
    cluster: str | None = None
    workers: int | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    `done`: pictures that have their row, of `total`; `failed`: the sentences of those that failed since the
    last time.
    """

    done: int
    total: int
    failed: tuple[str, ...] = ()


OnProgress = Callable[[Progress], None]
"""Called when the pictures are known, and whenever some of them are done."""


def mark_all(
    sources: Sequence[str],
    to: str,
    manifest: str,
    *,
    ids: str | None = None,
    engine: Engine,
    where: Where,
    resume: bool = False,
    force: bool = False,
    on_progress: OnProgress,
) -> Counter[str | None]:
    """Mark pictures -> how many of each format, None for those that failed.

    `sources`: locations, folders, patterns and tables; `to`: folder; `manifest`: of the run, a Parquet file;
    `ids`: a table of what each is marked with, see `known.by_file`, None for a random id of its own;
    `engine`: its threads are those of one picture, 0 for what suits the workers; `resume`: go on with the
    run of the manifest, if there is one; `force`: replace files.

    A picture that fails is a row of the manifest. Raises HushmarkError where the run cannot go on.
    """
    table = None if ids is None else stores.address(ids).location
    given = None if table is None else GivenIds(table, known.by_file(table))
    pictures = plan.sources(sources, leave_out=to)
    folder = stores.address(to).location.rstrip("/")
    run = Run("mark", folder, RunKey.new(), table)
    kept = RunManifest(stores.address(manifest).location, rows.MARKED, run, resume=resume)
    again = [each for each in pictures if each.location not in kept.done]
    # A resumed run replaces its own files, but not those that were there before it began.
    others = {file for file, code in kept.failed.items() if code == OutputExists.code}
    replaced = {each.location for each in again if force or (kept.is_resumed and each.location not in others)}
    planned = plan.marking(
        again,
        folder,
        kept.run.key.message if given is None else given.message,
        output_format=engine.options.output_format,
        replaced=replaced,
    )
    staging = f"{folder}/.hushmark-{kept.run.key.name}"
    try:
        _work(Job("mark", engine, staging), planned, kept, where, len(pictures), on_progress)
    finally:
        stores.remove(staging)
    return kept.finish("file_format")


def read_all(
    sources: Sequence[str],
    manifest: str,
    *,
    engine: Engine,
    where: Where,
    resume: bool = False,
    on_progress: OnProgress,
) -> Counter[str | None]:
    """Read pictures -> how many have which outcome, None for those that failed. See `mark_all`."""
    pictures = plan.sources(sources)
    run = Run("read", None, RunKey.new())
    kept = RunManifest(stores.address(manifest).location, rows.READ, run, resume=resume)
    again = [each for each in pictures if each.location not in kept.done]
    _work(Job("read", engine), plan.reading(again), kept, where, len(pictures), on_progress)
    return kept.finish("outcome")


def _work(
    job: Job, planned: Plan, kept: RunManifest, where: Where, total: int, on_progress: OnProgress
) -> None:
    """Carry out the plan, and add the rows to the manifest. Raises HushmarkError."""
    done = total - len(planned.tasks) - len(planned.refused)
    on_progress(Progress(done, total))

    def take(some: pa.Table) -> None:
        nonlocal done
        kept.add(some)
        done += len(some)
        failed = some.column("error").drop_null().to_pylist()
        on_progress(Progress(done, total, tuple(each["message"] for each in failed)))

    if planned.refused:
        take(pa.Table.from_pylist(planned.refused, job.schema))
        kept.flush()  # before any work, so that a resumed run can tell which files are not its own
    try:
        for some in _results(job, planned.tasks, where):
            take(some)
    finally:
        kept.flush()


def _results(job: Job, tasks: pa.Table, where: Where) -> Iterator[pa.Table]:
    """The rows of tasks as they are done. Raises EngineMissing, EngineFailed."""
    if not len(tasks):
        return
    try:
        engine = import_module(f".on_{where.engine}", __package__)
        cores = _cores(where)
    except ImportError as error:
        raise EngineMissing(where.engine) from error
    workers = min(where.workers or cores, len(tasks))
    threads = job.engine.threads or max(cores // workers, 1)
    job = replace(job, engine=replace(job.engine, threads=threads))
    try:
        yield from engine.run(job, tasks, workers, where.cluster)
    except HushmarkError:
        raise
    except Exception as error:  # the engines' errors have no common base, and may hold one of ours as text
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise EngineFailed(where.engine, lines[-1] if lines else type(error).__name__) from error


def _cores(where: Where) -> int:
    if where.cluster is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    from . import on_ray

    return on_ray.cores(where.cluster)
