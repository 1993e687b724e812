"""Gives the tests of this folder the browser, the site and its pages.

They run in a process of their own (make faults), as Playwright starts once in each.
"""

from tests.browser.fixtures import (
    app,
    browser,
    copy,
    fresh_page,
    harness,
    harness_url,
    pictures,
    playwright,
    url,
    visit,
)

__all__ = [
    "app",
    "browser",
    "copy",
    "fresh_page",
    "harness",
    "harness_url",
    "pictures",
    "playwright",
    "url",
    "visit",
]
