"""A group of jobs as SVG: a link a job, thin while it waited and thick while it ran; marks for what is folded.

Made here and not by templates, which would take seconds for 5,000 jobs. Across in percent, down in pixels. Waits too
short to point at are one shape a group: a browser's time goes by the number of shapes.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString

from dashboard.figures import number
from dashboard.times import duration
from jobs.states import State
from jobs.timeline.packing import Frame, Group, density
from jobs.timeline.spans import Span, seconds
from jobs.timeline.window import Window

LANE, BAR, WAIT, TOP, MARKS = 20, 13, 3, 4, 16
BUCKETS = 160
# What a bar is wide at least, in percent: 3 pixels on a wide screen; and a wait that can be pointed at
LEAST, POINTED = 0.25, 0.5
# Units across of the shape of all short waits
ACROSS = 10_000
LINE = "&#10;"


def frame(window: Window) -> Frame:
    start, end = seconds(window.start), seconds(window.end)
    return Frame(start, end, max(int((end - start) * LEAST / 100), 1))


@dataclass(frozen=True, slots=True)
class Words:
    """What labels need to know: names by project, until when jobs are expected to run (seconds), the clock's words."""

    projects: Mapping[int, str]
    expected: Mapping[int, int]
    clock: Callable[[int], str]

    @classmethod
    def of(cls, projects: Mapping[int, str], expected: Mapping[int, datetime], zone: tzinfo) -> "Words":
        names = {pk: escape(name) for pk, name in projects.items()}
        return cls(names, {pk: seconds(until) for pk, until in expected.items()}, clock(zone))

    def label(self, one: Span) -> str:
        """The job in some lines, as the card shows them, for an attribute."""
        title = escape(one.title) or f"job {one.pk}"
        project = self.projects.get(one.project) or f"project {one.project}"
        model = f"{LINE}{escape(one.model)}" if one.model else ""
        return f"{title}{LINE}{label_of(one.state)}{LINE}{project}{model}{LINE}{self._times(one)}{self._facts(one)}"

    def _times(self, one: Span) -> str:
        ends = "now" if one.live else self.clock(one.ended // 60)
        return f"{self.clock(one.created // 60)} → {ends}: {took(one)}"

    def _facts(self, one: Span) -> str:
        requests = "" if one.requests is None else f"{LINE}{number(one.requests)} requests"
        until = self.expected.get(one.pk)
        return f"{requests}{LINE}expected to end {self.clock(until // 60)}" if until else requests


def clock(zone: tzinfo) -> Callable[[int], str]:
    """Of minutes since 1970; many jobs share one."""

    @cache
    def words(minute: int) -> str:
        return f"{datetime.fromtimestamp(60 * minute, UTC).astimezone(zone):%b %d %H:%M}"

    return words


@cache
def label_of(state: str) -> str:
    return State(state).label


def took(one: Span) -> str:
    """`waited 12 min, ran 44 min`, as far as it is known."""
    whole = duration_of(one.length)
    if one.waited is None:
        return f"waiting for {whole}" if one.state == State.QUEUED else f"{whole} in all"
    ran = duration_of(one.ended - (one.started or 0))
    return f"waited {duration_of(one.waited)}, {'running for' if one.live else 'ran'} {ran}"


def duration_of(length: int) -> str:
    """Seconds are told below a minute only."""
    return _duration_of(length if length < 60 else length - length % 60)


@lru_cache(5_000)
def _duration_of(length: int) -> str:
    return duration(timedelta(seconds=length))


@dataclass(frozen=True, slots=True)
class Drawing:
    """One group: its picture's height in pixels and what is in it."""

    height: int
    bars: SafeString
    marks: SafeString
    waits: SafeString


def draw(group: Group, within: Frame, words: Words, query: str) -> Drawing:
    base = len(group.lanes) * LANE + TOP
    placed = ((one, lane) for lane, those in enumerate(group.lanes) for one in those)
    ordered = sorted(placed, key=lambda pair: (within.begins(pair[0]), pair[0].pk))
    pen = Pen(within, words, f"?{escape(query)}" if query else "")
    bars = [pen.bar(one, lane, reached=not place) for place, (one, lane) in enumerate(ordered)]
    marks = _marks(density(group.folded, within, BUCKETS), base) if group.folded else ""
    height = base + (MARKS if group.folded else 0)
    return Drawing(height, SafeString("".join(bars)), SafeString(marks), pen.short_waits(height))


class Pen:
    """Draws the bars of a group and collects its short waits."""

    def __init__(self, within: Frame, words: Words, suffix: str) -> None:
        self.within, self.words, self.suffix = within, words, suffix
        self.waits: list[str] = []
        self.percent = 100 / (within.end - within.start)
        # reverse() for 5,000 jobs would be a third of the drawing
        self.before, self.after = reverse("job_detail", args=[0]).split("0")

    def bar(self, one: Span, lane: int, *, reached: bool) -> str:
        """A link; only the first of a group is a stop of the Tab key, arrow keys lead on."""
        shapes = "".join(self._shapes(one, TOP + lane * LANE))
        href = f"{self.before}{one.pk}{self.after}{self.suffix}"
        stop = "" if reached else ' tabindex="-1"'
        return f'<a class="state-{one.state}" href="{href}"{stop} aria-label="{self.words.label(one)}">{shapes}</a>'

    def _shapes(self, one: Span, top: int) -> Iterable[str]:
        begin, end = self.within.begins(one), min(one.ended, self.within.end)
        waits = one.started is None and one.state == State.QUEUED
        split = end if waits else min(max(one.started or begin, begin), end)
        if waits or (split - begin) * self.percent > POINTED:
            yield self._rect("wait", begin, split, top + (BAR - WAIT) // 2, WAIT)
        elif split > begin:
            self._wait(begin, split, top + (BAR - WAIT) // 2)
        if split < end or split == begin:
            yield self._rect("fill", split, end, top, BAR)
        expected = self.words.expected.get(one.pk, 0) if one.live else 0
        if expected > end:
            yield self._rect("rest", end, min(expected, self.within.end), top, BAR)

    def _rect(self, name: str, begin: int, end: int, top: int, height: int) -> str:
        left, width = (begin - self.within.start) * self.percent, (end - begin) * self.percent
        least = LEAST if name == "fill" else 0.05
        return f'<rect class="{name}" x="{left:.2f}%" y="{top}" width="{max(width, least):.2f}%" height="{height}"/>'

    def _wait(self, begin: int, end: int, top: int) -> None:
        scale = self.percent * ACROSS / 100
        left, width = round((begin - self.within.start) * scale), max(round((end - begin) * scale), 5)
        self.waits.append(f"M{left} {top}h{width}v{WAIT}h-{width}z")

    def short_waits(self, height: int) -> SafeString:
        box = f'<svg viewBox="0 0 {ACROSS} {height}" preserveAspectRatio="none" aria-hidden="true">'
        path = f'<path class="wait" d="{"".join(self.waits)}"/>'
        return SafeString(f"{box}{path}</svg>" if self.waits else "")


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
