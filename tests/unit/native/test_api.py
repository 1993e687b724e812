"""The package as scripts use it: its examples, its two ways to call it, its page of documentation."""

import asyncio
import io
import subprocess
import sys
from pathlib import Path

import hushmark
import pytest
from PIL import Image

from tests.support.pictures import sample_path, sample_photo
from tools.api_docs import PAGE, api_page

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def run_example(name: str, folder: Path, *arguments: object) -> str:
    command = [sys.executable, EXAMPLES / name, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_that_marks_and_reads(tmp_path: Path) -> None:
    said = run_example("mark_and_read.py", tmp_path, sample_path("rocket.jpg"))
    assert "640x427, warnings: none" in said
    assert "It reads as pipe" in said
    assert (tmp_path / "rocket-marked.jpg").exists()


def test_the_example_with_a_key(tmp_path: Path) -> None:
    said = run_example("with_a_key.py", tmp_path, sample_path("rocket.jpg"))
    assert said.splitlines() == ["With the key: 4711.", "Without it: unreadable, because of the key."]


def test_the_example_that_tells_whose_copy_it_is(tmp_path: Path) -> None:
    assert "It is Grace's" in run_example("who_leaked_it.py", tmp_path, sample_path("chelsea.png"))


def test_the_examples_that_mark_a_folder_and_read_it_in_a_server(tmp_path: Path) -> None:
    photos, target = tmp_path / "photos", tmp_path / "marked"
    photos.mkdir()
    (photos / "rocket.jpg").write_bytes(sample_photo("rocket.jpg"))
    (photos / "note.txt").write_text("no picture")
    said = run_example("a_folder.py", tmp_path, photos, target)
    assert "picture-format: " in said
    assert "rocket.jpg carries " in said
    assert "rocket.jpg has a mark: Message(kind='id', value='" in run_example(
        "a_folder.py", tmp_path, target, tmp_path / "again"
    )
    lines = run_example("in_a_server.py", tmp_path, target / "rocket.jpg", photos / "rocket.jpg").splitlines()
    assert len(lines) == 2
    assert lines[1] == "rocket.jpg: no mark found"


def test_every_example_is_run() -> None:
    source = Path(__file__).read_text()
    source += (Path(__file__).parents[2] / "scale" / "test_runs.py").read_text()  # those that need Daft
    examples = [path.name for path in EXAMPLES.glob("*.py")]
    assert len(examples) == 6
    assert all(f'"{name}"' in source for name in examples)


def test_bytes_and_paths_give_the_same_with_and_without_await() -> None:
    path = sample_path("chelsea.png")
    waited = asyncio.run(hushmark.embed(path.read_bytes(), "pipe", name="chelsea.png"))
    assert hushmark.sync.embed(path, "pipe").data == waited.data
    reading = asyncio.run(hushmark.read(waited.data, known={"pipe": "the page"}))
    assert reading == hushmark.sync.read(waited.data, known={"pipe": "the page"})
    assert reading.outcome == "read"
    assert reading.match is not None
    assert reading.match.label == "the page"


def test_a_known_text_may_have_a_comma_and_is_not_taken_for_two() -> None:
    marked = hushmark.sync.embed(sample_path("chelsea.png"), "a,b").data
    match = hushmark.sync.read(marked, known=["a,b", "a", hushmark.text("pipe")]).match
    assert match is not None
    assert (match.message, match.label) == (hushmark.text("a,b"), None)


def test_what_fails_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(hushmark.HushmarkError, match=r"none\.jpg: No such file"):
        hushmark.sync.read(tmp_path / "none.jpg")
    with pytest.raises(hushmark.MessageError, match="takes 10 bytes"):
        hushmark.sync.embed(b"", "nine bytes")
    with pytest.raises(hushmark.PictureError, match="picture is empty"):
        hushmark.sync.read(b"")
    with pytest.raises(hushmark.KnownError):
        hushmark.sync.read(b"", known=[])


def test_reading_can_be_cancelled_between_two_windows() -> None:
    file = io.BytesIO()
    Image.open(sample_path("chelsea.png")).save(file, "PNG")
    told: list[hushmark.Progress] = []

    async def cancel() -> None:
        reading = asyncio.ensure_future(hushmark.read(file.getvalue(), progress=told.append))
        while len(told) < 5:
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(cancel())
    assert len(told) < 10


def test_the_page_about_the_api_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == api_page(), "Renew it: python -m tools.api_docs"
