"""Processes that work on pictures, one at a time: a picture that crashes its process harms no other."""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from ..errors import HushmarkError, PictureCrash, picture_error


class Named(Protocol):
    """A picture to work on."""

    @property
    def name(self) -> str:
        """What it is called in sentences and records."""
        ...


_Picture = TypeVar("_Picture", bound=Named)
_Outcome = TypeVar("_Outcome")

Work = Callable[[_Picture], _Outcome]
"""What is done with a picture. Other processes get it by pickling."""


def attempt(work: Work[_Picture, _Outcome], picture: _Picture) -> _Outcome | HushmarkError:
    """The outcome of the work, or its error for people."""
    try:
        return work(picture)
    except Exception as error:
        return picture_error(error, picture.name)


class Worker(Generic[_Picture, _Outcome]):
    """A process that works on one picture at a time, and is started again after a crash."""

    def __init__(self, work: Work[_Picture, _Outcome]) -> None:
        self._work = work
        self._lock = Lock()
        self._stopped = False
        self._process: SpawnProcess | None = None
        self._connection: Connection[Any, Any] | None = None

    def do(self, picture: _Picture) -> _Outcome | HushmarkError:
        """The outcome of the work, or its error; PictureCrash if the process ended over it."""
        process, connection = self._started()
        try:
            connection.send(picture)
            outcome: _Outcome | HushmarkError = connection.recv()
        except (EOFError, OSError):
            process.join()
            return PictureCrash(picture.name, _ending(process.exitcode))
        return outcome

    def stop(self) -> None:
        """End the process, whatever it does; `do` then returns."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _started(self) -> "tuple[SpawnProcess, Connection[Any, Any]]":
        with self._lock:
            if self._process is None or self._connection is None or not self._process.is_alive():
                # Not forked: the copy would lack the networks' threads.
                context = multiprocessing.get_context("spawn")
                self._connection, theirs = context.Pipe()
                self._process = context.Process(target=_serve, args=(self._work, theirs), daemon=True)
                self._process.start()
                theirs.close()
                if self._stopped:
                    self._process.kill()
            return self._process, self._connection


def _serve(work: Work[Any, object], connection: "Connection[Any, Any]") -> None:
    """In the worker process: work on pictures from the connection until the other side closes it."""
    # Ctrl-C goes to all processes of a terminal; the parent process ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while True:
            connection.send(attempt(work, connection.recv()))
    except (EOFError, OSError):
        return  # the other side was killed, perhaps in the middle of a picture


def _ending(code: int | None) -> str:
    """How a process ended, for a sentence."""
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
