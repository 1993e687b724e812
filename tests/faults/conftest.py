"""Gives the tests of this folder the browser, the site and its pages.

They run in a separate process (make faults), since Playwright starts only once per process.
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
