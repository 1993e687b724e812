"""What is around the screens, and what a browser gets that cannot run them."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.access import assert_accessible


@pytest.mark.parametrize("has_scripts", [False, True])
def test_a_browser_that_cannot_run_the_page_gets_a_sentence(
    browser: Browser, url: str, has_scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=has_scripts)
    page = context.new_page()
    # As if it did not know the syntax.
    page.route("**/main-*.js", lambda route: route.fulfill(content_type="text/javascript", body="}"))
    page.goto(url)
    expect(page.get_by_text("needs JavaScript in a browser of the last two years")).to_be_visible()
    expect(page.get_by_text("需要启用 JavaScript")).to_be_visible()
    if has_scripts:  # axe-core is one.
        assert_accessible(page)
    context.close()


@pytest.mark.parametrize(
    ("script", "lack"),
    [
        ("delete globalThis.WebAssembly", "lacks WebAssembly"),
        ("delete globalThis.Worker", "lacks Worker"),
    ],
)
def test_a_browser_that_lacks_something_is_told_what(
    fresh_page: Page, url: str, script: str, lack: str
) -> None:
    fresh_page.add_init_script(script)
    fresh_page.goto(url)
    expect(fresh_page.get_by_role("alert")).to_contain_text(lack)
    expect(fresh_page.get_by_role("navigation")).to_have_count(0)
    assert_accessible(fresh_page)


def test_screens_have_addresses_and_the_way_back_works(fresh_page: Page, url: str) -> None:
    fresh_page.goto(f"{url}#read")
    heading = fresh_page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Read")
    fresh_page.get_by_role("link", name="Mark").click()
    expect(heading).to_have_text("Mark")
    expect(heading).to_be_focused()
    expect(fresh_page.get_by_role("link", name="Mark")).to_have_attribute("aria-current", "page")
    fresh_page.go_back()
    expect(heading).to_have_text("Read")
    fresh_page.keyboard.press("Tab")
    fresh_page.get_by_role("link", name="Skip to the screen").press("Enter")
    expect(fresh_page.get_by_role("main")).to_be_focused()
    expect(fresh_page).to_have_url(f"{url}#read")
