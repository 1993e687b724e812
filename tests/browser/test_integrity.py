"""Nothing runs that is not as the page's own build made it, on a first visit and at any host.

For the other files: tests/faults.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.altered import RAN, TELL, assert_refused, first_visit
from tests.browser.app import PATIENCE_MS
from tests.browser.serving import release_running, serving, serving_bare

INJECT = f"""() => {{
    const script = document.createElement("script");
    script.append("fetch('/{RAN}')");
    document.body.append(script);
}}"""
IS_REFUSED = """(action) => {
    try {
        if (action === "markup") document.body.insertAdjacentHTML("beforeend", "<b>markup</b>");
        if (action === "worker") new Worker("data:text/javascript,");
        if (action === "policy") trustedTypes.createPolicy("other", { createScriptURL: (url) => url });
        return false;
    } catch (error) {
        return error instanceof TypeError;
    }
}"""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("assets/main-*.js", "Hushmark could not start"),
        ("assets/style-*.css", "The page's style sheet did not arrive whole, or was altered"),
        ("manifest.json", "The site has another version by now, or its list of files was altered"),
        ("assets/python-worker-*.js", "arrived damaged or altered"),
        ("pyodide-*/pyodide.asm.wasm", "pyodide.asm.wasm arrived damaged or altered"),
        ("assets/encoder-*.onnx", "arrived damaged or altered"),
    ],
)
def test_an_altered_file_does_not_run_and_is_named(
    browser: Browser, copy: Path, name: str, sentence: str
) -> None:
    assert_refused(browser, copy, name, sentence)


def test_a_page_runs_no_worker_of_another_build(browser: Browser, copy: Path) -> None:
    """As where a host's page comes from a cache in between, and all the rest is new."""
    page_of_before = (copy / "index.html").read_bytes()
    release_running(copy, "python-worker.js", TELL)
    (copy / "index.html").write_bytes(page_of_before)
    with serving(copy) as url, first_visit(browser, url) as (page, requests):
        expect(page.locator("#engine")).to_contain_text("The site has another version", timeout=PATIENCE_MS)
        assert not [asked for asked in requests if RAN in asked]


def test_the_page_guards_itself_where_the_host_sends_no_headers(browser: Browser, site: Path) -> None:
    with serving_bare(site) as url, first_visit(browser, url) as (page, requests):
        expect(page.locator("#engine")).to_contain_text("Execution provider", timeout=PATIENCE_MS)
        page.evaluate(INJECT)
        for action in ("markup", "worker", "policy"):
            assert page.evaluate(IS_REFUSED, action), action
        refused = page.evaluate("fetch('https://elsewhere.invalid/').then(() => 'sent', String)")
        assert re.search("Failed to fetch", refused)
        assert not [asked for asked in requests if RAN in asked]
