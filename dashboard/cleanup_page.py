"""The groups of jobs that the cleanup page offers: each is a filter, so its card selects just what its list shows."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from jobs.actions.verdicts import HAS_RESULTS
from jobs.counts import LIMIT, Number, count
from jobs.filters import JobFilter
from jobs.models import Action, BatchJobQuerySet, Project
from jobs.operations.words import VERBS
from jobs.states import TERMINAL, State
from jobs.wording import many

from .board import Board

FINISHED = tuple(state for state in State if state in TERMINAL)
OLD_DAYS = 30
WAITS_DAYS = 1
GROUPS = (
    ("Failed jobs", Action.DELETE, JobFilter(states=(State.FAILED,))),
    (f"Finished over {OLD_DAYS} days ago", Action.DELETE, JobFilter(states=FINISHED, older_than=OLD_DAYS)),
    ("All finished", Action.DELETE, JobFilter(states=FINISHED)),
    ("Cancelled or expired", Action.DELETE, JobFilter(states=(State.CANCELLED, State.EXPIRED))),
    ("Queued for over a day", Action.CANCEL, JobFilter(states=(State.QUEUED,), older_than=WAITS_DAYS)),
    ("Results only at the provider", Action.ARCHIVE, JobFilter(results="waiting")),
)


@dataclass(frozen=True, slots=True)
class Card:
    """``notes`` are what to know before the plan; ``query`` is the list's, and the plan's."""

    title: str
    action: Action
    query: str
    number: Number
    notes: str

    @property
    def jobs(self) -> str:
        """`1 job`, `10,000+ jobs`."""
        return f"{self.number} {'job' if str(self.number) == '1' else 'jobs'}"

    @property
    def button(self) -> str:
        return f"{VERBS[self.action]} {self.jobs}…"


def cards(board: Board, projects: tuple[int, ...], at: datetime) -> list[Card]:
    return [_card(board, title, action, chosen.but(projects=projects), at) for title, action, chosen in GROUPS]


def _card(board: Board, title: str, action: Action, chosen: JobFilter, at: datetime) -> Card:
    number = count(board.jobs, chosen, None if board.whole else board.projects, at=at).number(chosen)
    notes = _notes(chosen.apply(board.jobs, at=at), action, board) if number.least else "None now"
    return Card(title, action, chosen.query(), number, notes)


def _notes(jobs: BatchJobQuerySet, action: Action, board: Board) -> str:
    """`398 saved · 14 to archive first · 9 projects`, as far as it is counted."""
    columns = ("project_id", "results_state", "reported", "output")
    rows = list(jobs.order_by().values_list(*columns)[: LIMIT + 1])
    per_project = Counter(row[0] for row in rows)
    said = [many(len(per_project), "project")]
    if len(rows) > LIMIT:
        said = [f"among the first {LIMIT:,}: {said[0]}"]
    if action == Action.DELETE:
        said = [*_results(rows), *said]
    if _needs_approval(per_project):
        said.append("needs a second person")
    return " · ".join(said)


def _results(rows: list[tuple[int, str, str, str]]) -> list[str]:
    saved = sum(state == "saved" for _, state, _, _ in rows)
    unsaved = sum(
        state not in ("saved", "lost") and (bool(output) or reported in HAS_RESULTS)
        for _, state, reported, output in rows
    )
    if not saved and not unsaved:
        return ["no results to lose"]
    return [f"{saved:,} saved"] * bool(saved) + [f"{unsaved:,} with results not saved yet"] * bool(unsaved)


def _needs_approval(per_project: Counter[int]) -> bool:
    """As the plan will ask: too many of one project, or of all together."""
    most = dict(Project.objects.filter(pk__in=per_project).values_list("pk", "approval_above"))
    too_many = any(per_project[pk] > above for pk, above in most.items())
    return too_many or per_project.total() > max(most.values(), default=0)
