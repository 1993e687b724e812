"""The screens that look at marks, as a person walks them: Read, Try to break it, Page overlay, Register."""

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hushmark.sync
import pytest
from PIL import Image
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.browser.access import assert_accessible, said_aloud
from tests.browser.app import PATIENCE_MS, App
from tests.browser.lists import unzipped
from tests.support.credentials import expired_signer, signed_by_us
from tests.support.pictures import sample_path

PHONE = {"width": 360, "height": 740}
PAGE = """<!doctype html><style>
  body {{ margin: 0; font: 18px/1.5 sans-serif; color: #222; background: #fff }}
  header {{ padding: 24px; background: #1f5582; color: #fff }} main {{ padding: 24px; columns: 2 }}
  {rule}
</style><header>The Harbour Post</header><main>{text}</main>"""

WATCH_KEYS = """() => {
    Object.assign(window, { handedOver: [], derived: [] });
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
        if (message.type === "job") window.handedOver.push(message.job.options.key);
        return postMessage.call(this, message, ...rest);
    };
    for (const name of ["importKey", "deriveBits", "deriveKey", "sign"]) {
        const old = SubtleCrypto.prototype[name];
        SubtleCrypto.prototype[name] = function (...values) {
            window.derived.push(name);
            return old.apply(this, values);
        };
    }
}"""
"""Notes what key the page hands over with each job, and what it asks of the browser's cryptography."""


@pytest.fixture(scope="module")
def marked(app: App, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small picture that says "pipe", marked in the page, and so written down in the register."""
    folder = tmp_path_factory.mktemp("marked")
    small = folder / "cat.jpg"
    with Image.open(sample_path("chelsea.png")) as image:
        image.convert("RGB").save(small, quality=92)
    app.mark(small, "pipe")
    return app.download(folder)


def choose(panel: Locator, *paths: Path) -> None:
    panel.get_by_label("Choose").set_input_files(paths)


def test_a_picture_that_was_marked_here_is_known(app: App, marked: Path) -> None:
    panel = app.show("Register")
    note = panel.get_by_role("textbox", name="Note: “pipe”, cat.jpg")
    note.fill("For the harbour office")
    note.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("Note kept.")

    panel = app.read(marked)
    expect(panel.locator(".answer")).to_have_text("“pipe”: For the harbour office")
    expect(panel.locator(".explanation")).to_contain_text("The message passed its check.")
    expect(panel.locator(".answer-box")).to_contain_text("It is in the register: cat.jpg.")
    expect(panel.locator(".place polygon")).to_have_count(2)


def test_the_manifest_of_a_picture_is_shown_beside_its_mark(app: App, marked: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        signed = thread.submit(signed_by_us, marked.read_bytes(), note="A cat").result()
        late = thread.submit(signed_by_us, marked.read_bytes(), by=expired_signer()).result()
    (tmp_path / "signed.jpg").write_bytes(signed)
    (tmp_path / "altered.jpg").write_bytes(signed.replace(b"Ann Lee", b"Ann Low"))
    (tmp_path / "damaged.jpg").write_bytes(signed.replace(b"c2pa.claim", b"c2pa.clown"))
    (tmp_path / "expired.jpg").write_bytes(late)
    (tmp_path / "other.jpg").write_bytes(signed[:-40] + bytes([signed[-40] ^ 1]) + signed[-39:])

    panel = app.read(tmp_path / "signed.jpg")
    part = panel.locator(".manifest[data-verdict]")
    expect(panel.locator(".answer")).to_contain_text("“pipe”")
    expect(part.locator(".verdict")).to_contain_text("It holds.")
    for said in ("Hushmark test certificate, not trusted", "Ann Lee (as the signer says)", "A cat", "photo"):
        expect(part).to_contain_text(said)
    expect(part).to_contain_text("opened, watermarked, to find this manifest by")

    panel = app.read(tmp_path / "altered.jpg")
    expect(part.locator(".verdict")).to_contain_text("It does not hold.")
    expect(part).not_to_contain_text("Ann")

    panel = app.read(tmp_path / "damaged.jpg")
    expect(part.locator(".verdict")).to_contain_text("It is damaged.")
    expect(panel.locator(".answer")).to_contain_text("“pipe”")

    panel = app.read(tmp_path / "expired.jpg")
    expect(part.locator(".verdict")).to_contain_text("It holds.")
    expect(part).to_contain_text("It has expired: nothing shows that it was valid when this was signed.")
    expect(part).to_contain_text("nobody here has vouched for it")

    panel = app.read(tmp_path / "other.jpg")
    expect(part.locator(".verdict")).to_contain_text("It does not belong to this picture.")

    panel = app.read(marked)
    expect(part).to_be_hidden()


def test_a_worn_mark_names_the_likeliest_of_the_register(app: App, marked: Path, tmp_path: Path) -> None:
    worn = tmp_path / "worn.jpg"
    with ThreadPoolExecutor(1) as thread:
        thread.submit(save_worn, marked, worn).result()
    panel = app.read(worn)
    expect(panel.locator(".answer")).to_have_text("Marked, but not readable")
    expect(panel.locator(".likeliest")).to_contain_text("not verified")
    expect(panel.locator(".likeliest")).to_contain_text("Perhaps “pipe”")


def save_worn(marked: Path, worn: Path) -> None:
    """Save a picture that says "pipe" with so low a quality that its message cannot be read any more."""
    for quality in range(40, 0, -1):
        with Image.open(marked) as image:
            image.save(worn, quality=quality)
        reading = hushmark.sync.read(worn, known=["pipe"])
        if reading.outcome == "unreadable" and reading.match:
            return
    raise AssertionError("The mark outlasts it all, or goes at once.")


def test_where_the_picture_lies_on_a_page_is_outlined(app: App, marked: Path, tmp_path: Path) -> None:
    with Image.open(marked) as image:
        page = Image.new("RGB", (1000, 600), "white")
        page.paste(image.resize((400, 266)), (500, 200))
        page.save(tmp_path / "page.png")
    panel = app.read(tmp_path / "page.png")
    points = panel.locator(".place polygon").last.get_attribute("points", timeout=PATIENCE_MS)
    assert points is not None
    corners = [float(value) for value in re.split("[ ,]", points)]
    assert corners == pytest.approx([500, 200, 900, 200, 900, 466, 500, 466], abs=25)


def test_a_key_that_a_mark_was_not_made_with_does_not_read_it(app: App, marked: Path) -> None:
    panel = app.read(marked)
    panel.get_by_label("Key").fill("not the one")
    panel.get_by_role("button", name="Read again").click()
    app.await_outcome(panel)
    expect(panel.locator(".answer")).to_have_text("Marked, but not readable")
    expect(panel.locator(".explanation")).to_contain_text("It was marked without a key.")
    panel.get_by_label("Key").fill("")


def test_a_passphrase_is_stretched_in_the_worker(app: App, tmp_path: Path) -> None:
    """The page hands it over as typed, and derives nothing of it; the mark is of the stretched key."""
    path = tmp_path / "locked.jpg"
    with ThreadPoolExecutor(1) as thread:
        cover = sample_path("rocket.jpg")
        path.write_bytes(thread.submit(hushmark.sync.embed, cover, "pipe", key="open sesame").result().data)
    app.page.evaluate(WATCH_KEYS)
    panel = app.show("Read")
    panel.get_by_label("Key").fill("open sesame")
    choose(panel, path)
    app.await_outcome(panel)
    expect(panel.locator(".answer")).to_have_text("“pipe”")
    panel.get_by_label("Key").fill("")
    assert app.page.evaluate("[...new Set(handedOver), derived]") == ["open sesame", []]


def test_many_pictures_give_a_table_and_a_csv_file(app: App, marked: Path, tmp_path: Path) -> None:
    broken = tmp_path / "=broken.png"
    broken.write_bytes(b"no picture")
    panel = app.show("Read")
    choose(panel, marked, broken, sample_path("coffee.png"))
    app.await_outcome(panel)
    expect(panel.locator("caption")).to_have_text("3 pictures: 1 read; 1 without a mark; 1 failed.")
    expect(panel.get_by_role("row", name="cat-marked.jpg")).to_contain_text("“pipe”")
    expect(panel.get_by_role("row", name="=broken.png")).to_contain_text("=broken.png is not a picture")
    expect(panel.get_by_role("row", name="coffee.png")).to_contain_text("No mark found")
    with app.page.expect_download() as download:
        panel.get_by_role("button", name="Export as CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["file"] for row in rows] == ["cat-marked.jpg", "'=broken.png", "coffee.png"]
    assert [row["outcome"] for row in rows] == ["read", "", "none"]
    assert [row["message"] for row in rows] == ["pipe", "", ""]
    assert "not a picture" in rows[1]["error"]


def test_reading_many_can_be_cancelled(app: App) -> None:
    panel = app.show("Read")
    choose(panel, *[sample_path("coffee.png")] * 20)
    expect(panel.locator(".progress")).to_contain_text("of at most")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.locator(".status")).to_have_text("Cancelled.")
    expect(panel.get_by_role("row").last).to_contain_text("Cancelled")
    expect(panel.get_by_role("table")).not_to_contain_text("Waits")


def test_a_slider_of_the_lab_breaks_the_mark(app: App, marked: Path) -> None:
    panel = app.show("Try to break it")
    choose(panel, marked)
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)
    expect(panel.locator(".explanation")).to_contain_text("of 256 raw bits are right.")
    blur = panel.get_by_role("slider", name="Amount: Blur")
    for amount in ("0.01", "0.02", "0.03"):  # Of these the last counts.
        blur.fill(amount)
    expect(panel.get_by_role("checkbox", name="Blur")).to_be_checked()
    panel.get_by_role("slider", name="Amount: JPEG quality").fill("5")
    panel.get_by_role("slider", name="Amount: Colour").fill("0")
    expect(panel.locator(".answer")).not_to_have_text("“pipe”", timeout=PATIENCE_MS)
    panel.get_by_role("button", name="Start over").click()
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)


def test_the_lab_cuts_a_picture_by_a_frame(app: App, marked: Path) -> None:
    panel = app.show("Try to break it")
    choose(panel, marked)
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)
    panel.locator(".cropper summary").click()
    image = panel.get_by_role("img", name="The changed picture")

    panel.get_by_role("button", name="1:1").click()
    expect(panel.locator(".cropper output").first).to_have_text("66.5% × 100%")
    expect(image).to_have_js_property("naturalWidth", 299, timeout=PATIENCE_MS)
    expect(panel.locator(".answer")).to_have_text("“pipe”", timeout=PATIENCE_MS)

    left = panel.get_by_role("slider", name="Cut off left")
    left.focus()
    left.press("Home")
    expect(panel.locator(".cropper output").first).to_have_text("83.3% × 100%")

    stage = panel.locator(".crop-stage").bounding_box()
    corner = panel.locator(".crop-handle.left.bottom").bounding_box()
    assert stage is not None and corner is not None
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    app.page.mouse.move(x, y)
    app.page.mouse.down()
    app.page.mouse.move(x + 0.25 * stage["width"], y - 0.2 * stage["height"], steps=4)
    app.page.mouse.up()
    expect(left).to_have_value("0.25")
    expect(panel.get_by_role("slider", name="Cut off bottom")).to_have_value("0.2")
    expect(image).to_have_js_property("naturalHeight", 240, timeout=PATIENCE_MS)
    assert_accessible(app.page)
    panel.get_by_role("button", name="How far? JPEG quality").click()
    expect(panel.locator(".survival figcaption")).to_contain_text("goes through: Crop 58.3% × 80%.")
    panel.get_by_role("button", name="Cancel").click()
    panel.get_by_role("button", name="Start over").click()
    expect(image).to_have_js_property("naturalWidth", 451, timeout=PATIENCE_MS)


def test_a_chart_says_how_far_a_mark_survives_together_with_other_trials(app: App, marked: Path) -> None:
    panel = app.show("Try to break it")
    choose(panel, marked)
    with said_aloud(app.page, "Colour: read at"):
        panel.get_by_role("button", name="How far? Colour").click()
        expect(panel.locator(".status")).to_contain_text("Colour: read at", timeout=PATIENCE_MS)
    expect(panel.locator(".survival path")).to_have_count(9)
    expect(panel.locator(".survival path").last).to_have_attribute("data-outcome", "read")
    expect(panel.locator(".survival figcaption")).to_contain_text("The other trials are off.")

    panel.get_by_role("slider", name="Amount: JPEG quality").fill("5")
    panel.get_by_role("slider", name="Amount: Noise").fill("0.2")
    panel.get_by_role("button", name="How far? Colour").click()
    expect(panel.locator(".survival figcaption")).to_contain_text("JPEG quality 5, Noise 20%.")
    expect(panel.locator(".survival path").first).not_to_have_attribute(
        "data-outcome", "read", timeout=PATIENCE_MS
    )
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.locator(".status")).to_have_text("Cancelled.")
    panel.get_by_role("button", name="Start over").click()


def test_a_page_under_the_tile_is_read_from_a_cut_out_of_its_screenshot(app: App, tmp_path: Path) -> None:
    panel = app.show("Page overlay")
    panel.get_by_label("Message").select_option("text")
    panel.get_by_role("textbox", name="Text").fill("over")
    panel.get_by_role("button", name="Make the tile").click()
    expect(panel.locator(".status").first).to_have_text("The tile carries “over”.", timeout=PATIENCE_MS)
    with app.page.expect_download() as download:
        panel.get_by_role("button", name="Save the tile").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    rule = panel.get_by_label("CSS rule").inner_text()
    text = panel.locator(".sample-page").inner_text() * 4
    (tmp_path / "page.html").write_text(PAGE.format(rule=rule, text=text), "utf-8")

    browser = app.page.context.browser
    assert browser is not None
    page = browser.new_page(viewport={"width": 1000, "height": 700})
    page.goto((tmp_path / "page.html").as_uri())
    page.screenshot(path=tmp_path / "screenshot.png")
    page.close()
    with Image.open(tmp_path / "screenshot.png") as image:
        image.crop((200, 100, 960, 680)).save(tmp_path / "cut-out.png")

    choose(panel, tmp_path / "cut-out.png")
    expect(panel.locator(".answer")).to_have_text("“over”", timeout=PATIENCE_MS)


def test_a_team_gets_a_tile_for_each_name(app: App) -> None:
    panel = app.show("Page overlay")
    make = panel.get_by_role("button", name="Make one for each name")
    make.click()
    expect(panel.locator(".team .error").first).to_have_text("Write at least one name.")
    panel.get_by_label("Names, one a line").fill('Jane\n\n=Li "Q"/2\nJane')
    with said_aloud(app.page, "3 tiles are made."):
        make.click()
        expect(panel.locator(".team .status")).to_contain_text("3 tiles are made.", timeout=PATIENCE_MS)
    files = unzipped(app, panel.get_by_role("button", name="Save all as ZIP"), tables=True)
    tiles = ["Jane.png", "=Li _Q__2.png", "Jane (2).png"]
    styles = [name.replace(".png", ".css") for name in tiles]
    assert set(files) == {*tiles, *styles, "overlays.csv"}
    for tile, style in zip(tiles, styles, strict=True):
        assert f'url("{tile}")' in files[style].decode()
        with Image.open(io.BytesIO(files[tile])) as image:
            assert (image.mode, image.size) == ("RGBA", (250, 250))
    rows = list(csv.DictReader(io.StringIO(files["overlays.csv"].decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["Jane", '\'=Li "Q"/2', "Jane"]
    assert len({row["message"] for row in rows}) == 3

    panel = app.show("Register")
    for row in rows:
        entry = panel.get_by_role("listitem").filter(has_text=row["message"])
        expect(entry.get_by_role("textbox", name="Note")).to_have_value(row["name"].lstrip("'"))
        entry.get_by_role("button", name="Remove").click()
        expect(entry).to_have_count(0)


def test_the_register_is_exported_wiped_and_imported(app: App, marked: Path, tmp_path: Path) -> None:
    assert marked.exists()
    panel = app.show("Register")
    # The picture, and the tile that was downloaded.
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("listitem").first).to_contain_text("Page overlay")
    before = panel.locator(".entries").inner_text()
    with app.page.expect_download() as download:
        panel.get_by_role("button", name="Export", exact=True).click()
    path = tmp_path / "register.json"
    download.value.save_as(path)

    panel.get_by_role("button", name="Delete everything").click()
    panel.get_by_role("button", name="Keep them").click()
    expect(panel.get_by_role("listitem")).to_have_count(2)
    panel.get_by_role("button", name="Delete everything").click()
    panel.get_by_role("dialog").get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_role("status")).to_have_text("2 entries deleted.")
    expect(panel).to_contain_text("Nothing is written down yet.")

    for name, data, sentence in (
        ("cut.json", path.read_bytes()[:100], "it is no JSON"),
        ("other.json", b"[]", "This file is no exported register."),
    ):
        (tmp_path / name).write_bytes(data)
        panel.get_by_label("Import").set_input_files(tmp_path / name)
        expect(panel.get_by_role("alert")).to_contain_text(sentence)
        expect(panel.get_by_role("listitem")).to_have_count(0)

    for sentence in ("2 entries added.", "0 entries added, 2 were here already."):
        panel.get_by_label("Import").set_input_files(path)
        expect(panel.get_by_role("status")).to_have_text(sentence)
    assert panel.locator(".entries").inner_text() == before
    panel.get_by_role("searchbox", name="Search").fill("pipe cat")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    panel.get_by_role("searchbox", name="Search").fill("dog")
    expect(panel).to_contain_text("Nothing fits.")
    panel.get_by_role("searchbox", name="Search").fill("")


def test_the_screens_start_from_what_settings_says(fresh_page: Page, url: str) -> None:
    fresh_page.goto(f"{url}#settings")
    panel = fresh_page.locator("main > section:visible")
    panel.get_by_label("Message").select_option("id")
    panel.get_by_role("textbox", name="Id").fill("0123456789abcdef")
    panel.get_by_role("slider", name="Strength").fill("1")
    panel.get_by_label("Format").select_option("WEBP")
    panel.get_by_label("Quality").fill("77")
    panel.get_by_label("Name of the marked file").fill("{name}-{date}")
    keep = panel.get_by_label("Keep a key in this browser")
    expect(panel.get_by_label("Key", exact=True)).to_be_hidden()
    keep.check()
    panel.get_by_label("Key", exact=True).fill("harbour")
    panel.get_by_label("Key", exact=True).press("Enter")

    fresh_page.reload()
    fresh_page.get_by_role("link", name="Mark").click()
    expect(panel.get_by_label("Message")).to_have_value("id")
    expect(panel.get_by_role("textbox", name="Id")).to_have_value("0123456789abcdef")
    expect(panel.get_by_role("slider", name="Strength")).to_have_value("1")
    expect(panel.get_by_label("Key", exact=True)).to_have_value("harbour")
    expect(panel.get_by_label("Format")).to_have_value("WEBP")
    expect(panel.get_by_label("Quality")).to_have_value("77")
    expect(panel.get_by_label("Name of the marked file")).to_have_value("{name}-{date}")
    for screen in ("Page overlay", "Read", "Settings"):
        fresh_page.get_by_role("link", name=screen).click()
        expect(panel.get_by_label("Key", exact=True)).to_have_value("harbour")

    keep.uncheck()
    fresh_page.get_by_role("link", name="Read").click()
    expect(panel.get_by_label("Key", exact=True)).to_have_value("")
    assert "harbour" not in fresh_page.evaluate("JSON.stringify(localStorage)")


def test_marked_pictures_are_counted_and_deleted_with_a_warning(app: App) -> None:
    app.mark(sample_path("rocket.jpg"), "pipe")
    panel = app.show("Settings")
    row = panel.get_by_role("row", name="Marked pictures")
    expect(row).to_contain_text(re.compile("kB|MB"))
    said: list[str] = []

    def accept(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.accept()

    app.page.once("dialog", accept)
    row.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert "marked pictures that you have not saved are lost" in said[0]
    expect(app.show("Mark").get_by_role("listitem")).to_have_count(0)


def test_a_small_picture_becomes_a_tiff_file_that_is_seen_all_the_same(app: App, tmp_path: Path) -> None:
    with Image.open(sample_path("chelsea.png")) as image:
        image.convert("RGB").resize((96, 96)).save(tmp_path / "small.png")
    panel = app.choose(tmp_path / "small.png")
    app.more_options(panel)
    panel.get_by_label("Format").select_option("TIFF")
    app.say(panel, "tiny")
    panel.get_by_role("button", name="Mark picture").click()
    app.await_batch(panel)
    expect(panel.get_by_role("listitem")).to_contain_text("0% are read after JPEG 80")
    expect(panel.locator(".stage")).to_contain_text("This browser cannot show such a file.")
    expect(panel.get_by_role("img", name="at the strength of the slider")).to_be_visible()

    tiff = app.download(tmp_path)
    assert tiff.name == "small-marked.tif"
    panel = app.choose(tiff)
    panel.get_by_label("Format").select_option("JPEG")
    panel.get_by_label("Quality").fill("30")
    panel.get_by_role("button", name="Mark picture").click()
    panel.get_by_role("button", name="Mark again").click()
    app.await_batch(panel)
    expect(panel.get_by_role("img", name="The original picture")).to_have_js_property("naturalWidth", 96)
    with Image.open(app.download(tmp_path)) as image, Image.open(tmp_path / "small.png") as cover:
        assert image.format == "JPEG"
        cover.convert("RGB").save(tmp_path / "as-good.jpg", quality=30)
        with Image.open(tmp_path / "as-good.jpg") as like:
            assert image.quantization == like.quantization
    panel.get_by_label("Format").select_option("")


def test_nothing_is_wider_than_a_phone(app: App, marked: Path) -> None:
    desktop = app.page.viewport_size
    assert desktop is not None
    app.page.set_viewport_size(PHONE)
    app.read(marked)
    for name in ("Read", "Try to break it", "Page overlay", "Register"):
        app.show(name)
        assert app.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], name
    app.page.set_viewport_size(desktop)


def test_a_register_without_room_says_so(fresh_page: Page, url: str, tmp_path: Path) -> None:
    fresh_page.context.new_cdp_session(fresh_page).send(
        "Storage.overrideQuotaForOrigin", {"origin": url.rstrip("/"), "quotaSize": 10_000}
    )
    file = {"name": "a.png", "size": 1, "sha256": "0" * 64}
    entry = {
        "id": "1",
        "time": "2026-11-21T12:00:00.000Z",
        "message": {"kind": "text", "value": "pipe"},
        "note": "",
        "cover": file,
        "marked": file,
        "thumbnail": "A" * 100_000,
    }
    exported = {"format": "hushmark-register", "version": 2, "entries": [entry]}
    (tmp_path / "register.json").write_text(json.dumps(exported), "utf-8")
    fresh_page.goto(f"{url}#register")
    fresh_page.get_by_label("Import").set_input_files(tmp_path / "register.json")
    expect(fresh_page.get_by_role("alert").filter(has_text="no storage left")).to_be_visible()
