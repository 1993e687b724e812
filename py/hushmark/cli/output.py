"""What the command line prints: lines, records, files on standard output, and the exit code."""

import errno
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..errors import HushmarkError
from . import batch, records
from .batch import Item
from .errors import sentence

DONE, NOT_FOUND, USAGE, FAILED, UNREADABLE = 0, 1, 2, 3, 4
"""Exit codes: done or read; no mark, or another message, in a file; wrong usage; a file failed; a file is
marked, but its message cannot be read."""
INTERRUPTED, UNREAD = 130, 141
"""Exit codes as shells tell them of the signals SIGINT and SIGPIPE."""

_WORST_LAST = (DONE, NOT_FOUND, UNREADABLE, FAILED)

# Control characters, line separators, marks of writing direction, and bytes that are no UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_NO_UTF8 = re.compile("[\udc80-\udcff]")


def echo(*lines: str, err: bool = False) -> None:
    """Print lines, any part of which may come from a file's name. Raises FileProblem."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    text = "\n".join(map(_safe, lines)).encode(encoding, "backslashreplace").decode(encoding)
    with _output():
        click.echo(text, err=err)


def write(data: bytes) -> None:
    """Put a file on standard output. Raises FileProblem."""
    with _output():
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def _output() -> Iterator[None]:
    """Raises FileProblem where what is printed cannot be written, as on a full disk."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        # Python flushes what is left when it exits, and would report the error again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise batch.file_problem(Path("standard output"), error) from error


def _safe(line: str) -> str:
    """With escapes, such as \\x1b, for control characters, and \\xff for a byte that is no UTF-8."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1].replace("\\udc", "\\x"), line)


def json_line(record: records.Record) -> str:
    """A record as one line, with \\\\xff for a byte that is no UTF-8: parsers may refuse lone surrogates."""
    text = json.dumps(record, ensure_ascii=False)
    return json.dumps(json.loads(_NO_UTF8.sub(lambda found: f"\\\\x{ord(found[0]) - 0xDC00:02x}", text)))


class Report:
    """Lines about files as they are done, a progress bar on a terminal, and the exit code."""

    def __init__(self, total: int, *, as_json: bool, to_standard_error: bool = False) -> None:
        self.code = DONE
        self._as_json = as_json
        self._to_standard_error = to_standard_error
        self._shown = total > 1 and sys.stderr.isatty()
        self._bar = click.progressbar(length=total, file=sys.stderr, show_pos=True, hidden=not self._shown)

    def __enter__(self) -> "Report":
        """Show the bar."""
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Take it away."""
        self._bar.__exit__(*error)

    def say(
        self,
        line: str,
        item: Item,
        record: records.Record,
        code: int = DONE,
        *,
        further: Iterable[str] = (),
    ) -> None:
        """Report a file that is done. The exit code is that of the worst file. `further`: more lines."""
        if self._as_json:
            line, further = json_line({"file": item.name, **record}), ()
        self._print(line, *further, err=self._to_standard_error)
        self._count(code)

    def warn(self, line: str) -> None:
        """Print a warning about a file that is done."""
        self._print(line, err=True)

    def fail(self, item: Item, error: HushmarkError) -> None:
        """Report a file that failed."""
        if self._as_json:
            self._print(json_line({"file": item.name, **records.of_error(error)}), err=False)
        self._print(sentence(error), err=True)
        self._count(FAILED)

    def _count(self, code: int) -> None:
        self.code = max(self.code, code, key=_WORST_LAST.index)
        self._bar.update(1)

    def _print(self, *lines: str, err: bool) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)
        echo(*lines, err=err)
