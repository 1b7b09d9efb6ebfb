"""What a person should look at: reported by whoever sees the trouble, settled by whoever sees it gone.

One row a kind and subject (DESIGN 2). Reports may come again and again and from several workers at once: what is
open stays one row, and what a person resolved stays resolved until something new happens.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least

from jobs import stale
from jobs.models import Attention, AttentionJob, AttentionNote, BatchJob, Operation, Project

SYSTEM = "Batchboard"  # who wrote a line of the story that no person wrote
LARGEST = 500  # jobs a statement


class Kind(StrEnum):
    FAILED = "failed"
    ALL_FAILED = "all_failed"
    TRUNCATED = "truncated"
    STUCK = "stuck"
    LATE = "late"
    EXPIRING = "expiring"
    RESULTS_LOST = "results_lost"
    UNREACHABLE = "unreachable"
    BRAKE = "brake"
    DRIFT = "drift"
    OPERATION = "operation"
    UNKNOWN_STATE = "unknown_state"
    STORAGE = "storage"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@transaction.atomic
def report(
    kind: Kind,
    subject: str,
    *,
    at: datetime,
    title: str,
    why: str = "",
    todo: str = "",
    project: Project | None = None,
    job: BatchJob | None = None,
    operation: Operation | None = None,
    model: str = "",
    jobs: int = 1,
    members: Collection[int] = (),
    since: datetime | None = None,
    standing: bool = False,
) -> bool:
    """Open, bring up to date or reopen the attention of ``kind`` about ``subject``; whether it was opened or reopened.

    ``title`` says no number, because each reader sees those of the ``members`` (ids of jobs, which join those already
    there) that they may see; without members, ``jobs`` says how many there are. ``since``: when it began, if not now.
    What was resolved reopens when a job is new to it, or without members at each report. ``standing`` is for trouble
    that is reported as long as it goes on: resolved by a person, it stays so until it was cured and came again.
    """
    facts: dict[str, Any] = {"title": title[:300], "why": why, "todo": todo, "model": model[:200]}
    facts |= {"project": project, "job": job, "operation": operation}
    facts |= {} if members else {"jobs": jobs}
    begun = {"since": since or at, "last_at": at, "opened_at": at}
    row, new = Attention.objects.get_or_create(kind=kind, subject=subject[:300], defaults=facts | begun)
    _lock(row)
    news = _new_to(row, members)
    reopened = not new and (bool(news) or not members) and _reopen(row, facts | begun, standing)
    changed = new or reopened or _update(row, facts, since or at, news_at=at if news else None)
    if new or reopened:
        _note(row, "opened" if new else "reopened", at)
    if news:
        AttentionJob.objects.bulk_create(
            [AttentionJob(attention=row, job_id=pk, at=at) for pk in news], ignore_conflicts=True, batch_size=LARGEST
        )
        _recount(row)
    if changed:
        announce(row)
    return new or reopened


@transaction.atomic
def settle(kind: Kind, subjects: Iterable[str], *, at: datetime, note: str = "") -> int:
    """The cure: the trouble of ``kind`` with ``subjects`` is over; how many were open."""
    found = Attention.objects.filter(kind=kind, subject__in=[subject[:300] for subject in subjects], cured_at=None)
    return sum(_settle(row, at, note) for row in found.order_by("pk"))


@transaction.atomic
def leave(kinds: Collection[Kind], jobs: Sequence[int], *, at: datetime, note: str = "") -> None:
    """The jobs (ids) have those troubles no more; an attention that thereby loses its last job is settled."""
    for start in range(0, len(jobs), LARGEST):
        left = AttentionJob.objects.filter(job__in=jobs[start : start + LARGEST], attention__kind__in=kinds)
        concerned = Attention.objects.filter(pk__in=list(left.values_list("attention", flat=True)))
        touched = list(concerned.order_by("pk").select_for_update(no_key=True))
        left.delete()
        for row in touched:
            if row.members.current().exists():
                _recount(row)
            else:
                _settle(row, at, note)


def _lock(row: Attention) -> None:
    """Whoever counts the jobs sees all that joined before."""
    Attention.objects.select_for_update(no_key=True).filter(pk=row.pk).first()


def _new_to(row: Attention, members: Collection[int]) -> list[int]:
    known = set(row.members.filter(job__in=members).values_list("job", flat=True)) if members else set()
    return [pk for pk in members if pk not in known]


def _reopen(row: Attention, fields: dict[str, Any], standing: bool) -> bool:
    """What was over comes again: nobody has looked at it yet."""
    fresh = {"resolved_at": None, "resolved_by": "", "acknowledged_at": None, "acknowledged_by": "", "cured_at": None}
    over = Attention.objects.resolved().filter(pk=row.pk)
    if standing and "jobs" in fields:  # without members
        over = over.filter(cured_at__isnull=False)
    if not over.update(**fields, **fresh, snoozed_until=None, times=F("times") + 1):
        return False
    if standing:
        row.members.update(at=fields["last_at"])
    return True


def _update(row: Attention, facts: dict[str, Any], since: datetime, *, news_at: datetime | None) -> bool:
    """Say what is known now; False, and nothing written, when it was said already."""
    here = Attention.objects.unresolved().filter(pk=row.pk)
    if news_at:
        return here.update(**facts, since=Least(F("since"), since), last_at=Greatest(F("last_at"), news_at)) == 1
    return here.exclude(**facts, since__lte=since).update(**facts, since=Least(F("since"), since)) == 1


def _recount(row: Attention) -> None:
    number = row.members.current().count()
    Attention.objects.filter(pk=row.pk).exclude(jobs=number).update(jobs=number)


def _settle(row: Attention, at: datetime, note: str) -> bool:
    Attention.objects.filter(pk=row.pk).update(cured_at=at)
    settled = Attention.objects.unresolved().filter(pk=row.pk).update(resolved_at=at, resolved_by=SYSTEM)
    if settled:
        _note(row, "settled", at, note)
        announce(row)
    return bool(settled)


def _note(row: Attention, verb: str, at: datetime, text: str = "") -> None:
    AttentionNote.objects.create(attention=row, at=at, author=SYSTEM, verb=verb, text=text)


def announce(row: Attention) -> None:
    """Tell open pages of all projects concerned, after the commit."""
    concerned = {row.project_id, *row.members.values_list("job__project", flat=True).distinct()}
    for pk, version in Project.objects.filter(pk__in=[pk for pk in concerned if pk]).values_list("pk", "version"):
        transaction.on_commit(partial(stale.announce, pk, [], version=version))
