"""A real Chromium on the real site."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.app import HICCUP_MS, App, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.lists import five_pictures, visited
from tests.browser.serving import bundle, drop_compressed, pinned, serving

HARNESS_PAGE = """<!doctype html>
<title>Harness</title>
<link rel="icon" href="data:," />
<script type="module" src="assets/harness.js"></script>
"""


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """A copy of the site, to alter a file in."""
    copy = shutil.copytree(site, tmp_path / "site")
    drop_compressed(copy)
    return copy


@pytest.fixture(scope="session")
def url(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def harness_url(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a served copy of the site that also has the page of harness.js."""
    folder = tmp_path_factory.mktemp("harness") / "site"
    shutil.copytree(site, folder)
    (folder / "harness.html").write_text(pinned(HARNESS_PAGE, folder))
    bundle([Path(__file__).with_name("harness.js")], folder / "assets")
    with serving(folder) as address:
        yield f"{address}harness.html"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=HICCUP_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def app(browser: Browser, url: str) -> Iterator[App]:
    """The page with its engine started, shared by the tests of a module."""
    with watched(browser, url, service_workers="block") as visit:
        yield App(visit.context.new_page(), url)


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[App]:
    """The page for one test, whose engine may not have started yet."""
    with visited(browser, url) as opened:
        yield opened


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five small JPEG pictures, which no test changes."""
    return five_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def fresh_page(browser: Browser, url: str) -> Iterator[Page]:
    """A blank page in a browser that stores nothing yet."""
    with watched(browser, url, service_workers="block") as visit:
        yield visit.context.new_page()


@pytest.fixture
def harness(browser: Browser, harness_url: str) -> Iterator[Page]:
    """The page of harness.js."""
    with watched(browser, harness_url, service_workers="block") as visit:
        page = visit.context.new_page()
        page.goto(harness_url)
        yield page
