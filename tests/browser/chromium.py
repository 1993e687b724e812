"""Which browser the tests and the benchmark start, and how."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    # No calls home: they would be requests that the page did not make.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autofill-server-url=data:,",
    "--no-first-run",
    # Chromium's sandbox refuses to run as root.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]


def executable() -> str:
    """The path of $CHROMIUM or else of the system's Chromium. Raises RuntimeError if there is none."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else NAMES)), None)
    if found is None:
        raise RuntimeError("No Chromium was found. Install it, or set CHROMIUM to its path.")
    return found
