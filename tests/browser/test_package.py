"""What other pages get: the npm package from its tarball, and the browser extension, each in a browser."""

import base64
import io
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path
from typing import Any

import hushmark.sync
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Playwright, Route, expect

from build import build_package
from tests.browser.app import HICCUP_MS, PATIENCE_MS, watched
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import ROOT, serving_bare
from tests.support.pictures import sample_path

READ = """async (picture) => {
    const { open } = await import("hushmark");
    const engine = await open({ base: "hushmark/engine" });
    const blob = await (await fetch(`data:image/jpeg;base64,${picture}`)).blob();
    const { outcome, message } = await engine.read(blob);
    const again = await engine.mark(blob, { kind: "text", value: "pipe" }).catch(({ code }) => code);
    const left = engine.read(blob).catch(({ code }) => code);
    engine.close();
    return { outcome, message, again, left: await left };
}"""
OPEN = """async () => {
    const { open } = await import("hushmark");
    return await open({ base: new URL("hushmark/engine/", location) }).catch(({ code }) => code);
}"""
USER = """
import { open, EngineError } from "hushmark";
const onProgress = ({ loaded, total }: { loaded: number; total: number }) => console.log(loaded / total);
const engine = await open({ base: "/engine", onProgress });
const marked = await engine.mark(new Blob(), { kind: "random", signal: new AbortController().signal });
const file: File = marked.file;
const { outcome } = await engine.read(file, { key: "harbour" });
if (outcome === "unreadable" || new EngineError("cancelled").code) engine.close();
// @ts-expect-error
await engine.mark(file, { kind: "colour" });
"""


@pytest.fixture(scope="module")
def made(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tarball and the extension's folder."""
    return build_package(site, tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def package(made: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page's own folder, with the package as it is installed, and the example."""
    folder = tmp_path_factory.mktemp("page")
    with tarfile.open(made[0]) as archive:
        archive.extractall(folder, filter="data")
    (folder / "package").rename(folder / "hushmark")
    page = ROOT / "docs" / "examples" / "upload_form.html"
    (folder / page.name).write_bytes(page.read_bytes())
    return folder


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "rocket.jpg"
    with Image.open(sample_path("rocket.jpg")) as image:
        image.resize((480, 320)).save(path, quality=92)
    return path


@pytest.fixture(scope="module")
def marked(photo: Path) -> Path:
    """The same picture, which says "pipe"."""
    with ThreadPoolExecutor(1) as thread:  # Playwright's has a loop already
        data = thread.submit(hushmark.sync.embed, photo, "pipe").result().data
    path = photo.with_name("rocket-marked.jpg")
    path.write_bytes(data)
    return path


def test_the_package_has_types_that_tell_a_wrong_use(package: Path, tmp_path: Path) -> None:
    facts = json.loads((package / "hushmark" / "package.json").read_text())
    assert facts["version"] == json.loads((ROOT / "package.json").read_text())["version"]
    assert (package / "hushmark" / facts["exports"]["."]["types"]).is_file()
    (tmp_path / "user.mts").write_text(USER)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "hushmark").symlink_to(package / "hushmark")
    command = [ROOT / "node_modules" / ".bin" / "tsc", "user.mts", "--ignoreConfig", "--noEmit", "--strict"]
    options = ["--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "--types", ""]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_example_marks_what_its_form_sends(browser: Browser, package: Path, photo: Path) -> None:
    sent: list[dict[str, bytes]] = []

    def receive(route: Route) -> None:
        kind = route.request.headers["content-type"].encode()
        body = route.request.post_data_buffer or b""
        parts: Any = message_from_bytes(b"Content-Type: " + kind + b"\n\n" + body).get_payload()
        names = [part.get_param("name", header="content-disposition") for part in parts]
        sent.append(dict(zip(names, [part.get_payload(decode=True) for part in parts], strict=True)))
        route.fulfill(body="Thank you.")

    with serving_bare(package) as url, watched(browser, url) as visit:
        page = visit.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.route("**/upload", receive)
        page.goto(f"{url}upload_form.html")
        page.get_by_label("Picture").set_input_files(photo)
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Thank you.")).to_be_visible(timeout=PATIENCE_MS)
        (form,) = sent
        with Image.open(io.BytesIO(form["picture"])) as image:
            assert (image.format, image.size) == ("JPEG", (480, 320))
        assert form["picture"] != photo.read_bytes()

        page.goto(f"{url}upload_form.html")
        answer: dict[str, Any] = page.evaluate(READ, base64.b64encode(form["picture"]).decode())
        assert answer == {
            "outcome": "read",
            "message": {"kind": "id", "value": form["mark"].decode()},
            "again": "already-marked",
            "left": "cancelled",
        }

        with (package / "hushmark" / "engine" / "manifest.json").open("a") as manifest:
            manifest.write(" ")
        assert page.evaluate(OPEN) == "site-changed"


@pytest.fixture
def extended(playwright: Playwright, made: tuple[Path, Path], tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser with the extension, as it is loaded unpacked."""
    load = [f"--disable-extensions-except={made[1]}", f"--load-extension={made[1]}"]
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile", executable_path=executable(), args=[*ARGUMENTS, *load]
    )
    yield context
    context.close()


def test_the_extension_reads_a_picture_from_its_context_menu(
    extended: BrowserContext, url: str, marked: Path
) -> None:
    asked: list[str] = []
    problems: list[str] = []
    extended.on("request", lambda request: asked.append(request.url))
    extended.on("weberror", lambda error: problems.append(str(error.error)))
    menu = (extended.service_workers or [extended.wait_for_event("serviceworker")])[0]
    manifest: dict[str, Any] = menu.evaluate("chrome.runtime.getManifest()")
    assert manifest["permissions"] == ["contextMenus"]
    assert not manifest.get("host_permissions") and not manifest.get("content_scripts")
    # The browser tells the extension that it was installed a little after its worker has begun.
    in_menu = "chrome.contextMenus.update('read', { contexts: ['image'] }).then(() => true, () => false)"
    deadline = time.monotonic() + HICCUP_MS / 1000
    while not menu.evaluate(in_menu):
        assert time.monotonic() < deadline, "The entry is not in the menu."
        time.sleep(0.1)
    choose = "(srcUrl) => chrome.contextMenus.onClicked.dispatch({ menuItemId: 'read', srcUrl })"

    picture = "data:image/jpeg;base64," + base64.b64encode(marked.read_bytes()).decode()
    with extended.expect_page() as opened:
        menu.evaluate(choose, picture)
    page = opened.value
    expect(page.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)
    expect(page.locator(".place polygon")).to_have_count(2)
    assert page.url.endswith("/read.html")

    # A host that gives its pictures to its own pages only.
    with extended.expect_page() as opened:
        menu.evaluate(choose, f"{url}icon.svg")
    page = opened.value
    expect(page.get_by_role("alert")).to_contain_text("Allow Hushmark to get it once")
    expect(page.get_by_role("button", name="Get it from 127.0.0.1")).to_be_visible()
    page.get_by_label("Choose").set_input_files(marked)
    expect(page.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)
    expect(page.get_by_role("alert")).to_be_empty()
    # A request that a new page makes at once may be missed; that it was made, the alert says.
    assert {each for each in asked if each.startswith("http")} <= {f"{url}icon.svg"}
    assert problems == []
