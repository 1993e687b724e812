"""What is installed is what was locked: each package by the hash of its files."""

import re
from pathlib import Path

PACKAGE = re.compile(r"^([a-z0-9][\w.-]*)==\S+((?: \\\n    --hash=sha256:[0-9a-f]{64})*)", re.MULTILINE)


def test_every_locked_package_has_the_hashes_of_its_files(repo_root: Path) -> None:
    for path in sorted((repo_root / "requirements").glob("*.lock")):
        text = path.read_text()
        packages = PACKAGE.findall(text)
        # None is written in another way, as with a range of versions or an address.
        assert packages, path.name
        assert len(packages) == len(re.findall(r"^[^\s#]", text, re.MULTILINE)), path.name
        assert not [name for name, hashes in packages if not hashes], path.name


def test_locked_packages_are_installed_by_their_hashes_only(repo_root: Path) -> None:
    commands = [line for line in (repo_root / "Makefile").read_text().splitlines() if "pip install" in line]
    for command in commands:
        if "--editable ." in command:
            assert "--no-deps" in command and "--no-build-isolation" in command
        else:
            assert "--require-hashes" in command and "--no-deps" in command
    locks = {path.name for path in (repo_root / "requirements").glob("*.lock")}
    assert {lock for lock in locks if any(f"requirements/{lock}" in command for command in commands)} == locks
