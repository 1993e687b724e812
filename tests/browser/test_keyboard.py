"""The whole product as somebody without a mouse uses it, in one visit, from which nothing goes elsewhere."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.app import PATIENCE_MS, App, watched
from tests.support.pictures import sample_path

STOPS = 150
"""More than there are on any screen."""

PLACE = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return "nowhere";
    if (!element.checkVisibility()) return "on what does not show";
    // What the page sends people to is no control, and has no ring.
    if (element.tabIndex < 0) return "";
    const { top, bottom } = (element.closest("label") ?? element).getBoundingClientRect();
    if (bottom <= 0 || top >= innerHeight) return "out of view";
    const rings = [element, element.closest("label")].filter((each) => each !== null);
    return rings.some((each) => getComputedStyle(each).outlineStyle !== "none") ? "" : "without a ring";
}"""


class Keyboard:
    """Presses keys only. Wherever they lead, the focus is somewhere, and is seen."""

    def __init__(self, page: Page) -> None:
        self._page = page
        # From now on no dialogue opens: a browser that is told when it is due may be too busy to hear it.
        page.on("filechooser", lambda chooser: None)

    def press(self, *keys: str) -> None:
        for key in keys:
            self._page.keyboard.press(key)
        self.is_somewhere()

    def type(self, text: str) -> None:
        self._page.keyboard.type(text)

    def to(self, control: Locator, key: str = "Tab") -> None:
        """Go on to a control."""
        expect(control).to_be_visible()
        for _ in range(STOPS):
            self._page.keyboard.press(key)
            if control.evaluate("element => element === document.activeElement"):
                self.is_somewhere()
                return
        raise AssertionError(f"{key} does not lead to {control}")

    def push(self, control: Locator, key: str = "Enter") -> None:
        """Go on to a control and press it."""
        self.to(control)
        self.press(key)

    def choose(self, picker: Locator, *paths: Path) -> None:
        """Open the system's dialogue from a picker, and choose files there."""
        self.to(picker)
        with self._page.expect_file_chooser() as chooser:
            self._page.keyboard.press("Space")
        chooser.value.set_files(paths)

    def save(self, button: Locator, folder: Path) -> Path:
        """Download what a button offers."""
        self.to(button)
        with self._page.expect_download() as download:
            self._page.keyboard.press("Enter")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def turn(self, screen: str) -> Locator:
        """Turn to a screen; answers its section."""
        self.push(self._page.get_by_role("navigation").get_by_role("link", name=screen))
        expect(self._page.get_by_role("heading", level=1)).to_be_focused()
        return self._page.locator("main > section:visible")

    def is_somewhere(self) -> None:
        place = self._page.evaluate(PLACE)
        assert place == "", f"The focus is {place}."


def test_everything_is_done_without_a_mouse_and_nothing_leaves_the_page(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    with watched(browser, url) as visit:
        app = App(visit.context.new_page(), url, started=False)
        keyboard = Keyboard(app.page)
        choose_a_language(app.page, keyboard)
        marked = mark(app, keyboard, tmp_path)
        break_it(app, keyboard)
        read(app, keyboard, marked)
        make_a_tile(app, keyboard, tmp_path)
        look_into_the_register(app, keyboard)
        settle(app, keyboard)


def choose_a_language(page: Page, keyboard: Keyboard) -> None:
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the screen")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    keyboard.to(page.locator("select.language"), "Shift+Tab")
    heading = page.get_by_role("heading", level=1)
    for key, name in (("ArrowDown", "标记"), ("ArrowUp", "Mark")):
        keyboard.press(key)
        expect(heading).to_have_text(name)


def mark(app: App, keyboard: Keyboard, folder: Path) -> Path:
    """Mark a picture and look at it; answers its file."""
    panel = app.page.locator("main > section:visible")
    keyboard.choose(panel.get_by_label("Choose pictures"), sample_path("chelsea.png"))
    message = panel.get_by_label("Message")
    keyboard.to(message)
    keyboard.press("ArrowDown")
    expect(message).to_have_value("text")
    keyboard.press("Tab")
    keyboard.type("pipe")
    keyboard.to(panel.get_by_role("slider", name="Strength"))
    keyboard.press("ArrowRight")
    expect(panel.get_by_role("slider", name="Strength")).to_have_value("1")
    keyboard.push(panel.get_by_text("Key, format, file names"))
    keyboard.to(panel.get_by_label("Name of the marked file"))
    keyboard.push(panel.get_by_role("button", name="Mark picture"))
    expect(panel.locator(".status")).to_have_text("1 of 1 picture marked.", timeout=PATIENCE_MS)
    keyboard.is_somewhere()

    keyboard.push(panel.get_by_role("button", name="Compare: chelsea.png"))
    stage = panel.locator(".stage")
    expect(stage.get_by_role("heading")).to_be_focused()
    keyboard.to(stage.get_by_role("radio", name="Before and after"))
    keyboard.press("ArrowRight")
    expect(stage.get_by_role("img", name="The difference between the two")).to_be_visible()
    keyboard.press("ArrowLeft")
    keyboard.push(stage.get_by_role("button", name="Zoom in"))
    zoom = stage.locator(".zoom output")
    expect(zoom).to_have_text("1.5×")
    keyboard.to(stage.get_by_role("group", name="Picture:"))
    keyboard.press("+", "ArrowRight", "ArrowDown")
    expect(zoom).to_have_text(re.compile(r"2\.[23]×"))
    keyboard.press("0")
    expect(zoom).to_have_text("1.0×")
    divider = stage.get_by_role("slider", name="Divider")
    keyboard.to(divider)
    keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "48")
    strength = stage.get_by_role("slider", name="See another strength")
    keyboard.to(strength)
    keyboard.press("ArrowRight")
    keyboard.push(stage.get_by_role("button", name="Mark at strength 1.7"))
    expect(strength).to_be_focused(timeout=PATIENCE_MS)
    return keyboard.save(panel.get_by_role("button", name="Save: chelsea.png"), folder)


def break_it(app: App, keyboard: Keyboard) -> None:
    """Try the picture on the stage in the lab."""
    keyboard.push(app.page.locator(".stage").get_by_role("button", name="Try to break it"))
    panel = app.page.locator("main > section:visible")
    answer = panel.locator(".answer")
    expect(answer).to_have_text("“pipe”", timeout=PATIENCE_MS)
    blur = panel.get_by_role("checkbox", name="Blur")
    keyboard.push(blur, "Space")
    expect(blur).to_be_checked()
    keyboard.to(panel.get_by_role("slider", name="Amount: Blur"))
    keyboard.press("End")
    expect(answer).not_to_have_text("“pipe”", timeout=PATIENCE_MS)
    keyboard.push(panel.get_by_role("button", name="Start over"))
    expect(answer).to_have_text("“pipe”", timeout=PATIENCE_MS)
    keyboard.push(panel.get_by_role("button", name="How far? Colour"))
    expect(panel.locator(".status")).to_contain_text("Colour: read at", timeout=PATIENCE_MS)
    keyboard.is_somewhere()


def read(app: App, keyboard: Keyboard, marked: Path) -> None:
    panel = keyboard.turn("Read")
    keyboard.choose(panel.get_by_label("Choose"), sample_path("retina.jpg"))
    keyboard.push(panel.get_by_role("button", name="Cancel"))
    expect(panel.locator(".status")).to_be_focused()
    expect(panel.locator(".status")).to_have_text("Cancelled.")

    keyboard.choose(panel.get_by_label("Choose"), marked)
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)
    keyboard.push(panel.get_by_text("Details"))
    expect(panel.locator(".bits-plot")).to_be_visible()
    keyboard.push(panel.get_by_role("button", name="Read again"))
    app.await_outcome(panel)
    expect(panel.get_by_role("button", name="Read again")).to_be_focused()


def make_a_tile(app: App, keyboard: Keyboard, folder: Path) -> None:
    panel = keyboard.turn("Page overlay")
    keyboard.to(panel.get_by_label("Message"))
    keyboard.press("ArrowDown", "Tab")
    keyboard.type("over")
    keyboard.to(panel.get_by_role("slider", name="Strength"))
    keyboard.press("ArrowRight")
    keyboard.push(panel.get_by_role("button", name="Make the tile"))
    rule = panel.get_by_label("CSS rule")
    expect(rule).to_be_visible(timeout=PATIENCE_MS)
    keyboard.push(panel.get_by_role("checkbox", name="Dark page"), "Space")
    expect(panel.locator(".sample.dark")).to_be_visible()
    expect(rule).to_contain_text("250px 250px")
    tile = keyboard.save(panel.get_by_role("button", name="Save the tile"), folder)
    assert tile.stat().st_size > 1000
    keyboard.push(panel.get_by_role("button", name="Copy the CSS"))
    expect(panel.get_by_role("status").filter(has_text=re.compile("Copied|did not let"))).to_be_visible()


def look_into_the_register(app: App, keyboard: Keyboard) -> None:
    panel = keyboard.turn("Register")
    entries = panel.get_by_role("listitem")
    expect(entries).to_have_count(2)
    keyboard.to(panel.get_by_role("searchbox", name="Search"))
    keyboard.type("nobody")
    expect(entries).to_have_count(0)
    keyboard.press("Control+a", "Delete")
    expect(entries).to_have_count(2)
    keyboard.to(panel.get_by_role("textbox", name="Note: “pipe”, chelsea.png").first)
    keyboard.type("For the harbour office")
    keyboard.press("Enter")
    status = panel.locator(".status")
    expect(status).to_have_text("Note kept.")
    keyboard.push(entries.first.get_by_text("SHA-256"))
    expect(entries.first.get_by_text("of the original")).to_be_visible()
    keyboard.push(panel.get_by_role("button", name="Remove “pipe”, chelsea.png").first)
    expect(entries).to_have_count(1)
    expect(status).to_be_focused()

    wipe = panel.get_by_role("button", name="Delete everything").first
    keyboard.to(wipe, "Shift+Tab")
    keyboard.press("Enter")
    dialog = panel.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    keyboard.press("Escape")
    expect(wipe).to_be_focused()
    keyboard.press("Enter")
    keyboard.push(dialog.get_by_role("button", name="Delete everything"))
    expect(status).to_have_text("1 entry deleted.")
    expect(status).to_be_focused()


def settle(app: App, keyboard: Keyboard) -> None:
    """Change settings, keep the site and load it again from what is kept."""
    panel = keyboard.turn("Settings")
    make = panel.get_by_role("button", name="Make available offline")
    expect(panel).to_contain_text(re.compile("Make available offline|works on this device"))
    if make.is_visible():
        keyboard.push(make)
    expect(panel).to_contain_text("works on this device", timeout=PATIENCE_MS)
    threads = panel.get_by_label("Threads of wasm")
    keyboard.to(threads)
    keyboard.press("ArrowDown")
    expect(threads).to_have_value("1")
    app.page.once("dialog", lambda dialog: dialog.accept())
    settings = panel.get_by_role("row", name="Settings")
    keyboard.push(settings.get_by_role("button"))
    expect(settings).to_have_count(0)
    keyboard.is_somewhere()

    app.page.reload()
    app.await_engine()
    assert app.page.evaluate("navigator.serviceWorker.controller !== null")
    assert app.page.evaluate("crossOriginIsolated")
