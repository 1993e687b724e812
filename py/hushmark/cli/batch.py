"""Work on many pictures: find the files, run several processes, and write each file whole or not at all."""

import errno
import glob
import io
import os
import secrets
import signal
import stat
import sys
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path, PurePath
from queue import SimpleQueue
from typing import BinaryIO, TypeVar

from ..errors import (
    FileKind,
    FileProblem,
    FileTooLarge,
    FolderEmpty,
    HushmarkError,
    ModelDamaged,
    ModelMissing,
    RuntimeMissing,
)
from ..hosts.processes import Work, Worker, attempt
from ..picture.picture import MAXIMUM_BYTES, PICTURE_ENDINGS

STANDARD = "-"
"""What stands for standard input or output."""

_REASONS = {
    errno.EACCES: "Permission denied. Change its permissions or its folder's, or choose another place",
    errno.EPERM: "Operation not permitted. Change its permissions or its folder's, or choose another place",
    errno.EROFS: "Read-only file system. Choose another place",
    errno.ENOSPC: "No space left on device. Make room, or choose another place",
    errno.EDQUOT: "Disk quota exceeded. Make room, or choose another place",
    errno.EFBIG: "File too large for this place. Choose another one",
    errno.ENAMETOOLONG: "File name too long. Choose a shorter one",
}
"""What to do, for errors whose own text does not say it."""

_UNNAMED = getattr(os, "O_TMPFILE", 0)

_Outcome = TypeVar("_Outcome")
_FileId = tuple[int, int]


@dataclass(frozen=True)
class Item:
    """A picture to work on.

    `path`: its file, None for standard input; `place`: its path below the folder that was given; `data`: its
    bytes, where they were read already.
    """

    path: Path | None
    place: PurePath
    data: bytes | None = None

    @property
    def name(self) -> str:
        """What it is called in sentences and records."""
        return "standard input" if self.path is None else str(self.path)

    def load(self) -> bytes:
        """The bytes of the file.

        Raises FileProblem, FileKind, FileTooLarge, and FolderEmpty for a folder without pictures.
        """
        if self.data is not None:
            return self.data
        try:
            if self.path is None:
                return read_limited(sys.stdin.buffer, self.name)
            kind = self.path.stat().st_mode
            if stat.S_ISDIR(kind):
                os.scandir(self.path).close()  # raises the error of a folder that may not be read
                raise FolderEmpty(self.path)
            if not stat.S_ISREG(kind):
                raise FileKind(self.name)
            with self.path.open("rb") as file:
                return read_limited(file, self.name)
        except OSError as error:
            raise file_problem(self.path or Path(self.name), error) from error


def read_limited(file: BinaryIO, name: str) -> bytes:
    """All of an open file. Raises FileTooLarge, where its size is known before it is read, and OSError."""
    size, read = os.fstat(file.fileno()).st_size, io.BytesIO()
    while size <= MAXIMUM_BYTES and (chunk := file.read(1 << 20)):
        size = read.tell() + read.write(chunk)
    if size > MAXIMUM_BYTES:
        raise FileTooLarge(name, MAXIMUM_BYTES)
    return read.getvalue()


def file_problem(path: Path, error: OSError) -> FileProblem:
    """The system's error as one for people."""
    reason = _REASONS.get(error.errno or 0, error.strerror or "cannot be used")
    return FileProblem(str(path), reason)


def find(arguments: Sequence[str], *, recursive: bool, leave_out: Path | None = None) -> list[Item]:
    """The pictures that files, folders, glob patterns and "-" stand for, folders sorted by name.

    `recursive`: whether folders in a folder are searched; `leave_out`: a folder whose files are left out. A
    file that folders and patterns find under several names is listed once. What is missing, a folder without
    a picture, and one that may not be read stay in the list and fail when they are loaded.
    """
    items: list[Item] = []
    seen: set[_FileId] = set()
    if leave_out is not None and (identity := _identity(leave_out)):
        seen.add(identity)
    for argument in dict.fromkeys(arguments):
        path = Path(argument)
        if argument == STANDARD:
            items.append(Item(None, PurePath("standard-input")))
        elif os.path.isdir(path):
            inside = [Item(file, file.relative_to(path)) for file in _pictures(path, recursive, seen)]
            items += inside or [Item(path, PurePath(path.name))]
        elif glob.has_magic(argument) and not os.path.lexists(path):
            inside = [Item(file, PurePath(file.name)) for file in _matches(path) if _is_new(file, seen)]
            items += inside or [Item(path, PurePath(path.name))]
        else:
            _is_new(path, seen)
            items.append(Item(path, PurePath(path.name)))
    return items


def _matches(pattern: Path) -> list[Path]:
    """What a glob pattern stands for. "**" follows no links, which could form a circle."""
    if "**" not in pattern.parts:
        return [Path(match) for match in sorted(glob.glob(str(pattern)))]
    if pattern.name == "**":
        pattern /= "*"
    start = Path(pattern.anchor or ".")
    matches = start.glob(str(pattern.relative_to(pattern.anchor)))
    return sorted(
        path
        for path in matches
        if not any(part.startswith(".") and part not in pattern.parts for part in path.parts)
    )


def _pictures(folder: Path, recursive: bool, seen: set[_FileId]) -> list[Path]:
    """The pictures in a folder, and the folders in it that may not be read.

    `seen`: files and folders to leave out; those found are added. Links come last, so that a file in the
    folder is listed by its own name.
    """
    found, links = [], deque[Path]()
    ahead = deque([folder])
    while ahead or links:
        path = ahead.popleft() if ahead else links.popleft()
        is_folder = os.path.isdir(path)
        if (
            not (is_folder or path.suffix.lower() in PICTURE_ENDINGS)
            or (is_folder and path != folder and not recursive)
            or not _is_new(path, seen)
        ):
            continue
        if not is_folder:
            found.append(path)
            continue
        try:
            with os.scandir(path) as entries:
                inside = sorted((entry.name, entry.is_symlink()) for entry in entries)
        except OSError:
            found.append(path)
            continue
        for name, is_link in inside:
            if not name.startswith("."):
                (links if is_link else ahead).append(path / name)
    return sorted(found)


def _is_new(path: Path, seen: set[_FileId]) -> bool:
    """Whether to take a file or folder: no pipe or device, and nothing twice."""
    identity = _identity(path)
    if identity is None:
        return True  # it fails with a sentence when it is loaded
    if identity in seen or not (os.path.isfile(path) or os.path.isdir(path)):
        return False
    seen.add(identity)
    return True


def _identity(path: Path) -> _FileId | None:
    """Device and inode of what a path leads to; None where it leads nowhere."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def run(
    items: Sequence[Item], work: Work[Item, _Outcome], jobs: int
) -> Generator[tuple[Item, _Outcome | HushmarkError]]:
    """Do the work on each item -> the outcomes, or the errors for people, in the items' order.

    Several items are worked on in `jobs` other processes, so that one that crashes its process harms no other
    item; a single one in this process. All processes end when the iteration is left, by Ctrl-C for instance.
    Raises ModelMissing, ModelDamaged, RuntimeMissing: no picture could be worked on then.
    """
    if len(items) == 1:
        yield items[0], _settled(attempt(work, items[0]))
        return
    workers = [Worker(work) for _ in range(min(jobs, len(items)))]
    free = SimpleQueue[Worker[Item, _Outcome]]()
    for worker in workers:
        free.put(worker)

    def take(item: Item) -> _Outcome | HushmarkError:
        worker = free.get()
        try:
            if item.path is None:
                # Standard input can be read by this process only.
                data = attempt(Item.load, item)
                if isinstance(data, HushmarkError):
                    return data
                item = replace(item, data=data)
            return worker.do(item)
        finally:
            free.put(worker)

    # At most two per process wait: marked pictures take memory.
    waiting: deque[tuple[Item, Future[_Outcome | HushmarkError]]] = deque()
    pool = ThreadPoolExecutor(len(workers), initializer=_leave_interrupts)
    try:
        for item in items:
            waiting.append((item, pool.submit(take, item)))
            if len(waiting) >= 2 * jobs:
                first, future = waiting.popleft()
                yield first, _settled(future.result())
        for item, future in waiting:
            yield item, _settled(future.result())
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.stop()
        pool.shutdown()


def _leave_interrupts() -> None:
    """Block Ctrl-C in the processes that this thread starts: it would end them while they load."""
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # lifts the block when it starts
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])


def _settled(outcome: _Outcome | HushmarkError) -> _Outcome | HushmarkError:
    """The outcome; raised if it is an error that every picture would meet."""
    if isinstance(outcome, ModelMissing | ModelDamaged | RuntimeMissing):
        raise outcome
    return outcome


def store(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a file that gets its name only when it is whole. Raises FileProblem.

    `mode`: permissions of a new file, less the process's umask.

    Missing folders are made. On file systems that have files without a name, a killed process leaves nothing
    behind; elsewhere it may leave a file whose name starts with ".hushmark-".
    """
    temporary = path.with_name(f".hushmark-{secrets.token_hex(8)}")
    name = temporary if os.path.lexists(path) else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _write_unnamed(name, data, mode):
            name = temporary
            with open(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
                _write(file, data)
        if name == temporary:
            os.replace(temporary, path)
    except OSError as error:
        raise file_problem(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _write_unnamed(path: Path, data: bytes, mode: int) -> bool:
    """Write a file without a name, then give it this unused one -> whether the system can do it."""
    try:
        with open(os.open(path.parent, _UNNAMED | os.O_WRONLY, mode), "wb") as file:
            _write(file, data)
            handle = file.fileno()
            # os.link follows the link of the open file only if a folder is passed as well.
            os.link(f"/proc/self/fd/{handle}", path, src_dir_fd=handle, follow_symlinks=True)
    except OSError:
        return False
    return True


def _write(file: BinaryIO, data: bytes) -> None:
    """Write through to the disk: an error that comes later could not be reported."""
    file.write(data)
    file.flush()
    os.fsync(file.fileno())
