"""What the service worker keeps, and how a new build takes an old one's place."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.access import assert_accessible, said_aloud
from tests.browser.app import PATIENCE_MS, App, opened, until, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import release, serving, serving_bare
from tests.support import corpus
from tests.support.pictures import sample_path

KEPT = "Hushmark works on this device without a network."
NO_ROOM = "There is not enough room on this device."
HAS_SNAPSHOT = "async () => (await (await caches.open('hushmark-snapshot')).keys()).length === 1"
HAS_ROOM = """
    for (const name of ["deviceMemory", "hardwareConcurrency"])
        Object.defineProperty(navigator, name, { value: 8 });
"""
DAMAGE_SNAPSHOT = """async () => {
    const cache = await caches.open("hushmark-snapshot");
    const [request] = await cache.keys();
    const response = await cache.match(request);
    const data = new Uint8Array(await response.arrayBuffer());
    data[data.length >> 1] ^= 1;
    await cache.put(request, new Response(data, response));
}"""
SHARING_PAGE = """<form action="{url}share" method="post" enctype="multipart/form-data">
<input type="file" name="pictures" multiple /><button>Share</button></form>"""


@contextmanager
def run_of_browser(playwright: Playwright, profile: Path) -> Iterator[tuple[Page, list[str]]]:
    """One run of the browser with this profile, a blank page in it, and what its pages have asked for."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=executable(), args=ARGUMENTS
    )
    with opened(context) as visit:
        page = visit.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page, visit.requests


def asked_for_wheels(requests: list[str]) -> bool:
    return any(url.endswith(".whl") for url in requests)


def await_service_worker(page: Page) -> None:
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")


def await_engines(page: Page, count: int) -> None:
    """Wait until so many engines run. Their script has one address in memory, which only the page knows."""
    for _ in range(PATIENCE_MS // 100):
        scripts = [worker.url for worker in page.workers]
        if scripts and scripts.count(scripts[0]) == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"There are never {count} engines, but {scripts}")


def test_pictures_are_marked_and_read_with_the_server_gone(
    playwright: Playwright, repo_root: Path, site: Path, tmp_path: Path
) -> None:
    with serving(site) as url, run_of_browser(playwright, tmp_path / "profile") as (page, _):
        app = App(page, url)
        settings = app.show("Settings")
        expect(settings).to_contain_text(KEPT, timeout=PATIENCE_MS)
        weights = sum(
            path.stat().st_size for path in (repo_root / "weights").iterdir() if path.suffix != ".md"
        )
        expect(settings.get_by_role("row", name="Weights")).to_contain_text(f"{weights / 1e6:.1f} MB")
        assert_accessible(page)
        # Its decoder is fetched now, and is there later.
        (tmp_path / "phone.heic").write_bytes(corpus.heic())
        app.mark(tmp_path / "phone.heic", "pipe")
        until(page, HAS_SNAPSHOT)

    with run_of_browser(playwright, tmp_path / "profile") as (page, requests):
        # Python starts from the picture of its memory. A damaged one is found out, and a new one is taken.
        app = App(page, url)
        assert not asked_for_wheels(requests)
        page.evaluate(DAMAGE_SNAPSHOT)
        page.reload()
        app.await_engine()
        assert asked_for_wheels(requests)
        until(page, HAS_SNAPSHOT)
        requests.clear()
        page.reload()
        app.await_engine()
        assert not asked_for_wheels(requests)
        app.mark(tmp_path / "phone.heic", "pipe")
        with Image.open(app.download(tmp_path)) as image:
            assert (image.format, image.size) == ("JPEG", (240, 180))
        # WebP has a shared object of its own, which is loaded now only.
        with Image.open(sample_path("rocket.jpg")) as image:
            image.save(tmp_path / "rocket.webp")
        app.mark(tmp_path / "rocket.webp", "pipe")
        marked = app.download(tmp_path)
        with Image.open(marked) as image:
            image.resize((480, 320)).save(tmp_path / "copy.jpg", quality=75)
        expect(app.read(tmp_path / "copy.jpg").locator(".answer")).to_have_text("“pipe”")


def test_a_new_build_is_offered_while_pictures_are_worked_on_and_loaded_after(
    browser: Browser, site: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(site, tmp_path / "site")
    # So many that they are still worked on when the new build is there.
    pictures = [shutil.copy(sample_path("rocket.jpg"), tmp_path / f"{number}.jpg") for number in range(60)]
    with serving(copy) as url, watched(browser, url) as visit:
        page = visit.context.new_page()
        page.add_init_script(HAS_ROOM)
        page.goto(url)
        await_service_worker(page)
        page.locator("#screen-mark input[accept]").set_input_files(pictures)
        page.locator("#mark-kind").select_option("text")
        page.get_by_role("textbox", name="Text").fill("pipe")
        page.get_by_role("button", name="Mark 60 pictures").click()
        # So many that the device has two more engines for them.
        await_engines(page, 3)

        old = (copy / "index.html").read_bytes()
        release(copy, "index.html", re.sub(b"<title>.*</title>", b"<title>The next build</title>", old))
        other = visit.context.new_page()
        with said_aloud(page, "A new version is ready.", "Pictures are being worked on."):
            other.goto(url)
            notice = page.locator(".notice")
            expect(notice).to_contain_text("A new version is ready.", timeout=PATIENCE_MS)
            notice.get_by_role("button", name="Load it").click()
            expect(notice).to_contain_text("Pictures are being worked on.", timeout=PATIENCE_MS)

        page.get_by_role("button", name=re.compile("^Cancel")).first.click()
        await_engines(page, 1)
        notice.get_by_role("button", name="Load it").click()
        expect(notice).to_be_hidden(timeout=PATIENCE_MS)
        fetched = page.evaluate("async () => (await fetch('index.html')).text()")
        assert "<title>The next build</title>" in fetched
        expect(other.locator(".notice")).to_contain_text(
            "A new version was started in another tab.", timeout=PATIENCE_MS
        )
        assert_accessible(other)


def test_a_host_without_headers_gets_them_from_the_service_worker(browser: Browser, site: Path) -> None:
    with serving_bare(site) as url, watched(browser, url) as visit:
        page = visit.context.new_page()
        page.goto(url)
        assert not page.evaluate("crossOriginIsolated")
        await_service_worker(page)
        page.reload()
        assert page.evaluate("crossOriginIsolated")
        policy = page.evaluate(
            "async () => (await fetch('index.html')).headers.get('Content-Security-Policy')"
        )
        assert "default-src 'self'" in policy


def test_a_picture_shared_by_another_app_comes_to_the_read_screen(browser: Browser, url: str) -> None:
    with watched(browser, url) as visit:
        page = visit.context.new_page()
        page.goto(url)
        await_service_worker(page)
        other = visit.context.new_page()
        other.set_content(SHARING_PAGE.format(url=url))
        other.locator("input").set_input_files(sample_path("rocket.jpg"))
        other.get_by_role("button", name="Share").click()
        expect(other).to_have_url(f"{url}#read", timeout=PATIENCE_MS)
        expect(other.locator("#screen-read")).to_contain_text("rocket.jpg", timeout=PATIENCE_MS)
        assert other.evaluate("caches.has('hushmark-shared')") is False


def test_the_app_can_be_installed(browser: Browser, url: str) -> None:
    with watched(browser, url) as visit:
        page = visit.context.new_page()
        page.goto(url)
        await_service_worker(page)
        session = visit.context.new_cdp_session(page)
        found = session.send("Page.getAppManifest")
        assert found["errors"] == []
        manifest = json.loads(found["data"])
        assert manifest["display"] == "standalone"
        assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
        for address in [*(icon["src"] for icon in manifest["icons"]), manifest["start_url"]]:
            assert page.evaluate("async (url) => (await fetch(url)).ok", address)
        problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A window of the tests counts as a private one.
        assert [problem["errorId"] for problem in problems] in ([], ["in-incognito"])


def test_a_full_disk_is_said_where_the_site_should_be_kept(browser: Browser, url: str) -> None:
    with watched(browser, url) as visit:
        page = visit.context.new_page()
        visit.context.new_cdp_session(page).send(
            "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": 8_000_000}
        )
        app = App(page, url)
        settings = app.show("Settings")
        settings.get_by_role("button", name="Make available offline").click()
        expect(settings).to_contain_text(NO_ROOM, timeout=PATIENCE_MS)
        row = settings.get_by_role("row", name="Weights").element_handle()
        assert row
        # Whatever shows the screen anew leaves it said; the list is made anew last.
        app.show("Register")
        app.show("Settings")
        row.wait_for_element_state("hidden")
        expect(settings.get_by_role("row", name="Weights")).to_be_visible()
        expect(settings).to_contain_text(NO_ROOM)
        assert_accessible(page)
