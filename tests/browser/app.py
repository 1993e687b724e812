"""The page as users see it: the names of its controls, and how long a slow machine may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.serving import recording_proxy

PATIENCE_MS = 300_000
"""Long, since no test measures time: a machine that also builds and trains takes a minute to start Python."""

HICCUP_MS = 30_000
"""The longest that a page on a busy machine may take for anything without the engine."""

UNDER_WAY = '[data-state="waiting"], [data-state="working"]'


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true. (Playwright's own way needs `eval`, which the site forbids.)"""
    for _ in range(PATIENCE_MS // 100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It never became true: {expression}")


@dataclass
class Visit:
    """A context of the browser, the requests of its pages, and what went wrong in them."""

    context: BrowserContext
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", lambda message: self._on_console(message.type, message.text))
        self.context.on("weberror", lambda error: self.problems.append(str(error.error)))

    def weights(self) -> list[str]:
        """The requests for weights, whatever answered them."""
        return [url for url in self.requests if url.endswith((".onnx", ".safetensors"))]

    def await_weights(self, page: Page, count: int) -> None:
        """Wait until so many weights were requested: browsers report a worker's requests a little late."""
        for _ in range(HICCUP_MS // 100):
            if len(self.weights()) >= count:
                break
            page.wait_for_timeout(100)
        assert len(self.weights()) == count

    def _on_console(self, kind: str, text: str) -> None:
        if kind == "error":
            self.problems.append(text)


@contextmanager
def opened(context: BrowserContext) -> Iterator[Visit]:
    """A context, closed at the end. Fails there when anything went wrong in its pages."""
    visit = Visit(context)
    yield visit
    context.close()
    assert visit.problems == [], visit.problems


@contextmanager
def watched(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:
    """A new context for the site at this address, closed at the end.

    Fails there when anything went wrong in its pages, or when they, their workers or their service worker
    sent a request to another origin: a proxy records all that do not go to the site. (A browser with its own
    profile calls home itself, which a proxy cannot distinguish from requests of pages.)
    """
    with recording_proxy() as (proxy, foreign):
        # By default, browsers use no proxy for this machine's own addresses.
        bypass = f"<-loopback>,{urlsplit(url).netloc}"
        visit = Visit(browser.new_context(proxy={"server": proxy, "bypass": bypass}, **options))
        yield visit
        visit.context.close()
        problems = visit.problems + [f"request to another origin: {asked}" for asked in foreign]
    assert problems == [], problems


class App:
    """The page, with its engine started unless the test needs the time before that."""

    def __init__(self, page: Page, url: str, *, started: bool = True) -> None:
        self.page = page
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.goto(url)
        if started:
            self.await_engine()

    def await_engine(self) -> None:
        expect(self.engine_line).to_contain_text("Execution provider", timeout=PATIENCE_MS)

    @property
    def engine_line(self) -> Locator:
        return self.page.locator("#engine")

    def show(self, screen: str) -> Locator:
        """Open the screen of this name ("Mark", "Read") -> its section."""
        self.page.get_by_role("navigation").get_by_role("link", name=screen).click()
        panel = self.page.locator("main > section:visible")
        expect(panel.get_by_role("heading", level=1)).to_have_text(screen)
        return panel

    def choose(self, *paths: Path) -> Locator:
        """Put pictures on the empty list of the Mark screen -> its section."""
        panel = self.show("Mark")
        if (clear := panel.get_by_role("button", name="Empty the list")).is_visible():
            clear.click()
        panel.locator("input[accept]").set_input_files(paths)
        return panel

    def more_options(self, panel: Locator) -> None:
        """Open the part of the form with the options that are rarely changed."""
        part = panel.locator("details", has=self.page.get_by_text("Key, format, file names"))
        if part.get_attribute("open") is None:
            part.locator("summary").click()

    def say(self, panel: Locator, text: str) -> None:
        """Fill in a text as the message to mark with."""
        panel.get_by_label("Message").select_option("text")
        panel.get_by_role("textbox", name="Text").fill(text)

    def mark(self, path: Path, text: str) -> Locator:
        """Mark a picture with a text and wait for the outcome -> the section."""
        panel = self.choose(path)
        self.say(panel, text)
        panel.get_by_role("button", name="Mark picture").click()
        self.await_batch(panel)
        return panel

    def read(self, path: Path) -> Locator:
        """Read a picture and wait for the outcome -> the section."""
        panel = self.show("Read")
        panel.get_by_label("Choose").set_input_files(path)
        self.await_outcome(panel)
        return panel

    def download(self, folder: Path) -> Path:
        """Save the first marked picture of the list into a folder."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Save: ").first.click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def await_batch(self, panel: Locator) -> None:
        """Wait until no picture of the list is waiting or in work."""
        expect(panel.locator(UNDER_WAY)).to_have_count(0, timeout=PATIENCE_MS)

    def await_outcome(self, panel: Locator) -> None:
        expect(panel.get_by_role("button", name="Cancel")).to_be_hidden(timeout=PATIENCE_MS)
