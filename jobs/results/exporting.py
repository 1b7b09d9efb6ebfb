"""Results in other forms: rows for a spreadsheet, the failed lines alone, requests beside responses.

Lines are cut and numbered as in an archive (``writing.Lines``): at LF, over all parts, blank ones counted but left out.
"""

import heapq
import sqlite3
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import msgspec

from .archives import OpenArchive
from .classes import KEY_LIMIT, Line, Outcome, read_line
from .originals import Archived, Original
from .shapes import Broken, Item, Response, read
from .storing import spool

HEADER = (
    "line",
    "key",
    "outcome",
    "finish_reason",
    "invalid_json",
    "prompt_tokens",
    "output_tokens",
    "cached_tokens",
    "error",
    "text",
    "request",
)
WINDOW = 4 * 1024 * 1024
ROWS_AT_ONCE = 2_000
_BOM = b"\xef\xbb\xbf"
Row = tuple[int, str, str, str, bool, int, int, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Full:
    """A line with all it says: its class, and the whole text of its answer (an embedding as JSON)."""

    number: int
    line: Line
    text: str
    request: str
    body: bytes


def numbered(original: Original) -> Generator[tuple[int, bytes], None, None]:
    """Number and bytes of every line that is not blank, without its LF and without a BOM."""
    number = 0
    for part in range(len(original.pieces)):
        first = True
        for line in _cut(original.chunks(part=part)):
            number += 1
            if line and not line.isspace():
                yield number, line.removeprefix(_BOM) if first else line
            first = False


def _cut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    tail: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        tail.append(first)
        if others:
            yield b"".join(tail)
            yield from others[:-1]
            tail = [others[-1]]
    if last := b"".join(tail):
        yield last


def full_lines(original: Original) -> Iterator[Full]:
    for number, body in numbered(original):
        text, request = _said(body)
        yield Full(number, read_line(body), text, request, body)


def csv_rows(original: Original) -> Iterator[Row]:
    """Rows under ``HEADER``."""
    return map(row_of, full_lines(original))


def row_of(full: Full) -> Row:
    return (full.number, full.line.key, *_figures(full.line), full.line.error, full.text, full.request)


def _figures(line: Line) -> tuple[str, str, bool, int, int, int]:
    tokens = (line.prompt_tokens, line.output_tokens, line.cached_tokens)
    return line.outcome.value, line.finish_reason, line.invalid_json, *tokens


def _said(body: bytes) -> tuple[str, str]:
    """The whole text of the answer, and the request where the line echoes it."""
    try:
        item = read(body)
    except Broken:
        return body.decode(errors="replace"), ""
    answer = item.response if isinstance(item.response, Response) else item
    return _text_of(answer), bytes(item.request).decode(errors="replace")


def _text_of(answer: Response | Item) -> str:
    if answer.embedding is not None and answer.embedding.values:
        return msgspec.json.encode(answer.embedding.values).decode()
    contents = [candidate.content for candidate in answer.candidates or () if candidate.content]
    texts = [part.text for content in contents for part in content.parts or () if not part.thought]
    choices = (answer.body.choices or ()) if answer.body else ()
    return "".join(texts) or "".join(choice.message.content or "" for choice in choices if choice.message)


# Some of the lines


def chosen_lines(original: Original, outcomes: Collection[Outcome]) -> Iterator[bytes]:
    """The exact bytes of lines in these classes, each with a line end."""
    if isinstance(original, Archived):
        yield from _indexed(original.archive, outcomes)
        return
    for _, body in numbered(original):
        if read_line(body).outcome in outcomes:
            yield body + b"\n"


def failed_lines(original: Original) -> Iterator[bytes]:
    """What failed or is no JSON object at all."""
    return chosen_lines(original, (Outcome.FAILED, Outcome.BROKEN))


def _indexed(archive: OpenArchive, outcomes: Collection[Outcome]) -> Iterator[bytes]:
    """By the index: the bytes are read in windows, because neighbours lie in one frame."""
    window, first = b"", 0
    for start, length in heapq.merge(*(_spans(archive, outcome) for outcome in outcomes)):
        if not (first <= start and start + length <= first + len(window)):
            first, window = start, b"".join(archive.original(start, start + max(length, WINDOW)))
        line = window[start - first : start - first + length]
        yield line if line.endswith(b"\n") else line + b"\n"


def _spans(archive: OpenArchive, outcome: Outcome) -> Iterator[tuple[int, int]]:
    after = 0
    while lines := archive.rows(outcome.value, after=after, limit=ROWS_AT_ONCE):
        yield from ((line.start, line.length) for line in lines)
        after = lines[-1].line


# Requests beside responses


def merged(original: Original, requests: OpenArchive | None = None, *, by_place: bool = True) -> Iterator[bytes]:
    """Every line with its request: echoed in it, or that of ``requests`` with the same key; else as it is.

    ``by_place``: a line without a key has the request of its number.
    """
    if requests is None:
        yield from (body + b"\n" for _, body in numbered(original))
        return
    with spool() as folder, closing(sqlite3.connect(folder / "keys.sqlite3", check_same_thread=False)) as keys:
        _list_keys(keys, requests)
        find = _Finder(keys, requests, by_place)
        for number, body in numbered(original):
            yield beside(body, find, number) + b"\n"


def beside(body: bytes, find: Callable[[str, int], bytes], number: int) -> bytes:
    """``body`` with the request put before its other members, unless it holds one or none is found."""
    try:
        item = read(body)
    except Broken:
        return body
    request = b"" if item.request else find(read_line(body).key, number)
    head, rest = body.lstrip()[:1], body.lstrip()[1:]
    if not request or head != b"{":
        return body
    comma = b"" if rest.lstrip().startswith(b"}") else b","
    return b'{"request":' + request + comma + rest


class _Finder:
    """The request of a key; lines without keys go by their number, where results keep their order (WIRE 1.8)."""

    def __init__(self, keys: sqlite3.Connection, requests: OpenArchive, by_place: bool) -> None:
        self._keys, self._requests, self._by_place = keys, requests, by_place
        self._window, self._first = b"", 0

    def __call__(self, key: str, number: int) -> bytes:
        if len(key) >= KEY_LIMIT or not (key or self._by_place):
            return b""  # a key cut short may be another request's
        column, value = ("key", key) if key else ("line", number)
        found = self._keys.execute(f"SELECT start, length FROM request WHERE {column} = ?", (value,)).fetchone()  # noqa: S608
        return _request_in(self._read(*found)) if found else b""

    def _read(self, start: int, length: int) -> bytes:
        if not (self._first <= start and start + length <= self._first + len(self._window)):
            end = start + max(length, WINDOW)
            self._first, self._window = start, b"".join(self._requests.original(start, end))
        return self._window[start - self._first : start - self._first + length]


def _request_in(line: bytes) -> bytes:
    """The exact JSON under ``request``, or the line itself (WIRE 1.8)."""
    try:
        item = read(line.removeprefix(_BOM))
    except Broken:
        return b""
    return bytes(item.request).strip() or line.strip()


def _list_keys(keys: sqlite3.Connection, requests: OpenArchive) -> None:
    """On disk: a million keys would take more memory than a web process has to spare."""
    keys.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        " CREATE TABLE request (line INTEGER PRIMARY KEY, key TEXT, start INTEGER, length INTEGER);"
    )
    after = 0
    while lines := requests.rows(after=after, limit=ROWS_AT_ONCE):
        rows = [(line.line, line.key, line.start, line.length) for line in lines]
        keys.executemany("INSERT INTO request VALUES (?, ?, ?, ?)", rows)
        after = lines[-1].line
    keys.execute("CREATE INDEX request_key ON request (key)")
