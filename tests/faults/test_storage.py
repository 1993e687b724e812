"""The browser's storage is full, off, lost or of a newer build: pictures are marked, and the page says so."""

import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.app import PATIENCE_MS, App, opened
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.lists import mark, status, visited
from tests.browser.serving import release_running, serving
from tests.support.pictures import sample_path

# Also run for a blank page, which has no such class.
NO_FILES = "delete globalThis.FileSystemFileHandle?.prototype.createWritable;"
"""As in a browser whose pages cannot write files: the lists are in a database, too."""
LOSE_CONNECTIONS = """{
    const { transaction } = IDBDatabase.prototype;
    const counts = {};
    globalThis.lost = new Set();
    IDBDatabase.prototype.transaction = function (...values) {
        counts[this.name] = (counts[this.name] ?? -1) + 1;
        if (counts[this.name] % 10 === 0) {
            this.close();
            globalThis.lost.add(this.name);
        }
        return transaction.call(this, ...values);
    };
}
"""
"""The first connection to each database, and every tenth, is closed just before it is used."""
OF_TOMORROW = {name: [9, "of tomorrow"] for name in ("hushmark", "hushmark-register", "hushmark-lists")}
NEWER_DATABASES = f"""
    for (const name of location.host ? {list(OF_TOMORROW)} : []) {{
        const opening = indexedDB.open(name, 9);
        opening.onupgradeneeded = () => opening.result.createObjectStore("newer").put("of tomorrow", "key");
        opening.onsuccess = () => opening.result.close();
    }}
"""
"""Runs before the page opens its databases, but not for a blank page, which has none."""
DATABASES = """async () => {
    const found = {};
    for (const { name, version } of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        await new Promise((resolve) => (opening.onsuccess = resolve));
        const [store] = opening.result.objectStoreNames;
        const reading = opening.result.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => (reading.onsuccess = resolve));
        found[name] = [version, ...reading.result];
        opening.result.close();
    }
    return found;
}"""


def assert_marks_and_reads(app: App, folder: Path) -> None:
    """Fails if a picture cannot be marked, saved and read."""
    app.mark(sample_path("rocket.jpg"), "pipe")
    saved = app.download(folder)
    Image.open(saved).load()
    expect(app.read(saved).locator(".answer")).to_have_text("“pipe”")


def alert(page: Page, text: str) -> None:
    """Fails if no alert that shows has this text."""
    expect(page.get_by_role("alert").filter(has_text=text)).to_be_visible()


def test_storage_that_is_full_in_all_its_parts(fresh_page: Page, url: str, tmp_path: Path) -> None:
    fresh_page.context.new_cdp_session(fresh_page).send(
        "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": 5_000}
    )
    app = App(fresh_page, url)
    expect(app.engine_line).to_contain_text("not keep the weights (there is no storage left)")
    app.mark(sample_path("rocket.jpg"), "pipe")
    panel = fresh_page.locator("#screen-mark")
    expect(panel.get_by_text("This browser's storage is full")).to_be_visible()
    alert(fresh_page, "The picture is marked, but not in the register.")
    assert_marks_and_reads(app, tmp_path)


def test_databases_of_a_newer_version_are_left_as_they_are(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    with visited(browser, url, NO_FILES + NEWER_DATABASES) as app:
        app.await_engine()
        expect(app.engine_line).to_contain_text("not keep the weights")
        app.mark(sample_path("rocket.jpg"), "pipe")
        expect(app.page.get_by_text("The lists on this device were written by a newer")).to_be_visible()
        alert(app.page, "The picture is marked, but not in the register.")
        assert_marks_and_reads(app, tmp_path)
        assert app.page.evaluate(DATABASES) == OF_TOMORROW


def test_lost_connections_to_the_databases_cost_nothing(
    browser: Browser, copy: Path, pictures: list[Path]
) -> None:
    # The weights are stored in a worker, which a test cannot reach before it runs.
    release_running(copy, "networks-worker.js", LOSE_CONNECTIONS)
    with serving(copy) as url, visited(browser, url, NO_FILES + LOSE_CONNECTIONS) as app:
        app.await_engine()
        expect(app.engine_line).to_contain_text("weights from the network, kept for the next visit")
        panel = mark(app, pictures[:2])
        app.await_batch(panel)
        assert app.page.evaluate("[...lost].sort()") == ["hushmark-lists", "hushmark-register"]
        app.page.reload()
        expect(status(panel)).to_have_text("2 of 2 pictures marked.")
        expect(app.page.get_by_text("This browser keeps no pictures")).to_be_hidden()
        app.await_engine()
        expect(app.engine_line).to_contain_text("weights from this browser's storage")
        app.show("Register")
        expect(app.page.locator(".entries > li")).to_have_count(2)


def test_databases_that_the_browser_deletes_while_pictures_are_marked(
    browser: Browser, url: str, pictures: list[Path]
) -> None:
    with visited(browser, url) as app:
        panel = mark(app, pictures)
        expect(panel.locator('[data-state="marked"]')).not_to_have_count(0, timeout=PATIENCE_MS)
        # It closes all connections that are open.
        app.page.context.new_cdp_session(app.page).send(
            "Storage.clearDataForOrigin", {"origin": url.rstrip("/"), "storageTypes": "indexeddb"}
        )
        app.await_batch(panel)
        expect(status(panel)).to_have_text("5 of 5 pictures marked.")
        app.page.reload()
        expect(status(panel)).to_have_text("5 of 5 pictures marked.")
        app.mark(sample_path("rocket.jpg"), "boat")
        app.show("Register")
        expect(app.page.locator(".entries > li").first).to_contain_text("boat")


def test_storage_that_is_switched_off(playwright: Playwright, url: str, tmp_path: Path) -> None:
    preferences = tmp_path / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    # What Chromium's settings call "all cookies blocked": no storage of any kind.
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    preferences.write_text(json.dumps(blocked), "utf-8")
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path=executable(), args=ARGUMENTS
    )
    with opened(context) as visit:
        page = visit.context.new_page()
        app = App(page, url, started=False)
        assert page.evaluate("indexedDB.databases().then(() => 'on', ({ name }) => name)") != "on"
        app.await_engine()
        expect(app.engine_line).to_contain_text("not keep the weights")
        app.mark(sample_path("rocket.jpg"), "pipe")
        expect(page.get_by_text("This browser keeps no pictures for the next visit")).to_be_visible()
        alert(page, "The picture is marked, but not in the register.")
        assert_marks_and_reads(app, tmp_path)
        app.show("Register")
        alert(page, "The register could not be opened")
        settings = app.show("Settings")
        expect(settings).to_contain_text("This browser window cannot keep sites for use without a network.")
        expect(settings).to_contain_text("Nothing.")
