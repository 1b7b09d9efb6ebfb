"""When a job will be done, as lists and pages say it: `≈ 12 min left (8-20 min)`, and what looks wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.flags import Flag
from jobs.models import BatchJob, Forecast

from . import times


class Ends(NamedTuple):
    """When a job will end: 80 % of jobs alike do between ``low`` and ``high``, half of all before ``middle``."""

    low: datetime
    middle: datetime
    high: datetime

    @classmethod
    def of(cls, row: Forecast, flag: Flag) -> "Ends | None":
        """None where nothing is known, and where nothing goes on."""
        if flag.stuck or not (row.low_at and row.expected_at and row.high_at):
            return None
        return cls(row.low_at, row.expected_at, row.high_at)


@dataclass(frozen=True, slots=True)
class Outlook:
    """``left``: the rest with its range, "" where none is known; ``flag``: what looks wrong, and for how long.

    ``ends``: the same as moments still to come.
    """

    left: str
    flag: str
    ends: Ends | None = None

    @classmethod
    def of(cls, row: Forecast, at: datetime) -> "Outlook":
        flag = Flag(row.flag) if row.flag in set(Flag) else Flag.NONE
        ends = Ends.of(row, flag)
        ahead = Ends(*(max(end, at) for end in ends)) if ends and ends.high > at else None
        return cls(_left(ends, at), _flag(row, flag, at), ahead)

    def rest(self, at: datetime) -> timedelta:
        """Most likely; nothing where nothing is known."""
        return self.ends.middle - at if self.ends else timedelta()


def outlooks(jobs: Iterable[BatchJob], at: datetime) -> dict[int, Outlook]:
    """Of the active ones among ``jobs``, in one query; none where no job is active."""
    active = [job.pk for job in jobs if job.is_active and not job.gone_at]
    if not active:
        return {}
    return {row.job_id: Outlook.of(row, at) for row in Forecast.objects.filter(job__in=active)}


def _left(ends: Ends | None, at: datetime) -> str:
    if ends is None:
        return ""
    if ends.high <= at:
        return "due any moment"
    low, middle, high = (max(end - at, timedelta()) for end in ends)
    return f"≈ {times.rough(middle)} left ({_span(low, high)})"


def _span(low: timedelta, high: timedelta) -> str:
    """`8–20 min`, `40 min – 2 h`: the unit once, where it is the same."""
    first, last = times.rough(low).split(" "), times.rough(high).split(" ")
    return f"{first[0]}–{' '.join(last)}" if first[1] == last[1] else f"{' '.join(first)} – {' '.join(last)}"


def _flag(row: Forecast, flag: Flag, at: datetime) -> str:
    held = flag.stuck and row.flag_since and at - row.flag_since >= timedelta(minutes=1)
    return f"{flag.words}, for {times.rough(at - row.flag_since)}" if held and row.flag_since else flag.words
