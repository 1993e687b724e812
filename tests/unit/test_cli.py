import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hushmark import cli
from PIL import Image

from tests.pictures import sample_photo


@pytest.fixture
def cover(tmp_path: Path) -> Path:
    path = tmp_path / "rocket.jpg"
    path.write_bytes(sample_photo("rocket.jpg"))
    return path


def run(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


def test_what_is_marked_is_read(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = cover.with_name("marked.jpg")
    assert run("embed", cover, "--text", "pipe", "-o", marked) == cli.DONE
    assert "pipe, 4" in capsys.readouterr().out
    assert run("read", marked) == cli.DONE
    assert f"{marked}: pipe (text, weakest bit" in capsys.readouterr().out


def test_an_unmarked_picture_is_said_to_hold_nothing(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", cover) == cli.NOT_FOUND
    assert f"{cover}: no watermark found (" in capsys.readouterr().out


def test_json_has_a_line_a_file(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = cover.with_name("note.png")
    note.write_text("text")
    assert run("read", "--json", cover, note) == cli.FAILED
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["file"] == str(cover)
    assert first["found"] is False
    assert len(first["confidences"]) == 32
    assert len(first["corners"]) == 4
    assert first["tried"] > 100
    assert second["error"]["code"] == "picture-format"


def test_a_failing_file_does_not_stop_the_next(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", cover.with_name("none.jpg"), cover) == cli.FAILED
    captured = capsys.readouterr()
    assert "none.jpg: No such file or directory." in captured.err
    assert "no watermark found" in captured.out


def test_random_ids_are_printed(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("embed", cover, "--random", "-o", cover.with_name("m.jpg")) == cli.DONE
    value = capsys.readouterr().out.split(": ")[1].split(",")[0]
    assert len(bytes.fromhex(value)) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--text", "pipes"], "takes 5 bytes, and 4 fit"),
        (["--text", ""], "nothing to hide"),
        (["--hex", "12"], "exactly 8 digits"),
        (["--text", "pipe", "--strength", "12"], "between 30 and 50 dB"),
    ],
)
def test_refusals_are_sentences(
    cover: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    marked = cover.with_name("marked.jpg")
    assert run("embed", cover, *arguments, "-o", marked) == cli.FAILED
    assert said in capsys.readouterr().err
    assert not marked.exists()


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

    monkeypatch.setattr(os, "replace", fail)
    code = run("embed", cover, "--text", "pipe", "-o", cover.with_name("marked.jpg"))
    assert code == (cli.FAILED if isinstance(stop, OSError) else 130)
    assert [path.name for path in cover.parent.iterdir()] == ["rocket.jpg"]
    assert ("No space left on device" in capsys.readouterr().err) == isinstance(stop, OSError)


def test_a_new_file_has_the_usual_permissions(cover: Path) -> None:
    marked = cover.with_name("marked.jpg")
    assert run("embed", cover, "--text", "pipe", "-o", marked) == cli.DONE
    assert stat.S_IMODE(marked.stat().st_mode) == stat.S_IMODE(cover.stat().st_mode)


def test_an_output_folder_that_is_not_there(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("embed", cover, "--text", "pipe", "-o", cover.parent / "no" / "m.jpg") == cli.FAILED
    assert "No such file or directory" in capsys.readouterr().err


def test_missing_weights(
    cover: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HUSHMARK_WEIGHTS", str(cover.parent / "nowhere"))
    assert run("read", cover) == cli.FAILED
    assert "There are no weights at" in capsys.readouterr().err


def test_as_a_module_with_wrong_usage() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "hushmark", "embed"], capture_output=True, text=True, check=False
    )
    assert result.returncode == cli.USAGE
    assert "usage: hushmark embed" in result.stderr


def test_an_overlay_marks_what_it_is_laid_over(cover: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tile, seen = cover.with_name("tile.png"), cover.with_name("seen.png")
    assert run("overlay", "--text", "pipe", "-o", tile) == cli.DONE
    assert 'url("tile.png")' in capsys.readouterr().out
    page = Image.new("RGBA", (1200, 800), (250, 250, 250))
    page.paste(Image.open(cover), (300, 250))
    stretched = Image.open(tile).resize(page.size, Image.Resampling.BILINEAR)
    Image.alpha_composite(page, stretched).convert("RGB").save(seen)
    assert run("read", seen) == cli.DONE
    assert f"{seen}: pipe (text" in capsys.readouterr().out
    assert run("overlay", "--text", "pipe", "-o", tile) == cli.FAILED
    assert "tile.png" in capsys.readouterr().err
