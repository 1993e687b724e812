"""The three answers of a reading, as each screen gives them: in words, in shapes and said aloud."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.access import assert_accessible, said_aloud
from tests.browser.answers import BITS, answering, reading
from tests.browser.app import App
from tests.browser.lists import visited
from tests.support.pictures import sample_photo

LATEST = {"kind": "number", "value": "18446744073709551615"}
MATCH = {
    "message": LATEST,
    "label": "harbour",
    "agreeing": 201,
    "certainty": 0.934,
    "chance": 1 / 4000,
}
READINGS: dict[str, dict[str, Any]] = {
    "read.jpg": reading("read"),
    "number.jpg": reading("read", message=LATEST, match={**MATCH, "certainty": 1.0}),
    "damaged.jpg": reading("unreadable"),
    "likeliest.jpg": reading("unreadable", match=MATCH),
    "locked.jpg": reading("unreadable", reason="key"),
    "open.jpg": reading("unreadable", reason="no-key"),
    "later.jpg": reading("unreadable", reason="later"),
    "none.jpg": reading("none"),
    "light": reading("read"),
    "middle": reading("unreadable"),
    "strong": reading("none"),
}
REGISTER = {
    "format": "hushmark-register",
    "version": 2,
    "entries": [
        {
            "id": "harbour",
            "time": "2026-11-21T12:00:00.000Z",
            "message": LATEST,
            "note": "For the harbour office",
            "cover": {"name": "boat.jpg", "size": 1, "sha256": "0" * 64},
            "marked": {"name": "boat-marked.jpg", "size": 1, "sha256": "1" * 64},
            "thumbnail": None,
        }
    ],
}
BITS_IN_HEX = "5" * (BITS // 4)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, which are the same but for their names, and a register."""
    folder = tmp_path_factory.mktemp("files")
    for name in READINGS:
        (folder / name).write_bytes(sample_photo("rocket.jpg"))
    (folder / "register.json").write_text(json.dumps(REGISTER), "utf-8")
    return folder


@pytest.fixture(scope="module")
def visit(browser: Browser, url: str, files: Path) -> Iterator[App]:
    with visited(browser, url, answering(READINGS)) as app:
        panel = app.show("Register")
        panel.get_by_label("Import").set_input_files(files / "register.json")
        expect(panel.get_by_role("status")).to_have_text("1 entry added.")
        yield app


def read(app: App, path: Path, answer: str) -> Locator:
    with said_aloud(app.page, f"{path.name}: {answer}"):
        return app.read(path).locator(".result").first


def options(app: App) -> dict[str, Any]:
    """What the engine was asked last."""
    asked: dict[str, Any] = app.page.evaluate("asked.at(-1).options")
    return asked


def test_a_message_that_was_read_stands_first_and_its_figures_under_details(visit: App, files: Path) -> None:
    result = read(visit, files / "read.jpg", "“pipe”")
    expect(result.locator(".answer")).to_have_text("“pipe”")
    expect(result.locator(".explanation")).to_have_text("The message passed its check.")
    expect(result.locator(".answer-box")).not_to_contain_text(re.compile(r"\d"))
    details = result.locator(".details")
    expect(details).to_contain_text("False with a chance ofabout 1 in 5,000,000")
    expect(details.get_by_text("about 1 in 5,000,000")).to_be_hidden()
    expect(result.locator(".place polygon")).to_have_count(2)
    expect(result).not_to_contain_text("What may help")
    assert_accessible(visit.page)


def test_a_message_of_the_register_comes_with_its_note(visit: App, files: Path) -> None:
    answer = "number 18446744073709551615: For the harbour office"
    result = read(visit, files / "number.jpg", answer)
    expect(result.locator(".answer")).to_have_text(answer)
    expect(result).to_contain_text("It is in the register: boat.jpg.")
    assert options(visit) == {"key": None, "known": "number:18446744073709551615\tharbour"}


@pytest.mark.parametrize(
    ("name", "sentence", "helps"),
    [
        (
            "damaged.jpg",
            "its message did not pass its check",
            ["A larger copy, or one that is less cropped", "The key that it was marked with"],
        ),
        ("locked.jpg", "It was marked with a key.", ["The key that it was marked with"]),
        ("open.jpg", "It was marked without a key.", []),
        ("later.jpg", "by a later version of Hushmark", []),
    ],
)
def test_a_mark_that_cannot_be_read_says_why_and_what_may_help(
    visit: App, files: Path, name: str, sentence: str, helps: list[str]
) -> None:
    result = read(visit, files / name, "Marked, but not readable")
    expect(result.locator(".answer")).to_have_text("Marked, but not readable")
    expect(result.locator(".explanation")).to_contain_text(sentence)
    expect(result.locator(".answer-box li")).to_have_text(helps)
    # No bits are shown as a message, and no outline: nobody knows whether it lies there.
    assert BITS_IN_HEX[:8] not in result.inner_text()
    expect(result.locator(".place img")).to_be_visible()
    expect(result.locator(".place polygon")).to_have_count(0)
    assert_accessible(visit.page)


def test_the_likeliest_of_the_register_is_named_as_not_verified(visit: App, files: Path) -> None:
    result = read(visit, files / "likeliest.jpg", "Marked, but not readable")
    expect(result.locator(".answer")).to_have_text("Marked, but not readable")
    likeliest = result.locator(".likeliest")
    expect(likeliest).to_contain_text("Likeliest in the register, not verified")
    expect(likeliest).to_contain_text(
        "Perhaps number 18446744073709551615: For the harbour office (93.4% sure"
    )
    details = result.locator(".details")
    expect(details).to_contain_text("201 raw bits agree with it.")
    expect(details).to_contain_text("by accident: about 1 in 4,000.")
    assert_accessible(visit.page)


def test_what_may_help_depends_on_what_was_given(visit: App, files: Path) -> None:
    panel = visit.show("Read")
    panel.get_by_label("Key").fill("harbour wall")
    panel.get_by_label("Compare with the register").uncheck()
    result = read(visit, files / "damaged.jpg", "Marked, but not readable")
    expect(result.locator(".answer-box li")).to_have_text(
        [
            "A larger copy, or one that is less cropped",
            "A comparison with the register: it names the likeliest of your entries",
        ]
    )
    assert options(visit) == {"key": "harbour wall", "known": None}
    result = read(visit, files / "locked.jpg", "Marked, but not readable")
    expect(result.locator(".explanation")).to_have_text("It was marked with another key than the one given.")
    panel.get_by_label("Key").fill("")
    panel.get_by_label("Compare with the register").check()


def test_a_picture_without_a_mark_gets_the_next_steps(visit: App, files: Path) -> None:
    result = read(visit, files / "none.jpg", "No mark found")
    expect(result.locator(".answer")).to_have_text("No mark found")
    expect(result.locator(".explanation")).to_contain_text("It was never marked")
    expect(result.locator(".answer-box li")).to_have_text(
        ["A larger copy, or one that is less cropped", "Its key, if it was marked with one"]
    )
    expect(result.locator(".place polygon")).to_have_count(0)
    assert_accessible(visit.page)


def test_bits_and_figures_stand_under_details(visit: App, files: Path) -> None:
    result = read(visit, files / "read.jpg", "“pipe”")
    plot = result.locator(".bits-plot")
    expect(plot).to_be_hidden()
    result.get_by_text("Details").click()
    expect(plot.locator("rect")).to_have_count(BITS)
    expect(
        plot.get_by_role("img", name=f"How sure each of the {BITS} raw bits is: 5 at least 99%")
    ).to_be_visible()
    expect(plot.locator("code")).to_have_text(" ".join(["5" * 8] * 8))
    expect(result.locator("dl").first).to_contain_text("KindText")
    expect(result.locator("dl").first).to_contain_text("Raw bits corrected12")
    expect(result.locator("dl").first).to_contain_text("PlaceIt was read in the whole picture.")
    assert_accessible(visit.page)
    result.get_by_text("Details").click()


def test_each_answer_has_a_shape_of_its_own(visit: App, files: Path) -> None:
    shapes = []
    for name in ("read.jpg", "damaged.jpg", "none.jpg"):
        visit.read(files / name)
        shapes.append(visit.page.locator(".answer-box:visible .outcome-icon").inner_html())
    assert len(set(shapes)) == 3


def test_a_table_has_the_three_answers_and_so_has_its_csv_file(visit: App, files: Path) -> None:
    panel = visit.show("Read")
    names = ["read.jpg", "number.jpg", "likeliest.jpg", "later.jpg", "none.jpg"]
    panel.get_by_label("Choose").set_input_files([files / name for name in names])
    expect(panel.locator(".status")).to_have_text("All pictures were looked at.")
    expect(panel.locator("caption")).to_have_text(
        "5 pictures: 2 read; 2 marked, but not readable; 1 without a mark."
    )
    expect(panel.get_by_role("row", name="read.jpg")).to_contain_text("about 1 in 5,000,000")
    row = panel.get_by_role("row", name="likeliest.jpg")
    expect(row).to_contain_text("Marked, but not readable")
    expect(row).to_contain_text("Perhaps number 18446744073709551615: For the harbour office")
    expect(panel.get_by_role("row", name="later.jpg")).to_contain_text("by a later version")
    expect(panel.get_by_role("row", name="none.jpg")).to_contain_text("No mark found")
    assert_accessible(visit.page)

    with visit.page.expect_download() as download:
        panel.get_by_role("button", name="Export as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert [row["outcome"] for row in rows] == ["read", "read", "unreadable", "unreadable", "none"]
    assert [row["message"] for row in rows] == ["pipe", "18446744073709551615", "", "", ""]
    assert [row["register"] for row in rows] == ["", "For the harbour office", "", "", ""]
    assert [row["likeliest"] for row in rows] == ["", "", "For the harbour office", "", ""]
    assert [row["reason"] for row in rows] == ["", "", "damaged", "later", ""]


def test_the_overlay_gives_the_same_answers(visit: App, files: Path) -> None:
    panel = visit.show("Page overlay")
    for name, answer in (("read.jpg", "“pipe”"), ("damaged.jpg", "Marked, but not readable")):
        panel.get_by_label("Choose").set_input_files(files / name)
        expect(panel.locator(".answer")).to_have_text(answer)
        assert_accessible(visit.page)
    assert BITS_IN_HEX[:8] not in panel.inner_text()


def test_the_chart_of_the_lab_tells_the_answers_apart(visit: App, files: Path) -> None:
    panel = visit.show("Try to break it")
    panel.get_by_label("Choose").set_input_files(files / "read.jpg")
    expect(panel.locator(".answer")).to_have_text("“pipe”")
    expect(panel.locator(".explanation")).to_contain_text(f"{BITS} of {BITS} raw bits are right.")
    panel.get_by_role("slider", name="Amount: Blur").fill("0.5")
    expect(panel.locator(".answer")).to_have_text("Marked, but not readable")
    with said_aloud(visit.page, "Blur: read at 3 of 9 amounts, marked but not readable at 3."):
        panel.get_by_role("button", name="How far? Blur").click()
        expect(panel.locator(".survival path")).to_have_count(9)
        expect(panel.locator(".status")).to_contain_text("Blur: read at")
    outcomes = panel.locator(".survival path").evaluate_all(
        "paths => paths.map((path) => path.dataset.outcome)"
    )
    assert outcomes == ["read"] * 3 + ["unreadable"] * 3 + ["none"] * 3
    panel.get_by_text("As a table").click()
    expect(panel.get_by_role("row", name="50%")).to_contain_text("Marked, but not readable")
    assert_accessible(visit.page)


def test_the_bytes_of_a_text_are_counted_as_they_are_typed(visit: App) -> None:
    panel = visit.show("Mark")
    panel.get_by_label("Message").select_option("text")
    field = panel.get_by_role("textbox", name="Text")
    for text, count in (("", "0 of 8 bytes"), ("汉字", "6 of 8 bytes"), ("😀 ok", "7 of 8 bytes")):
        field.fill(text)
        expect(panel.locator(".count")).to_have_text(count)
        expect(field).to_have_attribute("aria-invalid", "false")
    with said_aloud(visit.page, "9 bytes, and 8 fit"):
        field.fill("汉字汉")
        expect(panel.locator(".count")).to_contain_text("9 bytes, and 8 fit")
    expect(field).to_have_attribute("aria-invalid", "true")
    with said_aloud(visit.page, "White space alone is no message."):
        field.fill("\u3000 ")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert_accessible(visit.page)
    panel.get_by_label("Message").select_option("id")
    expect(panel.locator(".count")).to_be_hidden()


def test_the_answers_are_given_in_chinese(visit: App, files: Path) -> None:
    visit.read(files / "likeliest.jpg")
    visit.page.get_by_label("Language").select_option("zh")
    box = visit.page.locator(".answer-box:visible")
    expect(box.locator(".answer")).to_have_text("有标记，但无法读出")
    expect(box.locator(".likeliest")).to_contain_text("未经证实")
    assert_accessible(visit.page)
    visit.page.locator("select.language").select_option("en")
