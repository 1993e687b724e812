"""What the parts of the page may import of each other. Types do not count: they are gone at run time."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
SCREENS = {"mark", "read", "lab", "overlay", "register", "settings"}
FORBIDDEN = {
    "messages": {"engine", "site", "ui", "shell", *SCREENS},
    "engine": {"ui", "shell", *SCREENS},
    "site": {"shell", *SCREENS},
    "signing": {"engine", "ui", "shell", *SCREENS},
    "ui": {"shell", *SCREENS},
    "shell": set(),
    "package": {"ui", "shell", "messages", *SCREENS},
    "extension": {"shell", "engine", *SCREENS},
    **{screen: {"shell", *SCREENS} - {screen} for screen in SCREENS},
}
STORES = {"register/store.js", "register/entries.js", "read/place.js"}
"""Parts of a screen that others may use: they show nothing, or where a mark lies."""


def imports() -> dict[str, set[str]]:
    """Each module of the page, by its path in app/, with those that it imports."""
    modules = {}
    for path in APP.rglob("*.js"):
        names = re.findall(r'^(?:import|export|\}).* from "(\.[^"]+)";$', path.read_text(), re.MULTILINE)
        targets = [(path.parent / name).resolve() for name in names]
        assert all(target.is_file() for target in targets), path
        modules[path.relative_to(APP).as_posix()] = {target.relative_to(APP).as_posix() for target in targets}
    return modules


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter(imports()).prepare()


def test_rooms_import_only_what_is_below_them() -> None:
    rooms = {path.parent.name for path in APP.glob("*/*.js")}
    assert rooms == set(FORBIDDEN)
    wrong = [
        f"{module} imports {target}"
        for module, targets in imports().items()
        for target in sorted(targets - STORES)
        if target.partition("/")[0] in FORBIDDEN.get(module.partition("/")[0], set())
    ]
    assert wrong == []
