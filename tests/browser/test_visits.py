"""What a browser keeps from visit to visit, and what happens when it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.app import PATIENCE_MS, App, Visit, opened, until, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import release_running, serving
from tests.support.pictures import sample_path

DAMAGE_STORED_WEIGHTS = """async () => {
    const open = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const database = await open(indexedDB.open("hushmark"));
    const store = database.transaction("weights", "readwrite").objectStore("weights");
    const keys = await open(store.getAllKeys());
    const files = [];
    for (const key of keys) files.push([key, await open(store.get(key))]);
    // The least of damage: one bit of the largest file.
    files.sort(([, one], [, other]) => other.byteLength - one.byteLength);
    const [[key, largest]] = files;
    new Uint8Array(largest)[largest.byteLength - 1] ^= 1;
    await open(store.put(largest, key));
    await open(store.put(new ArrayBuffer(8), "weights of the past"));
    database.close();
    return keys.length;
}"""
STORED_KEYS = """async () => new Promise((resolve, reject) => {
    const opening = indexedDB.open("hushmark");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const keys = opening.result.transaction("weights").objectStore("weights").getAllKeys();
        keys.onsuccess = () => { opening.result.close(); resolve(keys.result); };
    };
})"""
ALL_ARE_STORED = f"({STORED_KEYS})().then((keys) => keys.length === 7)"
BREAK_DATABASE = """
    IDBFactory.prototype.open = () => { throw new DOMException("Denied.", "SecurityError"); };
"""


@contextmanager
def run_of_browser(playwright: Playwright, profile: Path, url: str) -> Iterator[tuple[App, Visit]]:
    """One run of the browser with this profile, and the page in it."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=executable(), args=ARGUMENTS, service_workers="block"
    )
    with opened(context) as visit:
        yield App(visit.context.new_page(), url), visit


def test_later_visits_use_the_stored_weights_and_mend_them(
    playwright: Playwright, tmp_path: Path, url: str
) -> None:
    next_visit = partial(run_of_browser, playwright, tmp_path, url)

    with next_visit() as (app, visit):
        expect(app.engine_line).to_contain_text("weights from the network, kept for the next visit")
        visit.await_weights(app.page, 7)
        until(app.page, ALL_ARE_STORED)

    with next_visit() as (app, visit):
        expect(app.engine_line).to_contain_text("weights from this browser's storage")
        assert visit.weights() == []
        assert app.page.evaluate(DAMAGE_STORED_WEIGHTS) == 7

    with next_visit() as (app, visit):
        expect(app.engine_line).to_contain_text("weights from the network, kept for the next visit")
        visit.await_weights(app.page, 1)
        until(app.page, ALL_ARE_STORED)
        panel = app.read(sample_path("rocket.jpg"))
        expect(panel.locator(".answer")).to_have_text("No mark found")


def test_a_browser_without_room_works_from_memory_and_says_so(fresh_page: Page, url: str) -> None:
    fresh_page.context.new_cdp_session(fresh_page).send(
        "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": 10_000}
    )
    app = App(fresh_page, url)
    expect(app.engine_line).to_contain_text("in memory only")
    expect(app.engine_line).to_contain_text("not keep the weights (there is no storage left)")
    panel = app.read(sample_path("rocket.jpg"))
    expect(panel.locator(".answer")).to_have_text("No mark found")


def test_a_browser_without_a_database_works_from_memory_and_says_so(browser: Browser, copy: Path) -> None:
    # A worker's scope cannot be reached from here, so it is its script that breaks the database.
    release_running(copy, "networks-worker.js", f"{BREAK_DATABASE}\n")
    with serving(copy) as url, watched(browser, url, service_workers="block") as visit:
        app = App(visit.context.new_page(), url)
        expect(app.engine_line).to_contain_text("not keep the weights (Denied.)")
        panel = app.read(sample_path("rocket.jpg"))
        expect(panel.locator(".answer")).to_have_text("No mark found")


def test_an_engine_that_cannot_start_says_so_and_can_be_tried_again(browser: Browser, url: str) -> None:
    # Not watched: the browser itself complains of the damaged file.
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    # Taking a route back would wait for all workers to answer, and one that is being ended never does.
    damage = ["damaged"]
    page.route(
        "**/pyodide.asm.wasm",
        lambda route: route.fulfill(status=200, body=damage[0]) if damage else route.continue_(),
    )
    page.goto(url)
    engine = page.locator("#engine")
    expect(engine).to_contain_text("pyodide.asm.wasm arrived damaged or altered", timeout=PATIENCE_MS)
    damage.clear()
    page.get_by_role("button", name="Try again").click()
    expect(engine).to_contain_text("Execution provider", timeout=PATIENCE_MS)
    context.close()


def test_the_engine_starts_without_the_locator_and_a_search_that_needs_it_says_so(
    browser: Browser, url: str
) -> None:
    # Not watched: the browser itself complains of the file that does not come.
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    is_gone = [True]
    page.route("**/locator-*", lambda route: route.abort() if is_gone else route.continue_())
    app = App(page, url)
    panel = app.read(sample_path("rocket.jpg"))
    expect(panel).to_contain_text("could not be loaded. Check the connection")
    is_gone.clear()
    expect(app.read(sample_path("rocket.jpg")).locator(".answer")).to_have_text("No mark found")
    context.close()
