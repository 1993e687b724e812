"""Where results stand on a phone, and what can be done with them next."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.app import App, watched

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
