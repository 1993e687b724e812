"""A worker ends in each phase, while idle and while it starts: it is replaced, and no job is lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.app import PATIENCE_MS, until, watched
from tests.browser.harness import KEEP_WORKERS, events, gradient, start, worker

LISTEN = "() => void (new BroadcastChannel('end').onmessage = () => self.close())"
"""In a worker: it closes when told. A page hears nothing of that."""


@pytest.fixture(scope="module")
def started(browser: Browser, harness_url: str) -> Iterator[Page]:
    """The page of harness.js with its engine started, whose workers each test replaces."""
    with watched(browser, harness_url, service_workers="block") as visit:
        page = visit.context.new_page()
        page.goto(harness_url)
        start(page)
        yield page


@pytest.fixture
def engine(started: Page) -> Page:
    """The same, with nothing noted down yet."""
    started.evaluate("void (harness.recorder.events.length = 0)")
    return started


@pytest.mark.parametrize("name", ["engine", "networks"])
@pytest.mark.parametrize("phase", ["open", "prepare", "forward", "refine", "apply", "save", "check"])
def test_a_worker_that_ends_in_a_phase_is_replaced(engine: Page, name: str, phase: str) -> None:
    worker(engine, name).evaluate(LISTEN)
    engine.evaluate(
        """([picture, phase]) => {
            const end = new BroadcastChannel("end");
            harness.recorder.embed("first", picture, {
                onPhase: (present) => present === phase && end.postMessage(null),
            });
            harness.recorder.embed("second", picture);
        }""",
        [gradient(400), phase],
    )
    # The first may have had its answer before, when the last phase was its end.
    noted = events(engine)
    assert "starting" in noted
    assert [event for event in noted if event not in ("starting", "ready")] == [
        "first: first-marked.png",
        "second: second-marked.png",
    ]


@pytest.mark.parametrize("name", ["engine", "networks"])
@pytest.mark.parametrize("phase", ["open", "search"])
def test_a_worker_that_ends_in_a_phase_of_reading_is_replaced(engine: Page, name: str, phase: str) -> None:
    worker(engine, name).evaluate(LISTEN)
    engine.evaluate(
        """([picture, phase]) => {
            const end = new BroadcastChannel("end");
            const onPhase = (present) => present === phase && end.postMessage(null);
            harness.recorder.read("first", picture, onPhase);
            harness.recorder.read("second", picture, () => undefined);
        }""",
        [gradient(400), phase],
    )
    assert [event for event in events(engine) if event != "ready"] == [
        "starting",
        "first: none",
        "second: none",
    ]


@pytest.mark.parametrize("name", ["engine", "networks"])
def test_a_worker_that_ends_while_idle_is_replaced(engine: Page, name: str) -> None:
    worker(engine, name).evaluate(LISTEN)
    engine.evaluate("new BroadcastChannel('end').postMessage(null)")
    until(engine, "harness.recorder.events.length === 2")
    engine.evaluate("(picture) => harness.recorder.embed('next', picture)", gradient(400))
    assert events(engine) == ["starting", "ready", "next: next-marked.png"]


def test_a_worker_that_ends_while_it_starts_is_replaced(harness: Page) -> None:
    harness.set_default_timeout(PATIENCE_MS)
    harness.evaluate(KEEP_WORKERS)
    harness.evaluate("() => void harness.recorder.start()")
    until(harness, "navigator.locks.query().then(({ held }) => held.length >= 2)")
    harness.evaluate("window.workers.at(-1).terminate()")
    harness.evaluate("(picture) => harness.recorder.embed('next', picture)", gradient(400))
    assert events(harness) == ["starting", "ready", "next: next-marked.png"]
