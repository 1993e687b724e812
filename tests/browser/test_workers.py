"""Workers that end or hang are replaced, and the job that they were at is tried once more.

In each phase: tests/faults.
"""

from playwright.sync_api import Page

from tests.browser.app import until
from tests.browser.harness import KEEP_WORKERS, events, gradient, start, worker

HANG = "() => void setTimeout(() => { for (;;); })"


def test_a_job_that_ends_two_workers_fails_and_the_next_is_done(harness: Page) -> None:
    harness.evaluate(KEEP_WORKERS)
    start(harness)
    harness.evaluate(
        """(picture) => {
            harness.recorder.embed("first", picture, {
                onPhase: (phase) => phase === "refine" && window.workers.at(-1).terminate(),
            });
            harness.recorder.embed("second", picture);
        }""",
        gradient(400),
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


def test_a_cancel_while_the_networks_hang_restarts_them(harness: Page) -> None:
    start(harness)
    worker(harness, "networks").evaluate(HANG)
    harness.evaluate(
        """(picture) => {
            harness.recorder.embed("first", picture);
            harness.recorder.embed("second", picture);
        }""",
        gradient(400),
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
