"""Accessibility: axe-core on every screen in its states and looks, what is said aloud, and what moves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hushmark.sync
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.access import assert_accessible, said_aloud
from tests.browser.app import PATIENCE_MS, App
from tests.support.pictures import sample_path

MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
    const { transitionDuration, animationName } = getComputedStyle(element);
    return parseFloat(transitionDuration) > 0 || animationName !== "none";
}).length"""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that says "once"."""
    path = tmp_path_factory.mktemp("marked") / "marked.png"
    # In a thread, since Playwright's own event loop runs in this one.
    marking = ThreadPoolExecutor(1).submit(hushmark.sync.embed, sample_path("astronaut.png"), "once")
    path.write_bytes(marking.result().data)
    return path


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("broken") / "notes.png"
    path.write_text("These are notes, not a picture.")
    return path


def choose(panel: Locator, *paths: Path) -> None:
    panel.get_by_label("Choose").set_input_files(paths)


def test_every_screen_as_it_opens(app: App) -> None:
    links = app.page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) == 6
    for link in links:
        link.click()
        assert_accessible(app.page)


def test_pictures_that_wait_while_the_engine_loads(fresh_page: Page, url: str) -> None:
    # It never comes.
    fresh_page.route("**/pyodide.asm.wasm", lambda route: None)
    app = App(fresh_page, url, started=False)
    with said_aloud(fresh_page, "Loading the engine: ", "0 of 2 pictures marked."):
        panel = app.choose(sample_path("rocket.jpg"), sample_path("coffee.png"))
        panel.get_by_label("Message").select_option("text")
        panel.get_by_role("textbox", name="Text").fill("pipe")
        panel.get_by_role("button", name="Mark 2 pictures").click()
        expect(app.engine_line).to_contain_text("Loading the engine: ")
        expect(panel.locator("[data-state=working]")).to_contain_text("Waiting for the engine")
    assert_accessible(fresh_page)


def test_a_batch_with_every_outcome(app: App, marked: Path, broken: Path) -> None:
    outcomes = (
        "notes.png is not a picture",
        "It is marked already: it reads as “once”.",
        "1 of 4 pictures marked, 1 failed, 1 cancelled, 1 needs an answer.",
    )
    with said_aloud(app.page, *outcomes):
        panel = app.choose(sample_path("rocket.jpg"), broken, marked, sample_path("coffee.png"))
        panel.get_by_label("Message").select_option("text")
        panel.get_by_role("textbox", name="Text").fill("pipe")
        panel.get_by_role("button", name="Mark 4 pictures").click()
        panel.get_by_role("button", name="Cancel: coffee.png").click()
        app.await_batch(panel)
    states = panel.get_by_role("listitem").evaluate_all("rows => rows.map((row) => row.dataset.state)")
    assert sorted(states) == ["asking", "cancelled", "failed", "marked"]
    assert_accessible(app.page)
    stage = panel.locator(".stage")
    stage.get_by_role("slider", name="See another strength").fill("2")
    stage.get_by_role("button", name="Zoom in").click()
    expect(stage.get_by_role("img", name="at the strength of the slider")).to_be_visible()
    assert_accessible(app.page)
    stage.get_by_role("radio", name="Residual").check()
    assert_accessible(app.page)


def test_options_that_are_refused(app: App) -> None:
    with said_aloud(app.page, "The text takes 9 bytes, and 8 fit."):
        app.mark(sample_path("rocket.jpg"), "too long!")
    assert_accessible(app.page)


def test_readings_one_by_one(app: App, marked: Path, broken: Path) -> None:
    for path, outcome in (
        (marked, "marked.png: “once”"),
        (sample_path("rocket.jpg"), "rocket.jpg: No mark found"),
        (broken, "notes.png is not a picture"),
    ):
        with said_aloud(app.page, outcome):
            app.read(path)
        assert_accessible(app.page)


def test_a_table_of_readings(app: App, marked: Path, broken: Path) -> None:
    panel = app.show("Read")
    with said_aloud(app.page, "All pictures were looked at."):
        choose(panel, marked, broken, sample_path("coffee.png"))
        expect(panel.get_by_role("button", name="Cancel")).to_be_visible()
        app.await_outcome(panel)
    expect(panel.get_by_role("row", name="notes.png")).to_contain_text("is not a picture")
    assert_accessible(app.page)


def test_a_picture_that_is_being_broken(app: App, marked: Path) -> None:
    panel = app.show("Try to break it")
    with said_aloud(app.page, "“once”", "of 256 raw bits are right.", "Cancelled."):
        choose(panel, marked)
        expect(panel.locator(".answer")).to_have_text("“once”", timeout=PATIENCE_MS)
        panel.get_by_role("checkbox", name="JPEG quality").check()
        panel.get_by_role("button", name="How far? Blur").click()
        expect(panel.locator(".survival [data-outcome=read]")).not_to_have_count(0, timeout=PATIENCE_MS)
        # The rest would take minutes where no mark is found; test_seeing.py has a whole chart.
        panel.get_by_role("button", name="Cancel").click()
        expect(panel.locator(".status")).to_have_text("Cancelled.")
    assert_accessible(app.page)


def test_a_tile_over_a_page(app: App) -> None:
    panel = app.show("Page overlay")
    with said_aloud(app.page, "The tile carries “over”."):
        panel.get_by_label("Message").select_option("text")
        panel.get_by_role("textbox", name="Text").fill("over")
        panel.get_by_role("button", name="Make the tile").click()
        expect(panel.get_by_label("CSS rule")).to_be_visible(timeout=PATIENCE_MS)
    assert_accessible(app.page)
    panel.get_by_role("checkbox", name="Dark page").check()
    assert_accessible(app.page)


def test_the_register_while_it_is_edited(app: App) -> None:
    app.mark(sample_path("rocket.jpg"), "pipe")
    panel = app.show("Register")
    with said_aloud(app.page, "Note kept.", "Nothing fits."):
        note = panel.get_by_role("textbox", name="Note: “pipe”, rocket.jpg").first
        note.fill("For the harbour office")
        panel.get_by_text("SHA-256").first.click()
        assert_accessible(app.page)
        search = panel.get_by_role("searchbox", name="Search")
        search.fill("nobody")
        assert_accessible(app.page)
        search.fill("")
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_role("dialog")).to_be_visible()
    assert_accessible(app.page)
    panel.get_by_role("button", name="Keep them").click()


def test_a_lost_network(app: App) -> None:
    with said_aloud(app.page, "No network: whatever is loaded still works."):
        app.page.context.set_offline(True)
        expect(app.engine_line).to_contain_text("No network")
    assert_accessible(app.page)
    app.page.context.set_offline(False)


def test_errors_in_chinese_have_their_figures(app: App, tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    app.choose()
    app.page.get_by_label("Language").select_option("zh")
    panel = app.page.locator("#screen-mark")
    panel.locator("input[accept]").set_input_files(tmp_path / "dot.png")
    panel.get_by_role("textbox", name="文本").fill("pipe")
    with said_aloud(app.page, "dot.png 为 1 × 1 像素。短边至少需要 32 像素"):
        panel.get_by_role("button", name="标记图片").click()
        app.await_batch(panel)
    assert_accessible(app.page)
    app.page.locator("select.language").select_option("en")


def test_nothing_moves_for_who_wants_that(app: App) -> None:
    app.page.emulate_media(reduced_motion="no-preference")
    assert app.page.evaluate(MOVING) > 0
    app.page.emulate_media(reduced_motion="reduce")
    assert app.page.evaluate(MOVING) == 0
    app.page.emulate_media(reduced_motion="no-preference")


def test_a_browser_without_room(fresh_page: Page, url: str) -> None:
    fresh_page.context.new_cdp_session(fresh_page).send(
        "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": 10_000}
    )
    app = App(fresh_page, url)
    # By now the page itself takes more than there is: not even a folder for pictures can be made.
    fresh_page.reload()
    app.await_engine()
    expect(app.engine_line).to_contain_text("not keep the weights (there is no storage left)")
    full = "This browser's storage is full: marked pictures are in memory"
    with said_aloud(fresh_page, full):
        panel = app.mark(sample_path("rocket.jpg"), "pipe")
        expect(panel).to_contain_text(full)
    assert_accessible(fresh_page)


def test_a_provider_that_is_not_there(app: App) -> None:
    settings = app.show("Settings")
    with said_aloud(app.page, "There is no WebGPU here; wasm is used."):
        settings.get_by_label("Execution provider").select_option("webgpu")
        expect(settings).to_contain_text("There is no WebGPU here", timeout=PATIENCE_MS)
    assert_accessible(app.page)
