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
    latest: datetime | None = None,
) -> bool:
    """Open, bring up to date or reopen the attention of ``kind`` about ``subject``; whether it was opened or reopened.

    ``title`` says no number, because each reader sees those of the ``members`` (ids of jobs, which join those already
    there) that they may see; without members, ``jobs`` says how many there are. For what goes on for a while,
    ``since`` is when it began and ``latest`` when something new of it happened (default: now, ``at``): resolved by a
    person after ``latest``, it stays resolved.
    """
    facts: dict[str, Any] = {"title": title[:300], "why": why, "todo": todo, "model": model[:200]}
    facts |= {"project": project, "job": job, "operation": operation}
    facts |= {} if members else {"jobs": jobs}
    since, latest = since or latest or at, latest or at
    begun = {"since": since, "last_at": latest}
    row, new = Attention.objects.get_or_create(kind=kind, subject=subject[:300], defaults=facts | begun)
    opened = new or _reopen(row, facts | begun)
    changed = opened or _update(row, facts, since, latest)
    if opened:
        _note(row, "opened" if new else "reopened", at)
    joined = _join(row, members)
    if changed or joined:
        announce(row)
    return opened


@transaction.atomic
def settle(kind: Kind, subjects: Iterable[str], *, at: datetime, note: str = "") -> int:
    """The cure: what is open of ``kind`` about ``subjects`` is over; how many it were."""
    found = Attention.objects.unresolved().filter(kind=kind, subject__in=[subject[:300] for subject in subjects])
    return sum(_settle(row, at, note) for row in found)


@transaction.atomic
def leave(kinds: Collection[Kind], jobs: Sequence[int], *, at: datetime, note: str = "") -> None:
    """The jobs (ids) have those troubles no more; an attention that thereby loses its last job is settled."""
    for start in range(0, len(jobs), LARGEST):
        some = jobs[start : start + LARGEST]
        left = AttentionJob.objects.filter(job__in=some, attention__kind__in=kinds, attention__resolved_at=None)
        concerned = Attention.objects.filter(pk__in=list(left.values_list("attention", flat=True)))
        touched = list(concerned.order_by("pk").select_for_update(no_key=True))
        left.delete()
        for row in touched:
            _recount(row)
            if not row.members.exists():
                _settle(row, at, note)


@transaction.atomic
def keep_only(kind: Kind, standing: Collection[str], *, at: datetime, note: str = "") -> int:
    """Settle what is open of ``kind`` but not about ``standing`` subjects: for those who look at everything at once."""
    known = Attention.objects.unresolved().filter(kind=kind).values_list("subject", flat=True)
    return settle(kind, set(known) - set(standing), at=at, note=note)


def _reopen(row: Attention, fields: dict[str, Any]) -> bool:
    """What was over comes again, if that happened after it was resolved: nobody has looked at it yet."""
    fresh = {"resolved_at": None, "resolved_by": "", "acknowledged_at": None, "acknowledged_by": ""}
    over = Attention.objects.filter(pk=row.pk, resolved_at__lte=fields["last_at"])
    if not over.update(**fields, **fresh, snoozed_until=None, times=F("times") + 1):
        return False
    row.members.all().delete()
    return True


def _update(row: Attention, facts: dict[str, Any], since: datetime, latest: datetime) -> bool:
    """Say what is known now; False, and nothing written, when it was said already."""
    here = Attention.objects.unresolved().filter(pk=row.pk)
    news = here.exclude(**facts, since__lte=since, last_at__gte=latest)
    moments = {"since": Least(F("since"), since), "last_at": Greatest(F("last_at"), latest)}
    return news.update(**facts, **moments) == 1


def _join(row: Attention, members: Collection[int]) -> bool:
    """Whether any of the jobs is new to the attention, if that is open."""
    if not members or not _lock(row):
        return False
    rows = [AttentionJob(attention_id=row.pk, job_id=pk) for pk in members]
    AttentionJob.objects.bulk_create(rows, ignore_conflicts=True, batch_size=LARGEST)
    return _recount(row)


def _lock(row: Attention) -> bool:
    """Whoever counts the jobs sees all that joined before; False when it is resolved."""
    return bool(Attention.objects.unresolved().select_for_update(no_key=True).filter(pk=row.pk))


def _recount(row: Attention) -> bool:
    number = row.members.count()
    return Attention.objects.filter(pk=row.pk).exclude(jobs=number).update(jobs=number) == 1


def _settle(row: Attention, at: datetime, note: str) -> bool:
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
