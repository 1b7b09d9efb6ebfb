"""The small pictures below the lanes: histograms, throughput, live jobs; each with its words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.figures import number
from dashboard.times import duration
from jobs.sizes import size_words
from jobs.timeline.numbers import EDGES, Durations, Kind, Slots, Throughput

HEIGHT = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A bar that stands at ``x``: units across, HEIGHT down."""

    x: int
    y: str
    height: str
    title: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Durations as a tile shows them."""

    number: str
    median: str
    p95: str
    columns: list[Column]
    wide: int

    @property
    def words(self) -> str:
        """The histogram without the picture."""
        return "; ".join(column.title for column in self.columns)


def sums(durations: Durations | None) -> Sums | None:
    if durations is None:
        return None
    titles = [f"{number(count)} {name}" for count, name in zip(durations.histogram, edge_names(), strict=True)]
    return Sums(
        number=number(durations.number),
        median=span_words(durations.median),
        p95=span_words(durations.p95),
        columns=columns(durations.histogram, titles),
        wide=len(durations.histogram),
    )


def edge_names() -> list[str]:
    return [*(f"under {span_words(edge)}" for edge in EDGES), f"{span_words(EDGES[-1])} or more"]


def span_words(seconds: int) -> str:
    return duration(timedelta(seconds=seconds))


def columns(values: Sequence[int], titles: Iterable[str], top: int = 0, below: Sequence[int] = ()) -> list[Column]:
    """Bars for all values but 0; ``below`` is what each stands on."""
    most = max(top, *values, 1)
    made = []
    for place, (value, title) in enumerate(zip(values, titles, strict=True)):
        if value:
            height = max(HEIGHT * value / most, 1.5)
            ground = HEIGHT * below[place] / most if below else 0
            made.append(Column(place, f"{HEIGHT - height - ground:.1f}", f"{height:.1f}", title))
    return made


def _titles(clocks: Sequence[str], values: Sequence[int], what: str) -> list[str]:
    """`Nov 22 12:00: 14 live`."""
    return [f"{clock}: {number(value)} {what}" for clock, value in zip(clocks, values, strict=True)]


@dataclass(frozen=True, slots=True)
class KindRow:
    """One line of the table by model and size."""

    model: str
    size: str
    jobs: str
    waits: Sums | None
    runs: Sums | None


def kind_rows(kinds: Iterable[Kind]) -> list[KindRow]:
    return [
        KindRow(kind.model or "no model", size_words(kind.size), number(kind.jobs), sums(kind.waits), sums(kind.runs))
        for kind in kinds
    ]


@dataclass(frozen=True, slots=True)
class Flow:
    """Throughput as a tile shows it."""

    jobs: str
    requests: str
    ill: str
    columns: list[tuple[str, Column]]
    wide: int


def flow(done: Throughput, clocks: Sequence[str]) -> Flow:
    """``clocks`` name the parts of the window."""
    most = max((well + ill for well, ill in zip(done.well, done.ill, strict=True)), default=0)
    good = columns(done.well, _titles(clocks, done.well, "ended well"), most)
    bad = columns(done.ill, _titles(clocks, done.ill, "did not end well"), most, done.well)
    marked = [*(("succeeded", one) for one in good), *(("failed", one) for one in bad)]
    return Flow(number(done.jobs), number(done.requests), number(sum(done.ill)), marked, len(clocks))


@dataclass(frozen=True, slots=True)
class Level:
    """The live jobs of the fullest project."""

    project: str
    now: str
    most: str
    most_at: str
    limit: str
    columns: list[Column]
    limit_y: str
    wide: int


def level(fullest: Slots, project: str, limit: int | None, most_at: str, clocks: Sequence[str]) -> Level:
    top = max(fullest.most, limit or 0, 1)
    return Level(
        project=project,
        now=number(fullest.now),
        most=number(fullest.most),
        most_at=most_at,
        limit=number(limit) if limit else "",
        columns=columns(fullest.peaks, _titles(clocks, fullest.peaks, "live"), top),
        limit_y=f"{HEIGHT - HEIGHT * limit / top:.1f}" if limit else "",
        wide=len(clocks),
    )
