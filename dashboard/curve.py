"""The progress of one job over time, and how it is expected to go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import ProgressSample

from .outlook import Ends
from .times import clock

WIDTH, HEIGHT = 600, 130
MOST_AHEAD = 2  # times what is past: of a job that has just begun, the past still shows


@dataclass(frozen=True, slots=True)
class Ahead:
    """From the last count to the end: where most likely, and the corners of the range; beyond the picture it is cut.

    ``passed``: which part of the picture's width is past.
    """

    line: str
    range: str
    passed: float
    words: str

    @property
    def now(self) -> str:
        return f"{WIDTH * self.passed:.1f}"

    @property
    def share(self) -> str:
        """How far from the left now is."""
        return f"{self.passed:.1%}"

    @property
    def at_the_end(self) -> bool:
        """Whether a word right of it would stand outside."""
        return self.passed > 0.88


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of an SVG polyline, 600 × 130 units, and what its edges mean; ``ahead`` where an end is expected."""

    points: str
    area: str
    words: str
    top: str
    begins: str
    ends: str
    ahead: Ahead | None = None

    @classmethod
    def of(cls, samples: Sequence[ProgressSample], total: int | None, ends: Ends | None = None) -> "Curve | None":
        if len(samples) < 2 or samples[-1].at <= samples[0].at:
            return None
        done = [sample.succeeded + sample.failed for sample in samples]
        plane = Plane.of(samples, max(total or 0, *done, 1), ends if total else None)
        points = [plane.point(sample.at, value) for sample, value in zip(samples, done, strict=True)]
        area = " ".join([f"0,{HEIGHT}", *points, plane.point(samples[-1].at, 0)])
        ahead = _ahead(plane, samples[-1].at, done[-1], ends) if ends and total else None
        return cls(" ".join(points), area, _words(samples, done[-1], plane.top), *plane.edges, ahead)


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a moment and a number of requests are in the picture."""

    first: datetime
    last: datetime
    top: int

    @classmethod
    def of(cls, samples: Sequence[ProgressSample], top: int, ends: Ends | None) -> "Plane":
        first, last = samples[0].at, samples[-1].at
        if ends:
            last = min(max(last, ends.high), last + MOST_AHEAD * (last - first))
        return cls(first, last, top)

    @property
    def edges(self) -> tuple[str, str, str]:
        """The most requests, the first moment and the last: the time of day, of more than a day with the date."""
        pattern = "%H:%M" if self.last - self.first < timedelta(days=1) else "%m-%d %H:%M"
        return f"{self.top:,}", clock(self.first, pattern), clock(self.last, pattern)

    def point(self, at: datetime, done: int) -> str:
        return f"{WIDTH * self.passed(at):.1f},{HEIGHT - HEIGHT * done / self.top:.1f}"

    def passed(self, at: datetime) -> float:
        return (at - self.first) / (self.last - self.first)


def _ahead(plane: Plane, last: datetime, done: int, ends: Ends) -> Ahead:
    here, (low, middle, high) = plane.point(last, done), (plane.point(max(end, last), plane.top) for end in ends)
    times = [clock(end, "%H:%M") for end in ends]
    words = f"Dashed: expected to end about {times[1]}; four of five jobs alike end between {times[0]} and {times[2]}."
    return Ahead(f"{here} {middle}", f"{here} {low} {high}", plane.passed(last), words)


def _words(samples: Sequence[ProgressSample], done: int, top: int) -> str:
    """The same without the picture."""
    first, last = (clock(sample.at, "%Y-%m-%d %H:%M") for sample in (samples[0], samples[-1]))
    return f"{done:,} of {top:,} requests done at {last}; counted since {first}."


def rate(samples: Sequence[ProgressSample]) -> str:
    """Requests a minute over the last hour of samples; empty when nothing can be said."""
    recent = [sample for sample in samples if samples[-1].at - sample.at <= timedelta(hours=1)] if samples else []
    if len(recent) < 2 or recent[-1].at <= recent[0].at:
        return ""
    done = [sample.succeeded + sample.failed for sample in (recent[0], recent[-1])]
    each_minute = (done[1] - done[0]) / ((recent[-1].at - recent[0].at) / timedelta(minutes=1))
    return f"{each_minute:,.0f} requests/min" if each_minute >= 1 else ""
