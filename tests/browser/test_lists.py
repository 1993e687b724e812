"""Lists of marked pictures: they outlast a reload and a closed tab, until people delete them.

Where storage fails, and with several tabs: tests/faults.
"""

import base64
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Dialog, expect

from tests.browser.app import PATIENCE_MS, App, until
from tests.browser.lists import (
    KEPT,
    another_tab,
    empty,
    mark,
    status,
    today,
    unzipped,
)

OLDER_LIST = """async ([record, picture]) => {
    const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    const folder = await root.getDirectoryHandle("of-yesterday", { create: true });
    const files = {
        "list.json": JSON.stringify({ format: 1, time: Date.now() }),
        "1.json": JSON.stringify(record),
        "1-cover": bytes,
        "1-marked": bytes,
        "1-difference": bytes,
    };
    for (const [name, content] of Object.entries(files)) {
        const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
        await writable.write(content);
        await writable.close();
    }
}"""
OLDER_PAYLOAD = {"kind": "hex", "value": "0badcafe", "hex": "0badcafe"}
OLDER_RECORD = {
    "cover": {"name": "cat.png", "type": "image/png", "lastModified": 0},
    "state": "marked",
    "options": {"kind": "hex", "value": "0badcafe", "strength": 1, "pattern": "{name}-marked", "key": None},
    "hasKey": False,
    "outcome": {
        "id": "of-yesterday",
        "name": "cat-marked.png",
        "file_format": "PNG",
        "type": "image/png",
        "width": 320,
        "height": 240,
        "strength": 1,
        "psnr": 42.0,
        "payload": OLDER_PAYLOAD,
        "check": {
            "found": True,
            "payload": OLDER_PAYLOAD,
            "bits": [0, 1] * 16,
            "confidences": [0.99] * 32,
            "statistic": 4.0,
            "threshold": 2.0,
            "false_alarm": 1e-9,
            "tried": 1,
            "protected": None,
            "match": None,
            "milliseconds": 10.0,
            "corners": [[0, 0], [1, 0], [1, 1], [0, 1]],
        },
        "warnings": [],
        "expected": 1.0,
        "removed": [],
        "phases": {"open": 10.0},
        "sizeBefore": 1000,
    },
    "error": None,
    "isSaved": False,
    "isRegistered": False,
    "isRemoved": False,
}
"""What a build of before the three answers kept of a marked picture."""


def test_a_batch_asks_before_a_reload_and_goes_on_after_it(visit: App, pictures: list[Path]) -> None:
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    panel = mark(visit, pictures)
    expect(panel.locator('[data-state="marked"]')).not_to_have_count(0, timeout=PATIENCE_MS)
    visit.page.on("dialog", accept)
    visit.page.reload()
    assert asked == ["beforeunload"]
    expect(panel.get_by_role("listitem")).to_have_count(5)
    expect(status(panel)).to_have_text("5 of 5 pictures marked.", timeout=PATIENCE_MS)
    expect(panel.get_by_role("listitem").filter(has_text="“pipe”")).to_have_count(5)

    visit.page.reload()
    assert asked == ["beforeunload"]
    expect(status(panel)).to_have_text("5 of 5 pictures marked.")
    expect(panel.get_by_role("img", name="The original picture")).to_have_js_property("naturalWidth", 320)
    files = unzipped(visit, panel.get_by_role("button", name="Save all as ZIP"))
    assert list(files) == [f"picture-{number}-marked.jpg" for number in range(1, 6)]
    for data in files.values():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.size == (320, 240)
    # Each picture is written down once.
    visit.show("Register")
    expect(visit.page.locator(".entries > li")).to_have_count(5)


def test_the_list_of_a_closed_tab_is_offered(visit: App, url: str, pictures: list[Path]) -> None:
    panel = mark(visit, pictures[:2])
    visit.await_batch(panel)
    later = another_tab(visit, url)
    # Another tab's list is its own.
    offers = later.page.get_by_role("list", name="Lists that were not finished")
    expect(offers).to_be_hidden()
    visit.page.close()
    later.page.reload()
    name = f"2 pictures of {today()}, not saved"
    expect(offers.get_by_role("listitem")).to_contain_text(name)

    later.page.once("dialog", lambda dialog: dialog.dismiss())
    offers.get_by_role("button", name="Delete").click()
    expect(offers.get_by_role("listitem")).to_contain_text(name)
    offers.get_by_role("button", name="Show").click()
    expect(offers).to_be_hidden()
    panel = later.page.locator("#screen-mark")
    expect(status(panel)).to_have_text("2 of 2 pictures marked.")
    with later.page.expect_download():
        panel.get_by_role("button", name="Save: picture-1.jpg").click()

    again = another_tab(later, url)
    later.page.close()
    again.page.reload()
    offers = again.page.get_by_role("list", name="Lists that were not finished")
    expect(offers.get_by_role("listitem")).to_contain_text(f"1 picture of {today()}, not saved")
    assert list(unzipped(again, offers.get_by_role("button", name="Save all as ZIP"))) == [
        "picture-2-marked.jpg"
    ]
    expect(offers).to_be_hidden()
    assert again.page.evaluate(KEPT) in ([], ["hushmark.zip"])


def test_a_list_of_an_older_build_is_shown_and_saved(
    visit: App, pictures: list[Path], tmp_path: Path
) -> None:
    with Image.open(pictures[0]) as image:
        image.save(tmp_path / "cat.png")
    picture = base64.b64encode((tmp_path / "cat.png").read_bytes()).decode()
    visit.page.evaluate(OLDER_LIST, [OLDER_RECORD, picture])
    visit.page.reload()
    offers = visit.page.get_by_role("list", name="Lists that were not finished")
    offers.get_by_role("button", name="Show").click()
    expect(offers).to_be_hidden()
    panel = visit.page.locator("#screen-mark")
    expect(panel.get_by_role("listitem")).to_contain_text("0badcafe")
    panel.get_by_role("button", name="Compare: cat.png").click()
    facts = panel.locator(".stage dl").first
    expect(facts).to_contain_text("Message0badcafe")
    # Its mark is one that this build does not read.
    expect(facts).to_contain_text("Read backMarked, but not readable")
    with visit.page.expect_download() as download:
        panel.get_by_role("button", name="Save: cat.png").click()
    assert Path(download.value.path()).read_bytes() == (tmp_path / "cat.png").read_bytes()
    entry = visit.show("Register").get_by_role("listitem")
    expect(entry.get_by_role("heading")).to_have_text("0badcafe")


def test_an_emptied_list_comes_back_when_asked(visit: App, pictures: list[Path]) -> None:
    panel = mark(visit, pictures[:2])
    visit.await_batch(panel)
    panel.get_by_role("button", name="Empty the list").click()
    expect(panel.get_by_text("The list was emptied: 2 pictures.")).to_be_visible()
    expect(panel.get_by_role("listitem")).to_have_count(0)
    panel.get_by_role("button", name="Undo").click()
    expect(status(panel)).to_have_text("2 of 2 pictures marked.")
    with visit.page.expect_download():
        panel.get_by_role("button", name="Save: picture-1.jpg").click()
    visit.page.reload()
    expect(status(panel)).to_have_text("2 of 2 pictures marked.")
    empty(visit, panel)
    visit.page.reload()
    expect(panel.get_by_role("button", name="Choose a folder")).to_be_visible()
    until(visit.page, f"({KEPT})().then((names) => names.length === 0)")


def test_a_key_is_not_kept_and_asked_for(visit: App, pictures: list[Path]) -> None:
    panel = visit.choose(*pictures)
    visit.more_options(panel)
    panel.get_by_label("Key", exact=True).fill("harbour wall")
    mark_button = panel.get_by_role("button", name="Mark 5 pictures")
    visit.say(panel, "pipe")
    mark_button.click()
    panel.get_by_role("button", name="Pause").click()
    until(visit.page, f"({KEPT})().then((names) => names.includes('5.json'))")
    kept = visit.page.evaluate(
        """async () => {
            const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("hushmark-lists");
            let text = JSON.stringify([localStorage, sessionStorage]);
            for await (const folder of root.values())
                for await (const file of folder.values())
                    if (file.name.endsWith(".json")) text += await (await file.getFile()).text();
            return text;
        }"""
    )
    assert "harbour wall" not in kept
    visit.page.reload()
    expect(panel.get_by_role("alert")).to_contain_text("A key is not kept with a list.")
    expect(panel.locator('[data-state="new"]')).not_to_have_count(0)
