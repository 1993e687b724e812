"""Tab, browser, server or build goes away in mid batch: what was marked stays, and the batch goes on."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from tests.browser.altered import RAN, TELL
from tests.browser.app import PATIENCE_MS, App, Visit, opened, until
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.harness import KEEP_WORKERS
from tests.browser.lists import another_tab, mark, status, visited
from tests.browser.serving import release_running, serving

MARKED = """async () => {
    const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16)).join(" ");
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    const digests = {};
    const isGone = (error) => { if (error.name !== "NotFoundError") throw error; };
    for await (const folder of root.values()) {
        const look = async (file) => {
            if (!file.name.endsWith(".json") || file.name === "list.json") return;
            const text = await (await file.getFile()).text();
            if (!text || JSON.parse(text).state !== "marked") return;
            const marked = await folder.getFileHandle(file.name.replace(".json", "-marked"));
            const data = await (await marked.getFile()).arrayBuffer();
            digests[file.name] = hex(await crypto.subtle.digest("SHA-256", data));
        };
        for await (const file of folder.values()) await look(file).catch(isGone);
    }
    return digests;
}"""
"""SHA-256 of the marked pictures that are kept. What goes meanwhile is not among them."""
KEPT_OFFLINE = "Hushmark works on this device without a network."


def begin(app: App, pictures: list[Path]) -> tuple[Locator, dict[str, str]]:
    """Mark pictures until the first is marked and kept; answers the section, and the digests of the kept."""
    panel = mark(app, pictures)
    until(app.page, f"({MARKED})().then((marked) => Object.keys(marked).length > 0)")
    # A record that is written anew, as when the register was told, may be gone for a moment.
    for _ in range(50):
        if kept := app.page.evaluate(MARKED):
            return panel, kept
        app.page.wait_for_timeout(100)
    raise AssertionError("Nothing is kept.")


def assert_goes_on(app: App, kept: dict[str, str]) -> None:
    """Fails if the batch does not come to its end, or what was kept before is gone or marked again."""
    panel = app.page.locator("#screen-mark")
    expect(status(panel)).to_have_text("5 of 5 pictures marked.", timeout=PATIENCE_MS)
    assert app.page.evaluate(MARKED).items() >= kept.items()


def show_offer(app: App) -> None:
    offers = app.page.get_by_role("list", name="Lists that were not finished")
    offers.get_by_role("button", name="Show").click()
    # What another tab has left waits until people say so.
    app.page.get_by_role("button", name="Go on").click()


def test_a_tab_is_closed(browser: Browser, url: str, pictures: list[Path]) -> None:
    with visited(browser, url) as app:
        _, kept = begin(app, pictures)
        later = another_tab(app, url)
        app.page.close()
        later.page.reload()
        show_offer(later)
        assert_goes_on(later, kept)


def processes_of(profile: Path) -> Iterator[int]:
    """The browser's own process, without those that it started."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_text().split("\0")
        except OSError:
            continue
        if f"--user-data-dir={profile}" in words and not any(word.startswith("--type=") for word in words):
            yield int(path.parent.name)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no /proc to find the process in")
def test_the_browser_is_killed(
    playwright: Playwright, url: str, pictures: list[Path], tmp_path: Path
) -> None:
    def started() -> App:
        context = playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=executable(), args=ARGUMENTS, service_workers="block"
        )
        return App(context.new_page(), url, started=False)

    app = started()
    _, kept = begin(app, pictures)
    (process,) = processes_of(tmp_path)
    with app.page.context.expect_event("close"):
        os.kill(process, signal.SIGKILL)

    app = started()
    show_offer(app)
    assert_goes_on(app, kept)
    app.page.context.close()


def end_engine(page: Page) -> None:
    """End the worker that the page has started last, so that it has to be loaded again."""
    page.evaluate("window.workers.at(-1).terminate()")


@contextmanager
def visited_offline_ready(playwright: Playwright, profile: Path, url: str) -> Iterator[tuple[App, Visit]]:
    """The page, once all of it is kept and comes from the service worker.

    With a profile of its own: of what is only in memory, a browser may keep less.
    """
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=executable(), args=ARGUMENTS
    )
    context.add_init_script(f"({KEEP_WORKERS})()")
    with opened(context) as visit:
        app = App(context.new_page(), url)
        expect(app.show("Settings")).to_contain_text(KEPT_OFFLINE, timeout=PATIENCE_MS)
        app.page.reload()
        app.await_engine()
        yield app, visit


def test_the_server_is_gone(playwright: Playwright, site: Path, pictures: list[Path], tmp_path: Path) -> None:
    with ExitStack() as server:
        url = server.enter_context(serving(site))
        with visited_offline_ready(playwright, tmp_path, url) as (app, _):
            _, kept = begin(app, pictures)
            server.close()
            end_engine(app.page)
            assert_goes_on(app, kept)
            app.page.reload()
            assert_goes_on(app, kept)


def test_another_build_is_released(
    playwright: Playwright, copy: Path, pictures: list[Path], tmp_path: Path
) -> None:
    with serving(copy) as url, visited_offline_ready(playwright, tmp_path / "profile", url) as (app, visit):
        _, kept = begin(app, pictures)
        release_another(copy)
        app.page.evaluate("async () => { await (await navigator.serviceWorker.ready).update(); }")
        expect(app.page.locator(".notice")).to_contain_text("A new version is ready.", timeout=PATIENCE_MS)
        end_engine(app.page)
        assert_goes_on(app, kept)
        assert not [asked for asked in visit.requests if RAN in asked]


def test_another_build_is_released_without_a_service_worker(
    browser: Browser, copy: Path, pictures: list[Path]
) -> None:
    # Not watched: the next build's worker asks for what is not there.
    context = browser.new_context(service_workers="block")
    with serving(copy) as url:
        context.add_init_script(f"({KEEP_WORKERS})()")
        app = App(context.new_page(), url)
        panel, kept = begin(app, pictures)
        release_another(copy)
        # Else a browser may still have the old file.
        app.page.context.new_cdp_session(app.page).send("Network.clearBrowserCache")
        end_engine(app.page)
        expect(app.engine_line).to_contain_text("arrived damaged or altered", timeout=PATIENCE_MS)
        app.await_batch(panel)
        assert app.page.evaluate(MARKED).items() >= kept.items()
        app.page.on("dialog", lambda dialog: dialog.accept())
        app.page.reload()
        app.await_engine()
        panel.get_by_label("Message").select_option("text")
        panel.get_by_role("textbox", name="Text").fill("pipe")
        panel.get_by_role("button", name="Retry failed").click()
        assert_goes_on(app, kept)
        context.close()


def release_another(copy: Path) -> None:
    """Another build takes the place of this one, in which a script differs that every start loads anew."""
    release_running(copy, "networks-worker.js", TELL)
