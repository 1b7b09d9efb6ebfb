"""What the attention pages show: rows with why, since when and what to do, for one viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from jobs.attention import Kind
from jobs.filter_reading import read_id
from jobs.filters import JobFilter
from jobs.models import Attention, AttentionJob, AttentionQuerySet, Project, Role, User
from jobs.states import ACTIVE, State

from . import times
from .board import Board
from .figures import number
from .rows import UNLISTED, JobRow

SHOWN, JOBS_SHOWN = 50, 50
VIEWS = {"open": "Open", "mine": "Mine", "snoozed": "Snoozed", "resolved": "Resolved"}
BAD = (Kind.FAILED, Kind.ALL_FAILED, Kind.UNREACHABLE, Kind.RESULTS_LOST, Kind.OPERATION, Kind.STORAGE)
STATES: dict[str, tuple[State, ...]] = {
    Kind.FAILED: (State.FAILED, State.EXPIRED),
    Kind.ALL_FAILED: (State.FAILED,),
    Kind.UNKNOWN_STATE: (State.UNKNOWN,),
    Kind.STUCK: tuple(state for state in State if state in ACTIVE),
    Kind.LATE: tuple(state for state in State if state in ACTIVE),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The URL's filters; what makes no sense is left out."""

    view: str = "open"
    kind: str = ""
    project: int | None = None

    @classmethod
    def parse(cls, params: QueryDict) -> "Chosen":
        view, kind = params.get("view", ""), params.get("kind", "")
        known = kind if kind in set(Kind) else ""
        return cls(view if view in VIEWS else "open", known, read_id(params.get("project", "")))

    def query(self, **changes: str) -> str:
        """The canonical query string with ``changes``, from the first page on."""
        values = {"view": self.view, "kind": self.kind, "project": str(self.project or ""), **changes}
        return urlencode({name: value for name, value in values.items() if value and (name, value) != ("view", "open")})

    def narrow(self, rows: AttentionQuerySet) -> AttentionQuerySet:
        """Only of the kind and project chosen."""
        rows = rows.filter(kind=self.kind) if self.kind else rows
        if not self.project:
            return rows
        return rows.filter(project=self.project) | rows.filter(members__job__project=self.project)


class Row:
    """One attention as this viewer may see it; ``jobs``: how many of its jobs they see."""

    def __init__(
        self, row: Attention, jobs: int, at: datetime, projects: dict[int, str], may_act: bool = False
    ) -> None:
        self.row, self.jobs, self.at, self.may_act = row, jobs, at, may_act
        self.shared = row.project_id is None and row.operation_id is None and jobs > 0
        self.jobs_text = number(jobs)
        self.url = reverse("attention_detail", args=[row.pk])
        self.project = projects.get(row.project_id or 0, "")
        self.kind = Kind(row.kind).label if row.kind in set(Kind) else row.kind
        self.level = "bad" if row.kind in BAD else "warn"

    @property
    def since(self) -> SafeString:
        return times.relative(self.row.since, self.at)

    @property
    def last(self) -> SafeString:
        return times.relative(self.row.last_at, self.at)

    @property
    def keeper(self) -> str:
        """Who looks after it, or has at least seen it."""
        if self.row.assigned_to:
            return self.row.assigned_to.username
        return f"seen by {self.row.acknowledged_by}" if self.row.acknowledged_at else ""

    @property
    def standing(self) -> SafeString:
        """`snoozed, ends in 3 h` or `resolved by olga 2 h ago`, with a time that moves on."""
        row = self.row
        if row.resolved_at:
            return SafeString("resolved ") + times.relative(row.resolved_at, self.at)
        if row.snoozed_until and row.snoozed_until > self.at:
            return SafeString("snoozed, wakes ") + times.relative(row.snoozed_until, self.at)
        return SafeString("")

    @property
    def jobs_url(self) -> str:
        """The list with jobs like these."""
        states = STATES.get(self.row.kind, ())
        if not self.jobs or not (self.row.project_id or self.row.model):
            return ""
        projects = (self.row.project_id,) if self.row.project_id else ()
        models = (self.row.model,) if self.row.model else ()
        return reverse("job_list") + "?" + JobFilter(projects=projects, states=states, models=models).query()

    @property
    def version(self) -> tuple[object, ...]:
        row = self.row
        said = (row.title, row.why, row.last_at, row.resolved_at, row.snoozed_until, row.acknowledged_at)
        return (row.pk, self.jobs, row.assigned_to_id, *said)


def list_context(board: Board, chosen: Chosen, page_number: str | None, at: datetime) -> dict[str, Any]:
    visible = Attention.objects.visible_to(board.user)
    narrowed = chosen.narrow(visible)
    page = Paginator(_of_view(narrowed, chosen.view, board.user, at).distinct(), SHOWN).get_page(page_number)
    rows = rows_of(board, page, at)
    return {
        "board": board,
        "chosen": chosen,
        "page": page,
        "rows": rows,
        "views": [
            (key, label, chosen.query(view=key), _of_view(narrowed, key, board.user, at).distinct().count())
            for key, label in VIEWS.items()
        ],
        "kinds": [(kind.value, kind.label) for kind in Kind],
        "projects": sorted(board.names.items(), key=lambda item: item[1].lower()),
        "version": [row.version for row in rows],
    }


def _of_view(rows: AttentionQuerySet, view: str, user: User, at: datetime) -> AttentionQuerySet:
    by_view = {
        "open": rows.open(at),
        "mine": rows.unresolved().filter(assigned_to=user),
        "snoozed": rows.snoozed(at),
        "resolved": rows.resolved().order_by("-resolved_at", "-id"),
    }
    return by_view[view]


def rows_of(board: Board, page: "Page[Attention] | Sequence[Attention]", at: datetime) -> list[Row]:
    found = list(page)
    counts = _visible_jobs(board, found)
    acted = set(Project.objects.allowing(board.user, Role.OPERATOR).values_list("pk", flat=True))
    return [_row(row, counts, acted, board, at) for row in found]


def _row(row: Attention, counts: dict[int, int], acted: set[int], board: Board, at: datetime) -> Row:
    """What concerns no single project is acted on from its own page."""
    jobs = counts.get(row.pk, row.jobs if row.project_id and row.jobs > 1 else 0)
    return Row(row, jobs, at, board.names, board.user.is_superuser or row.project_id in acted)


def _visible_jobs(board: Board, rows: Sequence[Attention]) -> dict[int, int]:
    """How many jobs of each this viewer may see, where it has any."""
    members = AttentionJob.objects.current().filter(attention__in=[row.pk for row in rows])
    if not board.whole:
        members = members.filter(job__project__in=list(board.projects))
    return dict(members.values_list("attention").annotate(jobs=Count("pk")))


def detail_context(board: Board, row: Attention, at: datetime) -> dict[str, Any]:
    [shown] = rows_of(board, [row], at)
    members = row.members.current().values("job")
    jobs = board.jobs.filter(pk__in=members).defer(*UNLISTED).order_by("-by_created", "-pk")[:JOBS_SHOWN]
    return {
        "attention": row,
        "operation_url": reverse("operation_detail", args=[row.operation_id]) if row.operation_id else "",
        "policy_url": _policy_url(row),
        "row": shown,
        "jobs": [JobRow(job, at=at, origin=board.origin(job)) for job in jobs],
        "more_jobs": max(shown.jobs - JOBS_SHOWN, 0),
        "story": [(note, times.absolute(note.at, at)) for note in row.notes.all()],
        "at": at,
    }


def _policy_url(row: Attention) -> str:
    kind, _, key = row.subject.partition("/")
    return reverse("policy_detail", args=[key]) if kind == "policy" else ""
