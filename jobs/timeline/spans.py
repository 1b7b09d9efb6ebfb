"""One job as a stretch of time."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Case, DateTimeField, F, Func, Q, When
from django.db.models.sql.compiler import SQLCompiler

from jobs.states import ACTIVE


class Epoch(Func):
    """A moment as whole seconds since 1970: among 40,000 jobs, making dates of all was half of the work."""

    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
    output_field = BigIntegerField()

    def get_db_converters(self, _: BaseDatabaseWrapper) -> list[Any]:
        return []

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        return self.as_sql(compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)")


# A start that was only observed, at first sight of the job, tells nothing
_GUESSED = Q(started_observed=True, started_at__lte=F("first_seen_at"))
# What is read of each job; the rest of a row is not needed to draw it
COLUMNS = (
    "pk",
    "project_id",
    "model",
    "state",
    Epoch("by_created"),
    Epoch(Case(When(_GUESSED, then=None), default=F("started_at"), output_field=DateTimeField())),
    Epoch("ended_at"),
    "requests_total",
    "display_name",
    "name",
)
CREATED = 4
_ACTIVE = frozenset(state.value for state in ACTIVE)


class Span(NamedTuple):
    """A job's life in whole seconds since 1970, never running backwards.

    ``started`` is None where no start is known; ``ended`` is now for a job that is ``live``.
    """

    pk: int
    project: int
    model: str
    state: str
    created: int
    started: int | None
    ended: int
    live: bool
    requests: int | None
    title: str = ""

    @property
    def length(self) -> int:
        return self.ended - self.created

    @property
    def waited(self) -> int | None:
        return None if self.started is None else self.started - self.created


def span(row: tuple[Any, ...], now: int) -> Span:
    """From a row of COLUMNS."""
    pk, project, model, state, created, start, end, requests, title, name = row
    live = state in _ACTIVE
    started = None if start is None else max(start, created)
    known_end = now if live else end or started or created
    ended = max(known_end, created)
    if started is not None and started > ended:
        started = ended
    return Span(pk, project, model, state, created, started, ended, live, requests, title or name.rpartition("/")[2])


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
