"""Results before deletes: asking for them to be saved, and seeing how far that is."""

from collections.abc import Sequence
from datetime import datetime

from jobs.models import Archive, ArchiveStatus, BatchJob


def ask(jobs: Sequence[BatchJob], *, by: str, at: datetime) -> None:
    """Put the results of ``jobs`` into the queue of archives; what was refused before is tried again."""
    Archive.objects.bulk_create(
        [Archive(job=job, wanted_at=at, wanted_by=by, expires_at=job.expires_at, next_attempt_at=at) for job in jobs],
        ignore_conflicts=True,
    )
    refused = Archive.objects.filter(job__in=jobs, status=ArchiveStatus.REFUSED)
    refused.update(status=ArchiveStatus.WAITING, next_attempt_at=at, wanted_at=at, attempts=0)


def found(jobs: Sequence[int]) -> dict[int, Archive]:
    """The archives of these jobs, by job."""
    return {archive.job_id: archive for archive in Archive.objects.filter(job__in=jobs)}
