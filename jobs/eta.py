"""When a job will be done: a range that holds for 80 % of jobs, learned from jobs alike. Pure functions, seconds.

From a job's recent pace follows a guess. How far such guesses were off for finished jobs (the logarithm of true by
guessed remaining time) gives the range: the narrowest that holds 80 % of these errors for jobs of the same size, at
the same share of their work, that had or had not changed their pace (split conformal prediction). Errors of old jobs
are forgotten, and the share moves whenever the range is missed more or less often than it should be (adaptive
conformal inference, Gibbs and Candès 2021), so a provider that becomes slower is followed.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles
from typing import NamedTuple

from jobs.sizes import size_class

MISS = 0.2  # of the true ends are meant to lie outside the range
RECENT = 0.1  # of the time a job has run: half the weight of its pace lies in this last part
SHORTEST = 60.0  # but no less than these seconds
FADED = 5  # halvings after which a reading no longer counts
DRIFT = 0.12  # of the logarithm: a recent pace this far from the whole one has changed
PARTS = 10  # of the work, in which errors are compared
KEPT = 400  # errors of one kind
FEWEST = 25  # errors that tell a range
STEP = 0.004  # by which the share left out moves with each error
LEVELS = (0.04, 0.45)  # between which it stays
UNTAUGHT = 0.7  # half the range's logarithm when nothing is known: from half to twice the guess
INSTANT = 0.001  # no pace is told by less time than this
READ = 20  # readings a finished job teaches from


class Reading(NamedTuple):
    """``done`` requests, ``seconds`` after the job began."""

    seconds: float
    done: int


class Alike(NamedTuple):
    """What makes errors comparable: class of size, tenth of the work, whether the pace changed."""

    size: int | None
    part: int
    drifted: bool | None


class Lesson(NamedTuple):
    """How far one guess of a finished job was off: log of true by guessed remaining time."""

    alike: Alike
    error: float


@dataclass(frozen=True, slots=True)
class Guess:
    """Seconds until the end at the recent pace."""

    seconds: float
    alike: Alike


class Range(NamedTuple):
    """Seconds until the end: 80 % of jobs end between ``low`` and ``high``, half of all before ``middle``."""

    low: float
    middle: float
    high: float


def pace(readings: Sequence[Reading]) -> float:
    """Requests a second, the latest counting most."""
    now = readings[-1].seconds
    half = max(RECENT * now, SHORTEST)
    done = passed = 0.0
    counting = readings[max(bisect_left(readings, (now - FADED * half,)) - 1, 0) :]
    for before, after in pairwise(counting):
        weight = 0.5 ** ((now - after.seconds) / half)
        done += weight * max(after.done - before.done, 0)
        passed += weight * max(after.seconds - before.seconds, 0.0)
    return done / passed if passed > INSTANT else 0.0


def guess(readings: Sequence[Reading], total: int) -> Guess | None:
    """None without any progress to go by."""
    if len(readings) < 2 or total <= 0:
        return None
    last, first = readings[-1], readings[0]
    recent = pace(readings)
    if recent <= 0 or last.done <= first.done or last.seconds - first.seconds <= INSTANT:
        return None
    whole = (last.done - first.done) / (last.seconds - first.seconds)
    part = min(PARTS * last.done // total, PARTS - 1)
    drifted = abs(math.log(recent / whole)) > DRIFT
    return Guess(max(total - last.done, 0.5) / recent, Alike(size_class(total), part, drifted))


def lessons(readings: Sequence[Reading], total: int, ended: float) -> list[Lesson]:
    """What a job that ended ``ended`` seconds after it began teaches: what was guessed at moments of its run."""
    taught = []
    for number in moments(len(readings)):
        made, left = guess(readings[: number + 1], total), ended - readings[number].seconds
        if made and left > 0:
            taught.append(Lesson(made.alike, math.log(left / made.seconds)))
    return taught


def moments(number: int) -> list[int]:
    """The readings to guess at: about 20, evenly, never the first."""
    return sorted({number * step // READ for step in range(1, READ)} - {0})


def _errors() -> "deque[float]":
    return deque(maxlen=KEPT)


@dataclass
class Teacher:
    """The errors of jobs of one model. ``learn`` in the order in which the jobs ended."""

    errors: dict[Alike, "deque[float]"] = field(default_factory=lambda: defaultdict(_errors))
    miss: float = MISS
    _sorted: dict[Alike, list[float]] = field(default_factory=dict)

    def learn(self, taught: Iterable[Lesson]) -> None:
        for alike, error in taught:
            self._adapt(alike, error)
        for alike, error in taught:
            for kind in _kinds(alike):
                self.errors[kind].append(error)
                self._sorted.pop(kind, None)

    def range_of(self, made: Guess) -> Range:
        low, middle, high = self._bounds(made.alike)
        return Range(*(made.seconds * math.exp(error) for error in (low, middle, high)))

    def _adapt(self, alike: Alike, error: float) -> None:
        """What is left out grows while the range is missed less often than meant, and shrinks with each miss."""
        low, _, high = self._bounds(alike)
        missed = not low <= error <= high
        self.miss = min(max(self.miss + STEP * (MISS - missed), LEVELS[0]), LEVELS[1])

    def _bounds(self, alike: Alike) -> tuple[float, float, float]:
        for kind in _kinds(alike):
            if len(self.errors.get(kind, ())) >= FEWEST:
                ordered = self._ordered(kind)
                return narrowest(ordered, math.ceil((1 - self.miss) * (len(ordered) + 1)))
        return -UNTAUGHT, 0.0, UNTAUGHT

    def _ordered(self, kind: Alike) -> list[float]:
        if kind not in self._sorted:
            self._sorted[kind] = sorted(self.errors[kind])
        return self._sorted[kind]


def _kinds(alike: Alike) -> tuple[Alike, ...]:
    """From like to less alike: what is used when too few are alike."""
    return alike, alike._replace(size=None), Alike(None, alike.part, None)


def narrowest(ordered: Sequence[float], number: int) -> tuple[float, float, float]:
    """Least, middle and greatest error of the ``number`` neighbours between which the time left differs least."""
    times = [math.exp(error) for error in ordered]
    number = min(max(number, len(ordered) // 2 + 1), len(ordered))
    first = min(range(len(ordered) - number + 1), key=lambda place: times[place + number - 1] - times[place])
    return ordered[first], ordered[len(ordered) // 2], ordered[first + number - 1]


def lasting(durations: Sequence[float], passed: float) -> Range | None:
    """Seconds left after ``passed``, from how long others took (ascending); None where few took longer."""
    longer = durations[bisect_right(durations, passed) :]
    if len(longer) < FEWEST // 2:
        return None
    tenths = quantiles(longer, n=10)
    return Range(tenths[0] - passed, tenths[4] - passed, tenths[8] - passed)
