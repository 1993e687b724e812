"""The page of harness.js: an engine whose answers are all recorded."""

import base64
import io
from itertools import islice

from PIL import Image
from playwright.sync_api import Error, Page, Worker

from tests.browser.app import PATIENCE_MS

KEEP_WORKERS = """() => {
    window.workers = [];
    window.Worker = class extends Worker {
        constructor(...values) { super(...values); window.workers.push(this); }
    };
}"""
"""Keeps the workers that the page starts in `workers`, so that a test can end them."""


def gradient(side: int) -> str:
    """A square PNG picture, in base64."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((side, side)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def start(page: Page) -> None:
    """Start the engine and wait until it is ready."""
    page.set_default_timeout(PATIENCE_MS)
    page.evaluate("harness.recorder.start()")


def events(page: Page) -> list[str]:
    """The recorded events, once all jobs have ended."""
    return page.evaluate("harness.recorder.settled()")["events"]


def worker(page: Page, name: str) -> Worker:
    """The engine's or the networks' worker. The first starts the second, which starts threads."""
    engine, networks = islice(filter(_lives, page.workers), 2)
    return {"engine": engine, "networks": networks}[name]


def _lives(worker: Worker) -> bool:
    """Whether a worker has not ended, which the browser may report late."""
    try:
        return bool(worker.evaluate("true"))
    except Error:
        return False
