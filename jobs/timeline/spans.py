"""One job as a stretch of time."""

from datetime import datetime
from typing import Any, NamedTuple

from jobs.states import ACTIVE

# What is read of each job; the rest of a row is not needed to draw it
COLUMNS = (
    "pk",
    "project_id",
    "model",
    "state",
    "by_created",
    "started_at",
    "started_observed",
    "first_seen_at",
    "ended_at",
    "requests_total",
)
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

    @property
    def length(self) -> int:
        return self.ended - self.created

    @property
    def waited(self) -> int | None:
        return None if self.started is None else self.started - self.created

    @property
    def ran(self) -> int | None:
        """How long it ran in all; None while it runs, or where no start is known."""
        return None if self.started is None or self.live else self.ended - self.started


def span(row: tuple[Any, ...], now: int) -> Span:
    """From a row of COLUMNS. A start that was only observed, at first sight of the job, tells nothing."""
    pk, project, model, state, created_at, started_at, observed, first_seen, ended_at, requests = row
    live = state in _ACTIVE
    created = seconds(created_at)
    known_start = started_at is not None and not (observed and started_at <= first_seen)
    started = max(seconds(started_at), created) if known_start else None
    known_end = now if live else seconds(ended_at) if ended_at else started or created
    ended = max(known_end, created)
    started = min(started, ended) if started is not None else None
    return Span(pk, project, model, state, created, started, ended, live, requests)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())
