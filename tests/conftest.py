"""Settings and fixtures that all tests share."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines differ by a factor of twenty and Pyodide is slower still: a deadline would only flake. No example
# database either, and the same examples each time, so that a failure repeats.
settings.register_profile(
    "hushmark",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("hushmark")


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The root of the checkout."""
    return Path(__file__).parents[1]
