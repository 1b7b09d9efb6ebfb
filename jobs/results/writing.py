"""One pass over the bytes of results: zstd frames that any tool reads, and an index made by our own count (DESIGN 7).

Frames hold about 4 MB and end at line ends, so that any line is one frame away. Compression and hashing run in a
thread beside the pass: both let Python go.
"""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import zstandard

from .classes import NO_JSON, Line, Outcome, read_line
from .index import BLOCK, IndexWriter, PartSummary, Summary

FRAME = 4 * 2**20
LONGEST_LINE = 64 * 2**20  # beyond that a line is kept, but not read
LARGEST_CHUNK = 2**20
LEVEL = 1  # 1.6 × as fast as level 3 for a twentieth more space
AHEAD = 6  # frames waiting to be compressed
Part = tuple[str, Iterable[bytes]]
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Written:
    """Two files on disk, whole."""

    archive: Path
    index: Path
    summary: Summary
    index_size: int


def write(parts: Iterable[Part], folder: Path, *, tick: Callable[[int], None] = lambda size: None) -> Written:
    """Archive ``parts`` (name, chunks) into two files in ``folder``.

    ``tick(size)`` is called as bytes arrive, once a megabyte or so; what it raises ends the pass. Whatever ends
    it, open files are closed; what is half-written in ``folder`` is the caller's to remove.
    """
    archive, index = folder / "archive.jsonl.zst", folder / "index.sqlite3"
    frames, rows = Frames(archive), IndexWriter(index)
    try:
        lines = Lines(rows)
        for name, chunks in parts:
            _write_part(name, chunks, frames, lines, tick)
        whole = frames.finish()
        summary = rows.finish(frames.table, whole)
        return Written(archive, index, summary, index.stat().st_size)
    finally:
        frames.close()
        rows.close()


def _write_part(
    name: str, chunks: Iterable[bytes], frames: "Frames", lines: "Lines", tick: Callable[[int], None]
) -> None:
    frames.begin_part(name)
    lines.begin_part()
    for chunk in _bounded(chunks):
        tick(len(chunk))
        frames.feed(chunk)
        lines.feed(chunk)
    lines.end_part()
    frames.end_part()


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if len(chunk) <= LARGEST_CHUNK:
            yield chunk
        else:
            yield from (chunk[start : start + LARGEST_CHUNK] for start in range(0, len(chunk), LARGEST_CHUNK))


class Lines:
    """Splits chunks at LF; a line's number counts every line, blank ones too, from 1 over all parts."""

    def __init__(self, rows: IndexWriter) -> None:
        self._rows = rows
        self._number = self._start = 0
        self._tail: list[bytes] = []
        self._tail_size = 0

    def begin_part(self) -> None:
        self._is_first = True

    def feed(self, chunk: bytes) -> None:
        first, *others = chunk.split(b"\n")
        self._keep(first)
        if not others:
            return
        *whole, rest = others
        self._end_line(1)
        for start in range(0, len(whole), BLOCK):
            self._add_all(whole[start : start + BLOCK])
        self._keep(rest)

    def end_part(self) -> None:
        """A last line without a line end counts like any other."""
        if self._tail_size:
            self._end_line(0)

    def _keep(self, piece: bytes) -> None:
        self._tail_size += len(piece)
        if piece and self._tail_size <= LONGEST_LINE:
            self._tail.append(piece)

    def _end_line(self, line_end: int) -> None:
        tail, size = self._tail, self._tail_size
        self._tail, self._tail_size = [], 0
        if size > LONGEST_LINE:
            self._add_unread(size + line_end)
            return
        line = tail[0] if len(tail) == 1 else b"".join(tail)
        self._add(line.removeprefix(_BOM) if self._is_first else line, size + line_end)
        self._is_first = False

    def _add_all(self, lines: list[bytes]) -> None:
        """As ``_add`` for each, without a call for each: this is where the time goes."""
        number, start, read = self._number, self._start, []
        for line in lines:
            number += 1
            length = len(line) + 1
            if line and not line.isspace():
                found = read_line(line)
                found.line, found.start, found.length = number, start, length
                read.append(found)
            start += length
        self._number, self._start = number, start
        self._rows.add(read)

    def _add(self, line: bytes, length: int) -> None:
        self._number += 1
        if line and not line.isspace():
            self._place(read_line(line), length)
        self._start += length

    def _add_unread(self, length: int) -> None:
        self._number += 1
        self._place(Line(Outcome.BROKEN, error=f"Too long to read. {NO_JSON}"), length)
        self._start += length

    def _place(self, line: Line, length: int) -> None:
        line.line, line.start, line.length = self._number, self._start, length
        self._rows.add([line])


class Frames:
    """The compressed file. ``table``: start and size of each frame in the original, place and size in the file."""

    def __init__(self, path: Path) -> None:
        self.table: list[tuple[int, int, int, int]] = []
        self._file = path.open("wb")
        self._pool = ThreadPoolExecutor(1, "frames")
        self._queue: deque[Future[None]] = deque()
        self._squeeze = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        self._part = self._whole = hashlib.sha256()  # one and the same as long as there is one part
        self._parts: list[PartSummary] = []
        self._pieces: list[bytes] = []
        self._held = self._size = self._stored = 0

    def begin_part(self, name: str) -> None:
        if self._parts:
            self._whole = self._whole.copy() if self._whole is self._part else self._whole
            self._part = hashlib.sha256()
        self._name, self._part_start = name, self._size

    def feed(self, chunk: bytes) -> None:
        self._held += len(chunk)
        if self._held < FRAME:
            self._pieces.append(chunk)
            return
        cut = chunk.rfind(b"\n") + 1
        if not cut and self._held < LONGEST_LINE:
            self._pieces.append(chunk)
            return
        cut = cut or len(chunk)
        self._pieces.append(chunk[:cut])
        self._submit()
        self._pieces.append(chunk[cut:])
        self._held = len(chunk) - cut

    def end_part(self) -> None:
        self._submit()
        self._drain(0)
        size = self._size - self._part_start
        self._parts.append(PartSummary(self._name, self._part_start, size, self._part.hexdigest()))

    def finish(self) -> Summary:
        self._drain(0)
        self._file.flush()
        os.fsync(self._file.fileno())
        return Summary(size=self._size, stored_size=self._stored, sha256=self._whole.hexdigest(), parts=self._parts)

    def _submit(self) -> None:
        if not self._held:
            return
        body = b"".join(self._pieces)
        self._pieces, self._held = [], 0
        if body:
            self._queue.append(self._pool.submit(self._compress, body))
        self._drain(AHEAD)

    def _drain(self, left: int) -> None:
        while len(self._queue) > left:
            self._queue.popleft().result()

    def _compress(self, body: bytes) -> None:
        self._part.update(body)
        if self._whole is not self._part:
            self._whole.update(body)
        frame = self._squeeze(body)
        self._file.write(frame)
        self.table.append((self._size, len(body), self._stored, len(frame)))
        self._size += len(body)
        self._stored += len(frame)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._file.close()
