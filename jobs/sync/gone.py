"""Jobs that are no longer at the provider: their rows stay, marked; a brake stops what looks like a mistake."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.models import Action, BatchJob, OperationItem, Project

from . import tally

FEW = 10
SHARE = 0.2
PROVIDER = "provider"
UNEVEN = timedelta(seconds=5)  # by which the clocks of two workers may differ


class MassVanish(Exception):
    """More jobs would be marked gone than a person would expect; ``str()`` says how many and what to do."""

    def __init__(self, vanished: int, known: int) -> None:
        super().__init__(
            f"{vanished:,} of {known:,} jobs are no longer listed by the provider, so nothing was marked gone:"
            " check the credential, or confirm on the project's page that they were deleted."
        )


def brake(project: Project, vanished: int) -> None:
    """Raise MassVanish for more than 10 jobs and more than 20 % of the known ones, unless a person confirmed."""
    if vanished <= FEW or project.brake_released_at:
        return
    known = project.jobs.listed().count()
    if vanished > SHARE * known:
        raise MassVanish(vanished, known)


def being_deleted(project: Project) -> set[int]:
    """Jobs whose end an operation is about to see: it marks them, with who and why."""
    items = OperationItem.objects.unended().filter(project=project, started_at__isnull=False)
    return set(items.filter(operation__action=Action.DELETE).values_list("job_id", flat=True)) - {None}


def deleted_since(job: BatchJob, began: datetime) -> bool:
    """Whether somebody deleted ``job`` here after ``began``: what was read since then may be older than that."""
    return job.gone_at is not None and job.gone_by != PROVIDER and job.gone_at >= began - UNEVEN


def mark(project: Project, ids: Sequence[int], *, at: datetime, reason: str, by: str = PROVIDER) -> list[int]:
    """Mark the jobs ``ids`` gone at the provider, and uncount them; the ids really marked."""
    listed = project.jobs.listed().filter(pk__in=ids).order_by("pk").select_for_update()
    jobs = list(listed.only("pk", "model", "state", "project_id"))
    marked = [job.pk for job in jobs]
    BatchJob.objects.filter(pk__in=marked).update(gone_at=at, gone_by=by, gone_reason=reason)
    tally.add(project, tally.of_gone(jobs))
    return marked
