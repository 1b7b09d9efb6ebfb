"""A plan: the manifest frozen job by job, before anything is asked of a provider (DESIGN 6.2)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db import transaction

from jobs import audit, bulk
from jobs.actions import Decision, Facts, verdict
from jobs.actions.verdicts import ASK_AGAIN
from jobs.connections import kind_of
from jobs.models import (
    Action,
    ArchiveMode,
    Operation,
    OperationItem,
    OperationProject,
    Outcome,
    Policy,
    Project,
    Verdict,
)
from jobs.projects import Actor

from .refusing import OperationRefused
from .selecting import MOST, Selection, acted_in

COLUMNS = ("pk", "project_id", "name", "display_name", "state", "reported", "results_state", "output")
DATES = ("gone_at", "kept_at", "cancel_requested_at", "by_ended")
ITEM = (
    "operation",
    "job",
    "project",
    "job_name",
    "job_label",
    "project_name",
    "state_before",
    "verdict",
    "verdict_reason",
    "stays",
    "lost",
    "outcome",
    "detail",
    "ended_at",
    "answer",
    "step",
    "ticket",
    "intent",
    "attempts",
    "failures",
)
ENDED_BY_PLAN = {Verdict.SKIP: Outcome.SKIPPED, Verdict.REFUSE: Outcome.REFUSED}


class Row(NamedTuple):
    """What a plan reads of a job."""

    pk: int
    project_id: int
    name: str
    display_name: str
    state: str
    reported: str
    results_state: str
    output: str
    gone_at: datetime | None
    kept_at: datetime | None
    cancel_requested_at: datetime | None
    by_ended: datetime


@dataclass(frozen=True, slots=True)
class Judge:
    """Verdicts on rows; alike ones are judged once."""

    action: Action
    projects: dict[int, Project]
    may_act: frozenset[int]
    archive_first: bool
    at: datetime

    def __call__(self, row: Row) -> Decision:
        project, asked = self.projects[row.project_id], row.cancel_requested_at
        facts = Facts(
            state=row.state,
            reported=row.reported,
            results=row.results_state,
            has_output=bool(row.output),
            gone=row.gone_at is not None,
            cancel_asked=asked is not None and self.at - asked < ASK_AGAIN,
            paused=project.paused_at is not None,
            unproven=not project.credential_proven,
            never_archives=project.archive_mode == ArchiveMode.OFF,
            may_act=row.project_id in self.may_act,
            archive_first=self.archive_first,
        )
        return _judged(self.action, facts, project.provider)


@lru_cache(maxsize=4096)
def _judged(action: Action, facts: Facts, provider: str) -> Decision:
    return verdict(action, facts, kind_of(Project(provider=provider)).capabilities)


@dataclass(frozen=True, slots=True)
class Survey:
    """What an action would do now, job by job; ``pinned`` jobs are left out."""

    judged: list[tuple[Row, Decision]]
    pinned: int
    projects: dict[int, Project]

    @property
    def to_do(self) -> int:
        return sum(decision.works for _, decision in self.judged)


def survey(selection: Selection, action: Action, *, actor: Actor, archive_first: bool = True) -> Survey:
    """The verdicts a plan would hold, without making one."""
    rows = [Row(*row) for row in selection.rows(actor.user, COLUMNS + DATES, at=actor.at)]
    chosen = rows if action == Action.ARCHIVE else [row for row in rows if row.kept_at is None]
    projects, may_act = _projects(rows, actor)
    judge = Judge(action, projects, may_act, archive_first, actor.at)
    return Survey([(row, judge(row)) for row in chosen], len(rows) - len(chosen), projects)


def plan(
    selection: Selection,
    action: Action,
    *,
    actor: Actor,
    archive_first: bool = True,
    policy: Policy | None = None,
) -> Operation:
    """Freeze what ``action`` would do to each job of ``selection``; raise OperationRefused when there is none.

    Pinned jobs are left out (they may be archived: that takes nothing away). ``archive_first`` False refuses what
    would have to be saved before it is deleted, instead of saving it.
    """
    seen = survey(selection, action, actor=actor, archive_first=archive_first)
    _refuse_odd_sizes(selection, seen)
    operation = Operation(
        action=action,
        actor=actor.user,
        actor_name=_called(actor, policy),
        address=actor.address,
        policy=policy,
        selection=selection.describe(),
        filter=selection.query,
        archive_first=archive_first,
        planned_at=actor.at,
        items_total=len(seen.judged),
        items_to_do=seen.to_do,
        pinned=seen.pinned,
        missing=len(set(selection.ids)) - len(seen.judged) - seen.pinned if selection.ids else 0,
    )
    return _freeze(operation, seen.judged, seen.projects, actor)


def _projects(rows: Sequence[Row], actor: Actor) -> tuple[dict[int, Project], frozenset[int]]:
    """The projects concerned, and those in which ``actor`` may act."""
    concerned = {row.project_id for row in rows}
    may_act = acted_in(actor.user).filter(pk__in=concerned).values_list("pk", flat=True)
    return Project.objects.in_bulk(concerned), frozenset(may_act)


def _refuse_odd_sizes(selection: Selection, seen: Survey) -> None:
    if len(seen.judged) + seen.pinned > MOST:
        raise OperationRefused(f"More than {MOST:,} jobs at a time are too many: narrow the filter.")
    if seen.pinned and not seen.judged:
        raise OperationRefused("All these jobs are pinned to be kept: unpin those that you want to act on.")
    if not seen.judged:
        what = "matches this filter" if selection.chosen else "was chosen that is still on the board"
        raise OperationRefused(f"No job {what}.")


def _called(actor: Actor, policy: Policy | None) -> str:
    if policy:
        return f"policy “{policy.name}”"[:150]
    return actor.user.username if actor.user else audit.NOBODY


@transaction.atomic
def _freeze(
    operation: Operation, judged: Sequence[tuple[Row, Decision]], projects: dict[int, Project], actor: Actor
) -> Operation:
    operation.save()
    to_do = Counter(row.project_id for row, decision in judged if decision.works)
    concerned = [projects[pk] for pk in sorted({row.project_id for row, _ in judged})]
    OperationProject.objects.bulk_create(
        OperationProject(
            operation=operation,
            project=project,
            project_name=project.name,
            account=account_mark(project),
            items_to_do=to_do[project.pk],
        )
        for project in concerned
    )
    bulk.insert(OperationItem, ITEM, [_item(operation, row, decision, projects) for row, decision in judged])
    operation.approval_needed = needs_approval(operation)
    operation.save(update_fields=["approval_needed"])
    record("plan operation", operation, actor, name=operation.actor_name)
    return operation


def _item(operation: Operation, row: Row, decision: Decision, projects: dict[int, Project]) -> tuple[Any, ...]:
    outcome = ENDED_BY_PLAN.get(decision.verdict, "")
    return (
        operation.pk,
        row.pk,
        row.project_id,
        row.name,
        row.display_name,
        projects[row.project_id].name,
        row.state,
        str(decision.verdict),
        decision.reason,
        decision.stays,
        decision.lost,
        str(outcome),
        decision.reason if outcome else "",
        operation.planned_at if outcome else None,
        "",
        "",
        "",
        "",
        0,
        0,
    )


def account_mark(project: Project) -> str:
    """Changes when the project gets another key or address: then what was planned is of another account."""
    places = (project.provider, project.cloud_project, project.location, project.base_url)
    return blake2b(repr((*places, project.credential_fingerprint)).encode(), digest_size=16).hexdigest()


def needs_approval(operation: Operation) -> bool:
    """Whether a second person must agree: too many jobs of one project, or of all together, so that none dodges it."""
    concerned = operation.projects.filter(items_to_do__gt=0, project__isnull=False)
    pairs = list(concerned.values_list("items_to_do", "project__approval_above"))
    too_many = any(number > most for number, most in pairs)
    return too_many or sum(number for number, _ in pairs) > max((most for _, most in pairs), default=0)


def record(verb: str, operation: Operation, actor: Actor, *, name: str = "", result: str = "") -> None:
    """One line of the audit about a whole operation."""
    detail = {"operation": operation.pk, "action": operation.action, "jobs": operation.items_to_do}
    projects = [one.project for one in operation.projects.select_related("project")[:2]]
    audit.record(
        verb,
        operation,
        by=actor.user,
        at=actor.at,
        address=actor.address,
        detail=detail,
        reason=operation.reason,
        result=result,
        name=name,
        project=projects[0] if len(projects) == 1 else None,
    )
