"""The way of a picture through the page, as a user goes it."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.app import PATIENCE_MS, App
from tests.support.pictures import sample_path, sample_photo

PHONE = {"width": 360, "height": 740}


def recompressed(path: Path, quality: int, scale: float) -> Path:
    """A copy of the picture as a chat app would make it."""
    copy = path.with_name(f"copy-of-{path.name}")
    with Image.open(path) as image:
        size = round(image.width * scale), round(image.height * scale)
        image.convert("RGB").resize(size).save(copy, "JPEG", quality=quality)
    return copy


def large_photo(path: Path) -> Path:
    """A picture that takes long enough to be interrupted."""
    with Image.open(sample_path("retina.jpg")) as image:
        image.resize((4000, 4000)).save(path, quality=90)
    return path


def test_a_marked_jpeg_is_read_after_recompression_at_half_size(app: App, tmp_path: Path) -> None:
    cover = sample_path("rocket.jpg")
    panel = app.mark(cover, "pipe")
    expect(panel.locator(".status")).to_have_text("1 of 1 picture marked.")
    expect(panel.locator("dl").first).to_contain_text("Read back“pipe”")
    expect(panel.get_by_role("img", name="The marked picture")).to_be_visible()
    expect(panel.get_by_role("img", name="The original picture")).to_be_visible()
    panel.locator(".stage").get_by_text("Details").click()
    expect(panel.get_by_role("img", name="How sure each of the 256 raw bits is")).to_be_visible()

    marked = app.download(tmp_path)
    assert marked.name == "rocket-marked.jpg"
    with Image.open(marked) as image, Image.open(cover) as original:
        assert (image.format, image.size) == ("JPEG", original.size)

    panel = app.read(recompressed(marked, quality=75, scale=0.5))
    expect(panel.locator(".answer")).to_have_text("“pipe”")
    expect(panel.locator(".explanation")).to_contain_text("The message passed its check.")
    expect(panel.locator("dl").first).to_contain_text("KindText")
    expect(panel.locator(".bits-plot rect")).to_have_count(256)


def test_a_crop_is_read(app: App, tmp_path: Path) -> None:
    app.mark(sample_path("chelsea.png"), "crop")
    marked = app.download(tmp_path)
    with Image.open(marked) as image:
        width, height = round(0.84 * image.width), round(0.84 * image.height)
        image.crop((31, 9, 31 + width, 9 + height)).save(tmp_path / "part.jpg", quality=80)
    panel = app.read(tmp_path / "part.jpg")
    expect(panel.locator(".answer")).to_have_text("“crop”")
    expect(panel.locator("dl").first).to_contain_text("This is a part of the marked picture")


def test_a_screenshot_of_a_page_with_the_picture_is_read(app: App, tmp_path: Path) -> None:
    app.mark(sample_path("astronaut.png"), "page")
    marked = app.download(tmp_path)
    with Image.open(marked) as image:
        page = Image.new("RGB", (1280, 800), (250, 250, 248))
        page.paste(image.convert("RGB").resize((460, 460)), (640, 210))
        page.save(tmp_path / "screenshot.jpg", quality=75)
    panel = app.read(tmp_path / "screenshot.jpg")
    expect(panel.locator(".answer")).to_have_text("“page”")


def test_an_unmarked_picture_has_no_mark(app: App) -> None:
    panel = app.read(sample_path("rocket.jpg"))
    expect(panel.locator(".answer")).to_have_text("No mark found")
    expect(panel.locator(".explanation")).to_have_text(
        "It was never marked, or too much of the mark is lost."
    )
    panel.get_by_text("Details").click()
    figures = re.search(r"(\S+); a mark from (\S+)", panel.locator("dl").first.inner_text())
    assert figures is not None
    assert float(figures[1]) < float(figures[2])


def test_a_random_id_is_read_back(app: App, tmp_path: Path) -> None:
    panel = app.choose(sample_path("astronaut.png"))
    panel.get_by_label("Message").select_option("random")
    panel.get_by_role("button", name="Mark picture").click()
    app.await_batch(panel)
    drawn = re.search(r"\b[0-9a-f]{16}\b", panel.locator(".stage dl").first.inner_text())
    assert drawn is not None
    expect(app.read(app.download(tmp_path)).locator(".result").first).to_contain_text(drawn[0])


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("cut.jpg", sample_photo("rocket.jpg")[:60_000], "cut.jpg is cut off"),
        (
            "notes.png",
            b"These are notes, not a picture.\n" * 20,
            "notes.png is not a picture",
        ),
        ("nothing.jpg", b"", "nothing.jpg is empty"),
        ("dot.png", None, "dot.png has 1x1 pixels"),
    ],
)
def test_a_file_that_is_no_good_gets_its_sentence(
    app: App, tmp_path: Path, name: str, data: bytes | None, sentence: str
) -> None:
    if data is None:
        buffer = io.BytesIO()
        Image.new("RGB", (1, 1)).save(buffer, "PNG")
        data = buffer.getvalue()
    path = tmp_path / name
    path.write_bytes(data)
    expect(app.mark(path, "pipe").get_by_role("listitem")).to_contain_text(sentence)
    panel = app.read(path)
    expect(panel.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(panel.locator(".result").first).to_be_hidden()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "There is nothing to hide yet."), ("汉字汉", "The text takes 9 bytes, and 8 fit")],
)
def test_a_message_that_does_not_fit_gets_its_sentence(app: App, text: str, sentence: str) -> None:
    panel = app.mark(sample_path("rocket.jpg"), text)
    expect(panel.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(panel.locator('[data-state="new"]')).to_have_count(1)


def test_marking_without_a_picture_asks_for_one(fresh_page: Page, url: str) -> None:
    fresh_page.goto(url)
    fresh_page.get_by_role("button", name="Mark picture").click()
    expect(fresh_page.get_by_role("alert")).to_have_text("Choose a picture first.")


def test_the_page_goes_on_after_errors(app: App) -> None:
    panel = app.mark(sample_path("rocket.jpg"), "")
    expect(panel.get_by_role("alert")).not_to_be_empty()
    panel = app.mark(sample_path("rocket.jpg"), "pipe")
    expect(panel.get_by_role("alert")).to_be_empty()
    expect(panel.locator(".status")).to_have_text("1 of 1 picture marked.")


def test_cancel_ends_a_job_and_the_next_one_works(app: App, tmp_path: Path) -> None:
    panel = app.choose(large_photo(tmp_path / "large.jpg"))
    panel.get_by_label("Message").select_option("random")
    panel.get_by_role("button", name="Mark picture").click()
    panel.get_by_role("button", name="Cancel: large.jpg").click()
    expect(panel.get_by_role("listitem")).to_contain_text("Cancelled", timeout=PATIENCE_MS)

    panel = app.mark(sample_path("rocket.jpg"), "pipe")
    expect(panel.locator(".status")).to_have_text("1 of 1 picture marked.")


def test_a_dropped_or_pasted_picture_is_taken(app: App) -> None:
    panel = app.show("Read")
    for event, field in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        app.page.evaluate(
            """([event, field, name]) => {
                const data = new DataTransfer();
                data.items.add(new File(["no picture"], name));
                const init = { [field]: data, bubbles: true, cancelable: true };
                const made = event === "drop" ? new DragEvent(event, init) : new ClipboardEvent(event, init);
                document.body.dispatchEvent(made);
            }""",
            [event, field, f"{event}.png"],
        )
        said = panel.get_by_role("alert").filter(has_text=f"{event}.png is not a picture")
        expect(said).to_be_visible(timeout=PATIENCE_MS)


def test_nothing_overflows_on_a_phone(app: App) -> None:
    desktop = app.page.viewport_size
    app.page.set_viewport_size(PHONE)
    expect(app.mark(sample_path("coffee.png"), "pipe").locator(".stage")).to_be_visible()
    assert app.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(app.read(sample_path("coffee.png")).locator(".result").first).to_be_visible()
    assert app.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert desktop is not None
    app.page.set_viewport_size(desktop)
