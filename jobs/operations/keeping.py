"""Pinning: a person's "keep". What is pinned is in no plan that would take something away."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from jobs import audit, stale
from jobs.models import BatchJob, Project
from jobs.projects import Actor

from .refusing import OperationRefused
from .selecting import Selection, acted_in

MOST = 10_000
CHUNK = 500


def keep(selection: Selection, *, actor: Actor) -> int:
    """Pin the selected jobs; how many were not pinned yet. Raise OperationRefused, then none is."""
    name = actor.user.username if actor.user else audit.NOBODY
    return _change("pin job", selection, actor, kept_at=actor.at, kept_by=name)


def unkeep(selection: Selection, *, actor: Actor) -> int:
    """Unpin the selected jobs; how many were pinned. Raise OperationRefused, then all still are."""
    return _change("unpin job", selection, actor, kept_at=None, kept_by="")


@transaction.atomic
def _change(verb: str, selection: Selection, actor: Actor, *, kept_at: datetime | None, kept_by: str) -> int:
    rows = selection.rows(actor.user, ("pk", "project_id", "kept_at"), at=actor.at)
    _refuse(rows, actor)
    turned = [pk for pk, _, before in rows if bool(before) != bool(kept_at)]
    for chunk in (turned[start : start + CHUNK] for start in range(0, len(turned), CHUNK)):
        chosen = BatchJob.objects.filter(pk__in=chunk)
        chosen.update(kept_at=kept_at, kept_by=kept_by)
        jobs = chosen.only("pk", "name", "display_name", "project_id")
        audit.record_each(verb, jobs, by=actor.user, at=actor.at, address=actor.address)
        _tell(list(jobs))
    return len(turned)


def _refuse(rows: Sequence[tuple[int, int, datetime | None]], actor: Actor) -> None:
    if not rows:
        raise OperationRefused("None of these jobs is on the board any more.")
    if len(rows) > MOST:
        raise OperationRefused(f"At most {MOST:,} jobs can be pinned or unpinned at a time: narrow the filter.")
    concerned = {project for _, project, _ in rows}
    if acted_in(actor.user).filter(pk__in=concerned).count() < len(concerned):
        raise OperationRefused("You may not act on some of these jobs: ask their project's admin to make you operator.")


def _tell(jobs: Sequence[BatchJob]) -> None:
    """Open pages show it at once."""
    by_project: dict[int, list[int]] = defaultdict(list)
    for job in jobs:
        by_project[job.project_id].append(job.pk)
    Project.objects.filter(pk__in=by_project).update(version=F("version") + 1)
    for pk, version in Project.objects.filter(pk__in=by_project).values_list("pk", "version"):
        transaction.on_commit(partial(stale.announce, pk, by_project[pk], version=version))
