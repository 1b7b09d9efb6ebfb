"""A group of jobs as SVG: a link a job, thin while it waited and thick while it ran; marks for what is folded.

Made here and not by templates, which would take seconds for 5,000 jobs. Across in percent, down in pixels.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from dashboard.figures import number
from dashboard.times import duration
from jobs.states import State
from jobs.timeline.packing import Frame, Group, density
from jobs.timeline.spans import Span, seconds
from jobs.timeline.window import Window

LANE, BAR, WAIT, TOP, MARKS = 20, 13, 3, 4, 16
BUCKETS = 160
# What a bar is wide at least, in percent: 3 pixels on a wide screen
LEAST = 0.25


def frame(window: Window) -> Frame:
    start, end = seconds(window.start), seconds(window.end)
    return Frame(start, end, max(int((end - start) * LEAST / 100), 1))


@dataclass(frozen=True, slots=True)
class Words:
    """What labels need to know: titles by job, names by project, until when jobs are expected to run, the zone."""

    titles: Mapping[int, str]
    projects: Mapping[int, str]
    expected: Mapping[int, datetime]
    zone: tzinfo

    def clock(self, second: int) -> str:
        return f"{datetime.fromtimestamp(second, UTC).astimezone(self.zone):%b %d %H:%M}"

    def of(self, one: Span) -> str:
        """The job in some lines, as the card shows them."""
        project = self.projects.get(one.project, f"project {one.project}")
        lines = [self.titles.get(one.pk) or f"job {one.pk}", State(one.state).label, project, one.model]
        lines += [self._times(one)]
        if one.requests is not None:
            lines.append(f"{number(one.requests)} requests")
        if one.live and (until := self.expected.get(one.pk)):
            lines.append(f"expected to end {self.clock(seconds(until))}")
        return "\n".join(line for line in lines if line)

    def _times(self, one: Span) -> str:
        ends = "now" if one.live else self.clock(one.ended)
        return f"{self.clock(one.created)} → {ends}: {took(one)}"


def took(one: Span) -> str:
    """`waited 12 min, ran 44 min`, as far as it is known."""
    whole = duration_of(one.length)
    if one.waited is None:
        return f"waiting for {whole}" if one.state == State.QUEUED else f"{whole} in all"
    ran = duration_of(one.ended - (one.started or 0))
    return f"waited {duration_of(one.waited)}, {'running for' if one.live else 'ran'} {ran}"


def duration_of(length: int) -> str:
    return duration(timedelta(seconds=length))


@dataclass(frozen=True, slots=True)
class Drawing:
    """One group: its picture's height in pixels and what is in it."""

    height: int
    bars: SafeString
    marks: SafeString


def draw(group: Group, within: Frame, words: Words, query: str) -> Drawing:
    base = len(group.lanes) * LANE + TOP
    placed = ((one, lane) for lane, those in enumerate(group.lanes) for one in those)
    ordered = sorted(placed, key=lambda pair: (within.begins(pair[0]), pair[0].pk))
    link, suffix = _job_link(), f"?{escape(query)}" if query else ""
    bars = [
        _bar(one, lane, within, words, f"{link(one.pk)}{suffix}", reached=not place)
        for place, (one, lane) in enumerate(ordered)
    ]
    marks = _marks(density(group.folded, within, BUCKETS), base) if group.folded else ""
    return Drawing(base + (MARKS if group.folded else 0), SafeString("".join(bars)), SafeString(marks))


def _job_link() -> Callable[[int], str]:
    """reverse() for 5,000 jobs would be a third of the drawing."""
    before, after = reverse("job_detail", args=[0]).split("0")
    return lambda pk: f"{before}{pk}{after}"


def _bar(one: Span, lane: int, within: Frame, words: Words, href: str, *, reached: bool) -> str:
    """A link; only the first of a group is a stop of the Tab key, arrow keys lead on."""
    top = TOP + lane * LANE
    begin, end = within.begins(one), min(one.ended, within.end)
    split = end if one.started is None and one.state == State.QUEUED else max(one.started or begin, begin)
    split = min(split, end)
    parts = []
    if split > begin:
        parts.append(_rect("wait", begin, split, within, top + (BAR - WAIT) // 2, WAIT))
    if split < end or split == begin:
        parts.append(_rect("fill", split, end, within, top, BAR))
    expected = words.expected.get(one.pk) if one.live else None
    if expected and seconds(expected) > end:
        parts.append(_rect("rest", end, min(seconds(expected), within.end), within, top, BAR))
    stop = "" if reached else ' tabindex="-1"'
    label = escape(words.of(one)).replace("\n", "&#10;")
    return f'<a class="state-{one.state}" href="{href}"{stop} aria-label="{label}">{"".join(parts)}</a>'


def _rect(name: str, begin: int, end: int, within: Frame, top: int, height: int) -> str:
    whole = within.end - within.start
    left, width = 100 * (begin - within.start) / whole, 100 * (end - begin) / whole
    least = LEAST if name == "fill" else 0.05
    return f'<rect class="{name}" x="{left:.2f}%" y="{top}" width="{max(width, least):.2f}%" height="{height}"/>'


def _marks(counts: Iterable[int], base: int) -> str:
    """Higher for more, by the logarithm: one job is seen beside a thousand."""
    counts = list(counts)
    top = math.log1p(max(counts))
    width = 100 / len(counts)
    marks = []
    for place, count in enumerate(counts):
        if count:
            height = max(round((MARKS - 4) * math.log1p(count) / top), 2)
            y = base + MARKS - 2 - height
            marks.append(f'<rect x="{place * width:.2f}%" y="{y}" width="{width * 0.8:.2f}%" height="{height}"/>')
    return "".join(marks)
