"""Nothing runs that is not as the page's own build made it, on a first visit and at any host."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import PATIENCE_MS
from tests.browser.serving import drop_compressed, release, serving, serving_bare

RAN = "it-ran"
TELL = f"fetch(new URL('/{RAN}', location.origin));\n"
"""What an altered script does first when it runs."""
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


@contextmanager
def first_visit(browser: Browser, url: str) -> Iterator[tuple[Page, list[str]]]:
    """A blank page, and what is asked for from it. What the browser complains of is no failure here."""
    context = browser.new_context(service_workers="block")
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    yield page, requests
    context.close()


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """The site, of which one file is to be altered."""
    copy = shutil.copytree(site, tmp_path / "site")
    drop_compressed(copy)
    return copy


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("assets/main-*.js", "Hushmark could not start"),
        ("assets/style-*.css", "The page's style sheet did not arrive whole, or was altered"),
        ("manifest.json", "The site has another version by now, or its list of files was altered"),
        ("assets/python-worker-*.js", "arrived damaged or altered"),
        ("assets/networks-worker-*.js", "arrived damaged or altered"),
        ("pyodide-*/pyodide.mjs", "pyodide.mjs arrived damaged or altered"),
        ("pyodide-*/pyodide.asm.mjs", "pyodide.asm.mjs arrived damaged or altered"),
        ("pyodide-*/pyodide.asm.wasm", "pyodide.asm.wasm arrived damaged or altered"),
        ("pyodide-*/python_stdlib.zip", "python_stdlib.zip arrived damaged or altered"),
        ("pyodide-*/pyodide-lock.json", "pyodide-lock.json arrived damaged or altered"),
        ("wheels/*/numpy-*.whl", "arrived damaged or altered"),
        ("wheels/*/hushmark-*.whl", "arrived damaged or altered"),
        ("assets/ort-wasm-*.mjs", "arrived damaged or altered"),
        ("assets/ort-wasm-*.wasm", "arrived damaged or altered"),
        ("assets/encoder-*.onnx", "arrived damaged or altered"),
    ],
)
def test_an_altered_file_does_not_run_and_is_named(
    browser: Browser, copy: Path, name: str, sentence: str
) -> None:
    (path,) = copy.glob(name)
    data = path.read_bytes()
    if path.suffix in (".js", ".mjs"):
        path.write_bytes(TELL.encode() + data)
    else:
        # The least of damage, where the file still is what it is for whoever only looks at its parts.
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    with serving(copy) as url, first_visit(browser, url) as (page, requests):
        expect(page.locator("body")).to_contain_text(sentence, timeout=PATIENCE_MS)
        if "damaged or altered" in sentence:
            expect(page.locator("#engine")).to_contain_text(path.name)
            expect(page.get_by_role("button", name="Try again")).to_be_visible()
        assert not [asked for asked in requests if RAN in asked]


def test_a_page_runs_no_worker_of_another_build(browser: Browser, copy: Path) -> None:
    """As where a host's page comes from a cache in between, and all the rest is new."""
    page_of_before = (copy / "index.html").read_bytes()
    (worker,) = copy.glob("assets/python-worker-*.js")
    release(copy, "python-worker.js", TELL.encode() + worker.read_bytes())
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
