"""Jobs that are no longer at the provider: their rows stay, marked; a brake stops what looks like a mistake."""

from collections.abc import Sequence
from datetime import datetime

from jobs.models import BatchJob, Project

from . import tally

FEW = 10
SHARE = 0.2


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


def mark(project: Project, ids: Sequence[int], *, at: datetime, reason: str) -> list[int]:
    """Mark the jobs ``ids`` gone at the provider, and uncount them; the ids really marked."""
    listed = project.jobs.listed().filter(pk__in=ids).order_by("pk").select_for_update()
    jobs = list(listed.only("pk", "model", "state", "project_id"))
    marked = [job.pk for job in jobs]
    BatchJob.objects.filter(pk__in=marked).update(gone_at=at, gone_by="provider", gone_reason=reason)
    tally.add(project, tally.of_gone(jobs))
    return marked
