"""Runs the stages of a long build in parallel, and continues where an earlier run stopped.

A finished stage leaves a stamp: a hash of its inputs and, through them, of all that it needs. A
stage whose stamp still fits is not run again, and neither are stages that only it needs.

A killed run cannot end its commands, and the state of its files is unknown: its folder is emptied
once no command works in it any more.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.wheels.lock import WheelError

LOG_LINES = 15


class BuildError(WheelError):
    """A stage failed. The message has the log's last lines and its path."""


class Job:
    """Runs commands for a stage; their output goes to the stage's log."""

    def __init__(self, log: Path, lock: int) -> None:
        """`lock`: file descriptor of the folder's lock, which the commands hold as well."""
        self.log = log
        self._folder_lock = lock
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, *command: str | Path, env: Mapping[str, str] | None = None) -> None:
        """Run a command. Raises subprocess.CalledProcessError, or OSError if it does not exist."""
        with self.log.open("ab") as output:
            with self._lock:
                if self._stopped:
                    raise InterruptedError("stopped, since another stage failed")
                # A session of its own: stop() then ends a compiler's children as well.
                self._process = subprocess.Popen(
                    [str(part) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=env,
                    start_new_session=True,
                    pass_fds=[self._folder_lock],
                )
            status = self._process.wait()
        if status:
            raise subprocess.CalledProcessError(status, [str(part) for part in command])

    def stop(self) -> None:
        """End the running command, and prevent others."""
        with self._lock:
            self._stopped = True
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGTERM)


@dataclass(frozen=True)
class Stage:
    """A step of the build; `inputs`: all text that its result depends on."""

    name: str
    run: Callable[[Job], None]
    needs: tuple[str, ...] = ()
    inputs: str = ""


def _keys(stages: Mapping[str, Stage]) -> dict[str, str]:
    keys: dict[str, str] = {}

    def key(name: str) -> str:
        if name not in keys:
            stage = stages[name]
            text = "\0".join([name, stage.inputs, *map(key, stage.needs)])
            keys[name] = hashlib.sha256(text.encode()).hexdigest()
        return keys[name]

    for name in stages:
        key(name)
    return keys


def _failure(stage: Stage, job: Job, error: BaseException, seconds: float) -> BuildError:
    if isinstance(error, subprocess.CalledProcessError):
        reason = f"{Path(error.cmd[0]).name} ended with status {error.returncode}"
    else:
        reason = str(error)
    lines = [f"stage {stage.name} failed after {seconds:.0f} s: {reason}"]
    if job.log.exists():
        tail = job.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        lines += [*(f"  | {line}" for line in tail), f"The whole log: {job.log}"]
    lines.append("The finished stages are kept: the same command goes on from there.")
    return BuildError("\n".join(lines))


@contextmanager
def _alone_in(folder: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the folder's lock -> its file descriptor. Raises BuildError if another run works there."""
    folder.mkdir(parents=True, exist_ok=True)
    running = folder / "running"
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildError(
                f"another run works in {folder}, or commands that a killed one left behind: wait until"
                " they have ended, or end them, and run this again"
            ) from None
        if running.exists():
            say(f"an earlier run in {folder} was killed: what it made is removed")
            left = [path for path in folder.iterdir() if path.name not in ("lock", "running")]
            # Not shutil: it would follow a mount out of the folder.
            subprocess.run(["rm", "-rf", "--one-file-system", *left], check=True)
        running.touch()
        try:
            yield lock.fileno()
        finally:
            running.unlink()


def _outdated(
    stages: Mapping[str, Stage], wanted: Collection[str], keys: Mapping[str, str], stamps: Path
) -> set[str]:
    """The wanted stages, and those that they need, that were not run with these inputs."""
    found: set[str] = set()

    def want(name: str) -> None:
        stamp = stamps / name
        fresh = stamp.exists() and stamp.read_text(encoding="utf-8") == keys[name]
        if name not in found and not fresh:
            found.add(name)
            for need in stages[name].needs:
                want(need)

    for name in wanted:
        want(name)
    return found


def run_stages(
    stages: Sequence[Stage],
    wanted: Collection[str],
    folder: Path,
    say: Callable[[str], None] = print,
) -> None:
    """Bring the wanted stages, and what they need, up to date.

    Stamps and logs go to `folder`. Raises BuildError on the first stage that fails, after ending the
    commands of the others, and if another run works in the folder.
    """
    with _alone_in(folder, say) as lock:
        _run_stages(stages, wanted, folder, lock, say)


def _run_stages(
    stages: Sequence[Stage],
    wanted: Collection[str],
    folder: Path,
    lock: int,
    say: Callable[[str], None],
) -> None:
    by_name = {stage.name: stage for stage in stages}
    keys = _keys(by_name)
    stamps, logs = folder / "stamps", folder / "logs"
    stamps.mkdir(exist_ok=True)
    logs.mkdir(exist_ok=True)

    todo = _outdated(by_name, wanted, keys, stamps)
    if not todo:
        return

    start = time.monotonic()
    jobs = {name: Job(logs / f"{name}.log", lock) for name in todo}

    def work(stage: Stage) -> float:
        (stamps / stage.name).unlink(missing_ok=True)
        jobs[stage.name].log.unlink(missing_ok=True)
        begin = time.monotonic()
        try:
            stage.run(jobs[stage.name])
        except Exception as error:
            seconds = time.monotonic() - begin
            raise _failure(stage, jobs[stage.name], error, seconds) from error
        (stamps / stage.name).write_text(keys[stage.name], encoding="utf-8")
        return time.monotonic() - begin

    running: dict[Future[float], Stage] = {}
    with ThreadPoolExecutor(max_workers=len(todo)) as pool:
        try:
            while todo or running:
                busy = todo | {stage.name for stage in running.values()}
                ready = [name for name in sorted(todo) if busy.isdisjoint(by_name[name].needs)]
                for name in ready:
                    todo.remove(name)
                    running[pool.submit(work, by_name[name])] = by_name[name]
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    stage = running.pop(future)
                    seconds = future.result()
                    say(f"[{time.monotonic() - start:5.0f} s] {stage.name}: {seconds:.1f} s")
        except BaseException:
            for job in jobs.values():
                job.stop()
            raise
