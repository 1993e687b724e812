"""Which module may import which."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "py" / "hushmark"
HOSTS = {"js", "pyodide", "onnxruntime", "cryptography"}


_FACTS = {"errors", "forward", "card", "guide", "message", "picture"}
_WAY = {*_FACTS, "credentials", "marking", "reading", "progress", "trials"}
_ENGINE = {*_WAY, "embedding", "pipeline", "tasks"}
BENEATH: dict[str, set[str]] = {
    **{name: set() for name in ("errors", "forward", "guide", "progress", "trials")},
    "message": {"errors"},
    "picture": {"errors"},
    "card": {"errors", "message"},
    "credentials": {"errors", "message", "picture"},
    "marking": _FACTS,
    "reading": _FACTS,
    "embedding": {*_FACTS, "marking", "progress"},
    "pipeline": {*_WAY, "embedding"},
    "tasks": {*_WAY, "embedding", "pipeline"},
    "hosts": _ENGINE,
    "api": {*_ENGINE, "hosts"} - {"tasks"},
    "sync": {"api"},
    "hushmark": {*_ENGINE, "api", "sync"} - {"tasks"},
    "scale": {*_ENGINE, "hosts"},
    "cli": {*_ENGINE, "hosts", "scale", "hushmark"},
    "__main__": {"cli"},
}
"""What each room, and each module outside rooms, may import of the others."""


def room(module: str) -> str:
    """The room of a module, or itself where it is in none."""
    return module.split(".")[1] if "." in module else module


def imports(path: Path) -> set[str]:
    """What a module imports, anywhere in it: hushmark.picture.view for `from ..picture import view`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.relative_to(PACKAGE.parent).parts[: -node.level] if node.level else ()
            start = [*above, *(node.module or "").split(".")]
            names.update(".".join(filter(None, [*start, alias.name])) for alias in node.names)
    return names


def modules() -> dict[str, set[str]]:
    """Every module, and the modules of the package or the packages of others that it imports."""
    paths = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    return {
        module: {name if name in paths else name.rpartition(".")[0] or name for name in imports(path)}
        for module, path in paths.items()
    }


def test_no_module_imports_itself_through_others() -> None:
    TopologicalSorter(modules()).prepare()  # raises CycleError


def test_rooms_and_modules_import_only_what_is_beneath_them() -> None:
    seen = {module: room(module) for module in modules()}
    assert set(seen.values()) == BENEATH.keys()
    for module, names in modules().items():
        others = {room(name) for name in names if name.partition(".")[0] == "hushmark"} - {seen[module]}
        assert others <= BENEATH[seen[module]], module


def test_only_hosts_know_their_host_and_nothing_knows_the_training() -> None:
    for module, names in modules().items():
        packages = {name.split(".")[0] for name in names}
        assert "train" not in packages, module
        assert module.startswith("hushmark.hosts.") or not packages & HOSTS, module
