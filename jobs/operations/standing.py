"""Whether an operation may go on in a project: asked again before each chunk of jobs."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from jobs import audit
from jobs.models import Operation, OperationItem, OperationProject, Outcome, Project, Step

from .planning import account_mark
from .progress import COUNTERS
from .selecting import acted_in
from .telling import tell

NOT_SEEN = {
    "": "",
    Step.CANCEL: " The cancel was accepted, but the job was not seen to have ended.",
    Step.ARCHIVE: " Its results are still to be saved.",
    Step.DELETE: " The delete was accepted, but the job was not seen to be gone.",
}


def barred(concerned: OperationProject, project: Project | None) -> str:
    """Why the provider may not even be asked what became of its jobs, or ""."""
    if project is None or project.removed_at:
        return "Its project was removed from the board."
    if project.paused_at:
        return "Its project was paused."
    if account_mark(project) != concerned.account:
        return "Its project was given another key or address."
    return ""


def stopped(operation: Operation, project: Project) -> str:
    """Why no further job may be touched, or ""; what was asked already is still followed to its end."""
    if operation.stop_requested_at:
        return f"Stopped by {operation.stopped_by}."
    if _lost_right(operation, project):
        return f"{operation.actor_name} may not act on jobs of its project any more."
    return ""


def _lost_right(operation: Operation, project: Project) -> bool:
    if operation.actor is None:
        return operation.actor_name != audit.NOBODY
    return not acted_in(operation.actor).filter(pk=project.pk).exists()


@transaction.atomic
def close(
    operation: Operation,
    project_id: int | None,
    reason: str,
    *,
    at: datetime,
    untouched: bool = False,
    outcome: Outcome = Outcome.STOPPED,
) -> int:
    """End what nobody holds of an operation in a project; if ``untouched``, only what was asked for nothing yet."""
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    items = OperationItem.objects.unended().filter(free, operation=operation, project=project_id)
    items = items.filter(step__in=("", Step.ARCHIVE), intent="") if untouched else items
    closed = 0
    for step, rest in NOT_SEEN.items():
        ended = {"outcome": outcome, "ended_at": at, "lease_token": None, "leased_until": None}
        closed += items.filter(step=step).update(detail=reason + rest, **ended)
    count(operation, {outcome: closed})
    if closed:
        tell(operation.pk, project=project_id)
    return closed


def count(operation: Operation, outcomes: Mapping[Outcome, int]) -> None:
    """Add to the operation's numbers; the caller holds the transaction that ends the items."""
    more = {COUNTERS[outcome]: F(COUNTERS[outcome]) + number for outcome, number in outcomes.items() if number}
    if more:
        ended = F("items_ended") + sum(outcomes.values())
        Operation.objects.filter(pk=operation.pk).update(**more, items_ended=ended, version=F("version") + 1)
