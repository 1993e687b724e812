"""The watch that all tests of the page keep over its traffic sees requests from wherever they are made."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.app import PATIENCE_MS, watched
from tests.browser.serving import serving_bare

ASK = "const ask = (url) => fetch(url, { mode: 'no-cors' }).catch(() => undefined);\n"
SCRATCH = {
    "index.html": f"""<!doctype html><link rel="icon" href="data:," /><script type="module">
        {ASK}
        const answer = (asked) => new Promise((done) => asked.addEventListener("message", done));
        await ask("http://127.0.0.1:48080/another-port");
        await answer(new Worker("worker.js"));
        navigator.serviceWorker.register("service-worker.js");
        const {{ active }} = await navigator.serviceWorker.ready;
        active.postMessage("ask");
        navigator.serviceWorker.startMessages();
        await answer(navigator.serviceWorker);
        document.title = "All have asked";
    </script>""",
    "worker.js": f"{ASK} ask('http://worker.invalid/').then(() => postMessage('asked'));",
    "service-worker.js": f"""{ASK}
        addEventListener("message", (event) => event.waitUntil((async () => {{
            await ask("http://service-worker.invalid/");
            await ask("https://encrypted.invalid/");
            event.source.postMessage("asked");
        }})()));
    """,
}
ASKED = (
    "GET http://127.0.0.1:48080/another-port",
    "GET http://worker.invalid/",
    "GET http://service-worker.invalid/",
    "CONNECT encrypted.invalid:443",
)


def test_requests_of_workers_and_of_the_service_worker_are_seen(browser: Browser, tmp_path: Path) -> None:
    for name, text in SCRATCH.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(AssertionError) as failure, serving_bare(tmp_path) as url:  # noqa: SIM117
        with watched(browser, url) as visit:
            page = visit.context.new_page()
            page.goto(url)
            expect(page).to_have_title("All have asked", timeout=PATIENCE_MS)
    for asked in ASKED:
        assert f"request to another origin: {asked}'" in str(failure.value)
