"""pyconfig.h of Pyodide's CPython, which no package ships, from data in its standard library.

The sysconfig data in python_stdlib.zip has the values; Debian's pyconfig.h has the list of names and
the form of the file.
"""

from __future__ import annotations

import re
import runpy
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SYSCONFIG_DATA = "_sysconfigdata__emscripten_wasm32-emscripten.py"
NAMED = re.compile(r"#define (\w+)\b|/\* #undef (\w+) \*/")
# The compiler decides these, in Debian's header as well.
COMPILER_DECIDES = {"Py_PYCONFIG_H", "WORDS_BIGENDIAN", "_UNIX03_SOURCE", "_Bool"}
# Zero means "missing" for all names but these, where it is a value.
ZERO_IS_A_VALUE = ("HAVE_DECL_", "SIZEOF_", "PYLONG", "_Py_")
UNQUOTED_STRINGS = {
    "PLATLIBDIR",
    "PY_COERCE_C_LOCALE",
    "PY_PLATFORM_STRING",
    "PY_SUPPORT_TIER",
}


def make_pyconfig(values: Mapping[str, Any], template: str) -> str:
    """Fill in Debian's pyconfig.h (the template) with the sysconfig data's build_time_vars."""

    def line(text: str) -> str:
        found = NAMED.match(text)
        name = found and (found[1] or found[2])
        if not name or name in COMPILER_DECIDES:
            return text
        value = values.get(name, 0)
        if value == 0 and (name not in values or not name.startswith(ZERO_IS_A_VALUE)):
            return f"/* #undef {name} */"
        if name in UNQUOTED_STRINGS and isinstance(value, str) and not value.startswith('"'):
            value = f'"{value}"'
        return f"#define {name} {value}"

    return "\n".join(map(line, template.splitlines())) + "\n"


def lay_out_pyconfig(stdlib: Path, template: Path, data_folder: Path, header: Path) -> None:
    """Write Pyodide's sysconfig data module, and the pyconfig.h made from it.

    Raises OSError or KeyError if a file is not there, or not in python_stdlib.zip.
    """
    data_folder.mkdir(parents=True, exist_ok=True)
    module = data_folder / SYSCONFIG_DATA
    with zipfile.ZipFile(stdlib) as archive:
        module.write_bytes(archive.read(SYSCONFIG_DATA))
    values = runpy.run_path(str(module))["build_time_vars"]
    text = make_pyconfig(values, template.read_text(encoding="utf-8"))
    header.write_text(text, encoding="utf-8")
