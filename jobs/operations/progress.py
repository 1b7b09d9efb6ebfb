"""How far an operation is, and its receipt: what happened to each job, when, by whom, with what answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.models import Operation, OperationItem, Outcome

COUNTERS = {
    Outcome.DONE: "items_done",
    Outcome.ALREADY: "items_already",
    Outcome.SKIPPED: "items_skipped",
    Outcome.REFUSED: "items_refused",
    Outcome.FAILED: "items_failed",
    Outcome.STOPPED: "items_stopped",
}
RECEIPT = (
    "job",
    "label",
    "project",
    "state_before",
    "planned",
    "reason",
    "outcome",
    "detail",
    "answer",
    "attempts",
    "started_at",
    "ended_at",
    "by",
    "approved_by",
    "why",
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the jobs to do. ``rate`` in jobs a second; ``seconds_left`` None while nobody can tell."""

    to_do: int
    ended: int
    by_outcome: dict[Outcome, int]
    rate: float
    seconds_left: float | None

    @property
    def share(self) -> float:
        return self.ended / self.to_do if self.to_do else 1.0


def progress(operation: Operation, at: datetime) -> Progress:
    """Exact counts from the operation's own row; ``at`` is now."""
    began, until = operation.started_at, operation.ended_at or at
    seconds = (until - began).total_seconds() if began else 0.0
    rate = operation.items_ended / seconds if seconds > 0 else 0.0
    left = operation.items_to_do - operation.items_ended
    return Progress(
        to_do=operation.items_to_do,
        ended=operation.items_ended,
        by_outcome={outcome: getattr(operation, column) for outcome, column in COUNTERS.items()},
        rate=rate,
        seconds_left=0.0 if operation.ended_at or not left else left / rate if rate else None,
    )


def receipt_rows(operation: Operation) -> Iterator[dict[str, Any]]:
    """One row a job, in the order of the plan; the keys are RECEIPT, a stable header. Names are provider text."""
    approver = operation.approved_by.username if operation.approved_by else ""
    who = {"by": operation.actor_name, "approved_by": approver, "why": operation.reason}
    for item in operation.items.order_by("pk").iterator(chunk_size=2000):
        yield receipt_row(item) | who


def receipt_row(item: OperationItem) -> dict[str, Any]:
    return {
        "job": item.job_name,
        "label": item.job_label,
        "project": item.project_name,
        "state_before": item.state_before,
        "planned": item.verdict,
        "reason": item.verdict_reason,
        "outcome": item.outcome,
        "detail": item.detail,
        "answer": item.answer,
        "attempts": item.attempts,
        "started_at": item.started_at,
        "ended_at": item.ended_at,
    }
