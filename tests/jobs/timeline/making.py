"""Spans and frames for tests, in seconds from zero."""

from typing import Any

from hypothesis import strategies as st

from jobs.timeline.packing import Frame
from jobs.timeline.spans import Span

DAY = Frame(0, 86_400, 200)


def made(pk: int = 1, created: int = 0, ended: int = 3600, **fields: Any) -> Span:
    """A job that succeeded without waiting, unless told otherwise."""
    values: dict[str, Any] = {
        "project": 1,
        "model": "m",
        "state": "succeeded",
        "started": created,
        "live": False,
        "requests": 10,
    }
    return Span(pk=pk, created=created, ended=ended, **(values | fields))


@st.composite
def several(draw: st.DrawFn) -> list[Span]:
    """Jobs that meet the day, some of them live; sorted by nothing."""
    lives = draw(st.lists(st.tuples(st.integers(-90_000, 86_399), st.integers(0, 200_000), st.booleans()), max_size=25))
    return [
        made(pk, created, max(created + length, 0), project=pk % 5, live=live, state="running" if live else "failed")
        for pk, (created, length, live) in enumerate(lives)
    ]
