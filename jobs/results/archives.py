"""An archive opened for reading: any page of lines, any line, any range of the original, a frame at a time."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec
import zstandard

from jobs.models import Archive

from . import storing
from .classes import Line, Outcome
from .index import BLOCK, VERSION, Group, Summary
from .places import Missing

IndexRow = Line
ErrorGroup = Group
PIECE = 512 * 1024
INVALID = "invalid"  # beside the classes: JSON was asked for and none came
KEPT_BLOCKS = 64
_lines = msgspec.msgpack.Decoder(list[Line]).decode

__all__ = ["ErrorGroup", "IndexRow", "Missing", "OpenArchive", "open_archive"]


def open_archive(archive: Archive) -> "OpenArchive":
    """For ``with``; raise Missing, whose ``str()`` says what is wrong, when its files are not there."""
    return OpenArchive(archive.file, archive.index_file)


class OpenArchive:
    """``summary`` tells counts, sizes and hashes. Lines are numbered from 1, blank ones included."""

    def __init__(self, file: str, index_file: str) -> None:
        self.file = file
        path = storing.local_path(index_file)
        # Read by the one request that opened it, though a download may go on in another thread.
        self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._blocks: OrderedDict[int, list[Line]] = OrderedDict()
        try:
            version, summary = self._db.execute("SELECT version, summary FROM about").fetchone()
        except (sqlite3.DatabaseError, TypeError) as exc:
            self._db.close()
            raise Missing(index_file, "it is not an index any more.") from exc
        assert version == VERSION
        self.summary = msgspec.json.decode(summary, type=Summary)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # Lines as the index has them

    def rows(
        self, outcome: str = "", search: str = "", after: int = 0, limit: int = 50, *, group: int = 0
    ) -> list[Line]:
        """At most ``limit`` lines behind line ``after``.

        ``outcome``: a class, or "invalid"; ``search``: text in key, error or preview, in upper or lower case;
        ``group``: the id of an error group.
        """
        found: list[Line] = []
        for line in self._matching(outcome, search, after, group, limit):
            found.append(line)
            if len(found) == limit:
                break
        return found

    def count(self, outcome: str = "", search: str = "", *, group: int = 0, most: int = 10_000) -> int:
        """How many lines match; a search counts no further than ``most``."""
        if search:
            return sum(1 for _, _ in zip(range(most), self._matching(outcome, search, 0, group, BLOCK), strict=False))
        if group:
            where, values = self._where(outcome, group)
            return int(self._one(f"SELECT count(*) FROM notable WHERE {where}", *values)[0])  # noqa: S608
        if outcome == INVALID:
            return self.summary.invalid_json
        return int(getattr(self.summary, outcome or "lines"))

    def before(self, line: int, outcome: str = "", search: str = "", *, group: int = 0) -> int:
        """The line that ``rows`` gives before ``line``; 0 for the first, and under a search, which reads forward."""
        if search:
            return 0
        if group or outcome not in ("", Outcome.OK):
            where, values = self._where(outcome, group)
            sql = f"SELECT coalesce(max(line), 0) FROM notable WHERE {where} AND line < ?"  # noqa: S608
            return int(self._one(sql, *values, line)[0])
        firsts = self._db.execute("SELECT first FROM block WHERE first < ? ORDER BY first DESC", (line,))
        earlier = (row for (first,) in firsts for row in reversed(self._block(first)) if row.line < line)
        return next((row.line for row in earlier if not outcome or row.outcome == outcome), 0)

    def find(self, line: int) -> Line | None:
        """The line of this number; None for a blank one or none."""
        return next((row for row in self._block_of(line) if row.line == line), None)

    def with_key(self, key: str) -> Line | None:
        """The first line with exactly this key."""
        return next((row for row in self._searched("", key, 0, 0, BLOCK) if row.key == key), None)

    def error_groups(self) -> list[Group]:
        """Errors that say the same but for numbers and names, the most frequent first; ``example`` is a line."""
        rows = self._db.execute("SELECT id, words, lines, example FROM errors ORDER BY lines DESC, id")
        return [Group(*row) for row in rows]

    # Bytes

    def line(self, number: int) -> bytes:
        """The exact bytes of one line with its line end; b"" where there is none."""
        row = self.find(number)
        return b"".join(self.original(row.start, row.start + row.length)) if row else b""

    def original(self, start: int = 0, end: int | None = None, part: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``end`` of the whole, or of part number ``part`` (from 0)."""
        first, last = 0, self.summary.size
        if part is not None:
            first = self.summary.parts[part].start
            last = first + self.summary.parts[part].size
        start, end = first + start, last if end is None else min(first + end, last)
        for at, size, place, stored in self._frames(start, end):
            body = storing.read_range(self.file, place, stored)
            try:
                yield from _sliced(body, max(start - at, 0), min(end - at, size))
            except zstandard.ZstdError as exc:
                raise Missing(self.file, "it is damaged.") from exc

    def _frames(self, start: int, end: int) -> list[tuple[int, int, int, int]]:
        sql = "SELECT start, size, place, stored FROM frame WHERE start < ? AND start + size > ? ORDER BY start"
        return self._db.execute(sql, (end, start)).fetchall() if end > start else []

    # How lines are found

    def _matching(self, outcome: str, search: str, after: int, group: int, limit: int) -> Iterator[Line]:
        if search:
            return self._searched(outcome, search.strip(), after, group, limit)
        return self._noted(outcome, after, group, limit) if outcome or group else self._plain(after)

    def _plain(self, after: int) -> Iterator[Line]:
        for first in self._firsts(after):
            yield from (line for line in self._block(first) if line.line > after)

    def _noted(self, outcome: str, after: int, group: int, limit: int) -> Iterator[Line]:
        """Lines that have a row of their own; those in order have none."""
        if outcome == Outcome.OK:
            yield from (line for line in self._plain(after) if line.outcome is Outcome.OK)
            return
        where, values = self._where(outcome, group)
        while True:
            sql = f"SELECT line FROM notable WHERE {where} AND line > ? ORDER BY line LIMIT ?"  # noqa: S608
            numbers = [number for (number,) in self._db.execute(sql, (*values, after, limit))]
            for number in numbers:
                if line := self.find(number):
                    yield line
            if len(numbers) < limit:
                return
            after = numbers[-1]

    def _where(self, outcome: str, group: int) -> tuple[str, list[Any]]:
        terms: list[str] = ["1"]
        values: list[Any] = []
        if outcome == INVALID:
            terms.append("invalid <> 0")
        elif outcome:
            terms.append("outcome = ?")
            values.append(outcome)
        if group:
            terms.append("errors = ?")
            values.append(group)
        return " AND ".join(terms), values

    def _searched(self, outcome: str, search: str, after: int, group: int, limit: int) -> Iterator[Line]:
        """Blocks without the bytes are left packed: most of a search looks at bytes."""
        needle, words = search.lower().encode(errors="replace"), search.lower()
        lines = self._noted(outcome, after, group, limit) if outcome not in ("", Outcome.OK) or group else None
        if lines is not None:
            yield from (line for line in lines if _says(line, words))
            return
        for first in self._firsts(after):
            body = self._unpacked(first)
            if not needle.isascii() or needle in body.lower():
                yield from (line for line in self._block(first, body) if _fits(line, outcome, words, after))

    def _firsts(self, after: int) -> Iterator[int]:
        """The first line of each block, from the one on that holds what is behind ``after``."""
        start = self._one("SELECT coalesce(max(first), 0) FROM block WHERE first <= ?", after + 1)[0]
        return (
            first for (first,) in self._db.execute("SELECT first FROM block WHERE first >= ? ORDER BY first", (start,))
        )

    def _block_of(self, line: int) -> list[Line]:
        (first,) = self._one("SELECT max(first) FROM block WHERE first <= ?", line)
        return self._block(first) if first is not None else []

    def _block(self, first: int, body: bytes = b"") -> list[Line]:
        if first not in self._blocks:
            self._blocks[first] = _lines(body or self._unpacked(first))
            if len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return self._blocks[first]

    def _unpacked(self, first: int) -> bytes:
        (body,) = self._one("SELECT body FROM block WHERE first = ?", first)
        return zstandard.ZstdDecompressor().decompress(body)

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._db.execute(sql, values).fetchone()
        return row


def _fits(line: Line, outcome: str, words: str, after: int) -> bool:
    return line.line > after and (not outcome or line.outcome == outcome) and _says(line, words)


def _says(line: Line, words: str) -> bool:
    return words in line.key.lower() or words in line.preview.lower() or words in line.error.lower()


def _sliced(body: bytes, start: int, end: int) -> Iterator[bytes]:
    """Bytes ``start`` to before ``end`` of what one frame holds, a piece at a time."""
    with zstandard.ZstdDecompressor().stream_reader(body) as reader:
        _skip(reader, start)
        left = end - start
        while left > 0 and (piece := reader.read(min(left, PIECE))):
            left -= len(piece)
            yield piece


def _skip(reader: zstandard.ZstdDecompressionReader, size: int) -> None:
    with suppress(EOFError):
        while size > 0:
            size -= len(reader.read(min(size, PIECE))) or size
