"""The body of an answer, unpacked piece by piece, so that no bomb unfolds in memory before it is measured."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from .base import RefusedError, TransientError

ENCODING = "gzip"  # the one that is asked for


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one answer: bytes as unpacked, and values as JSON counts them (each costs dozens of bytes once decoded)."""

    size: int
    values: int


A_LIST = Bounds(64 * 1024 * 1024, 2_000_000)  # 100 jobs, without their results
A_JOB = Bounds(256 * 1024 * 1024, 10_000_000)  # its results may be inline, and twice (WIRE 1.3)


def unpacked(chunks: Iterable[bytes], encoding: str, bounds: Bounds) -> Iterable[bytes]:
    """``chunks`` without their content ``encoding``; raise RefusedError when there is more than ``bounds`` allow."""
    if encoding not in ("", "identity", ENCODING):
        raise RefusedError("The provider answers in an encoding that was not asked for: check the project's address.")
    inflate = zlib.decompressobj(wbits=31) if encoding == ENCODING else None
    size = values = 0
    for chunk in chunks:
        piece = _inflated(inflate, chunk, bounds.size + 1 - size) if inflate else chunk
        size, values = size + len(piece), values + piece.count(b",")
        if size > bounds.size or values > bounds.values:
            raise RefusedError("The provider's answer is far larger than a list or a job can be, so it is not read.")
        yield piece


def _inflated(inflate: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return inflate.decompress(chunk, most)
    except zlib.error as exc:
        raise TransientError("The provider's answer is damaged; it is asked again later.") from exc
