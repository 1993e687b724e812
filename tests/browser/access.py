"""Checks pages by axe-core, and what a screen reader would say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from tests.browser.serving import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
# Transitions are ended, since colours in the middle of one are not the page's own.
RUN_AXE = """(options) => {
    for (const animation of document.getAnimations()) {
        if (animation instanceof CSSTransition) animation.finish();
    }
    return axe.run(options);
}"""
ALL_RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}
COLOURS_ONLY = {"runOnly": ["color-contrast"]}
LISTEN = """() => {
    globalThis.heard = [];
    globalThis.ear?.disconnect();
    globalThis.ear = new MutationObserver((changes) => {
        for (const { target } of changes) {
            const element = target instanceof Element ? target : target.parentElement;
            const region = element?.closest("[role=status], [role=alert], [aria-live=polite]");
            if (region?.checkVisibility() && region.textContent) heard.push(region.textContent);
        }
    });
    ear.observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def assert_accessible(page: Page) -> None:
    """Fails if the page breaks WCAG 2.2 AA or axe-core's rules of good practice.

    In light, in dark on a phone, and with forced colours.
    """
    desktop = page.viewport_size
    assert desktop is not None
    page.evaluate(AXE.read_text())
    page.emulate_media(color_scheme="light", forced_colors="none")
    found = _violations(page, "light", ALL_RULES)
    page.emulate_media(forced_colors="active")
    found += _violations(page, "forced colours", COLOURS_ONLY)
    page.emulate_media(color_scheme="dark", forced_colors="none")
    page.set_viewport_size(PHONE)
    found += _violations(page, "dark, on a phone", ALL_RULES)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(desktop)
    assert found == [], "\n".join(found)


@contextmanager
def said_aloud(page: Page, *sentences: str) -> Iterator[None]:
    """Fails unless a screen reader is given each of the sentences while the block runs."""
    page.evaluate(LISTEN)
    yield
    heard: list[str] = page.evaluate("heard")
    for sentence in sentences:
        assert any(sentence in text for text in heard), (sentence, heard)


def _violations(page: Page, look: str, options: dict[str, Any]) -> list[str]:
    result: dict[str, Any] = page.evaluate(RUN_AXE, options)
    return [
        f"{look}: {violation['help']}: {node['html'][:160]}: {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
