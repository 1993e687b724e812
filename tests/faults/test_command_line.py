"""Faults under the command line, one a row, and what holds after each: no file is lost or half there."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hushmark.cli import commands as cli
from PIL import Image

from tests.support.pictures import sample_photo

OLD = b"what was there before"
KILLED = -signal.SIGKILL
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
"""Files end at 20 kB, as on a disk that is full; the pictures below take more."""


def killed_in(function: str, *, after: bool = False) -> str:
    """Code that has the process killed before, or after, it calls a function of the system."""
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    call = f"(old(*a, **k), {kill})" if after else kill
    return f"import os, signal; old = os.{function}; os.{function} = lambda *a, **k: {call}"


@dataclass(frozen=True)
class Fault:
    """What is put in, as Python code that runs before the command.

    `before`: whether the second picture's target is there already, and is to be replaced; `code`: the exit
    code; `said`: part of what is said; `whole`: targets that have to be whole pictures afterwards.
    """

    put_in: str
    before: bool
    code: int
    said: str = ""
    whole: Sequence[str] = ()


FAULTS = {
    "disk full, new files": Fault(LIMIT, False, cli.FAILED, "File too large"),
    "disk full, a file to replace": Fault(LIMIT, True, cli.FAILED, "File too large"),
    "killed while writing, new files": Fault(killed_in("fsync"), False, KILLED),
    "killed while writing, a file to replace": Fault(killed_in("fsync"), True, KILLED),
    "killed before a new file has its name": Fault(killed_in("link"), False, KILLED),
    "killed after a new file has its name": Fault(
        killed_in("link", after=True), False, KILLED, whole=["a.png"]
    ),
    "killed before a file is replaced": Fault(killed_in("replace"), True, KILLED, whole=["a.png"]),
    "killed after a file is replaced": Fault(
        killed_in("replace", after=True), True, KILLED, whole=["a.png", "b.png"]
    ),
}


def command(put_in: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    code = f"{put_in}\nimport sys; from hushmark.cli import commands as cli; sys.exit(cli.main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere files without a name are not to be had")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_nothing_is_lost_and_nothing_is_half_there(tmp_path: Path, fault: Fault) -> None:
    covers, out = tmp_path / "covers", tmp_path / "out"
    covers.mkdir()
    out.mkdir()
    picture = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).crop((200, 60, 500, 260))
    for name in ("a.png", "b.png"):
        picture.save(covers / name)
    originals = {path.name: path.read_bytes() for path in covers.iterdir()}
    if fault.before:
        (out / "b.png").write_bytes(OLD)
    arguments = ("embed", covers, "--text", "pipe", "-o", out, *(["--force"] if fault.before else []))

    done = command(fault.put_in, *arguments)
    assert done.returncode == fault.code
    assert fault.said in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in covers.iterdir()} == originals
    for path in out.iterdir():
        if path.name == "b.png" and fault.before and path.name not in fault.whole:
            assert path.read_bytes() == OLD
        else:
            Image.open(path).load()
    visible = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert visible == {*fault.whole, *(["b.png"] if fault.before else [])}
    # At most the one that was about to take another's place, and that one is whole.
    assert len(os.listdir(out)) - len(visible) <= (fault.code == KILLED and fault.before)

    again = command("", *arguments, *([] if fault.before else ["--force"]))
    assert again.returncode == cli.DONE  # each mark was read back
    assert all(Image.open(out / name).size == picture.size for name in originals)
