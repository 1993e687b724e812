"""What the site keeps, on an origin that it shares with other apps, as on a host of many projects."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.app import PATIENCE_MS, App, watched
from tests.browser.serving import release, serving

PLANT = """async () => {
    const opening = indexedDB.open("other-app", 1);
    await new Promise((resolve) => {
        opening.onupgradeneeded = () => opening.result.createObjectStore("documents").put("theirs", "a");
        opening.onsuccess = resolve;
    });
    opening.result.close();
    for (const name of ["other-app", "hushmark-shell-of-another-copy", "hushmark-runtime"]) {
        const cache = await caches.open(name);
        await cache.put("/other/manifest.json", new Response("theirs"));
    }
    const root = await navigator.storage.getDirectory();
    for (const name of ["other-app", "marked-pictures"]) {
        const folder = await root.getDirectoryHandle(name, { create: true });
        await folder.getDirectoryHandle("theirs", { create: true });
    }
    localStorage.setItem("other-app", "theirs");
}"""
LEFT = """async () => {
    const left = (await indexedDB.databases()).map(({ name }) => `database ${name}`);
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        if (await cache.match("/other/manifest.json")) left.push(`cache ${name}`);
    }
    const root = await navigator.storage.getDirectory();
    for await (const [name, folder] of root) {
        for await (const entry of folder.keys()) if (entry === "theirs") left.push(`folder ${name}`);
    }
    return [...left, ...Object.keys(localStorage).map((name) => `preference ${name}`)];
}"""
OF_OTHER_APPS = {
    "database other-app",
    "cache other-app",
    "cache hushmark-shell-of-another-copy",
    "cache hushmark-runtime",
    "folder other-app",
    "folder marked-pictures",
    "preference other-app",
}


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """The site in a folder of its host, beside others."""
    return shutil.copytree(site, tmp_path / "host" / "ours")


@pytest.fixture
def url(copy: Path) -> Iterator[str]:
    # Browsers ask the host for one where a file is opened that names none.
    (copy.parent / "favicon.ico").touch()
    with serving(copy.parent) as address:
        yield f"{address}ours/"


def test_settings_list_and_delete_only_what_is_ours(browser: Browser, url: str) -> None:
    with watched(browser, url, service_workers="block") as visit:
        page = visit.context.new_page()
        page.goto(f"{url}licenses.txt")
        page.evaluate(PLANT)
        app = App(page, f"{url}index.html")
        settings = app.show("Settings")
        expect(settings.get_by_role("row", name="Weights")).to_be_visible()
        expect(settings.get_by_role("row", name="documents")).to_have_count(0)
        page.on("dialog", lambda dialog: dialog.accept())
        rows = settings.locator("table tr")
        for count in range(rows.count() - 1, -1, -1):
            settings.get_by_role("button", name=re.compile("^Delete: ")).first.click()
            expect(rows).to_have_count(count)
        assert set(page.evaluate(LEFT)) >= OF_OTHER_APPS


def test_a_new_build_leaves_the_caches_of_another_copy_alone(browser: Browser, copy: Path, url: str) -> None:
    with watched(browser, url) as visit:
        page = visit.context.new_page()
        page.goto(f"{url}licenses.txt")
        page.evaluate(PLANT)
        page.goto(f"{url}index.html")
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        old = (copy / "index.html").read_bytes()
        release(copy, "index.html", re.sub(b"<title>.*</title>", b"<title>The next build</title>", old))
        page.reload()
        page.locator(".notice").get_by_role("button", name="Load it").click(timeout=PATIENCE_MS)
        expect(page.locator(".notice")).to_be_hidden(timeout=PATIENCE_MS)
        left = set(page.evaluate(LEFT))
        assert left >= {"cache hushmark-shell-of-another-copy", "cache hushmark-runtime"}
