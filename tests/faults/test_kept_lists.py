"""Lists of marked pictures where storage fails, is full or of a newer build, and with several tabs."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Dialog, Playwright, expect

from tests.browser.app import PATIENCE_MS, App, opened, until
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.lists import (
    KEPT,
    another_tab,
    empty,
    mark,
    status,
    today,
    unzipped,
    visited,
)

# Also run for a blank page, which has no such class.
NO_FILES = "delete globalThis.FileSystemFileHandle?.prototype.createWritable;"
NO_DATABASE = """
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (name, ...values) {
        if (name === "hushmark-lists") throw new DOMException("Denied.", "SecurityError");
        return open.call(this, name, ...values);
    };
"""
NEWER_LIST = """() => navigator.locks.request("hushmark-list/of-tomorrow", async () => {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    const folder = await root.getDirectoryHandle("of-tomorrow", { create: true });
    const writable = await (await folder.getFileHandle("list.json", { create: true })).createWritable();
    await writable.write(JSON.stringify({ format: 99, time: Date.now() }));
    await writable.close();
})"""
NEWER_DATABASE = """() => new Promise((resolve) => {
    const opening = indexedDB.open("hushmark-lists", 9);
    opening.onsuccess = () => { opening.result.close(); resolve(); };
})"""


def test_a_list_that_is_not_marked_to_its_end_is_offered_and_deleted(
    visit: App, url: str, pictures: list[Path]
) -> None:
    panel = mark(visit, pictures)
    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator('[data-state="marked"]')).not_to_have_count(0, timeout=PATIENCE_MS)
    expect(panel.locator('[data-state="working"]')).to_have_count(0, timeout=PATIENCE_MS)
    later = another_tab(visit, url)
    visit.page.close()
    later.page.reload()
    offers = later.page.get_by_role("list", name="Lists that were not finished")
    expect(offers.get_by_role("listitem")).to_contain_text("not marked yet")
    offers.get_by_role("button", name="Show").click()
    panel = later.page.locator("#screen-mark")
    expect(status(panel)).to_contain_text("Paused")
    later.page.reload()
    expect(status(panel)).to_contain_text("Paused")
    panel.get_by_role("button", name="Go on").click()
    expect(status(panel)).to_have_text("5 of 5 pictures marked.", timeout=PATIENCE_MS)

    third = another_tab(later, url)
    later.page.close()
    third.page.reload()
    offers = third.page.get_by_role("list", name="Lists that were not finished")
    third.page.once("dialog", lambda dialog: dialog.accept())
    offers.get_by_role("button", name="Delete").click()
    expect(offers).to_be_hidden()
    assert third.page.evaluate(KEPT) == []


def test_two_tabs_leave_each_other_alone(visit: App, url: str, pictures: list[Path]) -> None:
    panel = mark(visit, pictures[:2])
    other = another_tab(visit, url)
    beside = mark(other, pictures[2:4], "boat")
    visit.await_batch(panel)
    other.await_batch(beside)
    # A duplicated tab starts with the other's session.
    session = visit.page.evaluate("JSON.stringify(sessionStorage)")
    third = another_tab(visit, url)
    third.page.evaluate("(session) => Object.assign(sessionStorage, JSON.parse(session))", session)
    third.page.reload()
    until(third.page, "JSON.parse(sessionStorage['hushmark-lists']).names.length === 0")
    expect(third.page.locator(".row")).to_have_count(0)

    empty(other, beside)
    other.page.reload()
    until(other.page, "JSON.parse(sessionStorage['hushmark-lists']).names.length === 0")
    assert len(unzipped(visit, panel.get_by_role("button", name="Save all as ZIP"))) == 2
    visit.page.reload()
    expect(panel.get_by_role("listitem").filter(has_text="“pipe”")).to_have_count(2)


def test_a_list_outlasts_the_browser_process(
    playwright: Playwright, tmp_path: Path, url: str, pictures: list[Path]
) -> None:
    for run in ("first", "second"):
        context = playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=executable(), args=ARGUMENTS, service_workers="block"
        )
        with opened(context) as visit:
            app = App(visit.context.new_page(), url, started=False)
            if run == "first":
                app.await_batch(mark(app, pictures[:1]))
            else:
                expect(app.page.get_by_text(f"1 picture of {today()}, not saved")).to_be_visible()


def test_without_a_private_file_system_the_database_keeps_the_list(
    browser: Browser, url: str, pictures: list[Path]
) -> None:
    with visited(browser, url, NO_FILES) as app:
        panel = mark(app, pictures[:2])
        app.await_batch(panel)
        app.page.reload()
        expect(status(panel)).to_have_text("2 of 2 pictures marked.")
        expect(panel.get_by_role("img", name="The original picture")).to_have_js_property("naturalWidth", 320)
        assert len(unzipped(app, panel.get_by_role("button", name="Save all as ZIP"))) == 2


def test_a_browser_that_keeps_nothing_says_so_and_asks(
    browser: Browser, url: str, pictures: list[Path]
) -> None:
    with visited(browser, url, NO_FILES + NO_DATABASE) as app:
        panel = mark(app, pictures[:2])
        app.await_batch(panel)
        expect(
            panel.get_by_text("This browser keeps no pictures for the next visit (SecurityError)")
        ).to_be_visible()
        asked: list[str] = []

        def accept(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        app.page.on("dialog", accept)
        assert len(unzipped(app, panel.get_by_role("button", name="Save all as ZIP"))) == 2
        app.page.reload()
        assert asked == []
        app.await_batch(mark(app, pictures[:1]))
        app.page.reload()
        assert asked == ["beforeunload"]


def test_storage_that_is_full_costs_no_marked_picture(visit: App, url: str, pictures: list[Path]) -> None:
    visit.await_engine()
    panel = visit.choose(*pictures)
    used = visit.page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)")
    visit.page.context.new_cdp_session(visit.page).send(
        "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": used + 150_000}
    )
    panel = mark(visit, pictures)
    visit.await_batch(panel)
    expect(status(panel)).to_have_text("5 of 5 pictures marked.")
    expect(panel.get_by_text("This browser's storage is full")).to_be_visible()
    files = unzipped(visit, panel.get_by_role("button", name="Save all as ZIP"))
    assert len(files) == 5
    for data in files.values():
        Image.open(io.BytesIO(data)).load()


def test_what_a_newer_build_has_kept_is_left_alone(
    browser: Browser, visit: App, url: str, pictures: list[Path]
) -> None:
    visit.page.evaluate(NEWER_LIST)
    visit.page.reload()
    offers = visit.page.get_by_role("list", name="Lists that were not finished")
    expect(offers).to_contain_text(f"A list of {today()}, of a newer Hushmark")
    expect(offers.get_by_role("button")).to_have_count(1)

    with visited(browser, url) as app:
        app.page.evaluate(NEWER_DATABASE)
        app.page.context.add_init_script(NO_FILES)
        app.page.reload()
        app.await_batch(mark(app, pictures[:1]))
        expect(app.page.get_by_text("were written by a newer Hushmark")).to_be_visible()
