"""The original of a job's results as one file: from our archive, or from the provider while it is not saved.

Several parts count as one file, one behind the other, as in an archive.
"""

import logging
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from jobs.models import Archive, ArchiveStatus, BatchJob
from jobs.providers.base import Chunks

from .archives import OpenArchive, open_archive
from .places import Missing
from .reading import Source, open_results

log = logging.getLogger(__name__)


class NoResults(Exception):
    """There are none to hand out; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file as the provider had it; ``sha256`` is "" until it is saved."""

    name: str
    size: int | None
    sha256: str = ""


class Original(Protocol):
    """``resumable``: any range can be read, because all sizes are known."""

    @property
    def pieces(self) -> list[Piece]: ...
    @property
    def resumable(self) -> bool: ...

    def chunks(self, start: int = 0, end: int | None = None, part: int | None = None) -> Chunks:
        """Bytes ``start`` to before ``end`` of the whole, or of the piece number ``part`` (from 0)."""

    def sha256(self, part: int | None = None) -> str:
        """Of the whole or of a piece; "" while it is not known."""

    def close(self) -> None: ...


def size_of(original: Original, part: int | None = None) -> int | None:
    """Bytes of the whole or of a piece, None when a provider does not tell."""
    pieces = original.pieces if part is None else [original.pieces[part]]
    sizes = [piece.size for piece in pieces if piece.size is not None]
    return sum(sizes) if len(sizes) == len(pieces) else None


class Archived:
    resumable = True

    def __init__(self, archive: OpenArchive) -> None:
        self.archive = archive

    @property
    def pieces(self) -> list[Piece]:
        return [Piece(part.name, part.size, part.sha256) for part in self.archive.summary.parts]

    def chunks(self, start: int = 0, end: int | None = None, part: int | None = None) -> Chunks:
        yield from self.archive.original(start, end, part)

    def sha256(self, part: int | None = None) -> str:
        return self.archive.summary.sha256 if part is None else self.archive.summary.parts[part].sha256

    def close(self) -> None:
        self.archive.close()


class Provided:
    def __init__(self, source: Source) -> None:
        self.source = source

    @property
    def pieces(self) -> list[Piece]:
        return [Piece(part.name, part.size) for part in self.source.parts]

    @property
    def resumable(self) -> bool:
        return all(part.resumable and part.size is not None for part in self.source.parts)

    def chunks(self, start: int = 0, end: int | None = None, part: int | None = None) -> Chunks:
        left = None if end is None else end - start
        for wanted in self.source.parts if part is None else [self.source.parts[part]]:
            if wanted.size is not None and start >= wanted.size:
                start -= wanted.size
                continue
            for chunk in self.source.chunks(wanted, start):
                yield chunk if left is None else chunk[:left]
                left = None if left is None else left - len(chunk)
                if left is not None and left <= 0:
                    return
            start = 0

    def sha256(self, part: int | None = None) -> str:
        return ""

    def close(self) -> None:
        """Nothing is open between two reads."""


def open_original(job: BatchJob, *, stop: Event | None = None) -> Original:
    """Raise NoResults, or the ProviderError met on the way. The caller closes it; ``stop`` ends what is being read."""
    archive = Archive.objects.filter(job=job, status=ArchiveStatus.SAVED).first()
    if archive:
        try:
            return Archived(open_archive(archive))
        except Missing as exc:
            log.warning("archive of job=%s is missing, the provider is asked: %s", job.pk, exc)
    return _at_provider(job, archive, stop or Event())


def _at_provider(job: BatchJob, archive: Archive | None, stop: Event) -> Original:
    if job.gone_at or (archive and archive.status == ArchiveStatus.LOST):
        raise NoResults("The results were not saved before the provider dropped them, so there is nothing to download.")
    if job.is_active:
        raise NoResults("The job has not finished, so there is nothing to download yet.")
    source = open_results(job, pause=stop.wait, stop=stop)
    if not source.parts:
        raise NoResults("The provider has no results of this job, so there is nothing to download.")
    return Provided(source)
