"""What the page of one operation shows, from plan to receipt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator

from jobs import operations
from jobs.models import Action, Operation, OperationItem, OperationStatus, Outcome, User, Verdict
from jobs.models.operation import ENDED
from jobs.operations.deciding import APPROVAL_LIFETIME, POLICY_APPROVAL_LIFETIME

from . import times
from .results_state import results_place

PAGE_SIZE = 100
WIDTH = 150
# How often a page without script looks again, in seconds
LOOKS = {OperationStatus.WAITING: 5, OperationStatus.CONFIRMED: 1, OperationStatus.RUNNING: 1}
OUTCOME_LEVELS = {
    Outcome.DONE: "good",
    Outcome.ALREADY: "info",
    Outcome.SKIPPED: "muted",
    Outcome.REFUSED: "warn",
    Outcome.FAILED: "bad",
    Outcome.STOPPED: "paused",
}
STATUS_LEVELS = {
    OperationStatus.PLANNED: "info",
    OperationStatus.WAITING: "warn",
    OperationStatus.CONFIRMED: "info",
    OperationStatus.RUNNING: "info",
    OperationStatus.DONE: "good",
    OperationStatus.STOPPED: "paused",
}


@dataclass(frozen=True, slots=True)
class Slice:
    """One outcome in the bar and below it; ``start`` and ``width`` in units of ``WIDTH``."""

    outcome: Outcome
    level: str
    jobs: int
    start: str
    width: str


@dataclass(frozen=True)
class OperationPage:
    """``operation`` as ``user`` sees it at ``at``; ``show`` narrows its jobs to one verdict or outcome."""

    operation: Operation
    user: User
    at: datetime
    show: str = ""

    @property
    def key(self) -> str:
        return str(self.operation.pk)

    @property
    def status(self) -> OperationStatus:
        return OperationStatus(self.operation.status)

    @property
    def level(self) -> str:
        return STATUS_LEVELS.get(self.status, "muted")

    @property
    def looks(self) -> int:
        return LOOKS.get(self.status, 0)

    @property
    def counts_down(self) -> bool:
        """For its ten seconds a page asks each second; whatever comes after that the stream tells."""
        return self.status == OperationStatus.CONFIRMED

    @property
    def projects(self) -> str:
        """Ids of the projects concerned, whose signals tell that it moved on."""
        return " ".join(str(one.project_id) for one in self.operation.projects.all() if one.project_id)

    @property
    def rights(self) -> tuple[bool, ...]:
        """All by which the page of one person who sees the operation differs from another's."""
        return self.confirms, self.acts, self.approves

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED

    @property
    def has_run(self) -> bool:
        return self.operation.started_at is not None

    @cached_property
    def title(self) -> str:
        return operations.button(self.operation)

    @cached_property
    def totals(self) -> operations.Totals:
        return operations.totals(self.operation)

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        action = Action(self.operation.action)
        possible = [verdict for verdict in Verdict if verdict != Verdict.ARCHIVE_FIRST or action == Action.DELETE]
        return [(verdict.value, verdict_words(action, verdict)) for verdict in possible]

    @property
    def press_kind(self) -> str:
        """The look of the button that lets it begin: saving results harms nothing."""
        return "primary" if self.operation.action == Action.ARCHIVE else "danger"

    @property
    def plan_lines(self) -> list[tuple[operations.Line, str]]:
        return [(line, verdict_words(Action(self.operation.action), line.verdict)) for line in self.totals.lines]

    @cached_property
    def progress(self) -> operations.Progress:
        return operations.progress(self.operation, self.at)

    @property
    def pace(self) -> str:
        """`61 of 97 · 8.1/s · 4 s left`."""
        parts = [f"{self.progress.ended:,} of {self.progress.to_do:,}"]
        if self.progress.rate:
            parts.append(f"{self.progress.rate:.1f}/s")
        if self.is_open and self.progress.seconds_left is not None:
            parts.append(f"{times.duration(timedelta(seconds=self.progress.seconds_left))} left")
        return " · ".join(parts)

    @cached_property
    def slices(self) -> list[Slice]:
        made, start = [], 0.0
        for outcome, jobs in self.progress.by_outcome.items():
            width = WIDTH * jobs / self.progress.to_do if self.progress.to_do else 0.0
            made.append(Slice(outcome, OUTCOME_LEVELS[outcome], jobs, f"{start:.2f}", f"{width:.2f}"))
            start += width
        return [piece for piece in made if piece.jobs]

    @property
    def took(self) -> str:
        begun, ended = self.operation.started_at, self.operation.ended_at
        return times.duration(ended - begun) if begun and ended else "–"

    @property
    def seconds_to_undo(self) -> int:
        """Whole seconds until the run begins, rounded up; 0 when a worker may begin at any moment."""
        left = self.operation.run_after - self.at if self.operation.run_after else timedelta()
        return max(-(-left // timedelta(seconds=1)), 0)

    @property
    def lapses_at(self) -> datetime | None:
        lifetime = POLICY_APPROVAL_LIFETIME if self.operation.policy_id else APPROVAL_LIFETIME
        return self.operation.confirmed_at + lifetime if self.operation.confirmed_at else None

    @property
    def confirms(self) -> bool:
        """Only who made the plan may confirm it."""
        return self.operation.actor_id == self.user.pk

    @cached_property
    def acts(self) -> bool:
        """Whether this person may discard, undo and stop."""
        return self.confirms or operations.may_act(self.operation, self.user)

    @cached_property
    def approves(self) -> bool:
        return operations.may_approve(self.operation, self.user)

    @property
    def needs_typing(self) -> bool:
        return operations.needs_typing(self.operation)

    def facts(self) -> list[tuple[str, str, datetime | None]]:
        """Who, why and when: label, words, moment."""
        one = self.operation
        approver = str(one.approved_by) if one.approved_by else ""
        known = [
            ("Selected", one.selection, None),
            ("Reason", one.reason, None),
            ("Planned", f"by {one.actor_name}" + (f" from {one.address}" if one.address else ""), one.planned_at),
            ("Confirmed", "", one.confirmed_at),
            ("Approved", f"by {approver}" if approver else "", one.approved_at),
            ("Started", "", one.started_at),
            ("Stop asked for", f"by {one.stopped_by}" if one.stopped_by else "", one.stop_requested_at),
            ("Ended", "", one.ended_at),
        ]
        return [fact for fact in known if fact[1] or fact[2]]

    def shown(self, number: str | None) -> "Page[OperationItem]":
        """A page of the jobs concerned, each with its verdict or its outcome."""
        items = self.operation.items.select_related("job__archive").order_by("pk")
        if self.show in Verdict.values:
            items = items.filter(verdict=self.show)
        elif self.show in Outcome.values:
            items = items.filter(outcome=self.show)
        return Paginator(items, PAGE_SIZE).get_page(number)

    def context(self, number: str | None) -> dict[str, Any]:
        page = self.shown(number)
        return {
            "this": self,
            "operation": self.operation,
            "at": self.at,
            "page": page,
            "lines": [ItemLine(item, self.operation.action, self.at) for item in page],
            "choices": Outcome.choices if self.has_run else self.verdicts,
            "approvers": operations.approvers(self.operation)[:10] if self.status == OperationStatus.WAITING else [],
        }


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One job of an operation in the table."""

    item: OperationItem
    action: str
    at: datetime

    @property
    def finished(self) -> str:
        """`44 d ago`, "–" while it lives."""
        job = self.item.job
        return times.ago(job.ended_at, self.at) if job and job.ended_at else "–"

    @property
    def results(self) -> str:
        """Where its results are: `saved, 1.2 GB`, `gs://trust-out/nightly`, `at the provider`, `none`."""
        return results_place(self.item.job) if self.item.job else "–"

    @property
    def title(self) -> str:
        return self.item.job_label or self.item.job_name.rpartition("/")[2]

    @property
    def verdict(self) -> str:
        return verdict_words(Action(self.action), Verdict(self.item.verdict))

    @property
    def outcome(self) -> Outcome | None:
        return Outcome(self.item.outcome) if self.item.outcome else None

    @property
    def level(self) -> str:
        return OUTCOME_LEVELS[self.outcome] if self.outcome else "muted"

    @property
    def words(self) -> str:
        """How it ended, or where it is."""
        if self.outcome:
            return str(self.outcome.label)
        return str(self.item.get_step_display()) if self.item.step else "Waits its turn"


def verdict_words(action: Action, verdict: Verdict) -> str:
    """`Delete`, `Archive, then delete`, `Skip`, `Refuse`."""
    if verdict == Verdict.ARCHIVE_FIRST:
        return f"Archive, then {action.label.lower()}"
    return str(action.label if verdict == Verdict.DO else verdict.label)
