"""Writes docs/api.md from the docstrings of what the package exports: python -m tools.api_docs

Signatures are taken from the source text, so that every version of Python writes the same file.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "api.md"
_PACKAGE = ROOT / "py" / "hushmark"

_FIRST = ("embed", "read", "sync")
_HEAD = """# The Python API

Made from the docstrings by `python -m tools.api_docs`. `import hushmark` has all of these names, and
[examples/](examples) uses them.

"""


def api_page() -> str:
    """The page in Markdown."""
    exported = _exports(_PACKAGE / "__init__.py")
    names = [*_FIRST, *sorted(set(exported) - set(_FIRST), key=str.lower)]
    return _HEAD + "\n".join(_section(name, exported[name]) for name in names)


def _exports(path: Path) -> dict[str, str]:
    """The exported names, each with the module that it comes from."""
    imports = [node for node in _parse(path).body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: node.module or alias.name for node in imports for alias in node.names if node.level == 1
    }


def _section(name: str, module: str) -> str:
    tree = _parse(_PACKAGE / f"{module.replace('.', '/')}.py")
    if name == module:
        return f"## {name}\n\n{_prose(ast.get_docstring(tree))}"
    for node, following in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name:
                return f"## {name}\n\n{_code(_signature(node))}\n{_prose(ast.get_docstring(node))}"
            case ast.ClassDef() if node.name == name:
                return _class(node)
            case ast.Assign(targets=[ast.Name(id=target)]) if target == name:
                match following:
                    case ast.Expr(value=ast.Constant(value=str(said))):
                        return f"## {name}\n\n{_code(ast.unparse(node))}\n{_prose(said)}"
    raise LookupError(f"{module}.py has no {name} with a docstring.")


def _class(node: ast.ClassDef) -> str:
    bases = [ast.unparse(base) for base in node.bases if ast.unparse(base) not in ("Protocol",)]
    head = f"class {node.name}" + (f"({', '.join(bases)})" if bases else "")
    fields = [
        "    " + ast.unparse(part)
        for part in node.body
        if isinstance(part, ast.AnnAssign) and not ast.unparse(part.target).startswith("_")
    ]
    lines = [f"## {node.name}\n", _code("\n".join([head, *fields])), _prose(ast.get_docstring(node))]
    for part in node.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("_"):
            decorators = "".join(f"@{ast.unparse(decorator)}\n" for decorator in part.decorator_list)
            lines += [f"### {node.name}.{part.name}\n", _code(decorators + _signature(part))]
            lines += [_prose(ast.get_docstring(part))]
    return "\n".join(lines)


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    # Every argument has a type, and then a default stands between spaces.
    arguments = re.sub(r"(?<=[\w\]])=(?=\S)", " = ", ast.unparse(node.args))
    whole = f"{kind} {node.name}({arguments}){returns}"
    if len(whole) <= 100:
        return whole
    arguments = arguments.replace(", *, ", ", *@ ")
    parts = re.split(r", (?![^\[]*\])", arguments)
    spread = ",\n    ".join(part.replace("*@ ", "*,\n    ") for part in parts)
    return f"{kind} {node.name}(\n    {spread},\n){returns}"


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n"


def _prose(text: str | None) -> str:
    return f"{text or ''}\n"


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(api_page(), encoding="utf-8")
