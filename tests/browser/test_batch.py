"""Many pictures at once, and the screen's two languages, on a desktop and on a phone."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hushmark.sync
import pytest
from hushmark import Message
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.app import PATIENCE_MS, UNDER_WAY, App, watched
from tests.support.pictures import SamplePhoto, sample_path, sample_photo

SAMPLES: tuple[SamplePhoto, ...] = ("rocket.jpg", "astronaut.png", "chelsea.png", "coffee.png")
FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
BROKEN = {7: b"no picture", 15: sample_photo("rocket.jpg")[:9000]}
LARGE = 11
"""The picture that takes long enough to be cancelled while it is worked on."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty small pictures in three formats, two of them broken."""
    folder = tmp_path_factory.mktemp("pictures")
    photos = [Image.open(sample_path(name)).convert("RGB") for name in SAMPLES]
    paths = []
    for number in range(1, 21):
        ending = list(FORMATS)[number % 3]
        path = folder / f"picture-{number:02}.{ending}"
        photo = photos[number % len(photos)]
        part = photo.crop((number, number, number + 320, number + 240))
        if number == LARGE:
            part = part.resize((2400, 1800))
        part.save(path, FORMATS[ending], quality=92)
        if number in BROKEN:
            path.write_bytes(BROKEN[number])
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def phone(browser: Browser, url: str) -> Iterator[App]:
    """The page on a phone with a touch screen whose language is Chinese."""
    device = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    with watched(browser, url, locale="zh-CN", **device) as visit:
        yield App(visit.context.new_page(), url, started=False)


def test_twenty_pictures_are_marked_around_broken_and_cancelled_ones(
    app: App, pictures: list[Path], tmp_path: Path
) -> None:
    panel = app.choose(*pictures)
    panel.get_by_label("Message").select_option("number")
    panel.get_by_role("textbox", name="Number").fill("18446744073709551615")
    panel.get_by_role("slider", name="Strength").fill("2")
    app.more_options(panel)
    panel.get_by_label("Name of the marked file").fill("{number}-{message}")
    panel.get_by_role("button", name="Mark 20 pictures").click()
    panel.get_by_role("button", name="Pause").click()
    panel.get_by_role("button", name="Cancel: picture-17").click()
    expect(panel.locator(".status")).to_contain_text("Paused")
    # What the engine has is finished.
    expect(panel.locator("[data-state=working]")).to_have_count(0, timeout=PATIENCE_MS)
    expect(panel.locator("[data-state=waiting]").last).to_be_visible()
    panel.get_by_role("button", name="Go on").click()
    large = panel.get_by_role("listitem").filter(has_text=f"picture-{LARGE:02}")
    expect(large).to_have_attribute("data-state", "working", timeout=PATIENCE_MS)
    large.get_by_role("button", name="Cancel").click()
    expect(panel.locator(UNDER_WAY)).to_have_count(0, timeout=4 * PATIENCE_MS)
    summary = panel.locator(".status")
    expect(summary).to_have_text("16 of 20 pictures marked, 2 failed, 2 cancelled.")
    rows = panel.get_by_role("listitem")
    expect(rows.nth(6)).to_contain_text("picture-07.png is not a picture")
    expect(rows.nth(14)).to_contain_text("picture-15.jpg is cut off")

    panel.get_by_role("button", name="Retry failed and cancelled").click()
    app.await_batch(panel)
    expect(summary).to_have_text("18 of 20 pictures marked, 2 failed.")

    # A dialogue of the system cannot be driven: this is what browsers do that have none.
    app.page.evaluate("window.showSaveFilePicker = undefined")
    with app.page.expect_download() as download:
        panel.get_by_role("button", name="Save all as ZIP").click()
    download.value.save_as(tmp_path / "all.zip")
    files = unzipped(tmp_path / "all.zip")
    table = files.pop("marks.csv").decode("utf-8-sig").splitlines()
    assert len(files) == 18
    assert table[0] == "file,message,kind,note"
    assert sorted(table[1:]) == [f"{name},18446744073709551615,number," for name in sorted(files)]
    thread = ThreadPoolExecutor(1)
    for name, data in files.items():
        assert re.fullmatch(r"\d{3}-18446744073709551615\.(jpg|png|webp)", name)
        with Image.open(io.BytesIO(data)) as image, Image.open(pictures[int(name[:3]) - 1]) as cover:
            assert (image.format, image.size) == (cover.format, cover.size)
        # In a thread, since Playwright's own event loop runs in this one.
        reading = thread.submit(hushmark.sync.read, data).result()
        assert reading.message == Message("number", "18446744073709551615"), name


def unzipped(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_zip_file_is_written_where_people_choose(app: App, pictures: list[Path], tmp_path: Path) -> None:
    panel = app.choose(*pictures[:2])
    app.say(panel, "pipe")
    panel.get_by_role("button", name="Mark 2 pictures").click()
    app.await_batch(panel)
    app.page.evaluate(
        """() => {
            window.showSaveFilePicker = async ({ suggestedName }) =>
                (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
        }"""
    )
    panel.get_by_role("button", name="Save all as ZIP").click()
    expect(panel.locator(".status")).to_have_text("2 pictures saved as hushmark.zip.")
    data = app.page.evaluate(
        """async () => {
            const root = await navigator.storage.getDirectory();
            const file = await (await root.getFileHandle("hushmark.zip")).getFile();
            return [...new Uint8Array(await file.arrayBuffer())];
        }"""
    )
    (tmp_path / "chosen.zip").write_bytes(bytes(data))
    marked = app.download(tmp_path)
    files = unzipped(tmp_path / "chosen.zip")
    assert len(files) == 3
    assert files[marked.name] == marked.read_bytes()


def test_options_that_are_no_good_leave_the_whole_list_as_it_was(app: App, pictures: list[Path]) -> None:
    panel = app.choose(*pictures[:3])
    app.say(panel, "too long!")
    panel.get_by_role("button", name="Mark 3 pictures").click()
    expect(panel.get_by_role("alert")).to_contain_text("The text takes 9 bytes, and 8 fit.")
    expect(panel.locator('[data-state="new"]')).to_have_count(3)
    panel.get_by_role("textbox", name="Text").fill("pipe")
    # The second press is told to wait, as long as there is something to wait for.
    panel.get_by_role("button", name="Mark 3 pictures").dblclick()
    app.await_batch(panel)
    expect(panel.locator(".status")).to_have_text("3 of 3 pictures marked.")
    expect(panel.get_by_role("alert")).to_have_text("")


def test_folders_stay_folders(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    (folder / "day two").mkdir(parents=True)
    (folder / "notes.txt").write_text("no picture")
    (folder / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(12))
    for path in (folder / "10.jpg", folder / "9.jpg", folder / "day two" / "9.jpg"):
        path.write_bytes(sample_photo("rocket.jpg"))
    panel = app.choose()
    panel.locator("input[webkitdirectory]").set_input_files(folder)
    expect(panel.locator(".row-name")).to_have_text(
        ["holiday/9.jpg", "holiday/10.jpg", "holiday/phone.HEIC", "holiday/day two/9.jpg"]
    )
    panel.get_by_label("Message").select_option("random")
    panel.get_by_label("Note", exact=True).fill("© Herald, Jane")
    app.more_options(panel)
    panel.get_by_label("Name of the marked file").fill("{name}")
    panel.get_by_role("button", name="Mark 4 pictures").click()
    app.await_batch(panel)
    phone = panel.get_by_role("listitem").filter(has_text="phone.HEIC")
    expect(phone).to_contain_text("phone.HEIC is damaged and cannot be decoded. Copy or download it again.")
    # A dialogue of the system cannot be driven: the browser's private folder stands in for the chosen one.
    app.page.evaluate(
        """window.showDirectoryPicker = async () =>
            (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true })"""
    )
    panel.get_by_role("button", name="Save all into a folder").click()
    expect(panel.locator(".status")).to_have_text("3 pictures saved into the folder chosen.")
    sizes = app.page.evaluate(
        """async () => {
            const root = await navigator.storage.getDirectory();
            const sizes = {};
            const look = async (folder, path) => {
                for await (const [name, handle] of folder.entries()) {
                    if (handle.kind === "directory") await look(handle, `${path}${name}/`);
                    else sizes[path + name] = (await handle.getFile()).size;
                }
            };
            await look(await root.getDirectoryHandle("chosen"), "");
            return sizes;
        }"""
    )
    paths = {"holiday/9.jpg", "holiday/10.jpg", "holiday/day two/9.jpg"}
    assert sizes.keys() == paths
    assert min(sizes.values()) > 50_000

    app.page.evaluate("window.showSaveFilePicker = undefined")
    with app.page.expect_download() as download:
        panel.get_by_role("button", name="Save all as ZIP").click()
    download.value.save_as(tmp_path / "all.zip")
    files = unzipped(tmp_path / "all.zip")
    rows = list(csv.DictReader(io.StringIO(files.pop("marks.csv").decode("utf-8-sig"))))
    assert files.keys() == paths
    for row in rows:
        assert row["note"] == "© Herald, Jane"
        assert re.fullmatch("[0-9a-f]{16}", row["message"])
    assert {row["file"] for row in rows} == paths
    register = app.show("Register")
    register.get_by_role("searchbox", name="Search").fill("day two")
    expect(register.get_by_role("listitem")).to_have_count(1)
    expect(register.get_by_role("listitem")).to_contain_text("holiday/day two/9.jpg")


def test_a_marked_picture_is_marked_again_only_if_asked(app: App, tmp_path: Path) -> None:
    app.mark(sample_path("rocket.jpg"), "once")
    marked = app.download(tmp_path)
    panel = app.mark(marked, "more")
    row = panel.get_by_role("listitem")
    expect(row).to_contain_text("It is marked already: it reads as “once”. Mark it again?")
    row.get_by_role("button", name="Mark again").click()
    app.await_batch(panel)
    expect(row).to_contain_text("“more”")


def test_another_strength_is_seen_at_once_and_marked_when_asked(app: App) -> None:
    app.show("Mark").get_by_role("slider", name="Strength", exact=True).fill("0")  # as it was at first
    panel = app.mark(sample_path("coffee.png"), "pipe")
    stage = panel.locator(".stage")
    slider = stage.get_by_role("slider", name="See another strength")
    psnr = decibels(stage)
    before = stage.locator(".after").screenshot()
    slider.fill("3")
    expect(stage.get_by_role("img", name="at the strength of the slider")).to_be_visible()
    assert stage.locator(".after").screenshot() != before
    stage.get_by_role("button", name="Mark at strength 2.8").click()
    app.await_batch(panel)
    assert decibels(stage) < psnr - 5

    stage.get_by_role("radio", name="Residual").check()
    expect(stage.get_by_role("img", name="The difference between the two")).to_be_visible()
    stage.get_by_role("radio", name="Before and after").check()
    stage.get_by_role("button", name="Zoom in").click()
    expect(stage.locator(".zoom output")).to_have_text("1.5×")


def decibels(stage: Locator) -> float:
    """The PSNR that a marked picture's details state."""
    figure = re.search(r"(\d+\.\d) dB", stage.locator(".details").text_content() or "")
    assert figure is not None
    return float(figure[1])


def test_a_phone_in_chinese_queues_what_is_chosen_while_the_engine_loads(phone: App) -> None:
    page = phone.page
    expect(page.get_by_role("heading", level=1)).to_have_text("标记")
    page.locator("input[accept]").first.set_input_files(
        [sample_path("rocket.jpg"), sample_path("coffee.png")]
    )
    page.locator("section.mark").get_by_label("信息").select_option("number")
    page.get_by_role("textbox", name="数字").fill("20261121")
    page.get_by_role("button", name="标记 2 张图片").tap()
    expect(page.locator("[data-state=working]")).to_contain_text("正在等待引擎")
    expect(page.locator(".status:visible")).to_have_text("共 2 张图片，已标记 2 张。", timeout=PATIENCE_MS)
    page.get_by_role("button", name="对比：coffee.png").tap()
    expect(page.get_by_role("heading", name="coffee-marked.png")).to_be_in_viewport()
    assert_targets_are_large(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_the_language_is_switched_and_remembered(phone: App) -> None:
    page = phone.page
    page.get_by_label("语言").select_option("en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mark")
    expect(page.locator(".status:visible")).to_have_text("2 of 2 pictures marked.")
    page.get_by_role("navigation").get_by_role("link", name="Read").tap()
    expect(page).to_have_title("Read – Hushmark")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Read")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mark")


def assert_targets_are_large(page: Page) -> None:
    """Fails if a button, link, choice or field that shows is under 44 px high."""
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, select, input, [role=slider]")]
            .filter((element) => !element.matches(".visually-hidden"))
            .map((element) => element.closest("label") ?? element)
            .filter((element) => element.checkVisibility() && !element.matches(".skip"))
            .filter((element) => element.getBoundingClientRect().height < 44)
            .map((element) => element.outerHTML)"""
    )
    assert small == []
