"""The queue of archives: which jobs may have results, and which of these are wanted (DESIGN 7).

``BatchJob.results_state`` goes from "" (none known) to ``waiting`` (only at the provider) to ``saved`` or ``lost``.
Rows are the truth: a tick finds finished jobs by an index, whoever finished them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Q

from jobs.models import Archive, ArchiveMode, ArchiveStatus, BatchJob, BatchJobQuerySet

AUTOMATIC = "a job that finished"  # who wants it when nobody asked
CHUNK = 500
RETRYABLE = (ArchiveStatus.REFUSED, ArchiveStatus.LOST)


def want(jobs: BatchJobQuerySet | Iterable[BatchJob], by: str, at: datetime) -> int:
    """Put the results of ``jobs`` into the queue, again after a refusal; how many came into it.

    What is saved, or waits already, stays as it is; a job without results is found out when it is read.
    """
    wanted = 0
    rows = iter(jobs)
    while chunk := list(islice(rows, CHUNK)):
        wanted += _want([job for job in chunk if not job.is_active], by, at)
    return wanted


@transaction.atomic
def _want(jobs: Sequence[BatchJob], by: str, at: datetime) -> int:
    ids = [job.pk for job in jobs]
    BatchJob.objects.filter(pk__in=ids).exclude(results_state="saved").update(results_state="waiting")
    again = Archive.objects.filter(job__in=ids, status__in=RETRYABLE)
    fresh = {"status": ArchiveStatus.WAITING, "wanted_at": at, "wanted_by": by, "next_attempt_at": at}
    renewed = again.update(**fresh, attempts=0, error="", error_kind="")
    known = set(Archive.objects.filter(job__in=ids).values_list("job", flat=True))
    new = [
        Archive(job=job, wanted_at=at, wanted_by=by, expires_at=job.expires_at, next_attempt_at=at)
        for job in jobs
        if job.pk not in known
    ]
    Archive.objects.bulk_create(new, ignore_conflicts=True)
    return renewed + len(new)


def forget(jobs: Iterable[int]) -> int:
    """Take what is not begun out of the queue; how many left it."""
    waiting = Archive.objects.filter(job__in=list(jobs), status=ArchiveStatus.WAITING, leased_until=None)
    return waiting.delete()[0]


def notice(at: datetime) -> int:
    """Mark finished jobs whose results nobody has noticed, and want those of projects that save on finish."""
    noticed = 0
    while chunk := list(_unnoticed()[:CHUNK]):
        _notice(chunk, at)
        noticed += len(chunk)
    return noticed


def _unnoticed() -> BatchJobQuerySet:
    rows = BatchJob.objects.with_results_unnoticed().select_related("project")
    return rows.only("pk", "state", "expires_at", "project__archive_mode").order_by("pk")


@transaction.atomic
def _notice(jobs: Sequence[BatchJob], at: datetime) -> None:
    BatchJob.objects.filter(pk__in=[job.pk for job in jobs], results_state="").update(results_state="waiting")
    wanted = [job for job in jobs if job.project.archive_mode == ArchiveMode.FINISH]
    _want(wanted, AUTOMATIC, at)


def want_left(at: datetime) -> int:
    """Jobs noticed while their project did not save on finish, and now does; how many came into the queue."""
    left = BatchJob.objects.listed().results("waiting").filter(archive=None)
    return want(left.filter(project__archive_mode=ArchiveMode.FINISH, project__removed_at=None), AUTOMATIC, at)


def next_due(at: datetime, most: int) -> list[int]:
    """Ids of archives to save now, first what expires first."""
    on_board = Q(job__project__removed_at=None, job__project__paused_at=None)
    return list(Archive.objects.due(at).filter(on_board).values_list("pk", flat=True)[:most])
