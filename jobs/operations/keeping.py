"""Pinning: a person's "keep". What is pinned is in no plan that would take something away."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from jobs import audit, stale
from jobs.models import BatchJob, Project
from jobs.projects import Actor

from .refusing import OperationRefused
from .selecting import acted_in


def keep(jobs: Iterable[BatchJob], *, actor: Actor) -> int:
    """Pin ``jobs``; how many were not pinned yet. Raise OperationRefused."""
    name = actor.user.username if actor.user else audit.NOBODY
    return sum(_set(job, "pin job", actor, pinned=False, kept_at=actor.at, kept_by=name) for job in jobs)


def unkeep(jobs: Iterable[BatchJob], *, actor: Actor) -> int:
    """Unpin ``jobs``; how many were pinned. Raise OperationRefused."""
    return sum(_set(job, "unpin job", actor, pinned=True, kept_at=None, kept_by="") for job in jobs)


@transaction.atomic
def _set(job: BatchJob, verb: str, actor: Actor, *, pinned: bool, **fields: object) -> bool:
    if not acted_in(actor.user).filter(pk=job.project_id).exists():
        raise OperationRefused("You may not act on jobs of this project: ask its admin to make you operator.")
    Project.objects.filter(pk=job.project_id).update(version=F("version") + 1)
    if BatchJob.objects.filter(pk=job.pk, kept_at__isnull=not pinned).update(**fields) != 1:
        return False
    audit.record(verb, job, by=actor.user, at=actor.at, address=actor.address)
    version = Project.objects.values_list("version", flat=True).get(pk=job.project_id)
    transaction.on_commit(lambda: stale.announce(job.project_id, [job.pk], version=version))
    return True
