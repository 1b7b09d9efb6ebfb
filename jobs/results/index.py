"""The index beside an archive: a SQLite file that finds any line, filters by class, groups errors and searches text.

Lines lie in zstd blocks of 512, so that the index stays a tenth of what it describes, is written as fast as lines are
read, and a search looks through blocks of bytes. What is not plainly ok has a row of its own besides, to filter by.
"""

import os
import re
import sqlite3
from array import array
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import zstandard

from .classes import Line, Outcome

VERSION = 1
BLOCK = 512
HANDED = 32  # blocks compressed in one go
Packed = tuple[int, bytes]  # a block by its first line
Notable = tuple[int, str, int | None, bool]
MOST_GROUPS = 2_000
OK = Outcome.OK
OTHER_ERRORS = "Other errors"
_VARYING = re.compile(r"\b[0-9a-f]{8,}\b|\b[\w-]*\d[\w.-]*\b|“[^”]*”|\"[^\"]*\"|'[^']*'", re.IGNORECASE)
_SCHEMA = """
PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
CREATE TABLE block (first INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE notable (line INTEGER PRIMARY KEY, outcome TEXT, errors INTEGER, invalid INTEGER);
CREATE TABLE errors (id INTEGER PRIMARY KEY, words TEXT, lines INTEGER, example INTEGER);
CREATE TABLE frame (start INTEGER PRIMARY KEY, size INTEGER, place INTEGER, stored INTEGER);
CREATE TABLE about (version INTEGER, summary BLOB);
"""
_INDEXES = """
CREATE INDEX notable_outcome ON notable (outcome, line);
CREATE INDEX notable_invalid ON notable (line) WHERE invalid <> 0;
CREATE INDEX notable_errors ON notable (errors, line) WHERE errors IS NOT NULL;
"""


class PartSummary(msgspec.Struct, frozen=True):
    """One file as the provider had it: ``start`` is where it begins in the whole."""

    name: str
    start: int
    size: int
    sha256: str


class Summary(msgspec.Struct):
    """What one pass counted. ``lines`` are those not blank, each in one class; tokens and sizes are sums.

    ``missing_key``: lines without a key, broken ones left aside. ``duplicate_keys``: lines whose key came before.
    """

    lines: int = 0
    ok: int = 0
    failed: int = 0
    truncated: int = 0
    blocked: int = 0
    empty: int = 0
    broken: int = 0
    invalid_json: int = 0
    missing_key: int = 0
    duplicate_keys: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    size: int = 0
    stored_size: int = 0
    sha256: str = ""
    parts: list[PartSummary] = []


@dataclass(slots=True)
class Group:
    """Errors that say the same but for numbers and names."""

    id: int
    words: str
    lines: int
    example: int


class IndexWriter:
    """Lines go in as the pass meets them; ``finish`` makes the file whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._lines: list[Line] = []
        self._groups: dict[str, Group] = {}
        self._counts: Counter[str] = Counter()
        self._keys = Keys()
        self._pack = msgspec.msgpack.Encoder().encode
        self._packed: list[Packed] = []
        self._pool = ThreadPoolExecutor(1, "blocks")
        self._squeezed: Future[list[Packed]] | None = None

    def add(self, lines: list[Line]) -> None:
        self._lines += lines
        while len(self._lines) >= BLOCK:
            self._flush()

    def _row(self, line: Line) -> Notable:
        group = self._group(line.error, line.line) if line.error else None
        return line.line, line.outcome.value, group, line.invalid_json

    def _group(self, error: str, number: int) -> int:
        words = normalised(error)
        if words not in self._groups and len(self._groups) >= MOST_GROUPS:
            words = OTHER_ERRORS
        found = self._groups.get(words)
        if found is None:
            found = self._groups[words] = Group(len(self._groups) + 1, words, 0, number)
        found.lines += 1
        return found.id

    def _flush(self) -> None:
        lines, self._lines = self._lines[:BLOCK], self._lines[BLOCK:]
        if lines:
            notable = [self._row(line) for line in lines if line.outcome is not OK or line.invalid_json]
            self._count(lines, notable)
            self._packed.append((lines[0].line, self._pack(lines)))
            self._db.executemany("INSERT INTO notable VALUES (?, ?, ?, ?)", notable)
            if len(self._packed) >= HANDED:
                self._hand_over()

    def _count(self, lines: list[Line], notable: list[Notable]) -> None:
        counts = self._counts
        worse = [outcome for _, outcome, _, _ in notable if outcome != OK.value]
        counts.update(worse)
        counts[OK.value] += len(lines) - len(worse)
        counts["invalid_json"] += sum(invalid for _, _, _, invalid in notable)
        counts["prompt_tokens"] += sum([line.prompt_tokens for line in lines])
        counts["output_tokens"] += sum([line.output_tokens for line in lines])
        counts["cached_tokens"] += sum([line.cached_tokens for line in lines])
        keys = [line.key for line in lines if line.key]
        counts["missing_key"] += len(lines) - len(keys)
        self._keys.add(keys)

    def _hand_over(self) -> None:
        """Have a thread compress what is packed, many blocks at once: each turn of Python's threads takes its time."""
        if self._squeezed:
            self._db.executemany("INSERT INTO block VALUES (?, ?)", self._squeezed.result())
        self._squeezed = self._pool.submit(_squeeze, self._packed)
        self._packed = []

    def finish(self, frames: list[tuple[int, int, int, int]], whole: Summary) -> Summary:
        """Close the file, whole and on disk; ``whole`` brings sizes and hashes."""
        self._flush()
        self._hand_over()
        self._hand_over()
        self._db.executemany("INSERT INTO frame VALUES (?, ?, ?, ?)", frames)
        groups = [(group.id, group.words, group.lines, group.example) for group in self._groups.values()]
        self._db.executemany("INSERT INTO errors VALUES (?, ?, ?, ?)", groups)
        summary = self._summed(whole)
        self._db.execute("INSERT INTO about VALUES (?, ?)", (VERSION, msgspec.json.encode(summary)))
        self._db.executescript(_INDEXES)  # which first commits
        self.close()
        _sync_to_disk(self.path)
        return summary

    def _summed(self, whole: Summary) -> Summary:
        counts = self._counts
        counts["lines"] = sum(counts[outcome.value] for outcome in Outcome)
        counts["missing_key"] -= counts[Outcome.BROKEN.value]
        counts["duplicate_keys"] = self._keys.repeated()
        return msgspec.structs.replace(whole, **counts)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._db.close()


class Keys:
    """Counts keys that came before, by 8 bytes a key: two different ones of a billion may count as one."""

    def __init__(self) -> None:
        self._heaps = [array("q") for _ in range(64)]

    def add(self, keys: list[str]) -> None:
        heaps = self._heaps
        for number in map(hash, keys):
            heaps[number & 63].append(number)

    def repeated(self) -> int:
        """A heap at a time, so that a million keys take a megabyte to sort."""
        return sum(len(heap) - len(set(heap)) for heap in self._heaps)


def _squeeze(packed: list[Packed]) -> list[Packed]:
    compress = zstandard.ZstdCompressor(level=1).compress
    return [(first, compress(body)) for first, body in packed]


@lru_cache(maxsize=10_000)
def normalised(error: str) -> str:
    """What errors of one kind share: quoted names and whatever holds digits become “…”, the code stays."""
    code, colon, words = error.partition(": ")
    if not (colon and code.isdigit()):
        code, colon, words = "", "", error
    return f"{code}{colon}{_VARYING.sub('…', words)}"


def _sync_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
