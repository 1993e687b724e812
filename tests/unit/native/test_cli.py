"""The command line: what it writes, says and answers."""

import ctypes
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hushmark.cli import commands as cli
from PIL import Image

from tests.support import corpus
from tests.support.pictures import sample_photo
from train.samples import repeated

COMMAND = [sys.executable, "-m", "hushmark"]
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def cover(tmp_path: Path) -> Path:
    path = tmp_path / "rocket.jpg"
    path.write_bytes(sample_photo("rocket.jpg"))
    return path


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small picture that reads as "pipe"."""
    folder = tmp_path_factory.mktemp("marked")
    small = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).crop((200, 60, 500, 260))
    small.save(folder / "small.png")
    assert run("embed", folder / "small.png", "--text", "pipe", "-o", folder / "marked.png") == cli.DONE
    return (folder / "marked.png").read_bytes()


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def in_a_process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, check=False, **options)


def records(text: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_frames_are_counted_and_the_first_can_be_marked_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cover = tmp_path / "moving.gif"
    cover.write_bytes(corpus.several()["moving.gif"])
    assert run("embed", cover, "--text", "pipe", "-o", tmp_path / "all.gif", "--strength", 2) == cli.DONE
    assert ", 5 frames" in capsys.readouterr().out
    assert run("embed", cover, "--text", "pipe", "-o", tmp_path / "a.jpg") == cli.FAILED
    assert capsys.readouterr().err.rstrip().endswith("Or mark the first one alone: --first.")
    first = ("--first", "-o", tmp_path / "a.jpg", "--strength", 2)
    assert run("embed", cover, "--text", "pipe", *first) == cli.DONE
    assert Image.open(tmp_path / "a.jpg").size == (200, 160)


def test_what_is_marked_is_read(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = cover.with_name("marked.jpg")
    assert run("embed", cover, "--text", "pipe", "-o", marked) == cli.DONE
    assert re.search(r"marked\.jpg: pipe, \d\d\.\d dB\n", capsys.readouterr().out)
    assert run("read", marked) == cli.DONE
    assert f"{marked}: pipe (text, chance of error" in capsys.readouterr().out


def test_an_unmarked_picture_is_said_to_hold_nothing(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", cover) == cli.NOT_FOUND
    assert f"{cover}: no mark found (" in capsys.readouterr().out


def test_a_folder_of_five_hundred_files_is_read_to_its_end(tmp_path: Path, marked: bytes) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(498):
        (folder / f"{number:03}.png").write_bytes(marked)
    (folder / "100-cut.png").write_bytes(marked[:1000])
    (folder / "200-read-only.png").write_bytes(marked)
    (folder / "200-read-only.png").chmod(0o444)
    done = in_a_process("read", folder, "--json", "--jobs", 2)
    assert done.returncode == cli.FAILED
    lines = records(done.stdout)
    assert [Path(line["file"]).name for line in lines] == sorted(path.name for path in folder.iterdir())
    failed = [line for line in lines if "error" in line]
    assert [(Path(line["file"]).name, line["error"]["code"]) for line in failed] == [
        ("100-cut.png", "picture-truncated")
    ]
    assert {line["message"]["value"] for line in lines if "message" in line} == {"pipe"}
    assert b"100-cut.png is cut off" in done.stderr
    assert b"\r" not in done.stderr  # no progress bar in a pipe


def test_a_tree_is_marked_into_another_folder(
    tmp_path: Path, marked: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    tree, out = tmp_path / "tree", tmp_path / "tree" / "out"
    (tree / "deep" / "er").mkdir(parents=True)
    photo = sample_photo("rocket.jpg")
    (tree / "one.jpg").write_bytes(photo)
    (tree / "deep" / "er" / "one.jpg").write_bytes(photo)
    (tree / "deep" / "er" / "one.jpg").chmod(0o444)
    (tree / "deep" / "marked.png").write_bytes(marked)
    (tree / "deep" / "bad.jpg").write_text("no picture")
    (tree / "deep" / "note.txt").write_text("a note")
    before = names(tree)
    command = ("embed", tree, "--recursive", "--random", "--json", "--jobs", 2, "-o", out)
    assert run(*command) == cli.FAILED
    lines = {str(Path(line["file"]).relative_to(tree)): line for line in records(capsys.readouterr().out)}
    assert {name: line["error"]["code"] for name, line in lines.items() if "error" in line} == {
        "deep/bad.jpg": "picture-format",
        "deep/marked.png": "already-marked",
    }
    assert lines["deep/marked.png"]["error"]["facts"]["value"] == "pipe"
    assert names(out) == ["deep", "deep/er", "deep/er/one.jpg", "one.jpg"]
    assert [name for name in names(tree) if not name.startswith("out")] == before
    first, second = lines["one.jpg"], lines["deep/er/one.jpg"]
    assert first["output"] == str(out / "one.jpg")
    assert first["message"]["value"] != second["message"]["value"]  # each its own random id
    # A second run looks neither at its own output nor overwrites it.
    assert run(*command) == cli.FAILED
    again = records(capsys.readouterr().out)
    assert len(again) == len(lines)
    assert {line["error"]["code"] for line in again} == {"output-exists", "picture-format", "already-marked"}


def test_two_pictures_of_one_name_do_not_fall_on_each_other(
    cover: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = cover.parent / "other" / "rocket.jpg"
    other.parent.mkdir()
    other.write_bytes(sample_photo("rocket.jpg"))
    out = cover.parent / "out"
    assert run("embed", cover, other, "--text", "pipe", "-o", out, "--force") == cli.FAILED
    assert "rocket.jpg would be written twice" in capsys.readouterr().err
    assert names(out) == ["rocket.jpg"]


def test_patterns_stand_for_files(cover: Path, marked: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    cover.with_name("a.png").write_bytes(marked)
    cover.with_name("b.png").write_bytes(marked)
    assert run("read", f"{cover.parent}/*.png") == cli.DONE
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert run("read", f"{cover.parent}/*.webp") == cli.FAILED
    assert "No such file" in capsys.readouterr().err


def test_a_folder_without_pictures_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", tmp_path) == cli.FAILED
    assert f"There is no picture in {tmp_path}" in capsys.readouterr().err


def test_pictures_go_through_standard_input_and_output(marked: bytes) -> None:
    embedded = in_a_process("embed", "-", "--number", 77, "-o", "-", input=sample_photo("rocket.jpg"))
    assert embedded.returncode == cli.DONE
    assert embedded.stdout.startswith(b"\xff\xd8")
    assert re.fullmatch(rb"-: 77, \d\d\.\d dB\n", embedded.stderr)
    read = in_a_process("read", "-", "--json", input=embedded.stdout)
    assert read.returncode == cli.DONE
    (line,) = records(read.stdout)
    assert line["file"] == "standard input"
    assert line["message"] == {"kind": "number", "value": "77"}
    empty = in_a_process("read", "-", input=b"")
    assert empty.returncode == cli.FAILED
    assert b"standard input is empty" in empty.stderr


def test_standard_output_takes_one_picture_and_nothing_else(
    cover: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("embed", cover, "--text", "a", "--json", "-o", "-") == cli.USAGE
    assert run("embed", cover, cover.with_name("b.jpg"), "--text", "a", "-o", "-") == cli.USAGE
    assert "Standard output takes one marked picture" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = cover.with_name("out.jpg")
    assert run("embed", cover, "--text", "pipe", "--dry-run", "--json", "-o", out) == cli.DONE
    (line,) = records(capsys.readouterr().out)
    assert line["output"] is None
    assert line["check"]["message"]["value"] == "pipe"
    assert names(cover.parent) == ["rocket.jpg"]


def test_a_marked_picture_is_marked_again_when_asked(
    cover: Path, marked: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = cover.with_name("first.png"), cover.with_name("second.png")
    first.write_bytes(marked)
    assert run("embed", first, "--text", "two", "-o", second) == cli.FAILED
    assert "is marked already: it reads as pipe" in capsys.readouterr().err
    assert not second.exists()
    assert run("embed", first, "--text", "two", "--again", "--strength", "2", "-o", second) == cli.DONE
    assert run("verify", second, "--text", "two") == cli.DONE


def test_the_format_is_that_of_the_ending_or_as_asked(
    cover: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = cover.parent / "out"
    assert run("embed", cover, "--text", "pipe", "-o", cover.with_name("a.webp")) == cli.DONE
    assert run("embed", cover, "--text", "pipe", "--format", "png", "-o", f"{out}/", "--json") == cli.DONE
    assert names(out) == ["rocket.png"]
    assert records(capsys.readouterr().out.splitlines()[-1])[0]["file_format"] == "PNG"
    assert Image.open(out / "rocket.png").format == "PNG"
    assert Image.open(cover.with_name("a.webp")).format == "WEBP"
    low = (
        "embed",
        cover,
        "--text",
        "pipe",
        "--strength",
        0.25,
        "--quality",
        1,
        "-o",
        cover.with_name("b.jpg"),
    )
    assert run(*low) == cli.FAILED
    assert "its mark does not read back" in capsys.readouterr().err


def test_a_mark_that_does_not_read_back_is_a_failure(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dots, out, icon = (cover.with_name(f"{name}.png") for name in ("dots", "out", "icon"))
    dots.write_bytes(corpus.encoded(corpus.base("1"), "PNG"))  # black and white leave no room for a mark
    assert run("embed", dots, "--text", "pipe", "-o", out) == cli.FAILED
    assert "its mark does not read back" in capsys.readouterr().err
    assert names(cover.parent) == ["dots.png", "rocket.jpg"]
    assert run("embed", dots, "--text", "pipe", "-o", out, "--force") == cli.DONE
    assert "out.png: warning: its mark does not read back." in capsys.readouterr().err
    assert out.exists()
    Image.open(cover).crop((200, 100, 300, 200)).save(icon)
    assert run("embed", icon, "--text", "pipe", "-o", out, "--force") == cli.DONE
    assert re.search(r"out\.png: warning: it is small: \d+% of marks in pictures", capsys.readouterr().err)


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_key_comes_from_a_file_or_the_environment(
    way: str, cover: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, key = cover.with_name("out.jpg"), cover.with_name("key.txt")
    key.write_text("open sesame\n")
    if way == "environment":
        monkeypatch.setenv("HUSHMARK_KEY", "open sesame")
    options = ["--key-file", key] if way == "file" else []
    assert run("embed", cover, "--number", "4711", "-o", out, *options) == cli.DONE
    assert run("verify", out, "--number", "4711", *options) == cli.DONE
    assert run("verify", out, "--number", "4712", *options) == cli.NOT_FOUND
    assert "out.jpg: another mark, 4711" in capsys.readouterr().out
    monkeypatch.delenv("HUSHMARK_KEY", raising=False)
    for command in (["read", out], ["verify", out, "--number", "4711"]):
        assert run(*command) == cli.UNREADABLE
        said = "out.jpg: marked, but not readable. Its mark was made with a key that was not given."
        assert said in capsys.readouterr().out


def test_the_exit_code_is_that_of_the_worst_picture(
    cover: Path, marked: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, locked, damaged = (cover.with_name(f"{name}.png") for name in ("read", "locked", "damaged"))
    read.write_bytes(marked)
    damaged.write_bytes(marked[:1000])
    with monkeypatch.context() as with_key:
        with_key.setenv("HUSHMARK_KEY", "open sesame")
        assert run("embed", cover, "--text", "pipe", "-o", locked) == cli.DONE
    pictures = [read, cover, locked, damaged]
    codes = [cli.DONE, cli.NOT_FOUND, cli.UNREADABLE, cli.FAILED]
    for count in range(1, 5):
        assert run("read", *reversed(pictures[:count])) == codes[count - 1]
        assert run("verify", *pictures[:count], "--text", "pipe") == codes[count - 1]
    assert run("verify", read, "--text", "another") == cli.NOT_FOUND
    capsys.readouterr()
    run("verify", locked, "--text", "pipe", "--json")
    (line,) = records(capsys.readouterr().out)
    assert (line["verified"], line["outcome"], line["reason"]) == (False, "unreadable", "key")
    assert line["message"] is None


def test_pictures_are_verified_against_a_list(
    cover: Path, marked: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, ids = cover.with_name("marked.png"), cover.with_name("ids.txt")
    picture.write_bytes(marked)
    ids.write_text("00000000deadbeef\tJane\npipe\tThe page\n")
    assert run("verify", picture, "--ids", ids, "--json") == cli.DONE
    (line,) = records(capsys.readouterr().out)
    assert line["verified"] is True
    assert line["match"]["label"] == "The page"
    assert run("read", picture, "--ids", ids) == cli.DONE
    assert "known as pipe (The page))" in capsys.readouterr().out
    assert run("verify", picture, "--id", "00000000deadbeef") == cli.NOT_FOUND
    assert run("verify", picture, "--text", "ripe") == cli.NOT_FOUND
    assert run("verify", picture, "--id", "00000000deadbeef", "--ids", ids) == cli.USAGE
    ids.write_text("nine bytes\n")
    assert run("verify", picture, "--ids", ids) == cli.USAGE
    assert "takes 10 bytes, and 8 fit" in capsys.readouterr().err
    assert run("verify", picture, "--ids", ids.with_name("none.txt")) == cli.FAILED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "nine bytes"], "takes 10 bytes, and 8 fit"),
        (["--text", ""], "nothing to hide"),
        (["--id", "12"], "exactly 16 digits"),
        (["--text", "pipe", "--strength", "12"], "0.25<=x<=4.0"),
        (["--text", "pipe", "--random"], "by one of --text, --id, --number, --random"),
        ([], "Say what the mark is"),
        (["--text", "pipe", "--jobs", "0"], "--jobs"),
    ],
)
def test_wrong_usage_is_told_before_any_work(
    cover: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("embed", cover, *arguments, "-o", cover.with_name("marked.jpg")) == cli.USAGE
    assert said in capsys.readouterr().err
    assert names(cover.parent) == ["rocket.jpg"]


def test_nothing_is_overwritten_unless_forced(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = cover.with_name("marked.jpg")
    marked.write_bytes(b"precious")
    assert run("embed", cover, "--text", "pipe", "-o", marked) == cli.FAILED
    assert "exists already" in capsys.readouterr().err
    assert marked.read_bytes() == b"precious"
    assert run("embed", cover, "--text", "pipe", "-o", marked, "--force") == cli.DONE
    assert marked.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_no_half_file_is_left(
    cover: Path, stop: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise stop

    marked = cover.with_name("marked.jpg")
    marked.write_bytes(b"precious")
    monkeypatch.setattr(os, "replace", fail)
    code = run("embed", cover, "--text", "pipe", "-o", marked, "--force")
    assert code == (cli.FAILED if isinstance(stop, OSError) else cli.INTERRUPTED)
    assert names(cover.parent) == ["marked.jpg", "rocket.jpg"]
    assert marked.read_bytes() == b"precious"
    assert ("No space left on device" in capsys.readouterr().err) == isinstance(stop, OSError)


def test_an_interrupt_ends_a_run_with_whole_files_only(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:03}.jpg").write_bytes(sample_photo("rocket.jpg"))
    command = [*COMMAND, "embed", str(folder), "--text", "pipe", "-o", str(out), "--jobs", "2"]
    # Whoever runs the tests in the background has SIGINT ignored, and a child would inherit that.
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        signal.signal(signal.SIGINT, old)
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=120) == cli.INTERRUPTED
    written = names(out)
    assert 0 < len(written) < 300
    for name in written:
        assert re.fullmatch(r"\d{3}\.jpg", name)
        Image.open(out / name).load()


def test_a_new_file_has_the_usual_permissions(cover: Path) -> None:
    cover.chmod(0o444)
    marked = cover.with_name("marked.jpg")
    assert run("embed", cover, "--text", "pipe", "-o", marked) == cli.DONE
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(marked.stat().st_mode) == 0o666 & ~mask


def test_missing_files_and_weights_are_told(
    cover: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("read", cover.with_name("none.jpg"), cover) == cli.FAILED
    captured = capsys.readouterr()
    assert "none.jpg: No such file or directory." in captured.err
    assert "no mark found" in captured.out
    monkeypatch.setenv("HUSHMARK_WEIGHTS", str(cover.parent / "nowhere"))
    assert run("read", cover) == cli.FAILED
    assert "There are no weights at" in capsys.readouterr().err


def test_as_a_module_with_wrong_usage() -> None:
    result = in_a_process("embed")
    assert result.returncode == cli.USAGE
    assert b"Usage: hushmark embed" in result.stderr


def test_info_names_weights_and_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "--json") == cli.DONE
    facts = json.loads(capsys.readouterr().out)
    assert facts["model"].startswith("hushmark-")
    assert facts["bits"] == 256
    assert facts["pillow"] == Image.__version__
    assert run("info") == cli.DONE
    assert f"model: {facts['model']}" in capsys.readouterr().out


def test_an_overlay_marks_what_it_is_laid_over(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tile, seen = cover.with_name("tile.png"), cover.with_name("seen.jpg")
    assert run("overlay", "--text", "pipe", "-o", tile) == cli.DONE
    assert 'url("tile.png")' in capsys.readouterr().out
    page = Image.new("RGBA", (900, 600), (255, 255, 255))
    page.paste(Image.open(cover), (300, 250))
    # A part of a page, which begins anywhere in a tile.
    repeated(page, Image.open(tile)).crop((111, 77, 811, 577)).save(seen, quality=75)
    assert run("read", seen) == cli.DONE
    assert f"{seen}: pipe (text" in capsys.readouterr().out
    assert run("overlay", "--text", "pipe", "-o", tile) == cli.FAILED
    assert "tile.png" in capsys.readouterr().err
    piped = in_a_process("overlay", "--text", "pipe", "-o", "-")
    assert piped.stdout == tile.read_bytes()
    assert b"body::after" in piped.stderr


def test_the_manual_names_every_field_of_a_record(
    cover: Path, marked: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = cover.with_name("marked.png")
    picture.write_bytes(marked)
    run("embed", cover, "--text", "pipe", "--json", "-o", cover.with_name("out.jpg"))
    run("read", cover.with_name("none.jpg"), "--json")
    run("verify", picture, "--text", "pipe", "--json")
    run("info", "--json")
    embedded, failed, verified, info = records(capsys.readouterr().out)
    manual = (REPOSITORY / "docs" / "command-line.md").read_text()
    documented = {
        title: set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))
        for title, table in re.findall(r"^### ([^\n]+)$(.*?)(?=^##|\Z)", manual, re.MULTILINE | re.DOTALL)
    }
    assert documented["A picture that was marked"] == set(embedded)
    assert documented["A reading"] == set(embedded["check"])
    assert documented["A file that failed"] == set(failed)
    assert set(verified) == {"file", "verified", *documented["A reading"]}
    assert documented["A message"] == set(verified["message"])
    assert documented["A match"] == set(verified["match"])
    assert documented["info"] == set(info)


def test_a_terminal_gets_a_progress_bar(tmp_path: Path, marked: bytes) -> None:
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(marked)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "read", str(tmp_path)], stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    os.close(theirs)
    shown = os.read(ours, 100_000)
    os.close(ours)
    assert b"2/2" in shown
    assert done.stdout.count(b"pipe (text") == 2


def test_an_output_that_names_no_format_is_refused(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = cover.with_name("marked.bmp")
    assert run("embed", cover, "--text", "pipe", "-o", output) == cli.USAGE
    assert "marked.bmp names no format that is written" in capsys.readouterr().err
    assert not output.exists()


def test_a_defect_does_not_look_like_an_unmarked_picture(
    cover: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("hushmark.cli.batch.find", fail)
    assert run("read", cover) == cli.FAILED
    assert "RuntimeError: a defect" in capsys.readouterr().err


def obey_permissions() -> None:
    """For a process that is about to start: root's may read and write everything, unless told otherwise."""
    if os.geteuid() == 0:
        for override in (1, 2):  # of permissions to write, and to read
            ctypes.CDLL(None).prctl(24, override)  # is dropped for good


def test_a_pipe_is_told_and_passed_over_in_folders(tmp_path: Path, marked: bytes) -> None:
    (tmp_path / "a.png").write_bytes(marked)
    os.mkfifo(tmp_path / "pipe.png")
    for place in (tmp_path, tmp_path / "*.png"):
        done = in_a_process("read", place, timeout=60)
        assert (done.returncode, done.stderr) == (cli.DONE, b"")
        assert done.stdout.count(b"\n") == 1
    done = in_a_process("read", tmp_path / "pipe.png", tmp_path / "a.png", timeout=60)
    assert done.returncode == cli.FAILED
    assert b"pipe.png is a pipe, a socket or a device." in done.stderr
    assert b"a.png: pipe (text" in done.stdout


def test_each_file_is_met_once(tmp_path: Path, marked: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    deep = tmp_path / "photos" / "deep"
    deep.mkdir(parents=True)
    (deep / "z.png").write_bytes(marked)
    (deep / "loop").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "a-link").symlink_to(deep)
    (tmp_path / "photos" / "b-link.png").symlink_to(deep / "z.png")
    (tmp_path / "photos" / "c-self.png").symlink_to("c-self.png")
    assert run("read", tmp_path / "photos", "--recursive") == cli.FAILED
    captured = capsys.readouterr()
    assert captured.out.count("pipe (text") == 1
    assert f"{deep / 'z.png'}: pipe" in captured.out
    assert "c-self.png: " in captured.err
    assert run("read", tmp_path / "photos" / "**" / "*.png") == cli.FAILED
    assert capsys.readouterr().out.count("pipe (text") == 1


def test_a_folder_that_may_not_be_read_costs_only_itself(tmp_path: Path, marked: bytes) -> None:
    def failed(*arguments: object) -> tuple[str, str]:
        done = in_a_process(*arguments, preexec_fn=obey_permissions)
        assert done.returncode == cli.FAILED
        return done.stdout.decode(), done.stderr.decode()

    a, b, c = (tmp_path / name for name in ("a", "b", "c"))
    for folder in (a, b, c):
        folder.mkdir()
        (folder / "small.png").write_bytes(marked)
    b.chmod(0)
    c.chmod(0o555)
    try:
        said, complained = failed("read", tmp_path, "--recursive")
        assert said.count("pipe (text") == 2
        assert f"{b}: Permission denied." in complained
        assert "small.png: Permission denied." in failed("read", b / "small.png")[1]
        assert "key: Permission denied." in failed("read", a, "--key-file", b / "key")[1]
        marking = ("embed", a, "--again", "--text", "pipe", "-o", c / "new")
        assert "small.png: Permission denied." in failed(*marking)[1]
        assert names(c) == ["small.png"]
    finally:
        for folder in (b, c):
            folder.chmod(0o755)


ODD = b"caf\xe9 \x1b[31mred\r\nline\xe2\x80\xae.png"
SHOWN = "caf\\xe9 \\x1b[31mred\\r\\nline\\u202e.png"


def test_odd_names_are_shown_escaped(tmp_path: Path, marked: bytes) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/" + ODD))
    odd.write_bytes(marked)
    (folder / "z.png").write_bytes(marked)
    for code in ("ascii", "utf-8"):
        done = in_a_process("read", folder, env={**os.environ, "PYTHONIOENCODING": code})
        assert done.returncode == cli.DONE
        assert done.stdout.decode().splitlines()[0].startswith(f"{folder}/{SHOWN}: pipe (")
    done = in_a_process("embed", folder, "--again", "--id", "0123456789abcdef", "-o", tmp_path / "out")
    assert done.returncode == cli.DONE
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == sorted([ODD, b"z.png"])
    done = in_a_process("embed", odd, "--again", "--text", "pipe", "-o", tmp_path / "out")
    assert done.returncode == cli.FAILED
    assert f"{tmp_path}/out/{SHOWN} exists already" in done.stderr.decode()
    assert b"\x1b" not in done.stderr
    odd.write_bytes(b"no picture")
    done = in_a_process("read", folder, "--json")
    assert done.returncode == cli.FAILED
    failed = records(done.stdout)[0]
    assert failed["file"] == f"{folder}/" + os.fsdecode(ODD).replace("\udce9", "\\xe9")
    assert failed["error"]["facts"]["name"] == failed["file"]
    done = in_a_process("embed", odd, "--text", "pipe", "-o", "\x07bell.bmp")
    assert done.returncode == cli.USAGE
    assert b"\\x07bell.bmp names no format" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["read", "FILE", "FILE"], ["read", "--json", "FILE"]])
def test_a_closed_pipe_ends_a_run_as_it_ends_others(
    tmp_path: Path, marked: bytes, arguments: list[str]
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(marked)
    ours, theirs = os.pipe()
    os.close(ours)
    command = [*COMMAND, *(argument.replace("FILE", str(path)) for argument in arguments)]
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (cli.UNREAD, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", ["read", "embed"])
def test_a_full_standard_output_is_told(tmp_path: Path, marked: bytes, command: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(marked)
    more = ["--again", "--text", "pipe", "-o", "-"] if command == "embed" else []
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, command, str(path), *more], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == cli.FAILED
    assert done.stderr.startswith(b"standard output: No space left on device. ")
    assert done.stderr.count(b"\n") == 1


def test_a_file_is_not_read_before_its_size_is_known(tmp_path: Path, marked: bytes) -> None:
    (tmp_path / "a.png").write_bytes(marked)
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(100_000_000_000)
    done = in_a_process("read", tmp_path, "--json", timeout=60)
    assert done.returncode == cli.FAILED
    good, huge = records(done.stdout)
    assert good["outcome"] == "read"
    assert huge["error"]["code"] == "file-too-large"
    assert "larger than 2000 million bytes" in huge["error"]["message"]
    done = in_a_process("read", tmp_path / "a.png", "--ids", tmp_path / "huge.png", timeout=60)
    assert b"larger than 2000 million bytes" in done.stderr
    with open("/dev/zero", "rb") as endless:
        done = in_a_process("read", "-", stdin=endless, timeout=60)
    assert b"standard input is larger than" in done.stderr
