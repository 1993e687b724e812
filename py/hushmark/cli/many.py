"""The commands for very many pictures, on Daft or Ray: mark-all and read-all."""

import atexit
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ..embedding import MarkOptions
from ..errors import EngineMissing
from . import options
from .options import Many, Secret, Signing, Target
from .output import DONE, FAILED, INTERRUPTED, NOT_FOUND, UNREADABLE, echo
from .work import model_card

if TYPE_CHECKING:
    from ..scale.run import Progress, Where

_RANDOM = "random"


@click.command("mark-all")
@options.with_many
@options.with_target
@click.option(
    "--ids",
    required=True,
    metavar="random|TABLE",
    help="What the marks are: a random id for each picture, the same when it is done again in its run; or "
    "the messages of a table, Parquet or CSV, with columns file and message.",
)
@options.with_mark_options
@options.with_key
@options.with_signing
def mark_all(
    many: Many, target: Target, ids: str, mark_options: MarkOptions, secret: Secret, signing: Signing
) -> int:
    """Mark very many pictures: paths, URLs of object stores, glob patterns, tables.

    Daft or Ray does the work, on this machine or on a cluster.
    """
    statement = signing.statement()
    where = _where(many)
    from ..scale import run
    from ..scale.engine import Engine
    from ..scale.known import is_table

    if ids != _RANDOM and not is_table(ids):
        raise click.UsageError(f"--ids is random, or a table that ends in .parquet or .csv, not {ids}.")
    work = Engine(0, secret.key(), mark_options, statement=statement)
    with _Bar() as bar:
        counts = run.mark_all(
            many.sources,
            target.to,
            many.manifest,
            ids=None if ids == _RANDOM else ids,
            engine=work,
            where=where,
            resume=many.resume,
            force=target.force,
            on_progress=bar.tell,
        )
    failed = counts.pop(None, 0)
    echo(f"{many.manifest}: {counts.total():,} marked, {failed:,} failed")
    return FAILED if failed else DONE


@click.command("read-all")
@options.with_many
@options.with_key
@click.option("--known", metavar="IDS", help="Known ids: the manifest of mark-all, a table, or one a line.")
def read_all(many: Many, secret: Secret, known: str | None) -> int:
    """Read very many pictures: paths, URLs of object stores, glob patterns, tables.

    Daft or Ray does the work, on this machine or on a cluster.
    """
    where = _where(many)
    from ..scale import run, stores
    from ..scale.engine import Engine
    from ..scale.known import load

    if known is not None:
        known = stores.address(known).location  # workers may have another working folder
        load(known)  # before any work
    with _Bar() as bar:
        counts = run.read_all(
            many.sources,
            many.manifest,
            engine=Engine(0, secret.key(), known=known),
            where=where,
            resume=many.resume,
            on_progress=bar.tell,
        )
    unreadable, none, failed = counts["unreadable"], counts["none"], counts[None]
    echo(
        f"{many.manifest}: {counts['read']:,} read, {unreadable:,} marked but not readable, "
        f"{none:,} without a mark, {failed:,} failed"
    )
    return FAILED if failed else UNREADABLE if unreadable else NOT_FOUND if none else DONE


def _where(many: Many) -> "Where":
    """Where the work is done. Raises EngineMissing, ModelError, RuntimeMissing."""
    model_card()
    try:
        from ..scale.run import Where
    except ImportError as error:
        raise EngineMissing(many.engine) from error
    return Where(many.engine, many.cluster, many.workers)


class _Bar:
    """A progress bar on a terminal, and a line for each picture that failed."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._bar: Any = None

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, *error)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            # Daft's threads still run then, and would abort Python on its exit.
            atexit.register(os._exit, INTERRUPTED)

    def tell(self, progress: "Progress") -> None:
        """See `run.OnProgress`."""
        if self._bar is None:
            self._bar = click.progressbar(
                length=progress.total, file=sys.stderr, show_pos=True, hidden=not self._shown
            )
            self._bar.__enter__()
        if progress.failed and self._shown:
            click.echo("\r\033[K", nl=False, err=True)
        for said in progress.failed:
            echo(said, err=True)
        self._bar.update(progress.done - self._bar.pos)
