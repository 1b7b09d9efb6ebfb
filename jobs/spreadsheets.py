"""CSV that people open in a spreadsheet: made in pieces, and no cell of it is taken for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import chain

# What spreadsheets take for the start of a formula (OWASP, "CSV injection")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
ROWS_AT_ONCE = 200


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Pieces of the file, each of many rows; cells are text, numbers, moments (as ISO 8601, UTC) or None (empty)."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(chain([header], rows), 1):
        writer.writerow([_cell(value) for value in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: StringIO) -> bytes:
    piece = buffer.getvalue().encode(errors="replace")
    buffer.seek(0)
    buffer.truncate()
    return piece


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA):
        return f"'{value}"
    return value
