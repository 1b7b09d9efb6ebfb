"""From a confirmation to a run, and from the last item to the end of an operation."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from jobs import attention
from jobs.models import Operation, OperationItem, OperationProject, OperationStatus, Outcome
from jobs.models.operation import ENDED
from jobs.projects import Actor

from . import standing
from .deciding import lapse
from .planning import record
from .progress import COUNTERS
from .telling import tell

UNCONFIRMED_KEPT = timedelta(days=30)
WORDS = {
    Outcome.DONE: "done",
    Outcome.ALREADY: "already so",
    Outcome.SKIPPED: "skipped",
    Outcome.REFUSED: "refused",
    Outcome.FAILED: "failed",
    Outcome.STOPPED: "stopped",
}
TROUBLE = (Outcome.FAILED, Outcome.REFUSED, Outcome.STOPPED)


def tick(at: datetime) -> list[tuple[int, int]]:
    """Start what is confirmed, end what is over; the operations and projects in which something is due."""
    lapse(at)
    start(at)
    running = list(Operation.objects.running())
    if not running:  # as in most seconds
        return []
    for operation in running:
        standing.close(operation, None, "Its project was removed from the board.", at=at)
        finish(operation.pk, at=at)
    concerned = OperationProject.objects.filter(operation__status=OperationStatus.RUNNING, project__isnull=False)
    due = OperationItem.objects.due(at).filter(operation=OuterRef("operation"), project=OuterRef("project"))
    return list(concerned.filter(Exists(due)).order_by("pk").values_list("operation_id", "project_id"))


def purge(at: datetime) -> int:
    """Delete plans that nobody confirmed and that ended long ago; what was confirmed is kept, with its receipt."""
    unconfirmed = Operation.objects.filter(confirmed_at=None, status__in=ENDED, ended_at__lt=at - UNCONFIRMED_KEPT)
    return unconfirmed.delete()[1].get("jobs.Operation", 0)


def start(at: datetime, *, only: int | None = None) -> int:
    """Begin the runs whose undo window is over (or the one of ``only``); nobody can undo them from here on."""
    confirmed = Operation.objects.to_start(at)
    begun = {"status": OperationStatus.RUNNING, "started_at": at, "version": F("version") + 1}
    started = (confirmed if only is None else confirmed.filter(pk=only)).update(**begun)
    if started:
        tell(*Operation.objects.running().filter(started_at=at).values_list("pk", flat=True))
    return started


def finish(operation_id: int, *, at: datetime) -> bool:
    """End an operation none of whose items is open; whether this call ended it."""
    running = Operation.objects.running().filter(pk=operation_id)
    if OperationItem.objects.unended().filter(operation=operation_id).exists():
        return False
    with transaction.atomic():
        operation = running.select_for_update(of=("self",)).select_related("actor").first()
        if operation is None:
            return False
        status = OperationStatus.STOPPED if operation.stop_requested_at else OperationStatus.DONE
        running.update(status=status, ended_at=at, version=F("version") + 1)
        operation.refresh_from_db()
        said = in_words(operation)
        record("end operation", operation, Actor(operation.actor, at), name=operation.actor_name, result=said)
        _ask_for_a_look(operation, said, at)
        tell(operation_id)
    return True


def in_words(operation: Operation) -> str:
    """Such as “384 done, 2 failed”."""
    numbers = [(getattr(operation, column), WORDS[outcome]) for outcome, column in COUNTERS.items()]
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number) or "nothing done"


def _ask_for_a_look(operation: Operation, said: str, at: datetime) -> None:
    """What did not go as planned is told; what a person stopped is known."""
    troubled = operation.items.filter(outcome__in=TROUBLE, verdict__in=("do", "archive_first"))
    if operation.stop_requested_at or not troubled.exists():
        return
    concerned = list(operation.projects.select_related("project")[:2])
    attention.report(
        attention.Kind.OPERATION,
        f"operation/{operation.pk}",
        at=at,
        title=f"Not all went as planned: {operation.get_action_display().lower()} by {operation.actor_name}",
        why=f"{said[:1].upper()}{said[1:]}.",
        todo="Read its receipt: each job says what the provider answered.",
        project=concerned[0].project if len(concerned) == 1 else None,
        operation=operation,
        jobs=troubled.count(),
    )
