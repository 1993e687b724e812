"""Workers that end or hang: they are replaced, and the job that they were at is tried once more."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import Page, Worker

from tests.browser.app import PATIENCE_MS, until

LISTEN = "() => void (new BroadcastChannel('end').onmessage = () => self.close())"
"""In a worker: it closes when told. A page hears nothing of that."""
HANG = "() => void setTimeout(() => { for (;;); })"
KEEP_WORKERS = """() => {
    window.workers = [];
    window.Worker = class extends Worker {
        constructor(...values) { super(...values); window.workers.push(this); }
    };
}"""


@pytest.fixture(scope="module")
def picture() -> str:
    """A PNG file, in base64."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((400, 400)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def worker(page: Page, name: str) -> Worker:
    """The engine's or the networks' worker that was started last."""
    return [each for each in page.workers if f"/{name}-" in each.url][-1]


def start(page: Page) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.evaluate("harness.recorder.start()")


def events(page: Page) -> list[str]:
    """What has happened, once all jobs have ended."""
    return page.evaluate("harness.recorder.settled()")["events"]


@pytest.mark.parametrize("name", ["worker", "networks"])
@pytest.mark.parametrize("phase", ["open", "prepare", "forward", "refine", "apply", "save", "check"])
def test_a_worker_that_ends_in_a_phase_is_replaced(
    harness: Page, picture: str, name: str, phase: str
) -> None:
    start(harness)
    worker(harness, name).evaluate(LISTEN)
    harness.evaluate(
        """([picture, phase]) => {
            const end = new BroadcastChannel("end");
            harness.recorder.embed("first", picture, {
                onPhase: (present) => present === phase && end.postMessage(null),
            });
            harness.recorder.embed("second", picture);
        }""",
        [picture, phase],
    )
    # One that ends in the last phase may have answered before.
    outcome = [event for event in events(harness) if event not in ("starting", "ready")]
    assert outcome == ["first: first-marked.png", "second: second-marked.png"]


@pytest.mark.parametrize("name", ["worker", "networks"])
def test_a_worker_that_ends_while_idle_is_replaced(harness: Page, picture: str, name: str) -> None:
    start(harness)
    worker(harness, name).evaluate(LISTEN)
    harness.evaluate("new BroadcastChannel('end').postMessage(null)")
    until(harness, "harness.recorder.events.length === 3")
    harness.evaluate("(picture) => harness.recorder.embed('next', picture)", picture)
    assert events(harness) == ["ready", "starting", "ready", "next: next-marked.png"]


def test_a_worker_that_ends_while_it_starts_is_replaced(harness: Page, picture: str) -> None:
    harness.set_default_timeout(PATIENCE_MS)
    harness.evaluate(KEEP_WORKERS)
    harness.evaluate("() => void harness.recorder.start()")
    until(harness, "navigator.locks.query().then(({ held }) => held.length >= 2)")
    harness.evaluate("window.workers.at(-1).terminate()")
    harness.evaluate("(picture) => harness.recorder.embed('next', picture)", picture)
    assert events(harness) == ["starting", "ready", "next: next-marked.png"]


def test_a_job_that_ends_two_workers_fails_and_the_next_is_done(harness: Page, picture: str) -> None:
    harness.evaluate(KEEP_WORKERS)
    start(harness)
    harness.evaluate(
        """(picture) => {
            harness.recorder.embed("first", picture, {
                onPhase: (phase) => phase === "refine" && window.workers.at(-1).terminate(),
            });
            harness.recorder.embed("second", picture);
        }""",
        picture,
    )
    assert events(harness) == [
        "ready",
        "starting",
        "ready",
        "starting",
        "first: EngineError engine-stopped",
        "ready",
        "second: second-marked.png",
    ]


def test_a_cancel_while_the_networks_hang_restarts_them(harness: Page, picture: str) -> None:
    start(harness)
    worker(harness, "networks").evaluate(HANG)
    harness.evaluate(
        """(picture) => {
            harness.recorder.embed("first", picture);
            harness.recorder.embed("second", picture);
        }""",
        picture,
    )
    until(harness, "harness.recorder.phases.at(-1) === 'first: prepare'")
    harness.evaluate("harness.recorder.abort('first')")
    assert events(harness) == [
        "ready",
        "first: EngineError cancelled",
        "starting",
        "ready",
        "second: second-marked.png",
    ]
