"""How many jobs match, by state: exact from the rollup where it can tell, else exact to a limit (DESIGN 8)."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.expressions import Combinable

from . import search
from .filters import JobFilter
from .models import BatchJob, BatchJobQuerySet, StateCount
from .states import State

LIMIT = 10_000
# So many found jobs are worth keeping by id, to not search for them twice
KEPT = 1_000
# A word in more jobs than this is common
COMMON = 2 * LIMIT
# So many models a person can choose from: a provider may name as many as it likes
MOST_MODELS = 200


@dataclass(frozen=True, slots=True)
class Number:
    """A count, or a lower bound of it."""

    least: int
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.least:,}" if self.exact else f"{self.least:,}+"


@dataclass(frozen=True, slots=True)
class JobCounts:
    """``by_state`` and ``all`` leave the filter's states aside, so that each pill tells what a click on it shows.

    ``found`` holds the ids of all jobs that match, where counting met them one by one.
    """

    all: Number
    by_state: dict[State, Number]
    models: list[str]
    found: list[int] | None = None

    def number(self, chosen: JobFilter) -> Number:
        """How many jobs ``chosen`` lets in, or at least."""
        numbers = [self.by_state[state] for state in chosen.states] or [self.all]
        return Number(sum(number.least for number in numbers), all(number.exact for number in numbers))

    def matches(self, chosen: JobFilter) -> int | None:
        """How many jobs ``chosen`` lets in; None for "more than were counted"."""
        numbers = [self.by_state[state] for state in chosen.states] if chosen.states else [self.all]
        return sum(number.least for number in numbers) if all(number.exact for number in numbers) else None


def count(jobs: BatchJobQuerySet, chosen: JobFilter, projects: Collection[int] | None, *, at: datetime) -> JobCounts:
    """Counts for ``chosen`` among ``jobs``, which are those of ``projects`` (what the person may see; None: of all)."""
    rollup = _rollup(chosen, projects)
    models = sorted(_usual(rollup) | set(chosen.models))
    if chosen.counted_by_rollup:
        picked = {key: number for key, number in rollup.items() if not chosen.models or key[0] in chosen.models}
        return _exact(picked, models)
    leaving_states = chosen.but(states=()).apply(jobs, at=at).order_by()
    return _searched(leaving_states, chosen, models) if chosen.search else _limited(leaving_states, models)


def _usual(rollup: dict[tuple[str, str], int]) -> set[str]:
    """The models with the most jobs."""
    totals: Counter[str] = Counter()
    for (model, _), number in rollup.items():
        totals[model] += number
    return {model for model, _ in totals.most_common(MOST_MODELS) if model}


def _rollup(chosen: JobFilter, projects: Collection[int] | None) -> dict[tuple[str, str], int]:
    among = projects
    if chosen.projects:
        among = set(chosen.projects) if projects is None else set(projects) & set(chosen.projects)
    rows = StateCount.objects.all() if among is None else StateCount.objects.filter(project__in=among)
    cells = rows.filter(jobs__gt=0).values_list("model", "state")
    return {(model, state): number for model, state, number in cells.annotate(number=Sum("jobs"))}


def _exact(rollup: dict[tuple[str, str], int], models: list[str]) -> JobCounts:
    totals: Counter[str] = Counter()
    for (_, state), number in rollup.items():
        totals[state] += number
    return JobCounts(Number(totals.total()), {state: Number(totals[state]) for state in State}, models)


def _limited(jobs: BatchJobQuerySet, models: list[str]) -> JobCounts:
    """Count one job more than the limit: enough to know whether the numbers are exact."""
    rows = _by_state(jobs, "state, COUNT(*)")
    return _counted(Counter(dict(rows)), LIMIT, models)


def _by_state(jobs: BatchJobQuerySet, columns: str) -> list[tuple[Any, ...]]:
    try:
        some, parameters = jobs.values("pk", "state")[: LIMIT + 1].query.sql_with_params()
    except EmptyResultSet:  # as for who may see no project
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM ({some}) AS found GROUP BY state", parameters)  # noqa: S608 (ours)
        return list(cursor.fetchall())


def _searched(jobs: BatchJobQuerySet, chosen: JobFilter, models: list[str]) -> JobCounts:
    """Searching costs more than reading what was found: when that is little, keep it for the page."""
    search_on = _searched_by_postgresql if search.has_statistics() else _searched_by_sqlite
    counts, found = search_on(jobs, models)
    if counts.all.least > KEPT or not counts.all.exact:
        return counts
    return replace(counts, found=[pk for pk, state in found if not chosen.states or state in chosen.states])


Found = Iterable[tuple[int, str]]


def _searched_by_postgresql(jobs: BatchJobQuerySet, models: list[str]) -> tuple[JobCounts, Found]:
    """It meets each match of a common word by reading through the rows, so counting on to the limit takes twice the
    time that counts may take (DESIGN 10): what was met so far is told as a lower bound."""
    found = list(jobs.values_list("pk", "state")[: KEPT + 1])
    if len(found) > KEPT and search.expected(jobs) <= COMMON:
        return _limited(jobs, models), found
    return _counted(Counter(state for _, state in found), KEPT, models), found


def _searched_by_sqlite(jobs: BatchJobQuerySet, models: list[str]) -> tuple[JobCounts, Found]:
    """All that was found comes as one row a state: 10,000 rows would take as long as to find them."""
    rows = _by_state(jobs, "state, COUNT(*), GROUP_CONCAT(pk)")
    found = ((int(pk), state) for state, _, keys in rows for pk in keys.split(","))
    return _counted(Counter({state: number for state, number, _ in rows}), LIMIT, models), found


def _counted(totals: Counter[str], limit: int, models: list[str]) -> JobCounts:
    exact = totals.total() <= limit
    every = Number(min(totals.total(), limit), exact)
    return JobCounts(every, {state: Number(totals[state], exact) for state in State}, models)


@dataclass(frozen=True, slots=True)
class Difference:
    """The rollup was ``off_by`` this many jobs: negative when it had counted too few."""

    project_id: int
    model: str
    state: str
    off_by: int


def recount(projects: Collection[int]) -> list[Difference]:
    """Set the rollup of ``projects`` right and tell what was wrong.

    Both sides are read in one statement, hence one snapshot, and corrections are added, not set: a sync that
    commits in between changes both sides alike, so nothing needs to be locked.
    """
    differences = [
        Difference(project, model, state, off_by)
        for (project, model, state), off_by in sorted(_off_by(projects).items())
        if off_by
    ]
    for difference in differences:
        _correct(difference)
    return differences


def _off_by(projects: Collection[int]) -> Counter[tuple[int, str, str]]:
    key = ("project_id", "model", "state")
    jobs = BatchJob.objects.listed().filter(project__in=projects).order_by()
    minus: Combinable = -Count("pk")
    actual = jobs.values(*key).annotate(number=minus).values_list(*key, "number")
    counted = StateCount.objects.filter(project__in=projects).annotate(number=F("jobs")).values_list(*key, "number")
    totals: Counter[tuple[int, str, str]] = Counter()
    for project, model, state, number in counted.union(actual, all=True):
        totals[project, model, state] += number
    return totals


def _correct(difference: Difference) -> None:
    row, _ = StateCount.objects.get_or_create(
        project_id=difference.project_id, model=difference.model, state=difference.state
    )
    StateCount.objects.filter(pk=row.pk).update(jobs=F("jobs") - difference.off_by)
