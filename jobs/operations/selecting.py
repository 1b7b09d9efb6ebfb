"""Which jobs an operation is about: ticked ones, or all that the list's filter lets in; only what a person may see."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.filters import JobFilter
from jobs.models import BatchJob, BatchJobQuerySet, Project, ProjectQuerySet, Role, User
from jobs.wording import many

MOST = 200_000  # jobs of one operation
AT_ONCE = 5_000  # ids in a query


@dataclass(frozen=True, slots=True)
class Selection:
    """Ticked ``ids``, or everything that ``chosen`` lets in when the plan is made."""

    ids: tuple[int, ...] = ()
    chosen: JobFilter | None = None

    def describe(self) -> str:
        """In words, for the plan and the receipt."""
        if self.chosen is None:
            return many(len(set(self.ids)), "chosen job")
        names = Project.objects.filter(pk__in=self.chosen.projects).values_list("pk", "name")
        return self.chosen.describe(dict(names))

    @property
    def query(self) -> str:
        """The filter as a query string; "" for ticked jobs."""
        return self.chosen.but().query() if self.chosen else ""

    def rows(self, user: User | None, columns: tuple[str, ...], *, at: datetime) -> list[tuple[Any, ...]]:
        """``columns`` of the jobs, newest first; at most one more than MOST. ``user`` None sees everything."""
        jobs = seen_by(user)
        if self.chosen is not None:
            chosen = self.chosen.apply(jobs, at=at).order_by("-by_created", "-pk")
            return list(chosen.values_list(*columns)[: MOST + 1])
        rows = [row for ids in _pieces(sorted(set(self.ids))[: MOST + 1]) for row in _of_ids(jobs, ids, columns)]
        return [row[1:] for row in sorted(rows, reverse=True)]


def seen_by(user: User | None) -> BatchJobQuerySet:
    """``user`` None is the command line, which sees everything on the board."""
    return BatchJob.objects.visible_to(user) if user else BatchJob.objects.filter(project__removed_at=None)


def acted_in(user: User | None) -> ProjectQuerySet:
    """Projects whose jobs ``user`` may act on."""
    return Project.objects.allowing(user, Role.OPERATOR) if user else Project.objects.on_board()


def _pieces(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _of_ids(jobs: BatchJobQuerySet, ids: list[int], columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Each row led by its place in the list."""
    rows = jobs.filter(pk__in=ids).values_list("by_created", "pk", *columns)
    return [((created, pk), *row) for created, pk, *row in rows]
