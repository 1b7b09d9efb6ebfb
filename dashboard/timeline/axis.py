"""Round moments along a window, in the reader's zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from jobs.timeline.window import Window

MOST_TICKS = 9
MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)
DAYS = (1, 2, 4, 7, 14, 31, 62)
STEPS = (*(timedelta(minutes=number) for number in MINUTES), *(timedelta(days=number) for number in DAYS))


@dataclass(frozen=True, slots=True)
class Tick:
    """``place`` in percent of the width; ``until`` is the next tick, or the end of the window."""

    at: datetime
    until: datetime
    place: str
    label: str


def ticks(window: Window, zone: tzinfo) -> list[Tick]:
    step = next((step for step in STEPS if window.length / step <= MOST_TICKS), STEPS[-1])
    moments = [moment for moment in _moments(window, step, zone) if window.start <= moment < window.end]
    ends = [*moments[1:], window.end]
    return [
        Tick(moment, until, place(moment, window), _label(moment.astimezone(zone), step))
        for moment, until in zip(moments, ends, strict=True)
    ]


def place(moment: datetime, window: Window) -> str:
    return f"{100 * ((moment - window.start) / window.length):.3f}"


def _moments(window: Window, step: timedelta, zone: tzinfo) -> list[datetime]:
    """Steps of the clock on the wall since midnight: a day on which clocks change has one more or less."""
    wall = window.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    moments: list[datetime] = []
    while len(moments) < 2 or moments[-1] < window.end:
        moments.append(wall.replace(tzinfo=zone).astimezone(UTC))
        wall += step
    return sorted(set(moments))


def _label(moment: datetime, step: timedelta) -> str:
    if step >= timedelta(days=1) or (moment.hour, moment.minute) == (0, 0):
        return f"{moment:%b} {moment.day}"
    return f"{moment:%H:%M}"
