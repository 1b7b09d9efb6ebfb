"""Results and requests in BigQuery tables, as lines of JSON like those in Cloud Storage (WIRE 2.7, 3.2)."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from .base import Chunks, Part, ResultsChanged, TransientError, UnaskableError
from .listing import read_object
from .reading import count, mapping, text
from .streaming import skipping
from .wire import Wire

BASE_URL = "https://bigquery.googleapis.com"
API = "/bigquery/v2"
PAGE = {"maxResults": "1000", "formatOptions.useInt64Timestamp": "true"}
_ADDRESS = re.compile(r"bq://([A-Za-z0-9.:_-]+)\.([A-Za-z0-9_-]+)\.([^./#`]+)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Columns of JSON text: lines from a table then read like lines from a file (WIRE 2.6).
JSON_TEXT = ("request", "response")
Fields = Sequence[Mapping[str, Any]]


class BigQuery:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._pages: dict[str, list[tuple[int, int]]] = {}  # by part: bytes and rows before each page

    def parts(self, address: str) -> list[Part]:
        """The table, with the moment of its last change: a table that changes cannot be continued."""
        path = _path(address)
        table = self._table(path)
        name = address.rpartition(".")[2]
        return [Part(f"{name}.jsonl", f"{address}#{_changed(table)}", None, resumable=True)]

    def stream(self, part: Part, start: int = 0) -> Chunks:
        """A chunk a page of rows. From ``start`` on: from the page that holds it, if it was read before."""
        address, _, changed = part.locator.rpartition("#")
        path = _path(address)
        table = self._table(path)
        if _changed(table) != changed:
            raise ResultsChanged("The table changed while it was read; it is read anew.")
        pages = self._pages.setdefault(part.locator, [(0, 0)])
        size, row = pages[bisect_right(pages, start, key=lambda page: page[0]) - 1]
        yield from skipping(self._lines(path, table, size, row, pages), start - size)

    def _table(self, path: str) -> Mapping[str, Any]:
        table = read_object(self._wire.get(path))
        if not isinstance(mapping(table.get("schema")).get("fields", []), list):
            raise TransientError("The provider's answer is not a table; it is asked again later.")
        return table

    def _lines(
        self, path: str, table: Mapping[str, Any], size: int, row: int, pages: list[tuple[int, int]]
    ) -> Iterator[bytes]:
        """The pages from ``row`` on, which begins at byte ``size``."""
        fields, params = _fields(table.get("schema")), PAGE | ({"startIndex": str(row)} if row else {})
        while True:
            answer = read_object(self._wire.get(f"{path}/data", params))
            rows = answer.get("rows", [])
            if not isinstance(rows, list):
                raise TransientError("The provider's answer is not a page of rows; it is asked again later.")
            chunk = b"".join(row_line(fields, each) for each in rows)
            size, row = size + len(chunk), row + len(rows)
            if pages[-1][0] < size:
                pages.append((size, row))
            if chunk:
                yield chunk
            if not (token := text(answer.get("pageToken"), 8000)):
                break
            params = PAGE | {"pageToken": token}
        if row != count(answer.get("totalRows", table.get("numRows"))):
            raise TransientError("The provider's answer came only in part; the rest is asked for again.")


def row_line(fields: Fields, row: Any) -> bytes:
    """One row, ``{"f": [{"v": …}, …]}`` in the order of ``fields``, as a line of JSON; total."""
    return msgspec.json.encode(_record(fields, row)) + b"\n"


def _record(fields: Fields, row: Any) -> dict[str, Any]:
    cells = mapping(row).get("f")
    values = [mapping(cell).get("v") for cell in cells] if isinstance(cells, list) else []
    values += [None] * (len(fields) - len(values))
    return {_text(field.get("name")): _column(field, value) for field, value in zip(fields, values, strict=False)}


def _column(field: Mapping[str, Any], value: Any) -> Any:
    if field.get("mode") == "REPEATED":
        items = value if isinstance(value, list) else []
        return [_value(field, mapping(item).get("v")) for item in items]
    return _value(field, value)


def _value(field: Mapping[str, Any], value: Any) -> Any:
    kind = field.get("type")
    if value is None:
        return None
    if kind in ("RECORD", "STRUCT"):
        return _record(_fields(field), value)
    if not isinstance(value, str):
        return msgspec.Raw(msgspec.json.encode(value))
    if kind == "JSON" or (kind == "STRING" and field.get("name") in JSON_TEXT):
        return _json(value)
    if kind in ("INTEGER", "INT64", "FLOAT", "FLOAT64"):
        return msgspec.Raw(value.encode()) if _NUMBER.fullmatch(value) else _text(value)
    if kind in ("BOOLEAN", "BOOL"):
        return {"true": True, "false": False}.get(value.lower(), value)
    return _moment(value) if kind == "TIMESTAMP" else _text(value)


def _json(value: str) -> Any:
    """The JSON as it is written, on one line; else the text."""
    body = _text(value).encode()
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return _text(value)
    return msgspec.Raw(b"".join(part.strip() for part in body.splitlines()))


def _moment(value: str) -> str:
    """Microseconds, or seconds as a float, since 1970, as RFC 3339."""
    try:
        past = timedelta(seconds=float(value)) if "." in value or "E" in value else timedelta(microseconds=int(value))
        return (_EPOCH + past).isoformat()
    except (ValueError, OverflowError):
        return _text(value)


def _text(value: Any) -> str:
    """Without lone surrogates, which cannot be written."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _dumped(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _fields(schema: Any) -> Fields:
    fields = mapping(schema).get("fields")
    return [mapping(field) for field in fields] if isinstance(fields, list) else []


def _changed(table: Mapping[str, Any]) -> str:
    return text(table.get("lastModifiedTime"), 40)


def _path(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise UnaskableError("This is no table that BigQuery can be asked for.")
    project, dataset, table = (quote(part, safe="") for part in found.groups())
    return f"{API}/projects/{project}/datasets/{dataset}/tables/{table}"
