"""Many pictures at a time: which files are meant, several threads, files that are whole or not there."""

import glob
import os
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath
from threading import Event
from typing import TypeVar

from .errors import FileProblem, FolderEmpty, HushmarkError

STANDARD = "-"
"""What stands for standard input or output."""

_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jfif",
        ".jpe",
        ".png",
        ".webp",
        ".tif",
        ".tiff",
        ".avif",
        ".bmp",
        ".gif",
        ".heic",
        ".heif",
    ]
)  # of files in a folder that are taken for pictures; those that turn out to be none get a sentence

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True)
class Source:
    """A picture to work on.

    `path`: its file, None for standard input; `place`: its name, with the folders that led to it from one
    that was given.
    """

    path: Path | None
    place: PurePath

    @property
    def name(self) -> str:
        """What it is called in sentences and records."""
        return "standard input" if self.path is None else str(self.path)

    def load(self) -> bytes:
        """The bytes of the file. Raises FileProblem, and FolderEmpty for a folder without pictures."""
        if self.path is None:
            return sys.stdin.buffer.read()
        if self.path.is_dir():
            raise FolderEmpty(self.path)
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise FileProblem(str(self.path), error.strerror or "cannot be read") from error


def find(arguments: Sequence[str], *, recursive: bool, leave_out: Path | None = None) -> list[Source]:
    """The pictures that files, folders, glob patterns and "-" stand for, folders sorted by name.

    `recursive`: whether the folders in a folder count; `leave_out`: a folder whose files do not. What is not
    there, or a folder without a picture, stays in the list and fails when it is loaded.
    """
    sources: list[Source] = []
    for argument in dict.fromkeys(arguments):
        path = Path(argument)
        if argument == STANDARD:
            sources.append(Source(None, PurePath("standard-input")))
        elif path.is_dir():
            inside = [Source(file, file.relative_to(path)) for file in _pictures(path, recursive, leave_out)]
            sources += inside or [Source(path, PurePath(path.name))]
        else:
            is_pattern = glob.has_magic(argument) and not path.exists()
            matches = sorted(glob.glob(argument, recursive=True)) if is_pattern else []
            sources += [Source(Path(match), PurePath(Path(match).name)) for match in matches or [argument]]
    return sources


def _pictures(folder: Path, recursive: bool, leave_out: Path | None) -> Iterator[Path]:
    left_out = None if leave_out is None else leave_out.resolve()
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.resolve() == left_out:
            continue
        if path.is_dir():
            if recursive:
                yield from _pictures(path, recursive, leave_out)
        elif path.suffix.lower() in _SUFFIXES:
            yield path


class Stopped(BaseException):
    """Raised in work that nobody waits for any more."""


def run(
    sources: Sequence[Source], work: Callable[[Source, Callable[..., None]], _Outcome], jobs: int
) -> Generator[tuple[Source, _Outcome | HushmarkError]]:
    """Do the work on each source in `jobs` threads -> the outcomes, or the errors for people, in their order.

    The work is given a function to call now and then, with any arguments: there it ends when the iteration
    is left, by Ctrl-C for instance.
    """
    stop = Event()

    def check(*_: object) -> None:
        if stop.is_set():
            raise Stopped

    def attempt(source: Source) -> _Outcome | HushmarkError:
        try:
            return work(source, check)
        except HushmarkError as error:
            return error
        except MemoryError:
            return FileProblem(source.name, "There is not enough memory for it: take fewer jobs")

    # No more than two a thread wait for their turn: marked pictures take room.
    waiting: deque[tuple[Source, Future[_Outcome | HushmarkError]]] = deque()
    pool = ThreadPoolExecutor(jobs)
    try:
        for source in sources:
            waiting.append((source, pool.submit(attempt, source)))
            if len(waiting) >= 2 * jobs:
                first, future = waiting.popleft()
                yield first, future.result()
        for source, future in waiting:
            yield source, future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def store(path: Path, data: bytes) -> None:
    """Write beside the target and rename, so that there is never half a file under its name.

    Folders on the way to it are made. Raises FileProblem.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
