"""Results before deletes: asking for them to be saved, and seeing how far that is."""

from collections.abc import Callable, Sequence
from datetime import datetime

from jobs.models import Archive, BatchJob, Operation, Step
from jobs.results import saving, wanting


def ask(jobs: Sequence[BatchJob], *, by: str, at: datetime) -> None:
    """Put the results of ``jobs`` into the queue of archives; what was refused before is tried again."""
    wanting.want(jobs, by, at)


def found(jobs: Sequence[int]) -> dict[int, Archive]:
    """The archives of these jobs, by job."""
    return {archive.job_id: archive for archive in Archive.objects.filter(job__in=jobs)}


def save_here(operation: Operation, *, now: Callable[[], datetime]) -> None:
    """Save in this process what ``operation`` waits for: a command may run where no worker does."""
    waiting = operation.items.unended().filter(step=Step.ARCHIVE).values("job")
    for pk in list(Archive.objects.due(now()).filter(job__in=waiting).values_list("pk", flat=True)):
        saving.save(pk, now=now)
