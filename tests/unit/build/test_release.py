"""A release is named in several files: they say the same."""

import json
import tomllib
from pathlib import Path

import hushmark


def test_the_version_is_the_same_everywhere(repo_root: Path) -> None:
    project = tomllib.loads((repo_root / "pyproject.toml").read_text())["project"]
    package = json.loads((repo_root / "package.json").read_text())
    lock = json.loads((repo_root / "package-lock.json").read_text())
    versions = [project["version"], package["version"], lock["version"], lock["packages"][""]["version"]]
    assert set(versions) == {hushmark.__version__}


def test_the_changelog_says_what_the_version_brought(repo_root: Path) -> None:
    assert f"\n## [{hushmark.__version__}] - 20" in (repo_root / "CHANGELOG.md").read_text()
