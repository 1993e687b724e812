"""Lists of marked pictures: they outlast a reload and a closed tab, until people delete them."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, Locator, Playwright, expect

from tests.browser.app import PATIENCE_MS, App, opened, until, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.support.pictures import sample_path

NO_FILES = "delete FileSystemFileHandle.prototype.createWritable;"
NO_DATABASE = """
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (name, ...values) {
        if (name === "hushmark-lists") throw new DOMException("Denied.", "SecurityError");
        return open.call(this, name, ...values);
    };
"""
NEWER_LIST = """async () => {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    const folder = await root.getDirectoryHandle("of-tomorrow", { create: true });
    const writable = await (await folder.getFileHandle("list.json", { create: true })).createWritable();
    await writable.write(JSON.stringify({ format: 99, time: Date.now() }));
    await writable.close();
}"""
NEWER_DATABASE = """() => new Promise((resolve) => {
    const opening = indexedDB.open("hushmark-lists", 9);
    opening.onsuccess = () => { opening.result.close(); resolve(); };
})"""
KEPT = """async () => {
    const names = [];
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    for await (const folder of root.values())
        for await (const file of folder.values())
            if (file.name !== "list.json" && (await file.getFile()).size) names.push(file.name);
    return names.sort();
}"""
FLIP_FIRST_BIT = """async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("hushmark-lists");
    for await (const folder of root.values()) {
        const handle = await folder.getFileHandle("1.json");
        const record = JSON.parse(await (await handle.getFile()).text());
        record.outcome.check.bits[0] ^= 1;
        const writable = await handle.createWritable();
        await writable.write(JSON.stringify(record));
        await writable.close();
        return record.outcome.check.bits;
    }
}"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    with Image.open(sample_path("rocket.jpg")) as photo:
        for number in range(1, 6):
            paths.append(folder / f"picture-{number}.jpg")
            photo.crop((number, number, number + 320, number + 240)).save(paths[-1], quality=92)
    return paths


@contextmanager
def visited(browser: Browser, url: str, script: str = "") -> Iterator[App]:
    with watched(browser, url, service_workers="block") as visit:
        if script:
            visit.context.add_init_script(script)
        yield App(visit.context.new_page(), url, started=False)


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[App]:
    with visited(browser, url) as app:
        yield app


def mark(app: App, paths: list[Path], text: str = "pipe") -> Locator:
    panel = app.choose(*paths)
    panel.get_by_label("Payload").select_option("text")
    panel.get_by_role("textbox", name="Text").fill(text)
    panel.get_by_role("button", name="Mark picture" if len(paths) == 1 else f"Mark {len(paths)}").click()
    return panel


def status(panel: Locator) -> Locator:
    return panel.locator(".board .status")


def unzipped(app: App, button: Locator) -> dict[str, bytes]:
    """What is saved by a button, in a browser without dialogues."""
    app.page.evaluate("window.showSaveFilePicker = undefined")
    with app.page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def another_tab(app: App, url: str) -> App:
    return App(app.page.context.new_page(), url, started=False)


def today() -> str:
    return f"{datetime.now():%A}"


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


def test_the_plot_has_the_bits_that_were_read(visit: App, pictures: list[Path]) -> None:
    panel = mark(visit, pictures[:1])
    visit.await_batch(panel)
    # As of a reading in which one bit was wrong, and was corrected in the payload.
    until(visit.page, f"({KEPT})().then((names) => names.includes('1.json'))")
    bits = visit.page.evaluate(FLIP_FIRST_BIT)
    visit.page.reload()
    expect(panel.locator(".stage .bits-plot tbody tr")).to_have_count(len(bits))
    shown = panel.locator(".stage .bits-plot tbody td:nth-child(2)").all_text_contents()
    assert shown == [str(bit) for bit in bits]


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
    panel.get_by_role("button", name="Empty the list").click()
    visit.page.reload()
    expect(panel.get_by_role("button", name="Choose a folder")).to_be_visible()
    until(visit.page, f"({KEPT})().then((names) => names.length === 0)")


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

    beside.get_by_role("button", name="Empty the list").click()
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
        panel = mark(app, pictures[:1])
        app.await_batch(panel)
        expect(
            panel.get_by_text("This browser keeps no pictures for the next visit (SecurityError)")
        ).to_be_visible()
        asked: list[str] = []

        def accept(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        app.page.on("dialog", accept)
        assert len(unzipped(app, panel.get_by_role("button", name="Save all as ZIP"))) == 1
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


def test_a_key_is_not_kept_and_asked_for(visit: App, pictures: list[Path]) -> None:
    panel = visit.choose(*pictures)
    visit.more_options(panel)
    panel.get_by_label("Key", exact=True).fill("harbour wall")
    mark_button = panel.get_by_role("button", name="Mark 5 pictures")
    panel.get_by_label("Payload").select_option("text")
    panel.get_by_role("textbox", name="Text").fill("pipe")
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
