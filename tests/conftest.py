"""Settings and fixtures that all tests share."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SITE_INPUTS = ("index.html", "app", "build.py", "package-lock.json", "py", "tools", "weights")

# No deadline, since machines differ by a factor of twenty and Pyodide is slower still. No example database,
# and the same examples each time, so that a failure repeats. Inside Pyodide a third of them is enough.
settings.register_profile(
    "hushmark",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=10 if sys.platform == "emscripten" else 30,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hushmark")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def site(repo_root: Path) -> Path:
    """dist/, built again if any of its sources is newer."""
    from build import build_site  # not inside Pyodide

    manifest = repo_root / "dist" / "manifest.json"
    files = [path for name in SITE_INPUTS for path in (repo_root / name, *(repo_root / name).rglob("*"))]
    newest = max(path.stat().st_mtime for path in files if path.is_file() and path.suffix != ".pyc")
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        build_site(repo_root)
    return manifest.parent
