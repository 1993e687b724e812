"""A thousand jobs are cancelled, and the engine goes on."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.app import PATIENCE_MS
from tests.browser.harness import events, gradient, start
from tests.browser.lists import status, visited
from tests.support.pictures import sample_path

COUNT = 1000
CHOOSE = """([picture, count]) => {
    const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    const chosen = new DataTransfer();
    for (let number = 1; number <= count; number++)
        chosen.items.add(new File([bytes], `picture-${number}.png`, { type: "image/png" }));
    const input = document.querySelector("#screen-mark input[accept]");
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
}"""
"""Chooses many copies of a picture. Playwright takes long for a thousand files."""


def test_a_thousand_jobs_cancelled_before_and_in_their_turn(harness: Page) -> None:
    start(harness)
    harness.evaluate(
        """([picture, count]) => {
            const { recorder } = harness;
            for (let number = 0; number < count; number++) {
                const name = `job ${number}`;
                recorder.embed(name, picture, { abortOn: name, inBackground: number % 2 === 0 });
                // Every third comes to its turn, and is cancelled in its first phase.
                if (number % 3) recorder.abort(name);
            }
            recorder.embed("last", picture, { inBackground: true });
        }""",
        [gradient(64), COUNT],
    )
    # Where the machine is too busy for a job to end in time, the engine is started again.
    ended = [event for event in events(harness) if event not in ("starting", "ready")]
    assert len(ended) == COUNT + 1
    assert ended[-1] == "last: last-marked.png"
    assert set(ended[:-1]) == {f"job {number}: EngineError cancelled" for number in range(COUNT)}


def test_a_thousand_pictures_cancelled_in_the_page(browser: Browser, url: str) -> None:
    with visited(browser, url) as app:
        app.await_engine()
        panel = app.show("Mark")
        app.page.evaluate(CHOOSE, [gradient(64), COUNT])
        app.say(panel, "pipe")
        panel.get_by_role("button", name=re.compile("^Mark 1,?000 pictures")).click()
        panel.get_by_role("button", name="Cancel all").click()
        app.await_batch(panel)
        cancelled, marked = (
            panel.locator(f'[data-state="{state}"]').count() for state in ("cancelled", "marked")
        )
        assert cancelled + marked == COUNT
        assert cancelled > marked

        panel = app.mark(sample_path("rocket.jpg"), "pipe")
        expect(status(panel)).to_contain_text("1 of 1 picture", timeout=PATIENCE_MS)
        app.page.reload()
        expect(status(panel)).to_contain_text("1 of 1 picture", timeout=PATIENCE_MS)
