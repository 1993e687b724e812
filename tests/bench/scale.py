"""Compares marking many pictures with a plain loop over them: speed, memory, bytes; make bench-scale

The cost of a million pictures is computed from that. Rates leave out the first pictures, and so the start of
the engines and loading the networks, which runs of a million pictures do once.

Two plain loops in parallel show the most that two processors can do: processors that are threads of one core,
or that other programs use as well, do less than twice the work of one. Two workers are compared with that.
Since the speed of a shared machine changes, only rates of one turn are compared.
"""

import asyncio
import io
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

from hushmark import pipeline
from hushmark.hosts.native import packaged_model
from hushmark.message.kinds import random_identifier
from hushmark.scale import run
from hushmark.scale.engine import Engine
from hushmark.scale.run import EngineName, Progress, Where
from PIL import Image

from tests.scale.s3_server import running
from tests.support.pictures import sample_photo
from tests.support.processes import descendants

SIZES = {2: (1732, 1155), 12: (4243, 2828)}
"""Megapixels, and a picture of so many."""
COUNTS = {2: 60, 12: 24}
WARM = 8
"""Pictures before the measurement starts."""
TURNS = 2


def covers(megapixels: int, count: int) -> dict[str, bytes]:
    """Different pictures by name: crops of a photo, made larger, with noise for files of a usual size."""
    photo = Image.open(io.BytesIO(sample_photo("retina.jpg"))).convert("RGB").crop((200, 300, 1200, 1100))
    size = SIZES[megapixels]
    noise = Image.effect_noise(size, 80).convert("RGB")
    made = {}
    for number in range(count):
        part = photo.crop((4 * number, 2 * number, 4 * number + 900, 2 * number + 600)).resize(size)
        data = io.BytesIO()
        Image.blend(part, noise, 0.1).save(data, "JPEG", quality=90)
        made[f"{number:03}.jpg"] = data.getvalue()
    return made


def plain(folder: Path, out: Path) -> tuple[float, float]:
    """Pictures a second, and seconds of a core a picture, of a loop on one thread."""
    forward, card = packaged_model(1)
    paths = sorted(folder.iterdir())
    start = cpu = 0.0
    for number, path in enumerate(paths):
        if number == WARM:
            start, cpu = time.perf_counter(), time.process_time()
        message = random_identifier()
        marking = pipeline.embed(path.read_bytes(), message, name=path.name, forward=forward, card=card)
        (out / path.name).write_bytes(asyncio.run(marking).data)
    count = len(paths) - WARM
    return count / (time.perf_counter() - start), (time.process_time() - cpu) / count


def engine(name: EngineName, workers: int, sources: str, out: str, manifest: str) -> tuple[float, float]:
    """The same for mark-all, with one thread per worker, including the engine's overhead."""
    told: list[tuple[float, float, int]] = []

    taken: dict[int, float] = {}  # of processes that have ended, too

    def note(progress: Progress) -> None:
        taken.update({each.number: each.cpu for each in children()})
        told.append((time.perf_counter(), time.process_time() + sum(taken.values()), progress.done))

    where = Where(name, None, workers)
    counts = run.mark_all([sources], out, manifest, engine=Engine(1), where=where, on_progress=note)
    assert not counts[None]
    (start, cpu, before), (end, all_cpu, after) = next(each for each in told if each[2] >= WARM), told[-1]
    rate = (after - before) / (end - start) if "://" in out else _written(Path(out))
    return rate, (all_cpu - cpu) / (after - before)


def _written(folder: Path) -> float:
    """Pictures a second by the times of their files: Ray Data reports them late, and many at once."""
    times = sorted(path.stat().st_mtime for path in folder.rglob("*.jpg"))
    return (len(times) - WARM) / (times[-1] - times[WARM - 1])


class Child(NamedTuple):
    """A descendant process: its bytes of memory (PSS), and its seconds of a core."""

    number: int
    command: str
    memory: int
    cpu: float


def children() -> Iterator[Child]:
    """All of them."""
    ticks = os.sysconf("SC_CLK_TCK")
    for each in descendants():
        path = Path(f"/proc/{each}")
        with suppress(OSError):
            lines = (path / "smaps_rollup").read_text().splitlines()
            memory = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            times = (path / "stat").read_text().rpartition(")")[2].split()[11:13]
            yield Child(each, (path / "cmdline").read_text(), 1024 * memory, sum(map(int, times)) / ticks)


@contextmanager
def watched(peaks: dict[str, int]) -> Iterator[None]:
    """Record the peak memory of each kind of process."""
    done = threading.Event()
    kinds = {"spawn_main": "networks", "udf_worker": "worker", "ray::MapWorker": "worker"}

    def look() -> None:
        while not done.wait(0.5):
            for child in children():
                for part, kind in kinds.items():
                    if part in child.command:
                        peaks[kind] = max(peaks.get(kind, 0), child.memory)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join()


def started(*arguments: object) -> "subprocess.Popen[str]":
    """This module, started in another process."""
    command = [sys.executable, "-m", __spec__.name, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def figures(*processes: "subprocess.Popen[str]") -> list[list[float]]:
    """What each prints, when all are done."""
    printed = [process.communicate()[0].split() for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit("One of the measured processes failed; its sentence is above.")
    return [list(map(float, each)) for each in printed]


def measure(megapixels: int) -> None:
    """Print the figures of pictures of a size."""
    made = covers(megapixels, COUNTS[megapixels])
    size = sum(map(len, made.values())) / len(made)
    print(f"\n{len(made)} JPEG pictures of {megapixels} megapixels, {size / 1e6:.2f} MB each", flush=True)
    rates: dict[str, list[tuple[float, float]]] = {}
    peaks: dict[str, float] = {}

    def note(name: str, rate: float, cpu: float, **memory: float) -> None:
        rates.setdefault(name, []).append((rate, cpu))
        for kind, peak in memory.items():
            peaks[kind] = max(peaks.get(kind, 0), peak)

    with tempfile.TemporaryDirectory() as temporary:
        folder, out = Path(temporary, "in"), Path(temporary, "out")
        folder.mkdir()
        out.mkdir()
        for name, data in made.items():
            (folder / name).write_bytes(data)
        for turn in range(TURNS):
            print(f"turn {turn + 1} of {TURNS}", file=sys.stderr, flush=True)
            ((rate, cpu, memory),) = figures(started("plain", folder, out))
            note("one loop", rate, cpu, loop=memory)
            for workers in (1, 2):
                for name in ("daft", "ray"):
                    place = Path(temporary, f"{name}{workers}{turn}")
                    ((rate, cpu, networks, worker),) = figures(
                        started("engine", name, workers, folder, place)
                    )
                    note(f"{name}, {workers}", rate, cpu, networks=networks, **{f"{name}'s worker": worker})
            two = figures(started("plain", folder, out), started("plain", folder, out))
            note("two loops", sum(rate for rate, _, _ in two), sum(cpu for _, cpu, _ in two) / 2)
    free = median(rate * cpu for rate, cpu in rates["two loops"])
    both = _ratio(rates["two loops"], rates["one loop"])
    print(f"two plain loops, of one: {both}; they had {free:.2f} processors")
    for name in ("daft", "ray"):
        one, two = rates[f"{name}, 1"], rates[f"{name}, 2"]
        print(
            f"{name}: one worker, of one loop: {_ratio(one, rates['one loop'])}; "
            f"two workers, of one: {_ratio(two, one)}, of two loops: {_ratio(two, rates['two loops'])}"
        )
    means = {name: [sum(each) / TURNS for each in zip(*pairs, strict=True)] for name, pairs in rates.items()}
    base, base_cpu = means["one loop"]
    for name, (rate, cpu) in means.items():
        turns = " ".join(f"{one:.2f}" for one, _ in rates[name])
        print(
            f"{name:10} {rate:.2f} pictures/s ({turns}), {rate / base:.2f} of one loop; "
            f"{cpu:.2f} s of a core a picture, {base_cpu / cpu:.2f}"
        )
    for kind, peak in peaks.items():
        print(f"memory of the {kind}: {peak / 1e6:.0f} MB")
    read, written, requests = stored(made)
    print(f"a picture: {read / 1e6:.2f} MB read, {written / 1e6:.2f} MB written, {requests:.1f} requests")
    cpu = means["daft, 1"][1]
    print(
        f"a million: {1e6 * cpu / 3600:,.0f} core-hours (1,000,000 x {cpu:.2f} s / 3600), "
        f"{read / 1e6:.2f} TB read, {written / 1e6:.2f} TB written, {requests:.1f} million requests"
    )


def _ratio(rates: list[tuple[float, float]], of: list[tuple[float, float]]) -> str:
    """How many times as many pictures a second: the median of the turns, and the least and the most."""
    turns = [rate / base for (rate, _), (base, _) in zip(rates, of, strict=True)]
    return f"{median(turns):.2f} ({min(turns):.2f} to {max(turns):.2f})"


def stored(made: dict[str, bytes]) -> tuple[float, float, float]:
    """Bytes read, bytes written and requests a picture, from a bucket into another."""
    with running() as server, tempfile.TemporaryDirectory() as temporary:
        server.fill("covers", made)
        server.fill("marked", {})
        server.answers.clear()
        server.read = server.written = 0
        os.environ.update(server.environment)
        figures(started("engine", "daft", 1, "s3://covers/", "s3://marked/out", f"{temporary}/run.parquet"))
        count = len(made)
        return server.read / count, server.written / count, server.answers.total() / count


def main(arguments: list[str]) -> None:
    """Print all figures; with arguments, run the part of a separate process."""
    match arguments:
        case ["plain", folder, out]:
            print(*plain(Path(folder), Path(out)), 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        case ["engine", ("daft" | "ray") as name, workers, sources, out, *manifest]:
            peaks: dict[str, int] = {}
            with watched(peaks):
                rate = engine(name, int(workers), sources, out, *(manifest or [f"{out}.parquet"]))
            print(*rate, peaks.get("networks", 0), peaks.get("worker", 0))
        case _:
            for megapixels in SIZES:
                measure(megapixels)


if __name__ == "__main__":
    main(sys.argv[1:])
