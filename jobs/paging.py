"""Keyset pages over never-null sort keys: the same cost at any depth (DESIGN 8, STACK 5)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db.models import BooleanField, F, Func, OrderBy, Value
from django.db.models.functions import Coalesce

from .models import BatchJob, BatchJobQuerySet

PAGE_SIZE = 50
AT_ONCE = 500  # so few rows are sorted as they are sooner than asked for twice
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BIGGEST = 2**63 - 1
_LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
_CURSOR = re.compile(r"(-?\d{1,19})_(\d{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the sort key (times in microseconds since 1970) and the id that breaks ties."""

    key: int
    pk: int

    def __str__(self) -> str:
        return f"{self.key}_{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        found = _CURSOR.fullmatch(text)
        if not found:
            return None
        key, pk = int(found[1]), int(found[2])
        return cls(key, pk) if -BIGGEST <= key <= BIGGEST and pk <= BIGGEST else None

    @classmethod
    def of(cls, job: BatchJob, order: "Order") -> Self:
        value = getattr(job, order.field)
        key = (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value
        return cls(key, job.pk)


@dataclass(frozen=True, slots=True)
class Order:
    """One sort key and a direction.

    A database that is asked for the first 50 of few matches may walk the whole index of the key to find them (seconds
    among a million jobs); ``few``, their number, makes it collect the matches by their own index and sort those.
    """

    field: str
    ascending: bool = False
    few: int = 0

    @property
    def is_time(self) -> bool:
        return self.field in ("by_created", "by_ended")

    def reversed(self) -> "Order":
        return replace(self, ascending=not self.ascending)

    def sort(self, jobs: BatchJobQuerySet) -> BatchJobQuerySet:
        return jobs.order_by(*(OrderBy(part, descending=not self.ascending) for part in (self._key, F("id"))))

    def behind(self, jobs: BatchJobQuerySet, cursor: Cursor) -> BatchJobQuerySet:
        """The jobs that come after ``cursor``, sorted.

        Compared as a row: with many equal keys `a <= x AND (a < x OR id < y)` reads all of them to skip them.
        """
        place = _row(self._key, F("id")), _row(Value(self._value(cursor.key)), Value(cursor.pk))
        beyond = Func(*place, template="%(expressions)s", arg_joiner=self._beyond, output_field=BooleanField())
        return self.sort(jobs.filter(beyond))

    @property
    def _key(self) -> F | Coalesce:
        """For few matches an expression no index knows, so that they are found by what they match."""
        return Coalesce(self.field, self.field) if self.few else F(self.field)

    @property
    def _beyond(self) -> str:
        return " > " if self.ascending else " < "

    def _value(self, key: int) -> int | datetime:
        return EPOCH + timedelta(microseconds=min(max(key, 0), _LATEST)) if self.is_time else key


def _row(*parts: F | Value | Coalesce) -> Func:
    return Func(*parts, template="(%(expressions)s)", output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Page:
    jobs: Sequence[BatchJob]
    previous: Cursor | None = None
    next: Cursor | None = None


def page(
    jobs: BatchJobQuerySet, order: Order, *, after: Cursor | None, before: Cursor | None, size: int = PAGE_SIZE
) -> Page:
    """``size`` jobs behind ``after``, or those that lead up to ``before``, or the first ones."""
    if before and not after:
        return _page_before(jobs, order, before, size)
    found = _first(order.behind(jobs, after) if after else order.sort(jobs), order, size + 1)
    shown = found[:size]
    return Page(
        jobs=shown,
        previous=Cursor.of(shown[0], order) if after and shown else None,
        next=Cursor.of(shown[-1], order) if len(found) > size else None,
    )


def _page_before(jobs: BatchJobQuerySet, order: Order, before: Cursor, size: int) -> Page:
    found = _first(order.reversed().behind(jobs, before), order.reversed(), size + 1)
    if len(found) <= size:
        return page(jobs, order, after=None, before=None, size=size)
    shown = found[:size][::-1]
    return Page(jobs=shown, previous=Cursor.of(shown[0], order), next=Cursor.of(shown[-1], order))


def _first(jobs: BatchJobQuerySet, order: Order, size: int) -> list[BatchJob]:
    """The first of sorted ``jobs``. Few matches are all sorted: their keys, then rows are read of those shown."""
    if order.few <= AT_ONCE:
        return list(jobs[:size])
    ids = list(jobs.values_list("pk", flat=True)[:size])
    return list(jobs.filter(pk__in=ids))


def neighbours(jobs: BatchJobQuerySet, order: Order, job: BatchJob) -> tuple[BatchJob | None, BatchJob | None]:
    """The jobs just before and just after ``job`` in the sorted list."""
    place = Cursor.of(job, order)
    return order.reversed().behind(jobs, place).first(), order.behind(jobs, place).first()
