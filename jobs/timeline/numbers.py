"""What the jobs of a window took and how much was done: medians, 95th percentiles, histograms (pure functions)."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from jobs.sizes import size_class
from jobs.states import State

from .packing import Frame
from .spans import Span

MINUTE, HOUR = 60, 3600
# Upper ends of a histogram's bars in seconds; the last bar holds what lasts longer
EDGES = (
    *(30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 48 * HOUR),
)
WELL = frozenset({State.SUCCEEDED.value, State.PARTIAL.value})


@dataclass(frozen=True, slots=True)
class Durations:
    """So many seconds each, summed up: nearest ranks, so that ``median`` and ``p95`` are some job's own."""

    number: int
    median: int
    p95: int
    histogram: tuple[int, ...]

    @classmethod
    def of(cls, seconds: Iterable[int]) -> "Durations | None":
        ordered = sorted(seconds)
        if not ordered:
            return None
        ends = [0, *(bisect_left(ordered, edge) for edge in EDGES), len(ordered)]
        bars = tuple(end - begin for begin, end in pairwise(ends))
        return cls(len(ordered), rank(ordered, 50), rank(ordered, 95), bars)


def rank(ordered: Sequence[int], percent: int) -> int:
    """The least value that at least so many percent do not exceed."""
    return ordered[-(-len(ordered) * percent // 100) - 1]


@dataclass(frozen=True, slots=True)
class Kind:
    """The jobs of one model and size class (jobs/sizes.py)."""

    model: str
    size: int
    jobs: int
    waits: Durations | None
    runs: Durations | None


def waits(spans: Iterable[Span]) -> Durations | None:
    return Durations.of(one.started - one.created for one in spans if one.started is not None)


def runs(spans: Iterable[Span]) -> Durations | None:
    return Durations.of(one.ended - one.started for one in spans if one.started is not None and not one.live)


def kinds(spans: Iterable[Span]) -> list[Kind]:
    """By model and size class, the most frequent first."""
    members: defaultdict[tuple[str, int], list[Span]] = defaultdict(list)
    for one in spans:
        members[one.model, size_class(one.requests)].append(one)
    made = [Kind(model, size, len(those), waits(those), runs(those)) for (model, size), those in members.items()]
    return sorted(made, key=lambda kind: (-kind.jobs, kind.model, kind.size))


@dataclass(frozen=True, slots=True)
class Throughput:
    """Jobs that ended in each part of the frame, by how, and the requests of all of them."""

    well: list[int]
    ill: list[int]
    requests: int

    @property
    def jobs(self) -> int:
        return sum(self.well) + sum(self.ill)


def throughput(spans: Iterable[Span], frame: Frame, buckets: int) -> Throughput:
    well, ill, requests = [0] * buckets, [0] * buckets, 0
    for one in spans:
        if not one.live and frame.start <= one.ended < frame.end:
            place = (one.ended - frame.start) * buckets // (frame.end - frame.start)
            (well if one.state in WELL else ill)[place] += 1
            requests += one.requests or 0
    return Throughput(well, ill, requests)


@dataclass(frozen=True, slots=True)
class Slots:
    """How many jobs of one project were alive at once: at the end of what is known, at most, and in each part."""

    project: int
    now: int
    most: int
    most_at: int
    peaks: list[int]


def slots(spans: Iterable[Span], frame: Frame, buckets: int, now: int) -> list[Slots]:
    """By project, the fullest first. ``now`` in seconds since 1970; parts that begin later stay 0."""
    steps: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in spans:
        deltas = steps[one.project]
        deltas[frame.begins(one)] += 1
        if not one.live:
            deltas[one.ended if one.ended > frame.start else frame.start] -= 1
    last = min(now, frame.end - 1)
    made = [_slots(project, deltas, frame, buckets, last) for project, deltas in steps.items()]
    return sorted(made, key=lambda one: (-one.most, -one.now, one.project))


def _slots(project: int, deltas: Mapping[int, int], frame: Frame, buckets: int, last: int) -> Slots:
    peaks, alive, most, most_at, filled = [0] * buckets, 0, 0, frame.start, 0
    for moment in sorted(moment for moment in deltas if moment <= last):
        place = (moment - frame.start) * buckets // (frame.end - frame.start)
        if place > filled:
            peaks[filled + 1 : place + 1] = [alive] * (place - filled)
        filled, alive = place, alive + deltas[moment]
        if alive > peaks[place]:
            peaks[place] = alive
        if alive > most:
            most, most_at = alive, moment
    final = (last - frame.start) * buckets // (frame.end - frame.start)
    if final > filled:
        peaks[filled + 1 : final + 1] = [alive] * (final - filled)
    return Slots(project, alive, most, most_at, peaks)
