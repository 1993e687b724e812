"""A photographer's way: the first visit, results where eyes are, and whose picture it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Locator, expect

from tests.browser.access import assert_accessible
from tests.browser.app import App, watched
from tests.support.pictures import sample_path

SHARING = """
navigator.canShare = ({ files }) => files.length === 1;
navigator.share = async ({ files: [file] }) => { window.shared = [file.name, file.type, file.size]; };
"""
"""Chromium on Linux has no dialogue to share with."""


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[App]:
    """The page on a phone that can share files."""
    device = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with watched(browser, url, service_workers="block", **device) as visit:
        visit.context.add_init_script(SHARING)
        yield App(visit.context.new_page(), url, started=False)


def test_results_come_into_view_and_pictures_are_marked_anew(
    phone: App, pictures: list[Path], tmp_path: Path
) -> None:
    page = phone.page
    panel = phone.mark(pictures[0], "pipe")
    stage = panel.locator(".stage")
    save = stage.get_by_role("button", name="Save")
    expect(stage.get_by_text("It carries “pipe”")).to_be_in_viewport(ratio=1)
    expect(save).to_be_in_viewport(ratio=1)
    assert bottom(save) < top(page.get_by_role("navigation"))
    expect(stage.get_by_text("PSNR")).to_be_hidden()
    expect(panel.get_by_role("button", name="Save all as ZIP")).to_be_hidden()
    with page.expect_download() as download:
        save.tap()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    stage.get_by_role("button", name="Share").tap()
    assert page.evaluate("shared") == ["picture-1-marked.jpg", "image/jpeg", marked_size(tmp_path)]

    # The picture on the screen can be marked anew: there is nothing to choose first.
    again = panel.get_by_role("button", name="Mark it again, like this")
    phone.say(panel, "more")
    again.tap()
    expect(stage.get_by_text("It carries “more”")).to_be_in_viewport(ratio=1)
    phone.say(panel, "too long!")
    again.tap()
    expect(panel.get_by_role("alert")).to_contain_text("The text takes 9 bytes")
    row = panel.get_by_role("listitem").filter(has_text="picture-1")
    expect(row).to_contain_text("“more”")
    expect(row.get_by_role("button", name="Save")).to_be_visible()

    panel.locator("input[accept]").set_input_files(pictures[1])
    phone.say(panel, "pipe")
    panel.get_by_role("button", name="Mark picture").tap()
    phone.await_batch(panel)
    expect(row).to_contain_text("“more”")
    phone.say(panel, "both")
    panel.get_by_role("button", name="Mark all 2 again, like this").tap()
    phone.await_batch(panel)
    expect(panel.locator(".row-state").filter(has_text="“both”")).to_have_count(2)

    # What was never saved is gone, and the register does not have it: of the first picture “pipe” was saved.
    register = phone.show("Register")
    expect(register.get_by_role("heading", level=2)).to_have_text(["“both”", "“both”", "“pipe”"])

    read = phone.read(tmp_path / "picture-1-marked.jpg")
    photo = read.get_by_text("Take a photo")
    expect(photo).to_be_visible()
    assert bottom(photo) <= top(read.locator(".status"))


def test_the_register_finds_the_picture_among_those_with_the_same_message(visit: App, tmp_path: Path) -> None:
    for name in ("chelsea.png", "coffee.png", "rocket.jpg"):
        with Image.open(sample_path(name)) as image:
            image.convert("RGB").resize((480, 320)).save(tmp_path / f"{name[:-4]}.jpg", quality=92)
    panel = visit.choose(*sorted(tmp_path.glob("*.jpg")))
    visit.say(panel, "pipe")
    panel.get_by_label("Note", exact=True).fill("© Herald, Jane")
    panel.get_by_role("button", name="Mark 3 pictures").click()
    visit.await_batch(panel)
    with visit.page.expect_download() as download:
        panel.get_by_role("button", name="Save: coffee.jpg").click()
    with Image.open(download.value.path()) as image:
        ImageOps.mirror(image).save(tmp_path / "copy.jpg", quality=80)

    # Three ways to say what it is: all that have the message, the one that looks like it first, and its note.
    panel = visit.read(tmp_path / "copy.jpg")
    expect(panel.locator(".answer")).to_have_text("“pipe”: © Herald, Jane")
    matches = panel.locator(".matches")
    expect(matches).to_contain_text("3 entries of the register have this message.")
    expect(matches.get_by_role("link")).to_have_count(3)
    expect(matches.get_by_role("link").first).to_have_text("coffee.jpg")
    expect(matches.get_by_role("listitem").first).to_contain_text("looks like this picture")
    expect(matches.get_by_text("looks different")).to_have_count(2)
    expect(matches.locator("img").first).to_have_js_property("complete", True)
    expect(panel.locator(".details")).to_contain_text("mirrored.")
    assert_accessible(visit.page)
    matches.get_by_role("link", name="coffee.jpg").click()
    register = visit.page.locator("main > section:visible")
    entry = register.get_by_role("listitem").filter(has_text="coffee.jpg")
    expect(entry.get_by_role("heading")).to_be_focused()
    expect(entry).to_be_in_viewport()

    # The same from a table, which has the perceptual hashes, too.
    with visit.page.expect_download() as download:
        register.get_by_role("button", name="Export as CSV").click()
    download.value.save_as(tmp_path / "register.csv")
    register.get_by_role("button", name="Delete everything").click()
    register.get_by_role("dialog").get_by_role("button", name="Delete everything").click()
    expect(register.get_by_role("status")).to_have_text("3 entries deleted.")
    register.get_by_label("Import").set_input_files(tmp_path / "register.csv")
    expect(register.get_by_role("status")).to_have_text("3 entries added.")
    panel = visit.read(tmp_path / "copy.jpg")
    expect(matches.get_by_role("link").first).to_have_text("coffee.jpg")


def test_a_first_visit_begins_with_an_id_and_a_sample_picture(visit: App, tmp_path: Path) -> None:
    panel = visit.show("Mark")
    expect(panel).to_contain_text("Your pictures stay on this device.")
    expect(panel.get_by_label("Message")).to_have_value("random")
    expect(visit.page.get_by_text("provider")).to_be_hidden()
    panel.get_by_label("Note", exact=True).fill("© Herald, 2026, Jane")
    panel.get_by_role("button", name="Try it with a sample picture").click()
    visit.await_batch(panel)
    expect(panel.locator(".stage")).to_contain_text("sample-marked.jpg")
    expect(panel.locator(".warnings p")).to_have_count(0)
    expect(panel.get_by_role("button", name="Try it with a sample picture")).to_be_hidden()
    expect(visit.engine_line.get_by_role("status").first).to_have_text(
        "Ready. Your pictures stay on this device."
    )
    expect(visit.engine_line.get_by_text("Execution provider")).to_be_hidden()
    marked = visit.download(tmp_path)
    answer = visit.read(marked).locator(".answer")
    expect(answer).to_have_text(re.compile("^[0-9a-f]{16}: © Herald, 2026, Jane$"))

    # Without the register there is nothing to keep a note in.
    visit.show("Register").get_by_label("Keep a register").uncheck()
    panel = visit.show("Mark")
    expect(panel.get_by_label("Note", exact=True)).to_be_hidden()
    expect(panel.get_by_text("The register is off")).to_be_visible()


def top(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"]


def bottom(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def marked_size(folder: Path) -> int:
    return (folder / "picture-1-marked.jpg").stat().st_size
