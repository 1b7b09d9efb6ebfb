"""How good the ranges of jobs/eta.py were: past jobs gone through again in time, knowing only what was known then."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from jobs import eta
from jobs.eta import Reading, Teacher


@dataclass(frozen=True, slots=True)
class Past:
    """A finished job; ``began`` and ``ended`` in seconds of one clock, ``readings`` since it began."""

    model: str
    total: int
    began: float
    ended: float
    readings: Sequence[Reading]


class Forecast(NamedTuple):
    """What was said at ``at``: whether the end fell into the range, and how wide that was by the time left."""

    at: float
    held: bool
    width: float


class _Moment(NamedTuple):
    """Something to do at ``at``: a forecast at reading ``number``, or with -1 learning from the finished job."""

    at: float
    order: int
    job: int
    number: int


def forecasts(jobs: Sequence[Past]) -> Iterator[Forecast]:
    """One for each of about 20 moments of each job, in order of time."""
    teachers: dict[str, Teacher] = defaultdict(Teacher)
    for at, _, index, number in sorted(_moments(jobs)):
        job = jobs[index]
        teacher = teachers[job.model]
        if number < 0:
            teacher.learn(eta.lessons(job.readings, job.total, job.ended - job.began))
        elif made := eta.guess(job.readings[: number + 1], job.total):
            left, found = job.ended - at, teacher.range_of(made)
            yield Forecast(at, found.low <= left <= found.high, (found.high - found.low) / left)


def _moments(jobs: Sequence[Past]) -> Iterator[_Moment]:
    for index, job in enumerate(jobs):
        yield _Moment(job.ended, 0, index, -1)
        for number in eta.moments(len(job.readings)):
            at = job.began + job.readings[number].seconds
            if at < job.ended:
                yield _Moment(at, 1, index, number)


@dataclass(frozen=True, slots=True)
class Score:
    """``held``: share of forecasts whose range held; ``width``: median width by the time that was left."""

    jobs: int
    forecasts: int
    held: float
    width: float


def score(jobs: int, made: Iterable[Forecast]) -> Score | None:
    """None without any forecast."""
    all_made = list(made)
    if not all_made:
        return None
    held = sum(one.held for one in all_made) / len(all_made)
    return Score(jobs, len(all_made), held, median(one.width for one in all_made))
