"""What the pictures of one job show: its requests and its time. Numbers become strings here, because templates write
1000 as 1,000."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.models import BatchJob
from jobs.states import State
from jobs.wording import many

from .times import duration

WIDTH = 150
DAY_MINUTES = 24 * 60
NBSP = "\u00a0"


def number(value: int | None) -> str:
    """`12,000`, and "–" for what nobody told us."""
    return "–" if value is None else f"{value:,}"


def share(part: int, whole: int) -> str:
    """`12 %`, `0.3 %`, `< 0.1 %`."""
    percent = 100 * part / whole if whole else 0
    if 0 < percent < 0.1:
        return f"<{NBSP}0.1{NBSP}%"
    return f"{percent:.1f}".removesuffix(".0") + f"{NBSP}%"


@dataclass(frozen=True, slots=True)
class Bar:
    """Widths in units of ``WIDTH``: what went well, and behind it what failed."""

    good: str
    bad: str


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a job, repaired where the provider's numbers do not add up."""

    total: int | None
    good: int
    failed: int
    pending: int | None
    known: bool

    @classmethod
    def of(cls, job: BatchJob) -> "Requests":
        counts = job.counts
        parts = (counts.usable if job.ended_at or counts.succeeded is not None else None, counts.failed, counts.pending)
        known = [part for part in parts if part is not None]
        total = max(counts.total or 0, sum(known)) if counts.total is not None or known else None
        return cls(total, parts[0] or 0, parts[1] or 0, parts[2], bool(known))

    @property
    def done(self) -> int:
        return self.good + self.failed

    @property
    def bar(self) -> Bar:
        if not self.total:
            return Bar("0", "0")
        bad = max(WIDTH * self.failed / self.total, 2) if self.failed else 0
        good = min(WIDTH * self.good / self.total, WIDTH - bad)
        return Bar(f"{good:.1f}", f"{bad:.1f}")

    @property
    def failed_share(self) -> str:
        return share(self.failed, self.done)

    def text(self, *, active: bool) -> str:
        """One line: `62,410 / 100,000`, `49,120 ok · 880 failed (1.8 %)`, `3,100 of 10,000`."""
        if self.total is None:
            return "–"
        failed = f" · {self.failed:,}{NBSP}failed{NBSP}({self.failed_share})" if self.failed else ""
        if active:
            return f"{self.done:,} / {self.total:,}{failed}"
        if not self.known:
            return many(self.total, "request")
        ok = f"{self.good:,} ok" if self.done >= self.total else f"{self.good:,} of {self.total:,}"
        return ok + failed


class Widths(NamedTuple):
    """In units of ``WIDTH``: what a job waited, and behind it what it ran."""

    queue: str
    run: str


@dataclass(frozen=True, slots=True)
class Spans:
    """How long a job waited and ran until it ended, or until now; None where no start is known.

    ``observed``: the split is where we saw it begin to run, because the provider does not tell. A job that ran already
    when it was first seen has no such moment.
    """

    queued: timedelta | None
    ran: timedelta | None
    whole: timedelta
    observed: bool = False

    @classmethod
    def of(cls, job: BatchJob, at: datetime) -> "Spans":
        end = max(job.ended_at or at, job.by_created)
        if job.started_at and not (job.started_observed and job.started_at <= job.first_seen_at):
            started = min(max(job.started_at, job.by_created), end)
            return cls(started - job.by_created, end - started, end - job.by_created, job.started_observed)
        waiting = job.state == State.QUEUED
        return cls(end - job.by_created if waiting else None, None, end - job.by_created)

    @property
    def text(self) -> str:
        if self.queued is None:
            return f"{duration(self.whole)} in all"
        return f"{duration(self.queued)} → {duration(self.ran) if self.ran is not None else '–'}"

    @property
    def width(self) -> float:
        """Of the whole bar: a minute is a sliver, a day or more all of it, logarithmic, so rows compare at a glance."""
        minutes = self.whole / timedelta(minutes=1)
        return max(WIDTH * min(math.log1p(minutes) / math.log1p(DAY_MINUTES), 1), 4)

    @property
    def waits_still(self) -> bool:
        return self.queued is not None and self.ran is None

    @property
    def widths(self) -> Widths:
        width = self.width
        waited = self.queued / self.whole if self.queued and self.whole else 0
        queue = f"{width * waited:.1f}"
        return Widths(queue, "0" if self.waits_still else f"{max(width - float(queue), 2):.1f}")


@dataclass(frozen=True, slots=True)
class Life:
    """A job's time as a bar that is all of it: where its run begins, where now is, and behind it what is expected."""

    began: str
    ran: str
    now: str
    rest: str
    words: str

    @classmethod
    def of(cls, spans: Spans, rest: timedelta) -> "Life":
        whole = spans.whole + rest
        began = WIDTH * (spans.queued / whole) if spans.queued and whole else 0.0
        now = WIDTH * (spans.whole / whole) if whole else WIDTH
        ran = 0 if spans.waits_still else max(now - began, 1)
        words = f"{spans.text}, then {duration(rest)} expected" if rest else spans.text
        return cls(f"{began:.1f}", f"{ran:.1f}", f"{now:.1f}", f"{WIDTH - now:.1f}", words)
