"""The one filter: read from a query string, applied to jobs, said in words, written back (DESIGN 6, 8).

Pages, counts, exports and bulk operations all select jobs through it. Reading is total: what a query string says
that makes no sense is dropped and told in ``notes``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import In
from django.http import QueryDict

from . import filter_words, search
from .models import BatchJob, BatchJobQuerySet
from .paging import PAGE_SIZE, Cursor, Order, Page, neighbours, page
from .states import ACTIVE, State

SORTS = {
    "created": "by_created",
    "ended": "by_ended",
    "requests": "by_requests",
    "failed": "by_failed",
    "duration": "by_duration",
}
# So many rows are collected and sorted within some 20 ms
FEW = 10_000
FEW_INDEXED = 2_000
EXPIRING = "expiring"
EXPIRES_SOON = timedelta(hours=6)  # as attention has it (results/trouble.py)
WARNINGS = ("truncated",)
RESULTS = ("waiting", "saved", "lost", EXPIRING)
RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs, in which order, from which place on. Equal filters have equal ``query()``.

    ``older_than`` in days: ended so long ago, or made so long ago and not ended yet; 0 for any age.
    """

    search: str = ""
    projects: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    models: tuple[str, ...] = ()
    within: str = ""
    created_from: date | None = None
    created_to: date | None = None
    older_than: int = 0
    has_failures: bool = False
    warning: str = ""
    results: str = ""
    kept: bool = False
    gone: bool = False
    sort: str = "created"
    ascending: bool = False
    after: Cursor | None = None
    before: Cursor | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, params: QueryDict) -> Self:
        from .filter_reading import read

        values, notes = read(params)
        return cls(**values, notes=tuple(notes))

    def but(self, **changes: Any) -> Self:
        """This filter with ``changes``, from its first page."""
        return replace(self, **{"after": None, "before": None, "notes": (), **changes})

    @property
    def order(self) -> Order:
        """By creation where the states leave nothing else to sort by: an index would be walked past all other jobs."""
        if self.sort == "duration" and self.states and ACTIVE.issuperset(self.states):
            return Order("by_created", not self.ascending)  # none has ended, and the oldest last longest
        if self.sort == "failed" and self.states == (State.SUCCEEDED,):
            return Order("by_created", self.ascending)  # none of them has failed requests
        return Order(SORTS[self.sort], self.ascending)

    @property
    def is_set(self) -> bool:
        """Whether it leaves any listed job out, or lets one that is gone in."""
        return self.but(sort="created", ascending=False) != type(self)()

    @property
    def counted_by_rollup(self) -> bool:
        """Whether only project, model and state decide, so that StateCount knows the numbers."""
        dated = self.within or self.created_from or self.created_to or self.older_than
        marked = self.warning or self.results or self.kept
        return not (dated or marked or self.search or self.has_failures or self.gone)

    def apply(self, jobs: BatchJobQuerySet, *, at: datetime, walked: bool = False) -> BatchJobQuerySet:
        """The jobs that match, unsorted; ``at`` is now, for "last 24 hours".

        ``walked``: so many match that walking the index of the sort key finds a page at once; SQLite, which keeps no
        statistics, would rather collect and sort them all.
        """
        for column, values in (("project_id", self.projects), ("state", self.states), ("model", self.models)):
            if values:
                jobs = jobs.filter(In(Coalesce(column, column) if walked else F(column), values))
        jobs = search.matching(self._created(jobs, at), self.search, walked=walked)
        if self.older_than:
            jobs = jobs.filter(by_ended__lt=at - timedelta(days=self.older_than))
        jobs = self._marked(jobs, at)
        if self.has_failures:
            jobs = jobs.filter(Q(by_failed__gt=0) | Q(state=State.FAILED))
        return jobs if self.gone else jobs.listed()

    def page(
        self,
        jobs: BatchJobQuerySet,
        *,
        at: datetime,
        size: int = PAGE_SIZE,
        matches: int | None = None,
        found: list[int] | None = None,
    ) -> Page:
        """``size`` of the jobs that match; ``matches`` says how many do and ``found`` which, where that is known."""
        order = replace(self.order, few=self._few(matches) if found is None else max(len(found), 1))
        walked = connection.vendor == "sqlite" and self._many(matches)
        chosen = self.apply(jobs, at=at, walked=walked) if found is None else jobs.filter(pk__in=found)
        return page(chosen, order, after=self.after, before=self.before, size=size)

    def neighbours(
        self, jobs: BatchJobQuerySet, job: BatchJob, *, at: datetime
    ) -> tuple[BatchJob | None, BatchJob | None]:
        """The jobs just before and just after ``job`` in the whole list."""
        order = replace(self.order, few=int(bool(self.search)))
        return neighbours(self.apply(jobs, at=at), order, job)

    def _few(self, matches: int | None) -> int:
        """How many matches to collect and sort; 0 to walk. Project, state and model have indexes by creation."""
        if matches is None or not self.is_set:
            return 0
        indexed = self.order.field == "by_created" and self.counted_by_rollup
        return max(matches, 1) if matches <= (FEW_INDEXED if indexed else FEW) else 0

    def _many(self, matches: int | None) -> bool:
        """Whether a walk along the sort key meets a match every few steps, where no index serves filter and sort."""
        if self.search:
            return matches is None and not self.states
        indexed = self.order.field == "by_created" and self.counted_by_rollup
        return matches is not None and matches > FEW and not indexed

    def describe(self, project_names: Mapping[int, str]) -> str:
        """One phrase, such as “failed jobs of “Search” created in the last 7 days”."""
        return filter_words.describe(self, project_names)

    def query(self) -> str:
        """The canonical query string, without "?"; empty for the plain list."""
        return urlencode([(name, value) for name, values in self.params().items() for value in values if value])

    def params(self) -> dict[str, list[str]]:
        """All parameters a filter knows, with their values; "" or none where they are not set."""
        return {
            "q": [self.search],
            "state": [state.value for state in self.states],
            "project": [str(pk) for pk in self.projects],
            "model": list(self.models),
            "range": [self.within],
            "from": [self.created_from.isoformat() if self.created_from else ""],
            "to": [self.created_to.isoformat() if self.created_to else ""],
            "older_than": [f"{self.older_than}d" if self.older_than else ""],
            "failures": ["1" if self.has_failures else ""],
            "warning": [self.warning],
            "results": [self.results],
            "kept": ["1" if self.kept else ""],
            "gone": ["1" if self.gone else ""],
            "sort": ["" if self.sort == "created" else self.sort],
            "dir": ["asc" if self.ascending else ""],
            "after": [str(self.after or "")],
            "before": [str(self.before or "")],
        }

    def _marked(self, jobs: BatchJobQuerySet, at: datetime) -> BatchJobQuerySet:
        if self.warning:
            jobs = jobs.with_warning(self.warning)
        if self.results == EXPIRING:
            jobs = jobs.finished().expiring(at + EXPIRES_SOON)
        elif self.results:
            jobs = jobs.results(self.results)
        return jobs.kept() if self.kept else jobs

    def _created(self, jobs: BatchJobQuerySet, at: datetime) -> BatchJobQuerySet:
        if self.within:
            jobs = jobs.filter(by_created__gte=at - RANGES[self.within])
        if self.created_from:
            jobs = jobs.filter(by_created__gte=_midnight(self.created_from))
        if self.created_to:
            jobs = jobs.filter(by_created__lt=_midnight(self.created_to) + timedelta(days=1))
        return jobs


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
