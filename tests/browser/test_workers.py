"""Workers that end or hang are replaced, and the job that they were at is tried once more.

In each phase: tests/faults.
"""

import base64
import json
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.app import App, until, watched
from tests.browser.harness import KEEP_WORKERS, events, gradient, start, worker
from tests.browser.serving import release, serving
from tools.trimming.trim import exported_function, read_record, with_bodies

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


def embed_two(harness: Page) -> None:
    """Start two jobs; the first has come to the networks."""
    harness.evaluate(
        """(picture) => {
            harness.recorder.embed("first", picture);
            harness.recorder.embed("second", picture);
        }""",
        gradient(400),
    )
    until(harness, "harness.recorder.phases.at(-1) === 'first: prepare'")


def assert_second_outlives_a_cancel(harness: Page) -> None:
    """Cancel the first; what hangs is started again, and the second is done."""
    harness.evaluate("harness.recorder.abort('first')")
    assert events(harness) == [
        "ready",
        "first: EngineError cancelled",
        "starting",
        "ready",
        "second: second-marked.png",
    ]


def test_a_cancel_while_the_networks_hang_restarts_them(harness: Page) -> None:
    start(harness)
    worker(harness, "networks").evaluate(HANG)
    embed_two(harness)
    assert_second_outlives_a_cancel(harness)


def test_a_cancel_while_python_hangs_restarts_it(harness: Page) -> None:
    start(harness)
    engine = worker(harness, "engine")
    # The job waits for the networks when Python stops hearing of anything.
    worker(harness, "networks").evaluate(HANG)
    embed_two(harness)
    engine.evaluate(HANG)
    assert_second_outlives_a_cancel(harness)


def test_where_the_trimmed_build_lacks_a_function_the_whole_one_takes_over(
    browser: Browser, copy: Path, tmp_path: Path
) -> None:
    """Here it lacks the one that runs networks."""
    manifest = json.loads((copy / "manifest.json").read_text())["files"]
    glue = (copy / manifest["ort/wasm.mjs"]["url"]).read_text()
    name = re.search(r"_OrtRun=c\.(\w+)", glue)
    assert name
    trimmed = (copy / manifest["ort/wasm.wasm"]["url"]).read_bytes()
    lacks = exported_function(trimmed, name[1])
    kept = [number != lacks for number in range(read_record().functions)]
    release(copy, "ort/wasm.wasm", with_bodies(trimmed, kept))
    whole = manifest["ort/whole.wasm"]["url"]
    picture = tmp_path / "picture.png"
    picture.write_bytes(base64.b64decode(gradient(320)))
    with serving(copy) as url, watched(browser, url, service_workers="block") as visit:
        app = App(visit.context.new_page(), url)
        assert not any(asked.endswith(whole) for asked in visit.requests)
        app.mark(picture, "pipe")
        expect(app.page.get_by_role("button", name="Save: ")).to_be_visible()
        assert sum(asked.endswith(whole) for asked in visit.requests) == 1
