"""Runs of mark-all and read-all against an S3 server, on one machine and on a Ray cluster, with faults.

After each every picture is there once, carries the id that the manifest says, and nothing else is left.
"""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hushmark
import pytest
from hushmark import Message
from hushmark.cli import commands as cli
from PIL import Image
from pyarrow import parquet
from ray.cluster_utils import Cluster

from tests.scale.s3_server import Server, running
from tests.support.credentials import certificate, judged
from tests.support.pictures import sample_path, sample_photo
from tests.support.processes import descendants

PUT_IN = Path(__file__).parent / "put_in"
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "on_daft.py"
PICTURES = 16


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def cluster(server: Server) -> Iterator[str]:
    """The address of a Ray cluster of two machines, each with one core."""
    before = dict(os.environ)
    os.environ.update(server.environment)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(PUT_IN), *sys.path])
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    os.environ.clear()
    os.environ.update(before)
    try:
        yield made.address
    finally:
        made.shutdown()


@pytest.fixture(scope="module")
def covers() -> dict[str, bytes]:
    """Small pictures with a comment in their EXIF, by key."""
    photo = Image.open(io.BytesIO(sample_photo("rocket.jpg")))
    exif = Image.Exif()
    exif[0x010E] = "A rocket"
    files = {}
    for number in range(PICTURES):
        data = io.BytesIO()
        photo.crop((10 * number, 40, 10 * number + 320, 280)).save(data, "JPEG", quality=90, exif=exif)
        files[f"in/{number % 3}/photo {number:02}.jpg"] = data.getvalue()
    return files


@dataclass
class Marked:
    """A run of mark-all in a bucket of its own."""

    server: Server
    bucket: str
    covers: dict[str, bytes]
    options: list[str]

    @property
    def command(self) -> list[str]:
        place = f"s3://{self.bucket}"
        marking = [f"{place}/in/**/*.jpg", "--to", f"{place}/out", "--ids", "random"]
        command = [sys.executable, "-m", "hushmark", "mark-all", *marking]
        return [*command, "--manifest", f"{place}/run.parquet", *self.options]

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *more], env=self.environment, capture_output=True, text=True, check=False
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**self.server.environment, "PYTHONPATH": os.pathsep.join([str(PUT_IN), *sys.path])}

    def outputs(self) -> list[str]:
        return self.server.names(self.bucket, "out/")

    def messages(self) -> dict[str, Message | None]:
        """What the marked pictures say that are there."""
        # A worker that outlives a killed run may give its last picture its name meanwhile.
        whole = [key for key in self.outputs() if "/.hush" not in key]
        return {key: hushmark.sync.read(self.server.file(self.bucket, key)).message for key in whole}

    def rows(self) -> dict[str, dict[str, Any]]:
        table = parquet.read_table(io.BytesIO(self.server.file(self.bucket, "run.parquet")))
        rows = {row["file"].removeprefix(f"s3://{self.bucket}/"): row for row in table.to_pylist()}
        assert len(rows) == len(table)  # each picture once
        return rows

    def check(self, *failed: str) -> None:
        """Every picture but those that failed is there once, right, and in the manifest; nothing else is."""
        rows, files = self.rows(), self.server.files(self.bucket)
        assert rows.keys() == self.covers.keys()
        assert {key for key, row in rows.items() if row["error"]} == set(failed)
        outputs = {row["output"] for row in rows.values() if row["error"] is None}
        kept = {f"s3://{self.bucket}/{key}" for key in files if not key.startswith("in/")}
        assert kept == {*outputs, f"s3://{self.bucket}/run.parquet"}
        for key, row in rows.items():
            assert files[key] == self.covers[key]
            if row["error"] is None:
                assert row["output"] == f"s3://{self.bucket}/out/{key.removeprefix('in/')}"
                data = files[row["output"].removeprefix(f"s3://{self.bucket}/")]
                message = hushmark.sync.read(data).message
                assert message is not None and message.value == row["message"]["value"]
                assert Image.open(io.BytesIO(data)).getexif()[0x010E] == "A rocket"
        assert len({row["message"]["value"] for row in rows.values() if row["message"]}) == len(outputs)


@pytest.fixture
def marked(server: Server, covers: dict[str, bytes]) -> Marked:
    bucket = f"bucket-{len(server.client.list_buckets()['Buckets'])}"
    server.fill(bucket, covers)
    server.busy = 0
    server.answers.clear()
    return Marked(server, bucket, covers, [])


def processes(name: str) -> set[int]:
    """Processes of these tests whose command line has this."""
    found = set()
    for process in descendants():
        with suppress(OSError):  # it has just ended
            if name.encode() in Path(f"/proc/{process}/cmdline").read_bytes():
                found.add(process)
    return found


def end_in_mid_batch(
    marked: Marked, number: signal.Signals, name: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run, and when the first pictures are done send a signal to a process of this name, or to the run."""
    before = processes(name or "hushmark")
    # Whoever runs the tests in the background has SIGINT ignored, and a child would inherit that.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        marked.command, env=marked.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        signal.signal(signal.SIGINT, old)
        while len(marked.outputs()) < 2:
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        victims = {running.pid} if name is None else processes(name) - before
        os.kill(min(victims), number)
        out, said = running.communicate()
        return subprocess.CompletedProcess(running.args, running.wait(), out, said)


@pytest.mark.parametrize("engine", ["daft", "ray"])
def test_a_busy_store_and_a_crash_cost_no_other_picture(marked: Marked, engine: str) -> None:
    crash, broken = "in/0/crash.jpg", "in/0/photo 00.jpg"
    marked.covers = {**marked.covers, crash: marked.covers[broken], broken: b"no picture"}
    for key in (crash, broken):
        marked.server.client.put_object(Bucket=marked.bucket, Key=key, Body=marked.covers[key])
    marked.server.busy = 20
    marked.options = ["--engine", engine]
    done = marked.run()
    assert marked.server.answers["503"] > 2
    marked.server.busy = 0
    assert done.returncode == cli.FAILED, done.stderr
    assert done.stdout == f"s3://{marked.bucket}/run.parquet: {PICTURES - 1} marked, 2 failed\n"
    assert f"s3://{marked.bucket}/{crash} ended the process that worked on it (SIGSEGV)" in done.stderr
    assert f"s3://{marked.bucket}/{broken} is not a picture in a known format" in done.stderr
    marked.check(crash, broken)


def test_the_example_reads_within_a_pipeline_of_daft(tmp_path: Path) -> None:
    (tmp_path / "pipe.jpg").write_bytes(hushmark.sync.embed(sample_path("rocket.jpg"), "pipe").data)
    (tmp_path / "none.jpg").write_bytes(sample_photo("rocket.jpg"))
    command = [sys.executable, str(EXAMPLE), f"{tmp_path}/*.jpg"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(line.rpartition("/")[2] for line in done.stdout.splitlines()) == [
        "none.jpg: none",
        "pipe.jpg: pipe",
    ]


@pytest.mark.parametrize("engine", ["daft", "ray"])
def test_a_cluster_marks_signs_and_reads(marked: Marked, engine: str, cluster: str, tmp_path: Path) -> None:
    pems = [tmp_path / "chain.pem", tmp_path / "key.pem"]
    for pem, data in zip(pems, certificate(), strict=True):
        pem.write_bytes(data)
    marked.options = ["--engine", engine, "--cluster", cluster]
    done = marked.run("--sign", str(pems[0]), "--sign-key", str(pems[1]))
    assert done.returncode == cli.DONE, done.stderr
    marked.check()
    assert {row["manifest"]["verdict"] for row in marked.rows().values()} == {"valid"}
    data = marked.server.file(marked.bucket, marked.outputs()[0])
    assert judged(data, "JPEG")["validation_state"] == "Valid"
    place = f"s3://{marked.bucket}"
    reading = ["read-all", f"{place}/out/", "--known", f"{place}/run.parquet", *marked.options]
    command = [sys.executable, "-m", "hushmark", *reading, "--manifest", f"{place}/read.parquet"]
    read = subprocess.run(command, env=marked.environment, capture_output=True, text=True, check=False)
    assert read.returncode == cli.DONE, read.stderr
    table = parquet.read_table(io.BytesIO(marked.server.file(marked.bucket, "read.parquet")))
    labels = {row["file"]: row["match"]["label"] for row in table.to_pylist()}
    assert labels == {row["output"]: row["file"] for row in marked.rows().values()}


def test_a_killed_process_of_the_networks_is_replaced(marked: Marked) -> None:
    marked.options = ["--workers", "1"]
    done = end_in_mid_batch(marked, signal.SIGKILL, "spawn_main")
    assert done.returncode == cli.DONE, done.stderr
    marked.check()


def test_a_killed_worker_of_daft_ends_the_run_which_goes_on(marked: Marked) -> None:
    marked.options = ["--workers", "1"]
    done = end_in_mid_batch(marked, signal.SIGKILL, "daft.execution.udf_worker")
    assert done.returncode == cli.FAILED
    assert "daft ended before all pictures were done" in done.stderr
    assert "--resume goes on with the rest" in done.stderr
    done = marked.run("--resume")
    assert done.returncode == cli.DONE, done.stderr
    marked.check()


@pytest.mark.parametrize(
    ("engine", "worker"), [("daft", "ray::UDFActor"), ("ray", "ray::MapWorker")], ids=["daft", "ray"]
)
def test_a_killed_worker_of_a_cluster_is_replaced(
    marked: Marked, engine: str, worker: str, cluster: str
) -> None:
    marked.options = ["--engine", engine, "--cluster", cluster]
    done = end_in_mid_batch(marked, signal.SIGKILL, worker)
    assert done.returncode == cli.DONE, done.stderr
    marked.check()


@pytest.mark.parametrize(
    ("engine", "number", "code"),
    [
        ("daft", signal.SIGKILL, -signal.SIGKILL),
        ("ray", signal.SIGKILL, -signal.SIGKILL),
        ("daft", signal.SIGINT, cli.INTERRUPTED),
        ("ray", signal.SIGINT, cli.INTERRUPTED),
    ],
    ids=["daft-killed", "ray-killed", "daft-ctrl-c", "ray-ctrl-c"],
)
def test_a_run_that_was_ended_goes_on(marked: Marked, engine: str, number: signal.Signals, code: int) -> None:
    marked.options = ["--engine", engine, "--workers", "1"]
    done = end_in_mid_batch(marked, number)
    assert done.returncode == code, done.stderr
    before = marked.messages()
    assert 0 < len(before) < PICTURES
    again = marked.run("--resume")
    assert again.returncode == cli.DONE, again.stderr
    marked.check()
    after = marked.messages()
    assert {key: after[key] for key in before} == before  # what was marked twice says the same
