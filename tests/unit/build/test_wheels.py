"""The wheels' finder and the build's stage runner: no network, no build."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.cache import put
from tools.wheels import WheelError, find, find_wheels, from_source
from tools.wheels.lock import LOCK_FILE, Lock, read_lock
from tools.wheels.pyconfig import make_pyconfig
from tools.wheels.repack import slim_wheel, write_wheel
from tools.wheels.stages import BuildError, Job, Stage, run_stages

VERSION = "1.2.3"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


OFFICIAL = {name: f"official {name}".encode() for name in ("a", "b")}
BUILT = {name: f"built {name}".encode() for name in ("a", "b")}


def file_of(name: str) -> str:
    return f"{name}-1-py3-none-any.whl"


@pytest.fixture(autouse=True)
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lock:
    """A lock of two wheels, an empty cache folder and no named folder."""
    path = tmp_path / "lock.json"
    wheels = [
        {
            "name": name,
            "version": "1",
            "official": {
                "version": "1",
                "file": file_of(name),
                "sha256": [digest(OFFICIAL[name])],
            },
            "source": {"version": "1", "file": file_of(name), "sha256": [digest(BUILT[name])]},
            "sdist": None,
        }
        for name in ("a", "b")
    ]
    path.write_text(json.dumps({"pyodide": VERSION, "wheels": wheels}))
    made = read_lock(path)
    monkeypatch.setattr(find, "read_lock", lambda: made)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("HUSHMARK_WHEELS", raising=False)
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "xdg" / "hushmark" / "wheels"
    folder.mkdir(parents=True)
    return folder


class Cdn:
    """A server on this machine in the CDN's place; `answers` maps a file to its bytes."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        cdn = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cdn.asked.append(self.path)
                file = self.path.rpartition("/")[2]
                data = cdn.answers.get(file)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if file in cdn.cut else data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/pyodide/v"


@pytest.fixture
def cdn(packages: Path) -> Iterator[Cdn]:
    cdn = Cdn()
    (packages / "pyodide" / "pyodide.mjs").write_text(f"x=`{cdn.url}${{U}}/full/`")
    thread = threading.Thread(target=cdn.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield cdn
    cdn.server.shutdown()
    thread.join()
    cdn.server.server_close()


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "node_modules"
    (folder / "pyodide").mkdir(parents=True)
    (folder / "pyodide" / "package.json").write_text(json.dumps({"version": VERSION}))
    return folder


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The builder's calls; it makes the lock's own build."""
    calls: list[list[str]] = []

    def build(names: list[str], lock: Lock, work: Path, packages_dir: Path, say: object) -> dict[str, Path]:
        calls.append(list(names))
        work.mkdir(parents=True)
        for name in names:
            (work / file_of(name)).write_bytes(BUILT[name])
        return {name: work / file_of(name) for name in names}

    monkeypatch.setattr(find, "build", build)
    return calls


def no_build(*_: object) -> None:
    pytest.fail("this must not come to a build")


# The order of the sources


def test_named_folder_comes_before_the_cache(
    tmp_path: Path, cache: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "mine"
    named.mkdir()
    (named / file_of("a")).write_bytes(BUILT["a"])
    for name in ("a", "b"):
        (cache / file_of(name)).write_bytes(OFFICIAL[name])
    monkeypatch.setenv("HUSHMARK_WHEELS", str(named))
    said: list[str] = []

    a, b = find_wheels(packages, said.append)

    assert (a.path, a.sha256, a.origin) == (named / file_of("a"), digest(BUILT["a"]), "local")
    assert (b.path, b.sha256, b.origin) == (cache / file_of("b"), digest(OFFICIAL["b"]), "local")
    assert said == []


def test_cdn_comes_after_the_cache_and_fills_it(
    cache: Path, packages: Path, cdn: Cdn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "build", no_build)
    (cache / file_of("a")).write_bytes(BUILT["a"])
    cdn.answers = {file_of(name): data for name, data in OFFICIAL.items()}
    said: list[str] = []

    a, b = find_wheels(packages, said.append)

    assert (a.origin, b.origin) == ("local", "official")
    assert b.path.read_bytes() == OFFICIAL["b"]
    assert cdn.asked == [f"/pyodide/v{VERSION}/full/{file_of('b')}"]
    assert len(said) == 1 and "no b in" in said[0]

    cdn.asked.clear()
    assert [wheel.origin for wheel in find_wheels(packages, said.append)] == ["local", "local"]
    assert cdn.asked == [] and len(said) == 1


def test_source_comes_last_and_only_for_what_is_missing(
    cache: Path, packages: Path, cdn: Cdn, builds: list[list[str]]
) -> None:
    cdn.answers = {file_of("a"): OFFICIAL["a"]}
    said: list[str] = []

    a, b = find_wheels(packages, said.append)

    assert (a.origin, b.origin) == ("official", "source")
    assert builds == [["b"]]
    assert b.path == cache / file_of("b") and b.path.read_bytes() == BUILT["b"]
    assert "404" in said[1] and said[2].startswith("wheels: building b from source")
    assert sorted(path.name for path in cache.parent.iterdir()) == ["wheels"]


def test_an_optional_wheel_that_cannot_be_made_is_left_out(
    cache: Path, packages: Path, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / file_of("a")).write_bytes(BUILT["a"])
    a, b = lock.pins
    a = replace(a, official=None)
    optional = replace(lock, pins=(a, replace(b, official=None, is_optional=True)))
    monkeypatch.setattr(find, "read_lock", lambda: optional)

    def fail(*_: object, **__: object) -> list[find.Wheel]:
        raise WheelError("no compiler here")

    monkeypatch.setattr(find, "build_wheels", fail)
    said: list[str] = []
    assert [wheel.name for wheel in find_wheels(packages, said.append)] == ["a"]
    assert said == ["wheels: the page does without b, which could not be made: no compiler here"]
    (cache / file_of("a")).unlink()
    with pytest.raises(WheelError, match="no compiler"):
        find_wheels(packages, said.append)


def test_what_the_cdn_has_too_old_is_built(
    cache: Path,
    packages: Path,
    cdn: Cdn,
    lock: Lock,
    builds: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another version in the named folder does not stand in for it either, and is left alone."""
    a, b = lock.pins
    newer = replace(lock, pins=(a, replace(b, version="2", official=None)))
    monkeypatch.setattr(find, "read_lock", lambda: newer)
    named = cache.parent / "mine"
    named.mkdir()
    (named / "b-0.9-py3-none-any.whl").write_bytes(b"older")
    monkeypatch.setenv("HUSHMARK_WHEELS", str(named))
    cdn.answers = {file_of(name): data for name, data in OFFICIAL.items()}
    said: list[str] = []

    assert [wheel.origin for wheel in find_wheels(packages, said.append)] == ["official", "source"]

    assert builds == [["b"]]
    assert cdn.asked == [f"/pyodide/v{VERSION}/full/{file_of('a')}"]
    assert "no a in" in said[0] and said[1].startswith("wheels: building b from source")
    assert [wheel.origin for wheel in find_wheels(packages, no_build)] == ["local", "local"]
    assert [path.name for path in named.iterdir()] == ["b-0.9-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda package: (package / "package.json").unlink(), "there is no pyodide in"),
        (
            lambda package: (package / "package.json").write_text('{"version": "9"}'),
            "is version 9, but the wheels are for 1.2.3",
        ),
        (
            lambda package: (package / "pyodide.mjs").write_text("nothing"),
            "does not tell the CDN's address",
        ),
    ],
)
def test_without_the_cdns_address_it_builds(
    packages: Path, cdn: Cdn, builds: list[list[str]], spoil, sentence: str
) -> None:
    spoil(packages / "pyodide")
    said: list[str] = []

    find_wheels(packages, said.append)

    assert sentence in said[1]
    assert builds == [["a", "b"]] and cdn.asked == []


def test_an_unreachable_cdn_is_given_up_at_once(packages: Path, cdn: Cdn, builds: list[list[str]]) -> None:
    closed = "http://127.0.0.1:9/"  # the discard port: nothing listens
    (packages / "pyodide" / "pyodide.mjs").write_text(f"x=`{closed}${{U}}/full/`")
    said: list[str] = []
    begin = time.monotonic()

    find_wheels(packages, said.append)

    assert time.monotonic() - begin < 3
    assert builds == [["a", "b"]]
    assert "cannot be had" in said[1]


# What is refused


def test_an_altered_wheel_is_refused(cache: Path, packages: Path) -> None:
    path = cache / file_of("b")
    path.write_bytes(BUILT["b"] + b"!")
    (cache / file_of("a")).write_bytes(BUILT["a"])

    with pytest.raises(WheelError) as error:
        find_wheels(packages, no_build)

    assert str(error.value) == (
        f"{path} is not the wheel that tools/wheels/lock.json names (its SHA-256 is"
        f" {digest(BUILT['b'] + b'!')}): it was altered or is another build; delete it and run"
        " this again"
    )


def test_a_named_folder_that_is_none_is_refused(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUSHMARK_WHEELS", "/does/not/exist")
    with pytest.raises(WheelError, match="HUSHMARK_WHEELS is /does/not/exist, which is no folder"):
        find_wheels(packages, no_build)


@pytest.mark.parametrize("fault", ["cut short", "altered"])
def test_nothing_half_written_stays_after_a_failed_download(
    cache: Path, packages: Path, cdn: Cdn, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    cdn.answers = {file_of("a"): OFFICIAL["a"] + (b"!" if fault == "altered" else b"")}
    cdn.cut = {file_of("a")} if fault == "cut short" else set()

    def fail(*_: object) -> None:
        raise BuildError("no build here")

    monkeypatch.setattr(find, "build", fail)
    said: list[str] = []

    with pytest.raises(WheelError, match="no build here"):
        find_wheels(packages, said.append)

    assert cdn.asked and list(cache.iterdir()) == []
    assert "does not have the SHA-256" in said[1]


def test_a_failed_download_leaves_an_older_wheel_alone(cache: Path) -> None:
    (cache / "x.whl").write_bytes(b"old")

    def write(path: Path) -> None:
        path.write_bytes(b"hal")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        put(cache, "x.whl", write)

    assert [path.name for path in cache.iterdir()] == ["x.whl"]
    assert (cache / "x.whl").read_bytes() == b"old"


def test_a_build_of_another_day_is_kept_and_found_again(
    cache: Path, packages: Path, cdn: Cdn, builds: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILT, "a", b"newer compiler")
    said: list[str] = []

    first = find_wheels(packages, said.append)
    again = find_wheels(packages, no_build)

    assert any("other bytes than the lock's build" in line for line in said)
    assert [wheel.sha256 for wheel in again] == [wheel.sha256 for wheel in first]
    assert json.loads((cache / "built.json").read_text()) == {file_of("a"): digest(BUILT["a"])}
    (cache / file_of("a")).write_bytes(b"neither")
    with pytest.raises(WheelError, match="is not the wheel"):
        find_wheels(packages, no_build)


# The lock file of the repository


def test_the_lock_file_names_the_wheels_with_whole_hashes() -> None:
    lock = read_lock(LOCK_FILE)
    assert [pin.name for pin in lock.pins] == [
        "numpy",
        "pillow",
        "pillow-avif",
        "safetensors",
        "cbor2",
        "micropip",
    ]
    assert [pin.name for pin in lock.pins if pin.is_optional] == ["pillow-avif"]
    for pin in lock.pins:
        for artifact in pin.artifacts:
            assert artifact.file.startswith(f"{pin.name.replace('-', '_')}-{artifact.version}-")
            assert artifact.sha256 and all(len(digest) == 64 for digest in artifact.sha256)
        assert pin.source.version == pin.version


# Stages


def stage(name: str, ran: list[str], needs: tuple[str, ...] = (), inputs: str = "") -> Stage:
    return Stage(name, lambda job: ran.append(name), needs, inputs)


def test_stages_run_in_order_and_once(tmp_path: Path) -> None:
    ran: list[str] = []
    stages = [
        stage("wheel", ran, ("tools", "sources")),
        stage("tools", ran, ("chroot",)),
        stage("chroot", ran),
        stage("sources", ran),
        stage("unwanted", ran),
    ]
    said: list[str] = []

    run_stages(stages, ["wheel"], tmp_path, said.append)
    assert sorted(ran) == ["chroot", "sources", "tools", "wheel"]
    assert ran[-1] == "wheel" and ran.index("chroot") < ran.index("tools")
    assert len(said) == 4

    run_stages(stages, ["wheel"], tmp_path, said.append)
    assert len(ran) == 4 and len(said) == 4


def test_a_failed_stage_is_where_the_next_run_goes_on(tmp_path: Path) -> None:
    ran: list[str] = []
    broken = True

    def compile_it(job: Job) -> None:
        ran.append("compile")
        job.run("/bin/sh", "-c", "for i in $(seq 30); do echo line $i; done; exit $0", str(+broken))

    stages = [stage("fetch", ran), Stage("compile", compile_it, ("fetch",))]

    with pytest.raises(BuildError) as error:
        run_stages([*stages, stage("pack", ran, ("compile",))], ["pack"], tmp_path, [].append)
    message = str(error.value)
    assert message.startswith("stage compile failed after 0 s: sh ended with status 1\n")
    assert "| line 30\n" in message and "| line 16\n" in message and "line 15\n" not in message
    assert str(tmp_path / "logs" / "compile.log") in message
    assert ran == ["fetch", "compile"]

    broken = False
    run_stages([*stages, stage("pack", ran, ("compile",))], ["pack"], tmp_path, [].append)
    assert ran == ["fetch", "compile", "compile", "pack"]


def test_changed_inputs_run_a_stage_and_what_hangs_on_it(tmp_path: Path) -> None:
    ran: list[str] = []

    def stages(inputs: str) -> list[Stage]:
        return [
            stage("chroot", ran),
            stage("tools", ran, ("chroot",), inputs),
            stage("wheel", ran, ("tools",)),
        ]

    run_stages(stages("one"), ["wheel"], tmp_path, [].append)
    ran.clear()
    run_stages(stages("two"), ["wheel"], tmp_path, [].append)
    assert ran == ["tools", "wheel"]


def test_stages_that_do_not_need_each_other_run_side_by_side(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=5)
    stages = [Stage(name, lambda job: meeting.wait() and None) for name in ("left", "right")]
    run_stages(stages, ["left", "right"], tmp_path, [].append)


def test_a_failure_ends_the_commands_beside_it(tmp_path: Path) -> None:
    started = tmp_path / "started"

    def slow(job: Job) -> None:
        job.run("/bin/sh", "-c", "touch $0; sleep 60", started)

    def fail(job: Job) -> None:
        while not started.exists():
            time.sleep(0.01)
        raise OSError("no network")

    begin = time.monotonic()
    with pytest.raises(BuildError, match="stage fail failed after 0 s: no network"):
        run_stages([Stage("slow", slow), Stage("fail", fail)], ["slow", "fail"], tmp_path, print)
    assert time.monotonic() - begin < 10
    assert not (tmp_path / "stamps" / "slow").exists()


def test_an_interrupt_ends_the_commands(tmp_path: Path) -> None:
    started = tmp_path / "started"

    def quick(job: Job) -> None:
        while not started.exists():
            time.sleep(0.01)

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    stages = [
        Stage("slow", lambda job: job.run("/bin/sh", "-c", "touch $0; sleep 60", started)),
        Stage("quick", quick),
    ]
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_stages(stages, ["slow", "quick"], tmp_path, interrupt)
    assert time.monotonic() - begin < 10
    assert not (tmp_path / "stamps" / "slow").exists()


KILLED_RUN = """
import sys, time
from pathlib import Path
from tools.wheels.stages import Stage, run_stages

def half(job):
    (folder / "chroot").mkdir()
    job.run("/bin/sh", "-c", "echo half > $0; exec sleep 60", folder / "chroot" / "file")

folder = Path(sys.argv[1])
run_stages([Stage("first", lambda job: None), Stage("half", half, ("first",))], ["half"], folder)
"""


def test_what_a_killed_run_left_is_removed_once_its_commands_have_ended(
    tmp_path: Path, repo_root: Path
) -> None:
    work = tmp_path / "work"
    file = work / "chroot" / "file"
    with subprocess.Popen([sys.executable, "-c", KILLED_RUN, work], cwd=repo_root) as killed:
        while not (file.exists() and file.read_text()):
            assert killed.poll() is None
            time.sleep(0.01)
        killed.kill()

    def make(job: Job) -> None:
        (work / "chroot").mkdir()

    ran: list[str] = []
    stages = [stage("first", ran), Stage("half", make, ("first",))]
    with pytest.raises(BuildError, match=r"commands that a killed one left behind: wait until"):
        run_stages(stages, ["half"], work, print)
    assert ran == [] and file.exists()

    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve() == repo_root and b"sleep\x0060" in (
                process / "cmdline"
            ).read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
    said: list[str] = []
    while not said:
        with suppress(BuildError):
            run_stages(stages, ["half"], work, said.append)
    assert "was killed: what it made is removed" in said[0]
    assert ran == ["first"] and not list((work / "chroot").iterdir())


# Parts of the build


def test_the_debian_mirror_is_read_past_comments_and_other_archives(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.list").write_text(
        "# deb http://old.example/debian sid main\ndeb https://other.example/tool stable main\n"
    )
    (tmp_path / "sources.list.d" / "b.sources").write_text(
        "Types: deb\n# http://snapshot.example/debian\nURIs: http://mirror.example/debian/\n"
    )
    assert from_source.debian_mirror(tmp_path) == "http://mirror.example/debian"


def test_one_line_sources_with_options_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(
        "deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main\n"
    )
    assert from_source.debian_mirror(tmp_path) == "http://mirror.example/debian"


def test_no_debian_mirror_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match="needs a Debian mirror"):
        from_source.debian_mirror(tmp_path)


def test_a_machine_without_root_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_source.os, "geteuid", lambda: 1000)
    with pytest.raises(WheelError, match=r"needs root on Debian or Ubuntu .*HUSHMARK_WHEELS"):
        from_source.check_machine()


def test_a_wheels_bytes_depend_on_its_contents_only(tmp_path: Path) -> None:
    files = {"p/b.py": b"2", "p/a.py": b"1", "p-1.dist-info/METADATA": b"Name: p\n"}
    write_wheel(tmp_path / "one.whl", files, "p-1.dist-info")
    write_wheel(tmp_path / "two.whl", dict(reversed(files.items())), "p-1.dist-info")
    assert (tmp_path / "one.whl").read_bytes() == (tmp_path / "two.whl").read_bytes()


def test_a_slim_wheel_can_be_installed_and_lacks_what_a_page_never_uses(tmp_path: Path) -> None:
    unused = {"p/tests/test_a.py": b"", "p/a.pyi": b"", "p/include/a.h": b"", "p/a.pxd": b""}
    used = {
        "p/a.py": b"x = 1\n",
        "p-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: p\nVersion: 1\n",
        "p-1.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "p-1.dist-info/licenses/p/include/LICENSE.rst": b"free",
    }
    write_wheel(tmp_path / "big.whl", {**unused, **used}, "p-1.dist-info")
    slim = tmp_path / "p-1-py3-none-any.whl"
    slim_wheel(tmp_path / "big.whl", slim)

    with zipfile.ZipFile(slim) as wheel:
        assert set(wheel.namelist()) == {*used, "p-1.dist-info/RECORD"}
        rows = wheel.read("p-1.dist-info/RECORD").decode().splitlines()
    assert {row.partition(",")[0] for row in rows} == {*used, "p-1.dist-info/RECORD"}


def test_pyconfig_takes_its_values_from_the_sysconfig_data() -> None:
    template = """\
/* Define if there is a */
#define HAVE_A 1
#define SIZEOF_LONG 8
/* #undef HAVE_WASM */
#define PLATLIBDIR "lib"
#define HAVE_DECL_X 1
#if defined AC_APPLE_UNIVERSAL_BUILD
# define WORDS_BIGENDIAN 1
#define UNKNOWN 1
"""
    values = {
        "HAVE_A": 0,
        "SIZEOF_LONG": 4,
        "HAVE_WASM": 1,
        "PLATLIBDIR": "lib32",
        "HAVE_DECL_X": 0,
    }
    assert (
        make_pyconfig(values, template)
        == """\
/* Define if there is a */
/* #undef HAVE_A */
#define SIZEOF_LONG 4
#define HAVE_WASM 1
#define PLATLIBDIR "lib32"
#define HAVE_DECL_X 0
#if defined AC_APPLE_UNIVERSAL_BUILD
# define WORDS_BIGENDIAN 1
/* #undef UNKNOWN */
"""
    )
