"""Which module may import which."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "py" / "hushmark"
HOSTS = {"js", "pyodide", "onnxruntime", "cryptography"}


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


def test_rooms_import_only_the_rooms_beneath_them() -> None:
    above = {
        "message": (
            "picture",
            "credentials",
            "marking",
            "reading",
            "hosts",
            "cli",
            "scale",
            "pipeline",
            "forward",
            "trials",
        ),
        "picture": (
            "card",
            "credentials",
            "forward",
            "message",
            "marking",
            "reading",
            "hosts",
            "cli",
            "scale",
            "pipeline",
        ),
        "credentials": (
            "card",
            "forward",
            "marking",
            "reading",
            "hosts",
            "cli",
            "scale",
            "pipeline",
            "trials",
        ),
        "reading": ("marking", "hosts", "cli", "scale", "pipeline"),
        "marking": ("reading", "hosts", "cli", "scale", "pipeline"),
        "hosts": ("cli", "scale"),
        "scale": ("cli",),
    }
    for module, names in modules().items():
        room = module.split(".")[1] if "." in module else ""
        ours = {name for name in names if name.startswith("hushmark.")}
        wrong = {name for name in ours if name.split(".")[1] in above.get(room, ())}
        assert not wrong, f"{module} imports {wrong}"


def test_only_hosts_know_their_host_and_nothing_knows_the_training() -> None:
    for module, names in modules().items():
        packages = {name.split(".")[0] for name in names}
        assert "train" not in packages, module
        assert module.startswith("hushmark.hosts.") or not packages & HOSTS, module
