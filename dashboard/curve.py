"""The progress of one job over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import ProgressSample

from .times import clock


@dataclass(frozen=True, slots=True)
class Curve:
    """Progress over time as the points of an SVG polyline, 600 × 130 units."""

    points: str
    area: str
    first: datetime
    last: datetime
    top: int
    done: int

    @classmethod
    def of(cls, samples: Sequence[ProgressSample], total: int | None) -> "Curve | None":
        if len(samples) < 2 or samples[-1].at <= samples[0].at:
            return None
        first, last = samples[0].at, samples[-1].at
        done = [sample.succeeded + sample.failed for sample in samples]
        top = max(total or 0, *done, 1)
        places = [
            f"{600 * ((sample.at - first) / (last - first)):.1f},{130 - 130 * value / top:.1f}"
            for sample, value in zip(samples, done, strict=True)
        ]
        points = " ".join(places)
        return cls(points, f"0,130 {points} 600,130", first, last, top, done[-1])

    @property
    def words(self) -> str:
        """The same without the picture."""
        first, last = (clock(moment, "%Y-%m-%d %H:%M") for moment in (self.first, self.last))
        return f"{self.done:,} of {self.top:,} requests done at {last}; counted since {first}."


def rate(samples: Sequence[ProgressSample]) -> str:
    """Requests a minute over the last hour of samples; empty when nothing can be said."""
    recent = [sample for sample in samples if samples[-1].at - sample.at <= timedelta(hours=1)] if samples else []
    if len(recent) < 2 or recent[-1].at <= recent[0].at:
        return ""
    done = [sample.succeeded + sample.failed for sample in (recent[0], recent[-1])]
    each_minute = (done[1] - done[0]) / ((recent[-1].at - recent[0].at) / timedelta(minutes=1))
    return f"{each_minute:,.0f} requests/min" if each_minute >= 1 else ""
