"""Writes types and descriptions from hushmark.tasks: python -m tools.protocol

The page's types of the engine's inputs and outputs (a part of app/engine/protocol.js), and the fields of the
records in docs/command-line.md.
"""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hushmark import pipeline, tasks
from hushmark.credentials import manifest
from hushmark.message.kinds import Kind, Message
from hushmark.message.known import Match
from hushmark.picture.container import Format
from hushmark.picture.previews import Removed
from hushmark.pipeline import Marked
from hushmark.progress import Progress
from hushmark.reading.reading import Outcome, Reading, Reason
from hushmark.tasks import Tasks, plain_fields
from hushmark.trials import Group, Unit

ROOT = Path(__file__).resolve().parents[1]
TYPES = ROOT / "app" / "engine" / "protocol.js"
MANUAL = ROOT / "docs" / "command-line.md"

_NAMES: dict[Any, str] = {
    Kind: "Kind",
    tasks.KindOption: "KindOption",
    Outcome: "Outcome",
    Reason: "Reason",
    Format: "Format",
    Unit: "Unit",
    Group: "Group",
    pipeline.MarkWarning: "MarkWarning",
    Removed: "Removed",
    manifest.Verdict: "Verdict",
    manifest.PictureCheck: "PictureCheck",
    manifest.SignatureCheck: "SignatureCheck",
    manifest.CertificateTime: "CertificateTime",
}
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", bytes: "Uint8Array<ArrayBuffer>"}
_RECORDS: tuple[tuple[str, str, type, tuple[tuple[str, str], ...]], ...] = (
    (
        "A picture that was marked",
        "",
        Marked,
        (
            ("file", "the picture, `standard input` for `-`"),
            ("output", "the file that was written; null in a dry run and for `-`"),
            ("bytes", "size of the marked file"),
        ),
    ),
    (
        "A reading",
        "With `file`, and `manifest` (null where there is none), for `read`; with `file` and `verified` "
        "(true or false) for `verify`.",
        Reading,
        (),
    ),
    (
        "A manifest",
        "With `file` and `output`, the file that was written, as `manifest` for `publish`.",
        manifest.PictureManifest,
        (),
    ),
    ("A binding", "", manifest.Binding, ()),
    ("An ingredient", "", manifest.Ingredient, ()),
    ("A message", "", Message, ()),
    ("A match", "", Match, ()),
)


def types(text: str) -> str:
    """The text of protocol.js with its generated part renewed."""
    kinds: dict[type, None] = {}
    methods = [name for name in vars(Tasks) if not name.startswith("_") and name != "run"]
    table = []
    for name in methods:
        hints = get_type_hints(getattr(Tasks, name))
        for hint in (hints.get("options"), hints["return"]):
            _collect(hint, kinds)
        picture = "File" if "picture" in hints else "null"
        options = _type(hints["options"]) if "options" in hints else "Record<string, never>"
        table.append(
            f"  {name}: {{ picture: {picture}, options: {options}, result: {_type(hints['return'])} }},"
        )
    _collect(Progress, kinds)
    made = [f"@typedef {{{_union(kind)}}} {name}" for kind, name in _NAMES.items()]
    made += ["\n".join(_typedef(kind)) for kind in kinds]
    made.append("\n".join(["@typedef {{", *table, "}} Tasks by name: what each is given and answers"]))
    lines = [f" * {line}".rstrip() for block in made for line in [*block.split("\n"), ""]]
    return _between(
        text, "/**\n * Made by `python -m tools.protocol`:", "*/", "\n *\n" + "\n".join(lines[:-1]) + "\n "
    )


def manual(text: str) -> str:
    """The text of command-line.md with its generated part renewed."""
    parts = []
    for title, lead, kind, first in _RECORDS:
        rows = [*first, *((name, _said(kind, name, hint)) for name, hint in _hints(kind, with_files=False))]
        table = ["| field | |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in rows)]
        parts.append("\n".join([f"### {title}", "", *([lead, ""] if lead else []), *table]))
    made = "\n\n" + "\n\n".join(parts) + "\n\n"
    return _between(text, "<!-- made by python -m tools.protocol -->", "<!-- end of what is made -->", made)


def _between(text: str, start: str, end: str, made: str) -> str:
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return before + start + made + end + after


def _collect(hint: Any, kinds: dict[type, None]) -> None:
    """Add all dataclasses in a type to `kinds`, nested ones first."""
    for inner in get_args(hint):
        _collect(inner, kinds)
    if is_dataclass(hint) and isinstance(hint, type) and hint not in kinds:
        for _, each in _hints(hint):
            _collect(each, kinds)
        kinds[hint] = None


def _hints(kind: type, *, with_files: bool = True) -> Iterator[tuple[str, Any]]:
    return ((name, hint) for name, hint, _ in plain_fields(kind) if with_files or hint is not bytes)


def _typedef(kind: type) -> Iterator[str]:
    said = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    yield f"@typedef {{object}} {kind.__name__} {said}"
    optional = {field.name for field in fields(kind) if field.default is not MISSING}
    for name, hint in _hints(kind):
        shown = f"[{name}]" if name in optional and kind.__name__.endswith("Options") else name
        line = f"@property {{{_type(hint)}}} {shown} {_description(kind, name)}"
        yield from textwrap.wrap(
            line, 110, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )


def _type(hint: Any) -> str:
    """A Python type as a TypeScript type."""
    arguments = get_args(hint)
    origin = get_origin(hint)
    if hint in _NAMES:
        return _NAMES[hint]
    if origin is Literal:
        return _union(hint)
    if origin in (UnionType, Union):
        return " | ".join("null" if each is NoneType else _type(each) for each in arguments)
    if origin is tuple:
        if arguments[-1] is not ...:
            return f"[{', '.join(map(_type, arguments))}]"
        inner = _type(arguments[0])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{', '.join(map(_type, arguments))}>"
    return hint.__name__ if isinstance(hint, type) and is_dataclass(hint) else _PLAIN[hint]


def _union(hint: Any) -> str:
    return " | ".join(f'"{each}"' for each in get_args(hint))


def _said(kind: type, name: str, hint: Any) -> str:
    """A field's description for the manual, with its possible values if they are few."""
    said = _description(kind, name).replace("|", "\\|")
    values = [
        f"`{value}`"
        for part in (hint, *get_args(hint))
        if get_origin(part) is Literal
        for value in get_args(part)
        if value not in said
    ]
    return f"{said}: {', '.join(values)}" if values else said


def _description(kind: type, name: str) -> str:
    """A field's description, from the docstring of its class, a base class, or its function."""
    computed = tasks.computed(kind).get(name)
    if computed:
        return " ".join((computed.__doc__ or "").split())
    text = " ".join(" ".join(each.__doc__ or "" for each in kind.__mro__ if is_dataclass(each)).split())
    found = re.search(rf"`{name}`(?:, `\w+`)*: (.*?)(?:; `|\. |\.$)", text)
    if not found:
        raise LookupError(f"The docstring of {kind.__name__} does not say what {name} is.")
    return re.sub(r"\bNone\b", "null", found[1])


def _renew(path: Path, renewed: Callable[[str], str]) -> None:
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    _renew(TYPES, types)
    _renew(MANUAL, manual)
