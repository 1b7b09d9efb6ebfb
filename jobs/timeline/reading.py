"""Which jobs a window meets: those whose life, from creation to end or until now, lies at least partly within."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from jobs.filters import JobFilter
from jobs.models import BatchJob, BatchJobQuerySet
from jobs.states import ACTIVE

from .spans import COLUMNS, CREATED, Span, seconds, span
from .window import Window

MOST_READ = 50_000
MOST_LIVED = 5_000  # at one moment: as many keys are handed to a query


@dataclass(frozen=True, slots=True)
class Reading:
    """The jobs that were read, oldest first. ``since``: from here on none is missing; the window's start if none is."""

    spans: list[Span]
    since: datetime
    whole: bool = True


def read(
    jobs: BatchJobQuerySet, chosen: JobFilter, window: Window, *, at: datetime, most: int | None = None
) -> Reading:
    """The jobs of ``chosen`` that ``window`` meets, whose own range of creation is left aside; the newest ``most``."""
    most = most or MOST_READ
    among = chosen.but(within="", created_from=None, created_to=None).apply(jobs, at=at)
    inside = among.filter(by_created__gte=window.start, by_created__lt=window.end)
    rows = list(inside.order_by("-by_created").values_list(*COLUMNS)[: most + 1])
    if len(rows) > most:
        since = datetime.fromtimestamp(rows[most - 1][CREATED], UTC)
        return Reading(_spans(rows[:most], at), since, whole=False)
    older = _older(among, chosen, window, at, most - len(rows))
    whole = len(rows) + len(older) <= most
    return Reading(_spans([*older[: most - len(rows)], *rows], at), window.start, whole)


def _older(
    among: BatchJobQuerySet, chosen: JobFilter, window: Window, at: datetime, most: int
) -> list[tuple[Any, ...]]:
    """Jobs created before the window and alive in it. Active ones first: one that ends meanwhile is read twice."""
    before = among.filter(_before(window.start)).order_by()
    active = before.filter(state__in=list(ACTIVE)) if at >= window.start else before.none()
    rows = list(active.values_list(*COLUMNS)[: most + 1])
    ended = before.filter(by_ended__gte=window.start) if chosen.gone else _ended_within(before, window.start)
    rows += ended.values_list(*COLUMNS)[: most + 1]
    return list({row[0]: row for row in rows}.values())


def _ended_within(before: BatchJobQuerySet, start: datetime) -> BatchJobQuerySet:
    """Those of ``before`` that ended after ``start``.

    PostgreSQL takes creation and end for independent, expects half of all jobs ever and reads them; so all that lived
    at ``start``, few as a rule, are looked up in an index first.
    """
    lived = BatchJob.objects.listed().filter(_before(start), by_ended__gte=start)
    found = list(lived.values_list("pk", flat=True)[: MOST_LIVED + 1])
    return before.filter(pk__in=found) if len(found) <= MOST_LIVED else before.filter(by_ended__gte=start)


def _before(start: datetime) -> LessThan:
    """SQLite, which keeps no statistics, would walk all jobs ever created before; so it is shown no column it knows."""
    return LessThan(Coalesce("by_created", "by_created") if connection.vendor == "sqlite" else F("by_created"), start)


def _spans(rows: list[tuple[Any, ...]], at: datetime) -> list[Span]:
    now = seconds(at)
    return sorted((span(row, now) for row in rows), key=_age)


def _age(one: Span) -> tuple[int, int]:
    return one.created, one.pk
