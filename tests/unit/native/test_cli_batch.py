"""Many pictures at a time: one that crashes its process, or runs into a mistake of ours, harms no other."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path, PurePath

import pytest
from hushmark.cli import batch
from hushmark.cli import commands as cli
from hushmark.cli.batch import Item
from hushmark.errors import (
    FileProblem,
    FileTooLarge,
    HushmarkError,
    ModelDamaged,
    PictureCrash,
    PictureDefect,
    PictureMemory,
)

from tests.support.pictures import sample_photo


def act(item: Item) -> int:
    """Does what the file's name says, in whatever process."""
    match item.name:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            os._exit(7)
        case "defect":
            raise SystemError("a defect")
        case "memory":
            raise MemoryError
        case "weights":
            raise ModelDamaged(Path("weights"))
        case "missing" | "standard input":
            item.load()
    return os.getpid()


def outcomes(names: list[str], jobs: int) -> list[tuple[str, int | HushmarkError]]:
    items = [Item(Path(name), PurePath(name)) for name in names]
    return [(item.name, outcome) for item, outcome in batch.run(items, act, jobs)]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_picture_that_ends_its_process_costs_itself_only(jobs: int) -> None:
    names = ["a", "crash", "b", "c", "exit", "defect", "memory", "missing", "d"]
    found = outcomes(names, jobs)
    assert [name for name, _ in found] == names
    errors = {name: outcome for name, outcome in found if isinstance(outcome, HushmarkError)}
    assert {name: type(error) for name, error in errors.items()} == {
        "crash": PictureCrash,
        "exit": PictureCrash,
        "defect": PictureDefect,
        "memory": PictureMemory,
        "missing": FileProblem,
    }
    assert "SIGSEGV" in str(errors["crash"])
    assert "exit code 7" in str(errors["exit"])
    assert "SystemError: a defect" in str(errors["defect"])
    processes = {outcome for _, outcome in found if isinstance(outcome, int)}
    assert os.getpid() not in processes
    if jobs == 1:
        assert len(processes) == 3  # one that is new after each end, and no more


def test_without_weights_nothing_is_tried_again() -> None:
    with pytest.raises(ModelDamaged):
        outcomes(["a", "weights", "b"], 2)
    with pytest.raises(ModelDamaged):
        outcomes(["weights"], 1)


def test_a_single_picture_needs_no_process_of_its_own() -> None:
    assert outcomes(["a"], 4) == [("a", os.getpid())]


def test_standard_input_that_cannot_be_read_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large").write_bytes(bytes(100))
    items = [Item(None, PurePath("standard-input")), Item(Path("a"), PurePath("a"))]
    monkeypatch.setattr(batch, "MAXIMUM_BYTES", 99)
    with (tmp_path / "large").open("rb") as large:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(large))
        (_, first), (_, second) = batch.run(items, act, 1)
    assert isinstance(first, FileTooLarge)
    assert isinstance(second, int)


def test_standard_input_that_may_not_be_read_is_told() -> None:
    command = [sys.executable, "-m", "hushmark", "read", "-"]
    with open(os.devnull, "wb") as only_written:
        done = subprocess.run(command, stdin=only_written, capture_output=True, text=True, check=False)
    assert done.returncode == cli.FAILED
    assert done.stderr == "standard input: Bad file descriptor.\n"


def workers_of(process: int) -> list[int]:
    """The processes that a running command works on pictures in."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    children = [child for thread in threads for child in thread.read_text().split()]
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker by /proc")
def test_ctrl_c_while_workers_load_says_nothing(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(sample_photo("rocket.jpg"))
    command = [sys.executable, "-m", "hushmark", "read", str(tmp_path)]
    # Whoever runs the tests in the background has SIGINT ignored, and a child would inherit that.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as running:
        signal.signal(signal.SIGINT, old)
        assert running.stderr is not None
        while not (workers := workers_of(running.pid)):
            time.sleep(0.01)
        os.kill(workers[0], signal.SIGINT)  # as to all processes of a terminal, and to this one first
        time.sleep(0.5)
        os.kill(running.pid, signal.SIGINT)
        assert (running.wait(timeout=120), running.stderr.read()) == (cli.INTERRUPTED, b"\n")


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker by /proc")
def test_a_worker_that_is_killed_in_mid_batch_is_replaced(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.jpg").write_bytes(sample_photo("rocket.jpg"))
    command = [sys.executable, "-m", "hushmark", "embed", str(folder), "--random", "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.readline()
        (worker,) = workers_of(running.pid)
        os.kill(worker, signal.SIGKILL)
        said = running.stderr.read().decode()
        running.stdout.read()
        assert running.wait(timeout=120) == cli.FAILED
    assert said.count("ended the process that worked on it (SIGKILL)") == 1
    assert len(list(out.iterdir())) == 11
