"""How a project does, in one word for its colour and one sentence for a person."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from jobs import states
from jobs.models import Project, StateCount
from jobs.providers import PROVIDERS
from jobs.wording import many

LATE = timedelta(minutes=2)
SKEWED_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Health:
    """``level`` is good, info, paused, warn or bad; ``word`` names it."""

    level: str
    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Jobs of one project still at the provider."""

    total: int = 0
    active: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What the list of projects says about one of them."""

    project: Project
    health: Health
    tally: Tally

    @property
    def provider(self) -> str:
        kind = PROVIDERS.get(self.project.provider)
        return kind.label if kind else self.project.provider


def health_of(project: Project, at: datetime, jobs: int = 0) -> Health:
    """``jobs`` = how many are known of it so far."""
    if project.paused_at:
        return Health("paused", "Paused", "Not polled until somebody resumes it.")
    if project.error:
        return _troubled(project)
    if _is_late(project, at):
        return Health("warn", "Late", "A sync is overdue: no worker takes it. Are the workers running?")
    if project.last_success_at is None:
        return _new(project, at, jobs)
    return Health("good", "Healthy", "The last sync went well.")


def is_skewed(project: Project) -> bool:
    """Whether the provider's clock differs so much that ages shown here may mislead."""
    return abs(project.clock_skew_seconds or 0) > SKEWED_SECONDS


def lines_of(projects: Iterable[Project], at: datetime) -> list[Line]:
    shown = list(projects)
    tallies = _tallies(shown)
    return [_line(project, tallies.get(project.pk, Tally()), at) for project in shown]


def _line(project: Project, tally: Tally, at: datetime) -> Line:
    return Line(project, health_of(project, at, tally.total), tally)


def _new(project: Project, at: datetime, jobs: int) -> Health:
    if _is_held(project, at):
        return Health("info", "New", f"The first sync runs: {many(jobs, 'job')} so far.")
    return Health("info", "New", "Added; the first sync is about to run.")


def _troubled(project: Project) -> Health:
    if project.brake:
        return Health("bad", "Stopped", project.error)
    if project.error_kind == "double":
        return Health("warn", "Double", project.error)
    if project.error_kind == "credential":
        return Health("bad", "No access", project.error)
    return Health("warn" if project.failures < 3 else "bad", "Trouble", project.error)


def _is_late(project: Project, at: datetime) -> bool:
    return not _is_held(project, at) and project.next_sync_at + LATE < at


def _is_held(project: Project, at: datetime) -> bool:
    """Whether a worker syncs it now."""
    return project.leased_until is not None and project.leased_until > at


def _tallies(projects: list[Project]) -> dict[int, Tally]:
    cells = StateCount.objects.filter(project__in=projects, jobs__gt=0).values_list("project", "state")
    counted: dict[int, Counter[str]] = {}
    for project, state, number in cells.annotate(number=Sum("jobs")):
        counted.setdefault(project, Counter())[state] = number
    return {project: _tally(by_state) for project, by_state in counted.items()}


def _tally(by_state: Counter[str]) -> Tally:
    active = sum(by_state[state] for state in states.ACTIVE)
    return Tally(by_state.total(), active, by_state[states.State.FAILED])
