"""What a run writes of its items: intents before calls, outcomes with their effects after, always under the lease."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from jobs import bulk
from jobs.models import AuditEntry, BatchJob, Operation, OperationItem, Outcome, Project
from jobs.sync import between

from .claims import Claim
from .judging import End
from .standing import count
from .telling import tell

MOVED = (
    "step",
    "step_at",
    "ticket",
    "intent",
    "intent_at",
    "attempts",
    "failures",
    "next_attempt_at",
    "answer",
    "outcome",
    "detail",
    "ended_at",
)
WRITTEN = (*MOVED, "leased_until", "lease_token", "id")
LOGGED = (
    "at",
    "actor",
    "actor_name",
    "verb",
    "target_kind",
    "target_id",
    "target_label",
    "project",
    "reason",
    "result",
    "detail",
    "address",
)


@dataclass(frozen=True, slots=True)
class Change:
    """An item with its new values set, and how it ended, if it did. ``asked``: a cancel of its job was accepted."""

    item: OperationItem
    end: End | None = None
    asked: bool = False


@transaction.atomic
def intend(claim: Claim, items: Iterable[OperationItem], *, at: datetime) -> set[int]:
    """Write down what is about to be called for; the ids of the items that are still ours."""
    ours = _ours(claim)
    rows = [(item.intent, at, item.attempts, item.pk) for item in items if item.pk in ours]
    bulk.update(OperationItem, ("intent", "intent_at", "attempts", "id"), rows)
    return ours


def _ours(claim: Claim) -> set[int]:
    """Locked, so that nobody takes them over before the transaction ends."""
    return set(claim.mine.order_by("pk").select_for_update().values_list("pk", flat=True))


@transaction.atomic
def settle(operation: Operation, project: Project, claim: Claim, changes: Sequence[Change], *, at: datetime) -> None:
    """Write what came of items, and what it means for their jobs; what another worker took over is left to it."""
    if not changes:
        return
    ours = _ours(claim)
    kept = [change for change in changes if change.item.pk in ours]
    _effects(operation, project, kept, at)
    rows = [(*(getattr(change.item, name) for name in MOVED), None, None, change.item.pk) for change in kept]
    bulk.update(OperationItem, WRITTEN, rows)
    ended = [(change.item, change.end) for change in kept if change.end]
    _record(operation, project, ended, at)
    count(operation, Counter(end.outcome for _, end in ended))
    if not ended:
        Operation.objects.filter(pk=operation.pk).update(version=F("version") + 1)
    tell(operation.pk, project=project.pk)
    _forget(project, [item.job_id for item, end in ended if end.forgets and item.job_id])


def _effects(operation: Operation, project: Project, changes: Sequence[Change], at: datetime) -> None:
    told = [change.item.job_id for change in changes if change.end and not change.end.gone_by and change.item.job_id]
    if told:
        between.bump(project, told)
    asked = [change.item.job_id for change in changes if change.asked and change.item.job_id]
    if asked:
        between.regrade(project, asked, at=at, cancel_requested_at=at)
    gone = {"us": list[int](), "provider": list[int]()}
    for change in changes:
        if change.end and change.end.gone_by and change.item.job_id:
            gone[change.end.gone_by].append(change.item.job_id)
    why = f"Operation {operation.pk}: {operation.reason}"
    between.mark_gone(project, gone["us"], at=at, by=operation.actor_name, reason=why)
    between.mark_gone(project, gone["provider"], at=at, by="provider", reason="The provider does not know it any more.")


def _forget(project: Project, jobs: Sequence[int]) -> None:
    """Gone rows are in no count; items and audit keep the job's name."""
    if jobs:
        BatchJob.objects.filter(pk__in=jobs, project=project, gone_at__isnull=False).delete()


def _record(operation: Operation, project: Project, ended: Sequence[tuple[OperationItem, End]], at: datetime) -> None:
    """One line of the audit for each job that something was done or tried to."""
    touched = [(item, end) for item, end in ended if item.attempts or end.outcome != Outcome.SKIPPED]
    rows = [
        (
            at,
            operation.actor_id,
            operation.actor_name,
            f"{operation.action} job",
            "batchjob",
            item.job_id,
            (item.job_label or item.job_name)[:200],
            project.pk,
            operation.reason,
            str(end.outcome),
            _detail(operation, item, end),
            operation.address,
        )
        for item, end in touched
    ]
    bulk.insert(AuditEntry, LOGGED, rows)


def _detail(operation: Operation, item: OperationItem, end: End) -> dict[str, Any]:
    said = {"said": item.answer[:300]} if item.answer else {}
    return {"operation": operation.pk, "job": item.job_name, "what": end.detail, "attempts": item.attempts, **said}
