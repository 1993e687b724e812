"""Accessibility: axe-core on every screen, in its states and in both themes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.app import App
from tests.pictures import sample_path


def violations(page: Page, root: Path) -> list[str]:
    """What axe-core finds wrong in the page as it is now, in light and in dark."""
    page.evaluate((root / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        result: dict[str, Any] = page.evaluate("axe.run()")
        found += [
            f"{scheme}: {violation['help']}: {node['html'][:120]}: {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
    return found


def test_every_screen_as_it_opens(app: App, repo_root: Path) -> None:
    links = app.page.get_by_role("navigation").get_by_role("link").all()
    assert len(links) > 2
    for link in links:
        link.click()
        assert violations(app.page, repo_root) == []


def test_a_marked_picture_and_its_reading(app: App, repo_root: Path, tmp_path: Path) -> None:
    app.mark(sample_path("rocket.jpg"), "pipe")
    assert violations(app.page, repo_root) == []
    app.read(app.download(tmp_path))
    assert violations(app.page, repo_root) == []


def test_what_is_no_picture(app: App, repo_root: Path, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("These are notes, not a picture.")
    app.mark(path, "pipe")
    assert violations(app.page, repo_root) == []
    app.read(path)
    assert violations(app.page, repo_root) == []


def test_a_phone_in_the_other_language(app: App, repo_root: Path) -> None:
    app.page.set_viewport_size({"width": 360, "height": 740})
    app.page.get_by_label("Language").select_option("zh")
    assert violations(app.page, repo_root) == []
    app.page.locator("select.language").select_option("en")
