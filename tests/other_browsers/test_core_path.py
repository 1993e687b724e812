"""Mark and read in Firefox and in WebKit, as Debian packages them: make test-browsers."""

from collections.abc import Iterator
from pathlib import Path

import hushmark.sync
import pytest
from PIL import Image

from tests.browser.serving import serving
from tests.other_browsers.webdriver import Browser, firefox, webkit
from tests.support.pictures import sample_path


@pytest.fixture(params=[firefox, webkit], ids=["firefox", "webkit"])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    profile = tmp_path / "profile"
    profile.mkdir()
    with request.param(profile) as browser:
        yield browser


def test_pictures_are_marked_and_a_marked_one_is_read(
    browser: Browser, repo_root: Path, tmp_path: Path
) -> None:
    cover = sample_path("rocket.jpg")
    marked = hushmark.sync.embed(cover, "pipe", strength=1.4)
    (tmp_path / "marked.jpg").write_bytes(marked.data)
    with Image.open(tmp_path / "marked.jpg") as image:
        image.resize((480, 320)).save(tmp_path / "copy.jpg", quality=75)

    with serving(repo_root / "dist") as url:
        browser.open(f"{url}#mark")
        # Two, so that one is opened while the other is in the forward pass.
        browser.type("#screen-mark input[accept]", f"{cover}\n{sample_path('chelsea.png')}")
        browser.click("#mark-kind option[value=text]")
        browser.type("#screen-mark input[name=value]", "pipe")
        browser.click("#screen-mark form .primary")
        browser.wait_for_text("#screen-mark", "It carries “pipe”.")
        browser.wait_for_text("#screen-mark", "2 of 2 pictures marked.")
        browser.wait_for_text("#engine", "Ready.")
        browser.click("#engine summary")
        engine = browser.wait_for_text("#engine", "Execution provider wasm")
        has_threads = browser.run("return typeof SharedArrayBuffer === 'function'")
        assert ("(1 thread)" in engine) != has_threads

        browser.open(f"{url}#read")
        browser.type("#screen-read input[accept]", str(tmp_path / "copy.jpg"))
        assert "The message passed its check." in browser.wait_for_text("#screen-read", "“pipe”")
