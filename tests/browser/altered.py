"""Alters files of the site, and makes first visits to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.app import PATIENCE_MS
from tests.browser.serving import serving

RAN = "it-ran"
TELL = f"fetch(new URL('/{RAN}', location.origin));\n"
"""The first statement of an altered script, which reports that it runs."""


@contextmanager
def first_visit(browser: Browser, url: str) -> Iterator[tuple[Page, list[str]]]:
    """A blank page, and the requests from it. Errors that the browser logs are no failures here."""
    context = browser.new_context(service_workers="block")
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    yield page, requests
    context.close()


def assert_refused(browser: Browser, copy: Path, name: str, sentence: str) -> None:
    """Alter a file of a copy of the site, found by its pattern. Fails if it runs, or is not named."""
    (path,) = copy.glob(name)
    data = path.read_bytes()
    if path.suffix in (".js", ".mjs"):
        path.write_bytes(TELL.encode() + data)
    else:
        # One bit near the end, so that the file still looks whole.
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    with serving(copy) as url, first_visit(browser, url) as (page, requests):
        expect(page.locator("body")).to_contain_text(sentence, timeout=PATIENCE_MS)
        if "damaged or altered" in sentence:
            expect(page.locator("#engine")).to_contain_text(path.name)
            expect(page.get_by_role("button", name="Try again")).to_be_visible()
        assert not [asked for asked in requests if RAN in asked]
