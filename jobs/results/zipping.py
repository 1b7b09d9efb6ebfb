"""Saved results of several jobs as one ZIP, made while it is sent by zipstream-ng, which keeps nothing of it."""

from collections.abc import Iterator, Sequence

from zipstream import ZIP_DEFLATED, ZipStream

from jobs.models import Archive
from jobs.providers.base import Chunks
from jobs.spreadsheets import lines

from . import storing
from .archives import open_archive
from .naming import file_name
from .places import storage

PIECE = 1024 * 1024
LIST = "results.csv"
HEADER = (
    "file",
    "project",
    "job",
    "display_name",
    "lines",
    "ok",
    "failed",
    "truncated",
    "blocked",
    "empty",
    "broken",
    "size",
    "sha256",
    "saved_at",
)


def zip_of(archives: Sequence[Archive], *, unpacked: bool) -> tuple[int | None, Iterator[bytes]]:
    """Size if it is known, and the bytes. The stored files as they are (``.jsonl.zst``), or ``unpacked`` JSONL.

    A list of what is in it, with the sha256 of each original, comes first.
    """
    made = ZipStream(**({"compress_type": ZIP_DEFLATED, "compress_level": 1} if unpacked else {"sized": True}))
    names = _names(archives, "jsonl" if unpacked else "jsonl.zst")
    made.add(b"".join(lines(HEADER, map(_listed, names, archives))), LIST)
    for name, archive in zip(names, archives, strict=True):
        if unpacked:
            made.add(_original(archive), name)
        else:
            size = storage().size(archive.file)
            made.add(_stored(archive.file, size), name, size=size)
    return (None if unpacked else len(made)), iter(made)


def _names(archives: Sequence[Archive], suffix: str) -> list[str]:
    """Each once, whatever the jobs are called."""
    return [f"{archive.job_id}-{file_name(archive.job, suffix)}" for archive in archives]


def _listed(name: str, archive: Archive) -> tuple[object, ...]:
    job = archive.job
    counts = (archive.lines, archive.ok, archive.failed, archive.truncated)
    rest = (archive.blocked, archive.empty, archive.broken, archive.size, archive.sha256, archive.saved_at)
    return (name, job.project.name, job.name, job.display_name, *counts, *rest)


def _stored(file: str, size: int) -> Chunks:
    for start in range(0, size, PIECE):
        yield storing.read_range(file, start, min(PIECE, size - start))


def _original(archive: Archive) -> Chunks:
    with open_archive(archive) as opened:
        yield from opened.original()
