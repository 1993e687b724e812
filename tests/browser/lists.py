"""The Mark screen, and the lists that it keeps from visit to visit."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator

from tests.browser.app import App, until, watched
from tests.support.pictures import sample_path

KEPT = """async () => {
    const names = [];
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists", { create: true });
    const isGone = (error) => { if (error.name !== "NotFoundError") throw error; };
    for await (const folder of root.values()) {
        const look = async () => {
            for await (const file of folder.values()) {
                const size = (await file.getFile().catch(isGone))?.size;
                if (file.name !== "list.json" && size) names.push(file.name);
            }
        };
        await look().catch(isGone);
    }
    return names.sort();
}"""
"""The files that this browser keeps of all lists, without those that are deleted meanwhile."""
IS_EMPTY = """(async () => {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle("hushmark-lists");
    for (const name of JSON.parse(sessionStorage["hushmark-lists"]).names)
        for await (const file of (await root.getDirectoryHandle(name)).values()) {
            if (!/^[0-9]+[.]json$/.test(file.name)) continue;
            const record = await (await file.getFile()).text();
            if (!record || !JSON.parse(record).isRemoved) return false;
        }
    return true;
})().catch(() => false)"""
"""Whether the records say that nothing is left on a page's lists. Files may be only partly written."""


def five_pictures(folder: Path) -> list[Path]:
    """Small JPEG pictures, made in a folder."""
    paths = []
    with Image.open(sample_path("rocket.jpg")) as photo:
        for number in range(1, 6):
            paths.append(folder / f"picture-{number}.jpg")
            photo.crop((number, number, number + 320, number + 240)).save(paths[-1], quality=92)
    return paths


@contextmanager
def visited(browser: Browser, url: str, script: str = "") -> Iterator[App]:
    """A page that a script prepares; its engine may not have started yet."""
    with watched(browser, url, service_workers="block") as visit:
        if script:
            visit.context.add_init_script(script)
        yield App(visit.context.new_page(), url, started=False)


def mark(app: App, paths: list[Path], text: str = "pipe") -> Locator:
    """Start to mark pictures with a text -> the section."""
    panel = app.choose(*paths)
    app.say(panel, text)
    panel.get_by_role("button", name="Mark picture" if len(paths) == 1 else f"Mark {len(paths)}").click()
    return panel


def status(panel: Locator) -> Locator:
    """The line that says how many pictures are marked."""
    return panel.locator(".board .status")


def empty(app: App, panel: Locator) -> None:
    """Empty the list, and wait until that is stored: people do not leave a page as fast as a test."""
    panel.get_by_role("button", name="Empty the list").click()
    until(app.page, IS_EMPTY)


def unzipped(app: App, button: Locator, *, tables: bool = False) -> dict[str, bytes]:
    """The pictures in the ZIP file of a button, in a browser without dialogues; with its tables if wanted."""
    app.page.evaluate("window.showSaveFilePicker = undefined")
    with app.page.expect_download() as download:
        button.click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        return {
            name: archive.read(name) for name in archive.namelist() if tables or not name.endswith(".csv")
        }


def another_tab(app: App, url: str) -> App:
    """The page once more, in a tab beside this one."""
    return App(app.page.context.new_page(), url, started=False)


def today() -> str:
    """The day of the week, as the page names the day of a list."""
    return f"{datetime.now():%A}"
