"""Tables of pictures and of known ids: Parquet and CSV."""

import io
from collections.abc import Iterator

import pyarrow as pa
from pyarrow import csv, parquet

from ..errors import FileProblem, MessageError
from ..message.kinds import Message, parse
from ..message.known import KnownIds, parse_line
from . import stores

PARQUET, CSV = ".parquet", ".csv"
_MESSAGES = (pa.string(), pa.large_string(), pa.struct({"kind": pa.string(), "value": pa.string()}))


def is_table(location: str) -> bool:
    """Whether its name ends like a table's."""
    return location.lower().endswith((PARQUET, CSV))


def table(location: str, *columns: str) -> pa.Table:
    """The columns of these names that a table has; those of CSV are text. Raises FileProblem."""
    data = io.BytesIO(stores.read(location))
    try:
        if location.lower().endswith(PARQUET):
            names = parquet.read_schema(data).names
            data.seek(0)
            return parquet.read_table(data, columns=[name for name in columns if name in names])
        types = {name: pa.string() for name in columns}
        options = csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        whole = csv.read_csv(data, convert_options=options)
        return whole.select([name for name in columns if name in whole.column_names])
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise FileProblem(location, f"The table cannot be read ({reason})") from error


def load(location: str) -> KnownIds:
    """The known ids in a table, or in a text of one message a line as `KnownIds.parse` takes it.

    A table has a column `message`, of text as in such a line or as in a run's manifest, and may have `label`;
    without it the column `file` is the label. Raises KnownError, FileProblem.
    """
    if not is_table(location):
        try:
            return KnownIds.parse(stores.read(location).decode())
        except UnicodeDecodeError as error:
            raise FileProblem(location, "Not a text file in UTF-8") from error
    found = _with_messages(location, "label", "file")
    labels: dict[Message | str, str | None] = {}
    for message, label in _entries(found):
        labels.setdefault(message, label)
    return KnownIds.of(labels)


def by_file(location: str) -> dict[str, Message]:
    """The messages in a table by location of their pictures: columns `message`, as for `load`, and `file`.

    Raises FileProblem.
    """
    found = _with_messages(location, "file")
    if "file" not in found.column_names:
        raise FileProblem(location, "The table has no column file")
    messages: dict[str, Message] = {}
    for batch in found.to_batches(1 << 16):
        pairs = zip(batch.column("file").to_pylist(), batch.column("message").to_pylist(), strict=True)
        for file, said in pairs:
            if file is None or said is None:
                continue
            try:
                message = parse(**said) if isinstance(said, dict) else parse_line(said)
            except MessageError as error:
                raise FileProblem(location, f"What it has for {file} is no message. {error}") from error
            if messages.setdefault(stores.address(file).location, message) != message:
                raise FileProblem(location, f"It has two messages for {file}")
    if not messages:
        raise FileProblem(location, "The table has no row with file and message")
    return messages


def _with_messages(location: str, *columns: str) -> pa.Table:
    """These columns of a table, and its messages."""
    found = table(location, "message", *columns)
    if "message" not in found.column_names or found.schema.field("message").type not in _MESSAGES:
        raise FileProblem(location, "The table has no column message with texts, or with kind and value")
    return found


def _entries(found: pa.Table) -> Iterator[tuple[Message | str, str | None]]:
    column = next((name for name in ("label", "file") if name in found.column_names), None)
    for batch in found.to_batches(1 << 16):
        messages = batch.column("message").to_pylist()
        labels = [None] * len(messages) if column is None else batch.column(column).to_pylist()
        for message, label in zip(messages, labels, strict=True):
            if message is not None:
                yield parse(**message) if isinstance(message, dict) else message, label
