"""What the timeline's page shows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from dashboard.board import Board
from dashboard.figures import number
from dashboard.pills import ALWAYS, Pill
from dashboard.rows import UNLISTED, JobRow
from dashboard.toolbar import choices
from jobs.counts import count
from jobs.filters import JobFilter
from jobs.models import BatchJob, Forecast
from jobs.providers import PROVIDERS
from jobs.states import State
from jobs.timeline import numbers
from jobs.timeline.packing import Frame, Group, arrange
from jobs.timeline.reading import Reading, read
from jobs.timeline.spans import Span, seconds
from jobs.timeline.window import RANGES, Window
from jobs.wording import many

from . import bars, charts
from .axis import place, ticks
from .shown import GROUPS, Shown

PARTS = 48
MOST_KINDS = 20
# What the filter's form asks for (templates/compiled/jobs/filter_fields.html)
ASKED = ("q", "project", "model", "results", "warning", "failures", "gone")
MOST_ROWS = 500
RANGE_WORDS = {"6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as the page shows it; ``query`` leads to it alone."""

    name: str
    query: str
    facts: str
    picture: bars.Drawing


def timeline_context(board: Board, shown: Shown, at: datetime, zone: tzinfo) -> dict[str, Any]:
    reading = read(board.jobs, shown.chosen, shown.window, at=at)
    context = {
        "board": board,
        "shown": shown,
        "at": at,
        "summary": board.summary(at),
        "query": shown.query(),
        "matched": many(len(reading.spans), "job"),
        "pills": _pills(reading.spans, shown),
        "unread": _unread(reading, shown, zone),
        **_controls(shown, at, zone),
    }
    if not reading.spans:
        return context
    detail = _table(reading, shown, board, at) if shown.as_table else _chart(reading, shown, board, at, zone)
    return context | detail | _numbers(reading.spans, shown, board, at, zone)


def toolbar_context(board: Board, shown: Shown, at: datetime) -> dict[str, Any]:
    """The filter's form, which stays as it is while the rest is fetched again."""
    counted = JobFilter(projects=shown.chosen.projects, models=shown.chosen.models)
    known = count(board.jobs, counted, None if board.whole else board.projects, at=at)
    return {
        "choices": choices(board, known, shown.chosen),
        "chosen": shown.chosen,
        "kept": shown.hidden(*ASKED),
    }


def _controls(shown: Shown, at: datetime, zone: tzinfo) -> dict[str, Any]:
    """Links that move and zoom, and the form of a range of one's own."""
    window = shown.window
    return {
        "ranges": [
            (RANGE_WORDS[name], shown.but(window=Window.last(name, at)), window.named == name) for name in RANGES
        ],
        "groups": [(label, shown.but(by=by), shown.by == by) for by, label in GROUPS.items()],
        "earlier": shown.but(window=window.moved(-0.5)),
        "later": shown.but(window=window.moved(0.5)) if window.end < at else "",
        "closer": shown.but(window=window.zoomed(0.5, at)),
        "wider": shown.but(window=window.zoomed(2, at)),
        "to_other_view": shown.but(as_table=not shown.as_table),
        "filter_pairs": shown.hidden("range", "from", "to"),
        "begins": f"{window.start.astimezone(zone):%Y-%m-%dT%H:%M}",
        "ends": f"{window.end.astimezone(zone):%Y-%m-%dT%H:%M}",
        "period": _period(window, zone),
        "zone": str(zone),
        "clear": Shown(chosen=type(shown.chosen)(), window=window, by=shown.by, as_table=shown.as_table).query(),
        "newest": shown.but(window=Window.last("24h", at)),
    }


def _period(window: Window, zone: tzinfo) -> str:
    first, last = window.start.astimezone(zone), window.end.astimezone(zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%b} {last.day}, {last:%H:%M}"
    return f"{first:%b} {first.day}, {first:%H:%M} – {until} {last.tzname()}"


def _pills(spans: Iterable[Span], shown: Shown) -> list[Pill]:
    """The states as a legend and a filter; where states are chosen, nobody counted the others."""
    counts = Counter(one.state for one in spans)
    chosen = shown.chosen.states
    every = Pill("", "All", "" if chosen else number(counts.total()), shown.but(states=()), not chosen)
    states = [state for state in State if counts[state.value] or state in chosen or state in ALWAYS]
    return [every, *(_pill(state, counts[state.value], shown) for state in states)]


def _pill(state: State, found: int, shown: Shown) -> Pill:
    chosen = shown.chosen.states
    known = not chosen or state in chosen
    clicked = () if chosen == (state,) else (state,)
    return Pill(state.value, state.label, number(found) if known else "", shown.but(states=clicked), state in chosen)


def _unread(reading: Reading, shown: Shown, zone: tzinfo) -> str:
    """Where there was too much to read: from when on nothing is missing."""
    if reading.whole:
        return ""
    most = number(len(reading.spans))
    since = f"{reading.since.astimezone(zone):%Y-%m-%d %H:%M}"
    return f"Only the newest {most} jobs of this range are read; before {since} some are missing. Filter, or zoom in."


def _chart(reading: Reading, shown: Shown, board: Board, at: datetime, zone: tzinfo) -> dict[str, Any]:
    within = bars.frame(shown.window)
    groups = arrange(reading.spans, within, _by_model if shown.by == "model" else _by_project)
    words = bars.Words.of(board.names, _expected(reading.spans), zone)
    folded = sum(len(group.folded) for group in groups)
    return {
        "rows": [_group_row(group, within, words, shown, board) for group in groups],
        "folded": many(folded, "short job") if folded else "",
        "ticks": [(tick, shown.but(window=Window(tick.at, tick.until))) for tick in ticks(shown.window, zone)],
        "now_place": place(at, shown.window) if shown.window.start < at < shown.window.end else "",
    }


def _by_project(one: Span) -> int:
    return one.project


def _by_model(one: Span) -> str:
    return one.model


def _expected(spans: Iterable[Span]) -> dict[int, datetime]:
    """When live jobs will probably end, as far as that was forecast (jobs/forecasts.py)."""
    live = [one.pk for one in spans if one.live]
    rows = Forecast.objects.filter(job__in=live)
    return {pk: expected for pk, expected in rows.values_list("job", "expected_at") if expected}


def _group_row(group: Group, within: Frame, words: bars.Words, shown: Shown, board: Board) -> GroupRow:
    folded = f" · {number(len(group.folded))} folded" if group.folded else ""
    facts = f"{many(group.matched, 'job')}{folded}"
    name, query = _named(group.key, shown, board.names)
    return GroupRow(name, query, facts, bars.draw(group, within, words, shown.chosen.query()))


def _named(key: int | str | None, shown: Shown, projects: Mapping[int, str]) -> tuple[str, str]:
    if key is None:
        return "All others", ""
    if isinstance(key, int):
        return projects.get(key, f"project {key}"), shown.but(projects=(key,))
    return key or "no model", shown.but(models=(key,)) if key else ""


def _table(reading: Reading, shown: Shown, board: Board, at: datetime) -> dict[str, Any]:
    """The newest jobs as rows: the same facts without the picture."""
    newest = sorted(reading.spans, key=lambda one: (-one.created, -one.pk))[:MOST_ROWS]
    jobs = BatchJob.objects.defer(*UNLISTED).in_bulk([one.pk for one in newest])
    query = shown.chosen.query()
    rows = {pk: JobRow(job, at=at, query=query, origin=board.origin(job)) for pk, job in jobs.items()}
    return {
        "table": [(rows[one.pk], bars.took(one)) for one in newest if one.pk in rows],
        "left_out": number(len(reading.spans) - MOST_ROWS) if len(reading.spans) > MOST_ROWS else "",
    }


def _numbers(spans: list[Span], shown: Shown, board: Board, at: datetime, zone: tzinfo) -> dict[str, Any]:
    within = bars.frame(shown.window)
    clocks = [
        f"{(shown.window.start + part * shown.window.length / PARTS).astimezone(zone):%b %d %H:%M}"
        for part in range(PARTS)
    ]
    found = numbers.kinds(spans)
    return {
        "waits": charts.sums(numbers.waits(spans)),
        "runs": charts.sums(numbers.runs(spans)),
        "flow": charts.flow(numbers.throughput(spans, within, PARTS), clocks),
        "level": _level(spans, within, board, seconds(at), zone, clocks),
        "kinds": charts.kind_rows(found[:MOST_KINDS]),
        "more_kinds": number(len(found) - MOST_KINDS) if len(found) > MOST_KINDS else "",
    }


def _level(
    spans: list[Span], within: Frame, board: Board, now: int, zone: tzinfo, clocks: list[str]
) -> charts.Level | None:
    """Of the fullest project among those with a limit, or of all where none has one."""
    levels = [one for one in numbers.slots(spans, within, PARTS, now) if one.project in board.projects]
    fullest = next((one for one in levels if _limit(board, one.project)), next(iter(levels), None))
    if fullest is None:
        return None
    most_at = f"{datetime.fromtimestamp(fullest.most_at, UTC).astimezone(zone):%b %d %H:%M}"
    return charts.level(fullest, board.names[fullest.project], _limit(board, fullest.project), most_at, clocks)


def _limit(board: Board, project: int) -> int | None:
    return PROVIDERS[board.projects[project].provider].capabilities.most_live
